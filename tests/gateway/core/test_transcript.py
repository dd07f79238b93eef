"""A turn's words are found in the transcript, whatever they hold."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.transcript import digest, joined, said_since, turn_key

WORDS = st.text(st.sampled_from("012*#añ "), min_size=1, max_size=6)


@given(st.just("") | WORDS, st.lists(WORDS, max_size=6), WORDS)
def test_what_was_said_last_is_what_the_transcript_has_more(dialled: str, answers: list[str], last: str) -> None:
    """Also when it holds stars."""
    before, now = joined([dialled, *answers]), joined([dialled, *answers, last])
    assert said_since(before, now) == last


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ("", "", None),
        ("", "1", "1"),
        ("1", "1", None),
        ("1", "12", None),
        ("1", "2", None),
        ("1*2", "1", None),
        ("1", "1*", ""),
    ],
)
def test_what_does_not_go_on_is_told(before: str, now: str, said: str | None) -> None:
    """The same again, an earlier one, one that contradicts."""
    assert said_since(before, now) == said


def test_turns_have_names_of_their_own() -> None:
    """By session, by position and by when the dialogue began; the same turn always has the same."""
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2)]
    names = {turn_key("at", session, at, day) for session in ("a", "a1", "b") for at in (0, 1, 11) for day in days}
    assert len(names) == 18
    assert turn_key("at", "a", 1, days[0]) in names
    assert digest("1*2") != digest("1*21")
