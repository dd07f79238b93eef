"""Which offer an answer is to, where one number has made a person several."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import TUESDAY, offer
from flows.keywords import Intent, Meaning, Topic
from flows.offer import CONFIRM_WITHIN
from flows.records import Offer
from flows.reply_codes import address, dropped, free_codes, in_question, of_code, unasked
from flows.values import OfferId

YES, NO, ALMOST = (Meaning(intent) for intent in (Intent.ACCEPT, Intent.DECLINE, Intent.ALMOST))
LATER = TUESDAY + timedelta(hours=1)
NOW = LATER + timedelta(minutes=1)


def made(name: str, code: int | None = None, **changes: object) -> Offer:
    """An open offer; those of a list were made an hour after the first."""
    at = TUESDAY if code is None else LATER
    return offer(**{"id": OfferId(f"off-{name}"), "reply_code": code, "created_at": at, **changes})


PLAIN, TWO, THREE = made("1", asked_at=LATER), made("2", 2), made("3", 3)
LIST = (PLAIN, TWO, THREE)
NEWER = made("4", created_at=NOW)
CONFIRMED = made("3", 3, asked_at=NOW, yes_at=NOW)


def digit(code: int) -> Meaning:
    """What a digit from 2 up means by itself."""
    return Meaning(Intent.CODE, code=code)


@pytest.mark.parametrize(
    ("meaning", "offers", "intent", "named"),
    [
        (YES, (), Intent.ACCEPT, None),
        (YES, LIST, Intent.ACCEPT, PLAIN),
        (YES, (NEWER, TWO, THREE), Intent.ACCEPT, NEWER),
        (NO, LIST, Intent.DECLINE, PLAIN),
        (ALMOST, LIST, Intent.ALMOST, PLAIN),
        (digit(2), LIST, Intent.ACCEPT, TWO),
        (digit(3), LIST, Intent.ACCEPT, THREE),
        (digit(4), LIST, Intent.UNKNOWN, None),
        (digit(2), (), Intent.DECLINE, None),
        (digit(2), (PLAIN,), Intent.DECLINE, PLAIN),
        (digit(2), (NEWER, TWO, THREE), Intent.DECLINE, NEWER),  # the latest text offered no two
        (digit(3), (NEWER, TWO, THREE), Intent.ACCEPT, THREE),
        (YES, (PLAIN, TWO, CONFIRMED), Intent.ACCEPT, CONFIRMED),
        (NO, (PLAIN, TWO, CONFIRMED), Intent.DECLINE, CONFIRMED),
        (digit(2), (PLAIN, TWO, CONFIRMED), Intent.DECLINE, CONFIRMED),
        (Meaning(Intent.HELP), LIST, Intent.HELP, None),
    ],
)
def test_an_answer_is_to_what_was_asked(
    meaning: Meaning, offers: tuple[Offer, ...], intent: Intent, named: Offer | None
) -> None:
    """One takes the newest that asked for it, a digit its own, and a second yes what was asked about last."""
    addressed = address(meaning, offers, NOW)
    assert (addressed.meaning.intent, addressed.offer) == (intent, named)


@pytest.mark.parametrize(
    ("code", "offers", "outdated"),
    [
        (2, LIST, False),
        (3, LIST, False),
        (3, (NEWER, TWO, THREE), True),
        (3, (PLAIN, TWO, made("3", 3, asked_at=TUESDAY)), True),
        (3, (PLAIN, TWO, CONFIRMED), True),  # the question names a yes, no digit
    ],
)
def test_a_digit_is_outdated_unless_the_latest_text_names_it(
    code: int, offers: tuple[Offer, ...], outdated: bool
) -> None:
    """Then it is asked about before anything is bought."""
    assert address(digit(code), offers, NOW).outdated is outdated


STOP, STOP_ALERTS = Meaning(Intent.STOP), Meaning(Intent.STOP, topic=Topic.ALERTS)
GONE = made("3", 3, state="accepted")


@pytest.mark.parametrize(
    ("meaning", "offers", "ends"),
    [
        (NO, LIST, (TWO, THREE)),  # and what it is an answer to
        (NO, (PLAIN, TWO, GONE), (TWO,)),
        (NO, (PLAIN, TWO, CONFIRMED), ()),  # it is to the question alone
        (STOP, LIST, (TWO, THREE, PLAIN)),
        (STOP, (PLAIN, TWO, CONFIRMED), (TWO, CONFIRMED, PLAIN)),
        (STOP, (PLAIN,), ()),
        (STOP_ALERTS, LIST, ()),
        (YES, LIST, ()),
    ],
)
def test_a_no_or_a_stop_to_a_list_ends_all_of_it(
    meaning: Meaning, offers: tuple[Offer, ...], ends: tuple[Offer, ...]
) -> None:
    """Nothing that was listed can be bought by a later digit."""
    assert dropped(meaning, offers, NOW) == ends


@pytest.mark.parametrize(
    ("offers", "named"),
    [(LIST, (TWO, THREE)), ((NEWER, TWO, THREE), ()), ((PLAIN, TWO, CONFIRMED), ()), ((PLAIN, TWO, GONE), (TWO,))],
)
def test_what_the_latest_text_named_can_be_taken_back(offers: tuple[Offer, ...], named: tuple[Offer, ...]) -> None:
    """But not a question about a second yes: that stands until something newer is asked."""
    assert unasked(offers, NOW) == named


def test_of_two_offers_with_one_digit_the_newer_counts() -> None:
    """Whichever order they come in."""
    older, newer = made("5", 2), made("6", 2)
    assert of_code([newer, older], 2) == of_code([older, newer], 2) == newer


@pytest.mark.parametrize(
    ("state", "minutes", "asked"),
    [
        ("open", 1, True),
        ("open", 60, True),  # too late for a second yes, but no yes is to anything else
        ("accepted", 1, True),  # one yes too many buys nothing
        ("accepted", 16, False),
        ("declined", 1, False),
        ("expired", 1, True),
        ("expired", 16, False),
    ],
)
def test_a_question_stands_until_something_newer_is_asked(state: str, minutes: int, asked: bool) -> None:
    """Or until it was answered, and nobody can still be answering it."""
    one = made("3", 3, asked_at=LATER, yes_at=LATER, state=state)
    assert (in_question([PLAIN, one], LATER + timedelta(minutes=minutes)) is not None) is asked
    assert in_question([NEWER, one], NOW) is None


def test_a_first_yes_that_was_taken_back_still_says_what_was_asked_last() -> None:
    """So that a later yes does not buy another bundle unasked."""
    undone = made("3", 3, asked_at=NOW, yes_at=TUESDAY - CONFIRM_WITHIN * 100)
    assert address(YES, (PLAIN, TWO, undone), NOW).offer == undone


@given(st.lists(st.integers(2, 9)))
def test_digits_that_no_open_offer_has_are_taken_first(codes: list[int]) -> None:
    """All eight are given out in the end, each once."""
    order = free_codes([made(str(n), code) for n, code in enumerate(codes)], NOW)
    assert sorted(order) == list(range(2, 10))
    taken = len(set(codes))
    assert set(order[8 - taken :]) == set(codes)
