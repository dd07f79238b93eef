"""One offer, whatever is said about it, in whatever order: bought at most once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import ANA, BEN, PRICE, TUESDAY, ana, offer
from flows.effects import (
    ActivateBundle,
    Effect,
    RecordAudit,
    RecordFirstYes,
    RecordOfferState,
    RecordOrder,
    SendSms,
)
from flows.offer import CONFIRM_WITHIN, OfferAnswered, OfferFlow, OfferTimedOut, order_key
from flows.records import Offer
from flows.step import Step
from flows.texts import Voice
from flows.values import Channel, Msisdn, Purpose
from locales.catalogues import load_catalogues

FLOW = OfferFlow()
VOICE = Voice(load_catalogues(), "en")
NAME = "1 GB for 7 days"
END = timedelta(hours=24)


def said(
    after: timedelta = timedelta(minutes=5),
    channel: Channel = Channel.SMS,
    order_state: str | None = None,
    beneficiary: Msisdn = ANA,
) -> OfferAnswered:
    """An answer some minutes after the offer."""
    return OfferAnswered(
        at=TUESDAY + after,
        channel=channel,
        subscriber=ana(),
        beneficiary=beneficiary,
        voice=VOICE,
        name=NAME,
        source="12345",
        reply_key="reply:1",
        order_state=order_state,
    )


def step(event: str, one: Offer, fact: OfferAnswered | OfferTimedOut) -> Step:
    """One step of the machine."""
    return FLOW.step(one.state, event, offer=one, fact=fact)


def kinds(effects: tuple[Effect, ...]) -> list[type]:
    """What sort of effects there are, in order."""
    return [type(effect) for effect in effects]


def text_of(effects: tuple[Effect, ...]) -> str:
    """The only text among the effects."""
    (text,) = [effect.text for effect in effects if isinstance(effect, SendSms)]
    return text


def test_a_yes_in_time_buys_under_a_key_that_the_offer_alone_determines() -> None:
    """Order, new state, call and audit are one step; the confirmation comes later, from the purchase."""
    done = step("accept", offer(), said(beneficiary=BEN))
    assert done.state == "accepted"
    assert kinds(done.effects) == [RecordOfferState, RecordOrder, ActivateBundle, RecordAudit]
    ended, made, call, noted = done.effects
    assert isinstance(made, RecordOrder)
    assert isinstance(ended, RecordOfferState)
    assert isinstance(call, ActivateBundle)
    assert isinstance(noted, RecordAudit)
    assert call.order == made.order
    assert made.order.key == ended.order == order_key(offer()) == "ord-off-1"
    assert (made.order.msisdn, made.order.beneficiary, made.order.price) == (ANA, BEN, PRICE)
    assert ANA not in str(noted.detail)


@pytest.mark.parametrize(
    ("after", "state"),
    [(END - timedelta(microseconds=1), "accepted"), (END, "expired"), (END + timedelta(days=30), "expired")],
)
def test_an_answer_counts_until_the_end_and_not_at_it(after: timedelta, state: str) -> None:
    """The clock need not have swept an offer for it to be over."""
    done = step("accept", offer(), said(after))
    assert done.state == state
    assert (ActivateBundle in kinds(done.effects)) == (state == "accepted")


def test_a_late_yes_ends_the_offer_and_says_that_nothing_was_charged() -> None:
    """Who answers too late is told so."""
    done = step("accept", offer(), said(END))
    assert done.effects[0] == RecordOfferState(offer().id, "expired", TUESDAY + END)
    assert text_of(done.effects) == "This offer has expired. Nothing was charged."


@pytest.mark.parametrize(
    ("changes", "fact", "asked"),
    [
        ({}, {}, False),
        ({}, {"confirm_above": PRICE.amount}, False),
        ({}, {"confirm_above": PRICE.amount - 1}, True),
        ({}, {"confirm_above": 0, "channel": Channel.APP}, False),
        ({"yes_at": TUESDAY}, {"confirm_above": 0}, False),
        ({"yes_at": TUESDAY}, {"confirm_above": 0, "same_again": True}, True),
        ({"yes_at": TUESDAY - CONFIRM_WITHIN}, {"confirm_above": 0}, False),
        ({"yes_at": TUESDAY - CONFIRM_WITHIN - timedelta(seconds=1)}, {"confirm_above": 0}, True),
    ],
)
def test_a_first_yes_is_asked_about_where_the_market_wants_two(
    changes: dict[str, object], fact: dict[str, object], asked: bool
) -> None:
    """By text, above its bound; another yes within a quarter of an hour buys."""
    answered = replace(said(timedelta()), keyword="YES", **fact)  # type: ignore[arg-type]
    done = step("accept", offer(**changes), answered)
    assert (done.state, ActivateBundle in kinds(done.effects)) == ("open" if asked else "accepted", not asked)
    if asked:
        assert done.effects[0] == RecordFirstYes(offer().id, TUESDAY)
        assert text_of(done.effects).endswith("Reply YES to confirm.")
        assert [one.asks for one in done.effects if isinstance(one, SendSms)] == [True]


@pytest.mark.parametrize(
    ("order_state", "text"),
    [
        ("confirmed", f"You have already bought {NAME}."),
        ("declined", "There is no offer open for you now."),
        ("pending", f"Your purchase of {NAME} is in progress."),
        ("sent", f"Your purchase of {NAME} is in progress."),
        ("in_doubt", f"Your purchase of {NAME} is in progress."),
        (None, f"Your purchase of {NAME} is in progress."),
    ],
)
@pytest.mark.parametrize("event", ["accept", "decline"])
def test_a_second_answer_says_what_became_of_the_first_yes(event: str, order_state: str | None, text: str) -> None:
    """A double yes, or a no after a yes, buys nothing and undoes nothing."""
    done = step(event, offer(state="accepted"), said(order_state=order_state))
    assert (done.state, kinds(done.effects)) == ("accepted", [SendSms])
    assert text_of(done.effects) == text


@pytest.mark.parametrize(
    ("state", "event", "after", "text"),
    [
        ("open", "decline", "declined", "All right, no purchase was made."),
        ("declined", "accept", "declined", "There is no offer open for you now."),
        ("declined", "decline", "declined", "All right, no purchase was made."),
        ("expired", "accept", "expired", "This offer has expired. Nothing was charged."),
        ("expired", "decline", "expired", "All right, no purchase was made."),
    ],
)
def test_every_other_answer_is_answered(state: str, event: str, after: str, text: str) -> None:
    """Nobody who answers an offer is left without a word."""
    done = step(event, offer(state=state), said())
    assert (done.state, text_of(done.effects)) == (after, text)
    assert (RecordOfferState in kinds(done.effects)) == (state == "open")


def test_an_answer_is_a_reply_to_the_number_that_asked() -> None:
    """Its key is the incoming text's, so that a repeated step sends nothing twice."""
    (reply,) = [one for one in step("decline", offer(), said()).effects if isinstance(one, SendSms)]
    assert (reply.key, reply.msisdn, reply.source) == ("reply:1", ANA, "12345")
    assert (reply.purpose, reply.repeat_text) == (Purpose.REPLY, "")


