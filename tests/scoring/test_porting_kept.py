"""Signals of porting from what is kept: months of spend, the rhythm of recharges, silence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.behaviour import DayRing, observe
from scoring.porting import FEATURES, features, withheld
from scoring.porting import Source as Signal
from scoring.porting_signals import Lived, recharge_gap, signals, spend_by_month
from scoring.values import Floats

TODAY = 20_000
ALL = np.ones((1, 3), dtype=bool)


def recharges(*told: tuple[float, float]) -> Floats:
    """Days ago, amount."""
    return np.array(told)


def used(*days_ago: int, sessions: int = 1) -> DayRing:
    """Used on these days."""
    ring = DayRing(3)
    for days in days_ago:
        ring = observe(ring, TODAY - days, (1e6, float(sessions), 0.0))
    return ring


def said(person: Lived) -> dict[str, float]:
    """The features of one person who agreed to all."""
    return dict(zip(FEATURES, features(signals([person], ALL, TODAY))[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("told", "spent"),
    [
        (recharges((0, 5), (27.9, 6), (28, 7), (111, 8)), [11, 7, 0, 8]),
        (recharges((30, 7)), [0, 7, np.nan, np.nan]),
        (recharges((1, 7)), [7, np.nan, np.nan, np.nan]),
        (recharges((200, 7)), [0, 0, 0, 0]),
        (recharges((-0.01, 7)), [7, np.nan, np.nan, np.nan]),
    ],
    ids=["all four", "a month without", "new", "long ago", "a clock ahead"],
)
def test_spend_is_by_month_since_the_first_recharge(told: Floats, spent: list[float]) -> None:
    """A month in which nothing could be kept is not a month without spend."""
    np.testing.assert_array_equal(spend_by_month(told), spent)


@pytest.mark.parametrize(
    ("days", "gap"),
    [([14, 7, 21], 1.0), ([0, 7, 14], 0.0), ([30, 20], 2.0), ([5], np.nan), ([5, 5], np.nan)],
)
def test_a_gap_is_against_the_usual_time_between_two(days: list[float], gap: float) -> None:
    """None can be told from one recharge, nor from two in one instant."""
    np.testing.assert_array_equal(recharge_gap(np.array(days)), gap)


@given(st.lists(st.tuples(st.floats(0, 400), st.integers(0, 10**9)), min_size=1, max_size=30))
def test_the_order_of_recharges_does_not_matter(told: list[tuple[float, int]]) -> None:
    """Files are unsorted."""
    other = told[::-1]
    np.testing.assert_allclose(spend_by_month(recharges(*told)), spend_by_month(recharges(*other)))
    np.testing.assert_array_equal(recharge_gap(recharges(*told)[:, 0]), recharge_gap(recharges(*other)[:, 0]))


@pytest.mark.parametrize(
    ("ring", "days", "share"),
    [
        (used(27, 5), 5, 26 / 28),
        (used(3, 2, 1, 0), 0, 0),
        (used(9), 9, 0.9),
        (used(40), 28, 1),
        (used(5, sessions=0), 28, 1),
        (DayRing(3), np.nan, np.nan),
    ],
    ids=["two days of four weeks", "every day", "known for ten days", "long silent", "no session", "nothing known"],
)
def test_silence_is_since_the_last_session(ring: DayRing, days: float, share: float) -> None:
    """Of the days of which something can be known."""
    found = said(Lived(use=ring))
    np.testing.assert_allclose([found["silent_days"], found["silent_share"]], [days, share])


def test_contacts_and_troubles_are_counted() -> None:
    """In four weeks."""
    ring = observe(observe(observe(DayRing(2), TODAY - 40, (1, 1)), TODAY - 9, (1, 1)), TODAY, (1, 0))
    found = said(Lived(support=ring))
    assert (found["contacts"], found["troubles"]) == (2, 1)


def test_of_whom_nothing_is_kept_nothing_is_known() -> None:
    """And a share of the usual needs two months."""
    assert np.isnan(list(said(Lived()).values())).all()
    assert np.isnan(said(Lived(recharges=recharges((1, 7), (2, 7))))["spend_share"])
    assert said(Lived(recharges=recharges((1, 5), (30, 20))))["spend_share"] == 0.25


@pytest.mark.parametrize("source", list(Signal))
def test_what_is_taken_back_is_gone_and_the_rest_is_as_it_was(source: Signal) -> None:
    """Feature by feature."""
    row = np.arange(7.0)
    left = withheld(row, frozenset(Signal) - {source})
    gone = np.isnan(left)
    assert gone.any()
    np.testing.assert_array_equal(left[~gone], row[~gone])
    np.testing.assert_array_equal(withheld(row, {source})[gone], row[gone])
