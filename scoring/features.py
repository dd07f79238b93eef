"""What is remembered of one subscription's use: a small rolling state, updated in constant time.

Every closed hour is folded once into the mean of its hour of day; every closed day once into mean and
variance of log daily totals. Both forget by half in a week. Hours and days are UTC: the profile's clock
is the same from day to day, which is all that a forecast needs. Hours without a report count as unused.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from scoring.errors import ScoringError, UsageStateMalformed
from scoring.values import Floats

_HOUR, _HOURS = 3600, 24
KEEP = 0.5 ** (1 / 7)
"""What a day leaves of the weight of the days before it."""
FORGOTTEN_DAYS = 60
"""After so many days without use what was before weighs 0.3 %."""
_MEGA = 2**20
_LATEST, _MOST = 1e11, 1e15
_CODEC = struct.Struct("<BqqIddd24f24f")
VERSION = 1
_NO_HISTORY = (0.0,) * _HOURS


@dataclass(frozen=True, slots=True)
class UsageState:
    """One subscription's use up to and including ``last_hour``.

    first_hour, last_hour: hours since the epoch; -1 = nothing observed yet. today: bytes since midnight UTC.
    sums: decayed bytes by hour of day, closed hours only. ring: bytes in the last 24 hours, by hour of day,
    that of ``last_hour`` still open. log_days: closed whole days; log_mean, log_m2: of log(1 + MB a day).
    """

    first_hour: int = -1
    last_hour: int = -1
    log_days: int = 0
    today: float = 0.0
    log_mean: float = 0.0
    log_m2: float = 0.0
    sums: tuple[float, ...] = _NO_HISTORY
    ring: tuple[float, ...] = _NO_HISTORY


@dataclass(frozen=True, slots=True)
class UsageFeatures:
    """A state as one row of a batch: profile ``(24,)`` in bytes an hour, recent_day in bytes, days of history.

    recent ``(24,)``: bytes in each of the last 24 clock hours, the present one first.
    """

    profile: Floats
    recent_day: float
    log_day_mean: float
    log_day_std: float
    days: float
    recent: Floats


def observe(state: UsageState, start: float, used: float) -> UsageState:
    """The state after a session that began at ``start`` (epoch seconds UTC) and used so many bytes.

    A session that is reported late still counts if it began within the last 24 hours; an older one is left out.
    Raises ScoringError when a figure is negative, not finite or absurd.
    """
    return observe_all(state, ((start, used),))


def observe_all(state: UsageState, sessions: Iterable[tuple[float, float]]) -> UsageState:
    """The state after sessions ``(start, bytes)``, taken in the order of time, however they come.

    As ``observe`` one after another, at a fifth of the cost: what an hour leaves of its use in the sums depends on the
    last hour alone. Raises ScoringError as ``observe``, before anything counts.
    """
    told = sorted(_hour_of(start, used) for start, used in sessions)
    if not told:
        return state
    if state.first_hour < 0:
        state = UsageState(first_hour=told[0][0], last_hour=told[0][0])
    last, today = max(state.last_hour, told[-1][0]), state.last_hour // _HOURS
    sums, ring, totals = list(_folded(state, last)), list(_rolled(state, last)), {today: state.today}
    for hour, used in told:
        if not _has_place(state, hour):
            continue
        if hour < last:
            sums[hour % _HOURS] += used * KEEP ** ((last - hour - 1) // _HOURS)
        if hour > last - _HOURS:
            ring[hour % _HOURS] += used
        if hour // _HOURS >= today:
            totals[hour // _HOURS] = totals.get(hour // _HOURS, 0.0) + used
    closed = _close_days(state, totals, last // _HOURS)
    return replace(closed, last_hour=last, sums=tuple(sums), ring=tuple(ring))


def has_place(state: UsageState, start: float) -> bool:
    """Whether a session of then still counts: not before all that is known, nor 24 hours before the newest."""
    return state.first_hour < 0 or _has_place(state, int(start // _HOUR))


def can_be(start: float, used: float) -> bool:
    """Whether there may be a session of then and so large."""
    return 0 <= start <= _LATEST and 0 <= used <= _MOST


def features(state: UsageState, at: float) -> UsageFeatures:
    """What the state says at ``at`` (epoch seconds UTC)."""
    if state.first_hour < 0:
        return UsageFeatures(np.zeros(_HOURS), 0.0, 0.0, 0.0, 0.0, np.zeros(_HOURS))
    state = _advance(state, max(int(at // _HOUR), state.last_hour))
    weights = [_weight(_times_closed(state, hour)) for hour in range(_HOURS)]
    profile = np.array([total / weight if weight else 0.0 for total, weight in zip(state.sums, weights, strict=True)])
    weight = _weight(state.log_days)
    deviation = math.sqrt(state.log_m2 / weight) if weight else 0.0
    days = (state.last_hour - state.first_hour) / _HOURS
    recent = np.array([state.ring[(state.last_hour - ago) % _HOURS] for ago in range(_HOURS)])
    return UsageFeatures(profile, sum(state.ring), state.log_mean, deviation, days, recent)


def _weight(times: int) -> float:
    """The summed weight of so many folded values, the newest weighing one."""
    return (1 - KEEP**times) / (1 - KEEP)


def _times_closed(state: UsageState, hour_of_day: int) -> int:
    """How many hours with this hour of day lie between the first hour and the last, which is open."""
    to_first = (hour_of_day - state.first_hour) % _HOURS
    return max(0, -(-(state.last_hour - state.first_hour - to_first) // _HOURS))


def _hour_of(start: float, used: float) -> tuple[int, float]:
    if not can_be(start, used):
        raise ScoringError(f"not a session: start {start}, bytes {used}")
    return int(start // _HOUR), used


def _has_place(state: UsageState, hour: int) -> bool:
    return hour > state.last_hour - _HOURS and hour >= state.first_hour


def _advance(state: UsageState, hour: int) -> UsageState:
    """Close every hour before ``hour`` and, with it, every day."""
    if hour <= state.last_hour:
        return state
    closed = _close_days(state, {state.last_hour // _HOURS: state.today}, hour // _HOURS)
    return replace(closed, last_hour=hour, sums=_folded(state, hour), ring=_rolled(state, hour))


def _folded(state: UsageState, hour: int) -> tuple[float, ...]:
    """The sums after every hour before ``hour`` was closed: the open one with its use, those after it unused."""
    sums, steps = list(state.sums), hour - state.last_hour
    for offset in range(min(steps, _HOURS)):
        index = (state.last_hour + offset) % _HOURS
        times = -(-(steps - offset) // _HOURS)
        used = state.ring[index] if offset == 0 else 0.0
        sums[index] = (sums[index] * KEEP + used) * KEEP ** (times - 1)
    return tuple(sums)


def _rolled(state: UsageState, hour: int) -> tuple[float, ...]:
    """The ring without the hours that are now more than a day ago."""
    ring = list(state.ring)
    for entered in range(max(state.last_hour + 1, hour - _HOURS + 1), hour + 1):
        ring[entered % _HOURS] = 0.0
    return tuple(ring)


def _close_days(state: UsageState, totals: Mapping[int, float], day: int) -> UsageState:
    """Close every day before ``day``. totals: bytes by day, of the open one and those after it."""
    following = state.last_hour // _HOURS
    if following == state.first_hour // _HOURS and state.first_hour % _HOURS != 0:
        following += 1  # it began within that day, which is no whole one
    times, mean, squares = state.log_days, state.log_mean, state.log_m2
    for closed in sorted(one for one in (*totals, day) if following <= one <= day):
        if closed > following:
            unused = min(closed - following, FORGOTTEN_DAYS)
            times, mean, squares = _with_days(unused, 0.0, times, mean, squares)
        if closed < day:
            times, mean, squares = _with_days(1, totals[closed], times, mean, squares)
        following = closed + 1
    return replace(state, today=totals.get(day, 0.0), log_days=times, log_mean=mean, log_m2=squares)


def _with_days(days: int, used: float, times: int, mean: float, squares: float) -> tuple[int, float, float]:
    """Number, mean and squared deviations with so many more days of so much use each (Chan's update, decayed)."""
    forgotten = KEEP**days
    before, theirs, after = forgotten * _weight(times), _weight(days), _weight(times + days)
    difference = math.log1p(used / _MEGA) - mean
    squares = forgotten * squares + before * theirs / after * difference**2
    return times + days, mean + difference * theirs / after, squares


def to_bytes(state: UsageState) -> bytes:
    """The state for one column of a table; hourly figures keep seven digits."""
    return _CODEC.pack(
        VERSION,
        state.first_hour,
        state.last_hour,
        state.log_days,
        state.today,
        state.log_mean,
        state.log_m2,
        *state.sums,
        *state.ring,
    )


def from_bytes(data: bytes) -> UsageState:
    """The state that ``to_bytes`` wrote. Raises UsageStateMalformed for anything else."""
    if len(data) != _CODEC.size or data[0] != VERSION:
        raise UsageStateMalformed(f"not a usage state of version {VERSION}: {len(data)} bytes")
    _, first, last, log_days, *figures = _CODEC.unpack(data)
    whole = first == last == -1 or 0 <= first <= last
    if not whole or not all(math.isfinite(figure) and figure >= 0 for figure in figures):
        raise UsageStateMalformed("a usage state with impossible figures")
    today, mean, squares, *hours = figures
    return UsageState(first, last, log_days, today, mean, squares, tuple(hours[:_HOURS]), tuple(hours[_HOURS:]))
