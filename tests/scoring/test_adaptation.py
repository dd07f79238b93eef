"""Edges that follow the world: whatever comes, the share that passes them tends to what was promised."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.adaptation import Offsets, Outcome, learnt, watched_hours

HOUR = 3600.0
OUTCOMES = st.builds(
    Outcome,
    p10=st.floats(0.05, 10),
    p90=st.floats(10, 1000),
    actual=st.one_of(st.just(math.inf), st.floats(0, 2000)),
    watched=st.floats(0, 2000),
    known_at=st.floats(0, 4e9),
)


def outcome(**facts: float) -> Outcome:
    """Between its edges, watched to the end, a day after the epoch."""
    usual = {"p10": 10.0, "p90": 40.0, "actual": 20.0, "watched": 40.0, "known_at": 86_400.0}
    return Outcome(**{**usual, **facts})


@pytest.mark.parametrize("scale", [0.25, 1.0, 5.0], ids=["sooner than trained", "as trained", "later than trained"])
def test_the_interval_comes_to_hold_four_of_five(scale: float) -> None:
    """Ends that are all a quarter, or five times, of what training saw: after six weeks the edges are right again."""
    rng, offsets, inside = np.random.default_rng(3), Offsets(), []
    for step in range(6_000):
        p10, p90 = 20 * math.exp(-1.28 + offsets.p10), 20 * math.exp(1.28 + offsets.p90)
        actual = 20 * scale * math.exp(rng.normal())
        inside.append(p10 <= actual < p90)
        offsets = learnt(offsets, Outcome(p10, p90, actual, p90, 1e9 + step * 900.0))
    assert np.mean(inside[4_000:]) == pytest.approx(0.8, abs=0.02)
    assert offsets.seen == 6_000


def test_many_outcomes_at_once_move_no_farther_than_one() -> None:
    """A speed, not a step: ten thousand in one minute are not a revolution."""
    one = learnt(Offsets(), outcome(actual=math.inf))
    many = one
    for _ in range(10_000):
        many = learnt(many, outcome(actual=math.inf))
    assert many.p90 == one.p90
    assert many.seen == 10_001


def test_an_end_too_soon_lowers_the_lower_edge_and_one_too_late_raises_the_upper() -> None:
    """And each draws the other edge in a little."""
    soon, late = learnt(Offsets(), outcome(actual=1.0)), learnt(Offsets(), outcome(actual=math.inf))
    assert soon.p10 < 0
    assert soon.p90 < 0
    assert late.p10 > 0
    assert late.p90 > 0
    assert soon.p10 == pytest.approx(-late.p90)


def test_an_edge_beyond_what_was_watched_stays() -> None:
    """A bundle that expired says nothing of how long it would have lasted."""
    assert learnt(Offsets(), outcome(actual=math.inf, watched=30.0)).p90 == 0
    assert learnt(Offsets(), outcome(actual=math.inf, watched=30.0)).p10 > 0


@given(st.lists(OUTCOMES, max_size=30))
def test_whatever_comes_the_edges_stay_within_bounds(told: list[Outcome]) -> None:
    """Also when times run backwards."""
    offsets = Offsets()
    for one in told:
        offsets = learnt(offsets, one)
    assert -3 <= offsets.p10 <= 3
    assert -3 <= offsets.p90 <= 3
    assert offsets.seen == len(told)


@pytest.mark.parametrize(("left", "hours"), [(100.0, 40.0), (30.0, 30.0), (math.nan, 40.0), (-1.0, 40.0)])
def test_it_is_watched_until_its_upper_edge_or_expiry(left: float, hours: float) -> None:
    """Which is known when it is told, so that early ends are not looked at first."""
    assert watched_hours(40.0, left) == hours
