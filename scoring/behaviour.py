"""What somebody did on each of the last 28 days, from one source: a ring of daily sums, updated in constant time.

Every figure is a sum, so the order in which records come does not matter; what is older than 28 days by then is left
out. Days are numbered from 1970-01-01, on whatever clock the caller keeps to (``scoring.behaviour_columns``).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from scoring.errors import BehaviourStateMalformed, ScoringError
from scoring.values import Floats

DAYS = 28
"""Four weeks: each weekday four times."""
_VERSION = 1
_HEAD = struct.Struct("<BBii")
_MOST, _LATEST = 1e15, 40_000
"""Of one figure, and the last day that makes sense (in the year 2079)."""
_MOST_WIDTH = 64


@dataclass(frozen=True, slots=True)
class DayRing:
    """Daily sums of one source.

    first_day: since when anything is known, never before the window. last_day: the newest; -1 = nothing observed yet.
    sums ``(28, width)``: row ``day % 28``.
    """

    width: int
    first_day: int = -1
    last_day: int = -1
    sums: Floats = field(default_factory=lambda: np.zeros((DAYS, 0)))

    def __post_init__(self) -> None:
        if self.last_day < 0 and self.sums.shape[1] != self.width:
            object.__setattr__(self, "sums", np.zeros((DAYS, self.width)))


def observe(ring: DayRing, day: int, figures: Sequence[float]) -> DayRing:
    """The ring after something that adds these figures on that day. Raises ScoringError when one cannot be."""
    if len(figures) != ring.width or not 0 <= day <= _LATEST or not all(map(_possible, figures)):
        raise ScoringError(f"not of one day: day {day}, figures {tuple(figures)}, where {ring.width} are wanted")
    if ring.last_day < 0:
        ring = DayRing(ring.width, day, day, np.zeros((DAYS, ring.width)))
    oldest = max(ring.last_day, day) - DAYS + 1
    first = max(min(ring.first_day, day), oldest)
    if day < oldest:
        return DayRing(ring.width, first, ring.last_day, ring.sums)
    sums = _without(ring, range(ring.last_day + 1, day + 1))
    sums[day % DAYS] += figures
    return DayRing(ring.width, first, max(ring.last_day, day), sums)


def _possible(figure: float) -> bool:
    return -_MOST <= figure <= _MOST


def window(ring: DayRing, today: int) -> Floats:
    """The 28 days that end with ``today``, oldest first: ``(28, width)``; days of which nothing is known are zeros."""
    days = np.arange(today - DAYS + 1, today + 1)
    known = (days > ring.last_day - DAYS) & (days <= ring.last_day)
    return np.where(known[:, None], ring.sums[days % DAYS], 0.0)


def known_days(ring: DayRing, today: int) -> int:
    """Of how many of these 28 days something can be known: none before the first record."""
    return 0 if ring.last_day < 0 else max(0, min(DAYS, today - ring.first_day + 1))


def without_before(ring: DayRing, day: int) -> DayRing:
    """The ring without what was before ``day``; the same ring where it holds nothing of then."""
    if ring.last_day < 0 or day <= ring.first_day:
        return ring
    if day > ring.last_day:
        return DayRing(ring.width)
    return DayRing(ring.width, day, ring.last_day, _without(ring, range(ring.first_day, day)))


def _without(ring: DayRing, days: range) -> Floats:
    """The sums, with nothing on these days."""
    sums = ring.sums.copy()
    for each in days[-DAYS:]:
        sums[each % DAYS] = 0.0
    return sums


def to_bytes(ring: DayRing) -> bytes:
    """The ring for one column of a table; figures keep seven digits."""
    return _HEAD.pack(_VERSION, ring.width, ring.first_day, ring.last_day) + ring.sums.astype("<f4").tobytes()


def from_bytes(data: bytes, width: int) -> DayRing:
    """The ring that ``to_bytes`` wrote, of this width. Raises BehaviourStateMalformed for anything else."""
    if len(data) != _HEAD.size + DAYS * width * 4 or data[0] != _VERSION or not 0 < width <= _MOST_WIDTH:
        raise BehaviourStateMalformed(f"not {width} figures a day of version {_VERSION}: {len(data)} bytes")
    _, kept, first, last = _HEAD.unpack_from(data)
    sums = np.frombuffer(data, "<f4", offset=_HEAD.size).reshape(DAYS, width).astype(float)
    empty = first == last == -1
    whole = empty or (0 <= first <= last <= _LATEST and last - first < DAYS)
    if kept != width or not whole or not math.isfinite(float(sums.sum())):
        raise BehaviourStateMalformed("daily sums with impossible figures")
    return DayRing(width, first, last, sums)
