"""Moments in the lives of bundles, worked out of files, are those of the people who lived them."""

from __future__ import annotations

import numpy as np

from scoring.bundle_moments import Bundles, at_hours, at_shares, outcomes
from scoring.sessions import HOUR, sessions
from scoring.simulated.arrays import MONDAY, crowd
from scoring.simulated.market import SHARES, people


def test_moments_and_outcomes_are_the_truth_of_the_simulator() -> None:
    """When so much was left, how much, and when it was used up: of every bundle of twenty people, to the second."""
    found, bundles, _ = crowd("habits", 20, 6, seed=8)
    moments = at_shares(found, bundles, SHARES, found.until)
    became = outcomes(found, moments, found.until)
    told = [(index, one) for index, person in enumerate(people("habits", 20, 6, seed=8)) for one in person.told]
    told = [(index, one) for index, one in told if MONDAY + one.at * HOUR < found.until]
    worked_out = sorted(
        zip(moments.person.tolist(), moments.at.tolist(), moments.remaining, became.hours, became.seen, strict=True)
    )
    assert len(worked_out) == len(told) > 100
    told.sort(key=lambda pair: (pair[0], pair[1].at))
    for (person, at, remaining, hours, seen), (index, one) in zip(worked_out, told, strict=True):
        assert person == index
        assert abs(at - MONDAY - one.at * HOUR) <= 1
        assert remaining == one.remaining
        if seen:
            assert abs(hours - one.hours) < 2 / HOUR
        else:
            assert not at + one.hours * HOUR < found.until - 1


def test_whoever_looks_at_an_hour_finds_bundles_as_long_as_they_are_open() -> None:
    """At half past every hour, while something is left; a bundle of ten days ten times as often as one of a day."""
    day = 24 * HOUR
    found = sessions(np.array([0, 1, 2]), np.array([0.0, 0.0, 5.0 * day]), np.array([1.0, 1.0, 100.0]), 3)
    expires = np.array([1.0, 10.0, 10.0]) * day
    bundles = Bundles(np.arange(3), np.zeros(3), expires, np.full(3, 100.0), [""] * 3)
    moments = at_hours(found, bundles, 2_000, since=0.0, until=30 * day, rng=np.random.default_rng(1))
    assert set((moments.at % day / HOUR).tolist()) == {hour + 0.5 for hour in range(24)}
    assert (moments.at < expires[moments.bundle]).all()
    counts = np.bincount(moments.bundle)
    assert 9 < counts[1] / counts[0] < 11
    assert 1.8 < counts[1] / counts[2] < 2.2  # it was used up on the fifth day
    late = at_hours(found, bundles, 100, since=9 * day, until=30 * day, rng=np.random.default_rng(1))
    assert set(late.bundle.tolist()) == {1}
    assert (late.at >= 9 * day).all()
    nobody = at_hours(found, bundles, 100, since=20 * day, until=30 * day, rng=np.random.default_rng(1))
    assert not len(nobody.at)


def test_stacked_bundles_are_used_up_in_turn() -> None:
    """The second one is half left when the first is gone and half of it too, not at half of the first."""
    hourly = np.arange(1.0, 41.0) * HOUR
    found = sessions(np.zeros(40, dtype=np.int64), hourly, np.full(40, 1.0), 1)
    never = np.array([np.nan, np.nan])
    bundles = Bundles(np.array([0, 0]), np.array([0.0, 60.0]), never, np.array([10.0, 20.0]), ["", ""])
    moments = at_shares(found, bundles, (0.5,), found.until)
    assert (moments.at / HOUR).tolist() == [5.0, 20.0]
    assert moments.remaining.tolist() == [5.0, 10.0]


def test_a_bundle_that_expires_makes_room_for_the_next() -> None:
    """What it had left is lost."""
    hourly = np.arange(1.0, 41.0) * HOUR
    found = sessions(np.zeros(40, dtype=np.int64), hourly, np.full(40, 1.0), 1)
    expires = np.array([6.5 * HOUR, np.nan])
    bundles = Bundles(np.array([0, 0]), np.array([0.0, 60.0]), expires, np.array([100.0, 20.0]), ["", ""])
    moments = at_shares(found, bundles, (0.5,), found.until)
    assert (moments.at / HOUR).tolist() == [16.0]
