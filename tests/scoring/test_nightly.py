"""Everybody at once: which shard, which bundle, which state."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.features import UsageState, observe, to_bytes
from scoring.nightly import BUNDLE, GONE, PERSON, Records, people, pooled, shard_of, sorted_people
from scoring.usage_states import STATE

NOW = 1_790_000_000.0
HOUR = 3600.0
NOBODY = np.zeros(0, GONE)


def bundles(*rows: tuple[str, float, float, float, float]) -> Records:
    """Whose, remaining, initial, activated and expires in hours from now."""
    records = np.zeros(len(rows), BUNDLE)
    for at, (whose, remaining, initial, activated, expires) in enumerate(rows):
        records[at] = (whose.encode(), remaining, initial, NOW + activated * HOUR, NOW + expires * HOUR)
    return records


def persons(*ids: str) -> Records:
    """Each with a state of their own."""
    records = np.zeros(len(ids), PERSON)
    records["id"] = [one.encode() for one in ids]
    for at in range(len(ids)):
        state = to_bytes(observe(UsageState(), NOW - 5 * HOUR, 1e6 * (at + 1)))
        records["state"][at] = np.frombuffer(state, STATE)[0]
    return records


@given(st.lists(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=1, max_size=26), max_size=30), st.integers(1, 64))
def test_a_shard_is_told_by_the_id_alone(ids: list[str], shards: int) -> None:
    """Whoever else is there, and however wide the column is."""
    together = shard_of(np.array(ids, dtype="S26"), shards)
    assert ((together >= 0) & (together < shards)).all()
    assert together.tolist() == [int(shard_of(np.array([one], dtype="S30"), shards)[0]) for one in ids]


def test_people_are_spread_evenly() -> None:
    """Ids that begin alike too."""
    ids = np.array([f"01K{number:023d}" for number in range(16_000)], dtype="S26")
    counts = np.bincount(shard_of(ids, 16), minlength=16)
    assert counts.min() > 850
    assert counts.max() < 1150


def test_what_somebody_has_is_one_pool_that_ends_with_the_first() -> None:
    """As a decision of one person has it; what has expired is left out, also where nothing is left then."""
    found = pooled(
        bundles(
            ("b", 10, 100, -2, 5),
            ("a", 30, 100, -1, 9),
            ("a", 20, 50, -3, 4),
            ("a", 7, 50, -3, np.nan),
            ("a", 99, 99, -9, -1),
            ("c", 99, 99, -9, 0),
        ),
        NOW,
    )
    assert found["id"].tolist() == [b"a", b"b"]
    assert found["remaining"].tolist() == [57, 10]
    assert found["initial"].tolist() == [50 + 37, 100]
    assert found["expires"].tolist() == [NOW + 4 * HOUR, NOW + 5 * HOUR]


def test_damaged_states_are_counted_and_those_who_left_are_not_there() -> None:
    """By id, whatever the order in which they came."""
    records = persons("c", "a", "d", "b")
    records["state"]["today"][2] = np.nan
    gone = np.array([(b"b",)], GONE)
    found, damaged = sorted_people(records, gone)
    assert (found["id"].tolist(), damaged) == ([b"a", b"c"], 1)


def test_each_gets_their_own_bundle_and_who_has_none_is_told_apart() -> None:
    """The first, the last, and one beyond all."""
    records, _ = sorted_people(persons("a", "b", "c", "z"), NOBODY)
    found = people(records, pooled(bundles(("b", 5, 50, -2, 6), ("c", 6, 60, -3, 7)), NOW), NOW)
    assert found.has_bundle.tolist() == [False, True, True, False]
    assert found.usage.remaining.tolist() == [0, 5, 6, 0]
    assert found.usage.hours_to_expiry[1:3].tolist() == [6, 7]
    assert found.usage.elapsed_hours[1:3].tolist() == [2, 3]
    assert found.usage.recent_day == pytest.approx([1e6, 2e6, 3e6, 4e6])


def test_a_shard_without_bundles_or_people() -> None:
    """Nothing breaks."""
    empty = pooled(bundles(), NOW)
    assert people(persons("a"), empty, NOW).has_bundle.tolist() == [False]
    assert len(people(persons(), empty, NOW).ids) == 0
