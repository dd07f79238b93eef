"""No more than twenty answers an hour go to one person, whatever they text."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fakes import ANAS, NUMBER, TUESDAY, ana
from flows.answering import MOST_ANSWERS, Texter, capped
from flows.effects import Effect, RecordAnswered, RecordAsked, RecordPreference
from flows.texts import Voice
from flows.values import OfferId
from locales.catalogues import load_catalogues

ANNA = Texter(TUESDAY, ana(), Voice(load_catalogues(), "es"), NUMBER, "reply:1")
TOLD, ASKED = ANNA.answer("Listo."), ANNA.answer("¿Qué?", asks=True)
WISH = RecordPreference(ANAS, "marketing", value=False)


@pytest.mark.parametrize(
    ("since", "count", "begun", "counted"),
    [
        (None, 0, TUESDAY, 1),
        (TUESDAY, 1, TUESDAY, 2),
        (TUESDAY - timedelta(minutes=59), MOST_ANSWERS - 1, TUESDAY - timedelta(minutes=59), MOST_ANSWERS),
        (TUESDAY - timedelta(hours=1), MOST_ANSWERS, TUESDAY, 1),
        (TUESDAY + timedelta(minutes=5), MOST_ANSWERS, TUESDAY, 1),  # the clock was set back
    ],
)
def test_an_answer_is_counted_in_its_hour(since: datetime | None, count: int, begun: datetime, counted: int) -> None:
    """The hour begins with the first answer."""
    kept, silenced = capped([WISH, TOLD], ana(answers_since=since, answers_count=count), TUESDAY)
    assert (kept, silenced) == ((WISH, TOLD, RecordAnswered(ANAS, begun, counted)), False)


@pytest.mark.parametrize(
    ("effects", "left"), [((WISH, TOLD), (WISH,)), ((RecordAsked(OfferId("off-1"), TUESDAY), ASKED), ())]
)
def test_beyond_the_most_nothing_is_said(effects: tuple[Effect, ...], left: tuple[Effect, ...]) -> None:
    """What was wished for holds; what nobody was asked waits for no answer."""
    person = ana(answers_since=TUESDAY, answers_count=MOST_ANSWERS)
    assert capped(effects, person, TUESDAY) == (left, True)


def test_what_says_nothing_is_not_counted() -> None:
    """A purchase goes on however much was said before."""
    person = ana(answers_since=TUESDAY, answers_count=MOST_ANSWERS)
    assert capped([WISH], person, TUESDAY) == ((WISH,), False)
