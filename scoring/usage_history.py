"""What ``features`` says of many people at many moments, from all of their sessions at once.

The same figures as ``observe`` and ``features`` give one session after another (a test holds them together), a hundred
times as fast: for training, and for whoever has files instead of a stream.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.features import KEEP
from scoring.sessions import HOUR, Sessions
from scoring.values import Bools, Floats, Ints

_HOURS = 24
_DAY = HOUR * _HOURS
_MEGA = 2**20


@dataclass(frozen=True, slots=True)
class Known:
    """What was known of each person at each moment. profile, ring: ``(n, 24)`` by hour of day; the others ``(n,)``.

    As ``UsageFeatures``; ring: bytes in each of the last 24 hours, the present one included.
    """

    profile: Floats
    ring: Floats
    log_day_mean: Floats
    log_day_std: Floats
    days: Floats


def known_at(found: Sessions, person: Ints, at: Floats) -> Known:
    """Nothing that began after ``at`` counts. person, at: ``(n,)``, in any order."""
    n = len(at)
    known = Known(np.zeros((n, _HOURS)), np.zeros((n, _HOURS)), np.zeros(n), np.zeros(n), np.zeros(n))
    if not n or not len(found.start):
        return known
    first_day, use = _by_hour(found)
    first_hour = np.floor(found.first(np.arange(found.people)) / HOUR)
    day_of = np.floor(at / _DAY).astype(np.int64) - first_day
    sums, days = np.zeros((found.people, _HOURS)), _Days(found.people)
    counted = np.where(np.isfinite(first_hour), np.ceil(first_hour / _HOURS), np.inf) - first_day
    order = np.argsort(day_of, kind="stable")
    edges = np.searchsorted(day_of[order], np.arange(day_of.max() + 2))
    for day in range(int(day_of.max()) + 1):
        rows = order[edges[day] : edges[day + 1]]
        today = use[:, day] if day < use.shape[1] else np.zeros_like(sums)
        if len(rows):
            yesterday = use[:, day - 1] if 0 < day <= use.shape[1] else np.zeros_like(sums)
            who, when = person[rows], at[rows]
            hours = _Hours(first_hour[who], sums[who], today[who], yesterday[who])
            known.profile[rows], known.ring[rows], known.days[rows] = _at(hours, found, who, when)
            known.log_day_mean[rows], known.log_day_std[rows] = days.mean[who], days.deviation(who)
        sums = sums * KEEP + today
        days.close(today.sum(axis=1), counted <= day)
    return known


class _Days:
    """Decayed mean and variance of everybody's log daily totals: West's update, a day at a time."""

    def __init__(self, people: int) -> None:
        self.times, self.mean, self.squares = np.zeros(people), np.zeros(people), np.zeros(people)

    def close(self, used: Floats, counts: Bools) -> None:
        value = np.log1p(used / _MEGA)
        before, after = KEEP * _weight(self.times), _weight(self.times + 1)
        difference = value - self.mean
        self.mean = np.where(counts, self.mean + difference / after, self.mean)
        self.squares = np.where(counts, KEEP * self.squares + before / after * difference**2, self.squares)
        self.times = self.times + counts

    def deviation(self, person: Ints) -> Floats:
        weight = _weight(self.times[person])
        found: Floats = np.sqrt(np.divide(self.squares[person], weight, out=np.zeros(len(person)), where=weight > 0))
        return found


@dataclass(frozen=True, slots=True)
class _Hours:
    """Of each moment's person: hour first seen, sums of closed days, and the hours of this day and the last."""

    first: Floats
    sums: Floats
    today: Floats
    yesterday: Floats


def _at(hours: _Hours, found: Sessions, person: Ints, at: Floats) -> tuple[Floats, Floats, Floats]:
    """Profile, ring and days known at moments of one day, whose closed hours are those before the present one."""
    hour = np.floor(at / HOUR)
    present = (hour % _HOURS).astype(np.int64)
    clock = np.arange(_HOURS)
    closed, coming = clock < present[:, None], clock > present[:, None]
    since = np.minimum(hours.first, hour)
    to_first = (clock - since[:, None]) % _HOURS
    weight = _weight(np.maximum(0, np.ceil((hour[:, None] - since[:, None] - to_first) / _HOURS)))
    total = np.where(closed, hours.sums * KEEP + hours.today, hours.sums)
    profile = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)
    ring = np.where(closed, hours.today, np.where(coming, hours.yesterday, 0.0))
    before = np.nextafter(hour * HOUR, 0)
    ring[np.arange(len(at)), present] = found.used_between(person, before, at)
    return profile, ring, (hour - since) / _HOURS


def _by_hour(found: Sessions) -> tuple[int, Floats]:
    """The first day, in days since the epoch, and bytes of each person, day and hour."""
    first_day = int(found.start.min() // _DAY)
    days = int(found.start.max() // _DAY) - first_day + 1
    person = np.repeat(np.arange(found.people), np.diff(found.begins))
    hour = (found.start // HOUR).astype(np.int64) - first_day * _HOURS
    place = person * (days * _HOURS) + hour
    use: Floats = np.bincount(place, weights=found.used, minlength=found.people * days * _HOURS).astype(float)
    return first_day, use.reshape(found.people, days, _HOURS)


def _weight(times: Floats) -> Floats:
    weight: Floats = (1 - KEEP**times) / (1 - KEEP)
    return weight
