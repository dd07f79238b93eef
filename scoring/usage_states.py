"""Many usage states at once: what ``scoring.features`` does with one, in a few array operations.

A state is a record of 237 bytes, so that a file or a column of them is read without a loop. Equal to
``from_bytes`` and ``features`` row by row, to the last digit or nearly: sums of a day are added in another order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.features import FORGOTTEN_DAYS, KEEP, VERSION
from scoring.values import Bools, Floats, Ints

_HOURS, _HOUR, _MEGA = 24, 3600, 2.0**20
STATE = np.dtype(
    [
        ("version", "u1"),
        ("first_hour", "<i8"),
        ("last_hour", "<i8"),
        ("log_days", "<u4"),
        ("today", "<f8"),
        ("log_mean", "<f8"),
        ("log_m2", "<f8"),
        ("sums", "<f4", (_HOURS,)),
        ("ring", "<f4", (_HOURS,)),
    ]
)
"""As ``scoring.features.to_bytes`` writes one."""
_TIMES = 8192
"""From here on what is kept is less than a double can hold."""
_KEPT: Floats = np.array([KEEP**times for times in range(_TIMES)])
_WEIGHT: Floats = (1 - _KEPT) / (1 - KEEP)
_OF_DAY = np.arange(_HOURS, dtype=np.int64)

States = NDArray[Any]
"""Records of ``STATE``, ``(n,)``."""


@dataclass(frozen=True, slots=True)
class ManyFeatures:
    """As ``UsageFeatures``: profile ``(n, 24)``, the others ``(n,)``.

    ring ``(n, 24)``: use in the last 24 hours by hour of day; hour ``(n,)``: the present one, since the epoch.
    """

    profile: Floats
    recent_day: Floats
    log_day_mean: Floats
    log_day_std: Floats
    days: Floats
    ring: Floats
    hour: Ints

    def recent(self) -> Floats:
        """Use in each of the last 24 clock hours, the present one first, ``(n, 24)``."""
        order = (self.hour[:, None] - _OF_DAY) % _HOURS
        return np.take_along_axis(self.ring, order, axis=1)


def readable(states: States) -> Bools:
    """Which of the records are states, ``(n,)``: those that ``from_bytes`` would take."""
    first, last = states["first_hour"], states["last_hour"]
    good = (states["version"] == VERSION) & (((first == -1) & (last == -1)) | ((first >= 0) & (first <= last)))
    for name in ("today", "log_mean", "log_m2"):
        good &= np.isfinite(states[name]) & (states[name] >= 0)
    for name in ("sums", "ring"):
        good &= (np.isfinite(states[name]) & (states[name] >= 0)).all(axis=1)
    found: Bools = good
    return found


def features(states: States, at: float) -> ManyFeatures:
    """What the states say at ``at`` (epoch seconds UTC). states: readable ones."""
    first, last = states["first_hour"], states["last_hour"]
    new = first < 0
    hour = np.maximum(int(at // _HOUR), last)
    steps = np.where(new, 0, hour - last)
    mean, m2, log_days = _days_closed(states, hour, new)
    sums, ring = _advanced(states, steps)
    length = np.where(new, 0, hour - first)
    times = np.maximum(-((length[:, None] - (_OF_DAY - first[:, None]) % _HOURS) // -_HOURS), 0)
    weight = _weight(times)
    profile = np.divide(sums, weight, out=np.zeros_like(sums), where=weight > 0)
    of_days = _weight(log_days)
    variance = np.divide(m2, of_days, out=np.zeros_like(m2), where=of_days > 0)
    return ManyFeatures(profile, ring.sum(axis=1), mean, np.sqrt(variance), length / _HOURS, ring, hour)


def _advanced(states: States, steps: Ints) -> tuple[Floats, Floats]:
    """Sums and ring once so many hours were closed: the open one with its use, those after it unused."""
    sums, ring = states["sums"].astype(np.float64), states["ring"].astype(np.float64)
    moved = np.flatnonzero(steps > 0)
    last, ahead = states["last_hour"][moved, None], steps[moved, None]
    offset = (_OF_DAY - last) % _HOURS  # of each hour of day, from the one that was open
    closed = offset < ahead
    times = -((ahead - offset) // -_HOURS)
    before, used = sums[moved], np.where(offset == 0, ring[moved], 0.0)
    folded = (before * KEEP + used) * _kept(times - 1)
    sums[moved] = np.where(closed, folded, before)
    entered = ((offset > 0) & (offset <= ahead)) | (ahead >= _HOURS)
    ring[moved] = np.where(entered, 0.0, ring[moved])
    return sums, ring


def _days_closed(states: States, hour: Ints, new: Bools) -> tuple[Floats, Floats, Ints]:
    """Mean, squared deviations and number of daily totals once every day before ``hour``'s is closed."""
    mean, m2 = states["log_mean"].copy(), states["log_m2"].copy()
    log_days = states["log_days"].astype(np.int64)
    present, day = states["last_hour"] // _HOURS, hour // _HOURS
    over = (day > present) & ~new
    first = states["first_hour"]
    partial = (present == first // _HOURS) & (first % _HOURS != 0)
    _fold_day(np.flatnonzero(over & ~partial), np.log1p(states["today"] / _MEGA), mean, m2, log_days)
    unused = np.where(over, np.minimum(day - present - 1, FORGOTTEN_DAYS), 0)
    nothing = np.zeros(len(states))
    for times in range(int(unused.max(initial=0))):
        _fold_day(np.flatnonzero(unused > times), nothing, mean, m2, log_days)
    return mean, m2, log_days


def _fold_day(rows: Ints, value: Floats, mean: Floats, m2: Floats, log_days: Ints) -> None:
    """West's weighted update, of these rows, in place."""
    before, after = KEEP * _weight(log_days[rows]), _weight(log_days[rows] + 1)
    difference = value[rows] - mean[rows]
    mean[rows] += difference / after
    m2[rows] = KEEP * m2[rows] + before / after * difference**2
    log_days[rows] += 1


def _kept(times: Ints) -> Floats:
    kept: Floats = _KEPT[np.clip(times, 0, _TIMES - 1)]
    return kept


def _weight(times: Ints) -> Floats:
    weight: Floats = _WEIGHT[np.minimum(times, _TIMES - 1)]
    return weight
