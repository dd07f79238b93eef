"""The ring of daily sums: streaming equals batch, whatever the order, and nothing is older than 28 days."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.behaviour import DAYS, DayRing, from_bytes, known_days, observe, to_bytes, window, without_before
from scoring.behaviour_columns import ALL_COLUMNS, CATEGORIES, COLUMNS, added
from scoring.errors import BehaviourStateMalformed, ScoringError

WIDTH = 2
records = st.lists(
    st.tuples(st.integers(20_000, 20_070), st.tuples(st.integers(0, 1000), st.integers(-50, 50))), min_size=1
)


def streamed(told: list[tuple[int, tuple[int, int]]], *, through_bytes: bool = False) -> DayRing:
    """The ring after one record after the other."""
    ring = DayRing(WIDTH)
    for day, figures in told:
        ring = observe(ring, day, figures)
        if through_bytes:
            ring = from_bytes(to_bytes(ring), WIDTH)
    return ring


@given(records, st.randoms(), st.integers(0, 40))
def test_streaming_equals_batch(told: list[tuple[int, tuple[int, int]]], random: object, later: int) -> None:
    """The sums of the 28 days up to the newest record, in whatever order they came, and through the store each time."""
    newest = max(day for day, _ in told)
    today = newest + later
    batch = np.zeros((DAYS, WIDTH))
    for day, figures in told:
        if newest - DAYS < day and today - DAYS < day:
            batch[day - today + DAYS - 1] += figures
    shuffled = list(told)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for order in (told, shuffled):
        ring = streamed(order, through_bytes=True)
        assert np.array_equal(window(ring, today), batch)
        assert ring.first_day == max(min(day for day, _ in told), newest - DAYS + 1)


def test_of_days_before_the_first_record_nothing_is_known() -> None:
    """A person of three days is no person who did nothing for twenty-five."""
    ring = observe(DayRing(WIDTH), 20_000, (1, 1))
    assert [known_days(ring, day) for day in (19_999, 20_000, 20_002, 20_100)] == [0, 1, 3, DAYS]
    assert known_days(DayRing(WIDTH), 20_000) == 0


@given(records, st.integers(19_990, 20_080))
def test_what_is_forgotten_is_gone(told: list[tuple[int, tuple[int, int]]], since: int) -> None:
    """Nothing of before that day is left, and everything since."""
    ring = streamed(told)
    kept = without_before(ring, since)
    today = ring.last_day
    days = np.arange(today - DAYS + 1, today + 1)
    assert not window(kept, today)[days < since].any()
    assert np.array_equal(window(kept, today)[days >= since], window(ring, today)[days >= since])
    assert kept.first_day == -1 or kept.first_day >= min(since, ring.first_day)


@pytest.mark.parametrize(
    ("day", "figures"),
    [(-1, (1, 1)), (10**7, (1, 1)), (20_000, (1,)), (20_000, (math.nan, 1)), (20_000, (math.inf, 1)), (0, (1e16, 0))],
)
def test_what_cannot_be_is_refused(day: int, figures: tuple[float, ...]) -> None:
    """Days before 1970 or after this century's end of use, too few figures, none, or absurd ones."""
    with pytest.raises(ScoringError):
        observe(DayRing(WIDTH), day, figures)


def test_what_is_not_a_ring_is_refused() -> None:
    """Cut, of another version, of another width, or with figures that no ring has."""
    whole = to_bytes(observe(DayRing(WIDTH), 20_000, (1, 2)))
    backwards = bytearray(whole)
    backwards[2:6] = (20_001).to_bytes(4, "little")
    infinite = bytearray(whole)
    infinite[10:14] = np.float32("inf").tobytes()
    for data in (b"", whole[:-1], b"\x09" + whole[1:], bytes(backwards), bytes(infinite)):
        with pytest.raises(BehaviourStateMalformed):
            from_bytes(data, WIDTH)
    with pytest.raises(BehaviourStateMalformed):
        from_bytes(whole, WIDTH + 1)


def test_a_ring_is_small() -> None:
    """All sources of one person take less than three kilobytes."""
    sizes = [len(to_bytes(DayRing(len(names)))) for names in COLUMNS.values()]
    assert sum(sizes) < 3 * 1024
    assert len(set(ALL_COLUMNS)) == len(ALL_COLUMNS)


@pytest.mark.parametrize(
    ("source", "hour", "values", "figures"),
    [
        ("sessions", 5, {"bytes": 7}, (7, 1, 7)),
        ("sessions", 6, {"bytes": 7}, (7, 1, 0)),
        ("recharges", 9, {"amount": 500, "currency": "COP"}, (1, 500)),
        ("categories", 9, {"category": "hotspot", "bytes": 3}, (0, 0, 0, 3, 0, 0)),
        ("categories", 9, {"category": "astrology", "bytes": 3}, (0, 0, 0, 0, 0, 3)),
        ("places", 9, {"place": "work"}, (0, 1, 0)),
        ("device", 9, {"battery": 0.75, "storage_free": 0.5, "crashes": 2}, (1, 0.25, 0.5, 2)),
        ("device", 9, {"crashes": 2}, (1, 0, 0, 2)),
        ("support", 9, {"topic": "device"}, (1, 1)),
        ("support", 9, {"topic": "billing"}, (1, 0)),
        ("social", 9, {"sentiment": -0.5}, (1, -0.5)),
    ],
)
def test_what_a_record_adds(source: str, hour: int, values: dict[str, object], figures: tuple[float, ...]) -> None:
    """One figure for each column of its source."""
    assert added(source, hour, values) == figures
    assert len(figures) == len(COLUMNS[source])
    assert CATEGORIES[-1] == "other"
