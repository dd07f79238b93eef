"""When to try again is a decision that is returned."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.retry import Backoff, GiveUp, Retry


@pytest.mark.parametrize(
    ("tried", "seconds"),
    [(0, 1.0), (1, 1.0), (2, 2.0), (3, 4.0), (6, 32.0), (7, 60.0), (11, 60.0), (12, None), (99, None)],
)
def test_pauses_double_up_to_the_longest_and_then_end(tried: int, seconds: float | None) -> None:
    """With the jitter in the middle the pause is exact."""
    decision = Backoff(first=1, longest=60, most=12).next_attempt(tried, jitter=0.5)
    assert decision == (GiveUp() if seconds is None else Retry(timedelta(seconds=seconds)))


@given(st.floats(0.01, 10), st.floats(1, 1000), st.integers(1, 2000), st.integers(0, 1999), st.none() | st.floats(0, 1))
def test_no_pause_is_a_quarter_off_its_bounds(
    first: float, longest: float, most: int, tried: int, jitter: float | None
) -> None:
    """Neither at once nor for ever, drawn or given, after however many tries."""
    decision = Backoff(first, longest, most).next_attempt(tried, jitter)
    assert isinstance(decision, GiveUp) == (tried >= most)
    if isinstance(decision, Retry):
        seconds = decision.after.total_seconds()
        assert min(first, longest) * 0.749 <= seconds <= longest * 1.251


def test_drawn_pauses_differ() -> None:
    """A thousand binds do not come back in one instant."""
    backoff = Backoff(first=1, longest=60, most=12)
    assert len({backoff.next_attempt(3) for _ in range(50)}) > 40