@pytest.mark.parametrize(
    ("state", "effects"), [("open", [RecordOfferState]), ("accepted", []), ("declined", []), ("expired", [])]
)
def test_time_ends_an_open_offer_silently(state: str, effects: list[type]) -> None:
    """Silence was the answer; whatever was answered stays."""
    done = step("time_out", offer(state=state), OfferTimedOut(TUESDAY + END))
    assert kinds(done.effects) == effects
    assert done.state == ("expired" if state == "open" else state)


@pytest.mark.parametrize("state", ["open", "accepted", "declined", "expired"])
@pytest.mark.parametrize("event", ["accept", "decline"])
@pytest.mark.parametrize("channel", [Channel.APP, Channel.USSD])
def test_other_channels_answer_in_their_own_response(state: str, event: str, channel: Channel) -> None:
    """The app's user gets no text about what the app has just shown."""
    assert SendSms not in kinds(step(event, offer(state=state), said(channel=channel)).effects)


def test_a_state_that_does_not_exist_is_refused() -> None:
    """A row that holds nonsense stops the step instead of guessing."""
    with pytest.raises(Exception, match="nonsense"):
        step("accept", offer(state="nonsense"), said())


ANSWERS = st.tuples(
    st.sampled_from(["accept", "decline", "time_out"]),
    st.integers(0, 48),
    st.sampled_from(list(Channel)),
)


@given(st.lists(ANSWERS, max_size=30))
def test_nothing_that_anybody_says_buys_twice(answers: list[tuple[str, int, Channel]]) -> None:
    """Any sequence of yes, no and time from any channel makes at most one order and one call."""
    one, effects = offer(), list[Effect]()
    for event, hours, channel in answers:
        at = timedelta(hours=hours)
        fact = OfferTimedOut(TUESDAY + at) if event == "time_out" else said(at, channel)
        done = step(event, one, fact)
        effects += done.effects
        one = offer(state=done.state)
    found = kinds(tuple(effects))
    assert found.count(ActivateBundle) == found.count(RecordOrder) <= 1
    assert found.count(RecordOfferState) <= 1
    assert (found.count(ActivateBundle) == 1) == (one.state == "accepted")
