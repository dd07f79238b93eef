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
_AT_ONCE = 1024
"""People whose hours are held in memory."""


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
    for group in np.unique(person // _AT_ONCE).tolist():
        first = group * _AT_ONCE
        rows = np.flatnonzero(person // _AT_ONCE == group)
        people = _People(found, first, min(first + _AT_ONCE, found.people))
        if people.sessions:
            _day_by_day(known, rows, people, person[rows], at[rows])
    return known


class _People:
    """Some people, whose hours are held at once. use: bytes by person, day and hour; first_hour: inf = never seen."""

    def __init__(self, found: Sessions, first: int, after: int) -> None:
        self.found, self.first = found, first
        some = slice(int(found.begins[first]), int(found.begins[after]))
        start, used = found.start[some], found.used[some]
        self.number, self.sessions = after - first, len(start)
        self.first_hour = np.floor(found.first(np.arange(first, after)) / HOUR)
        if self.sessions:
            self.first_day = int(start.min() // _DAY)
            days = int(start.max() // _DAY) - self.first_day + 1
            whose = np.repeat(np.arange(self.number), np.diff(found.begins[first : after + 1]))
            place = whose * (days * _HOURS) + (start // HOUR).astype(np.int64) - self.first_day * _HOURS
            summed = np.bincount(place, weights=used, minlength=self.number * days * _HOURS)
            self.use: Floats = summed.astype(float).reshape(self.number, days, _HOURS)

    def on(self, day: int) -> Floats:
        """Bytes by hour on one day, ``(people, 24)``."""
        return self.use[:, day] if 0 <= day < self.use.shape[1] else np.zeros((self.number, _HOURS))


def _day_by_day(known: Known, rows: Ints, people: _People, person: Ints, at: Floats) -> None:
    """Close every day in turn, and note at each what is known at its moments."""
    sums, days = np.zeros((people.number, _HOURS)), _Days(people.number)
    whole_from = np.ceil(people.first_hour / _HOURS) - people.first_day
    day_of = np.floor(at / _DAY).astype(np.int64) - people.first_day
    order = np.argsort(day_of, kind="stable")
    edges = np.searchsorted(day_of[order], np.arange(day_of.max() + 2))
    for day in range(int(day_of.max()) + 1):
        some = order[edges[day] : edges[day + 1]]
        today = people.on(day)
        if len(some):
            who = person[some] - people.first
            hours = _Hours(people.first_hour[who], sums[who], today[who], people.on(day - 1)[who])
            into = rows[some]
            known.profile[into], known.ring[into], known.days[into] = _at(hours, people.found, person[some], at[some])
            known.log_day_mean[into], known.log_day_std[into] = days.mean[who], days.deviation(who)
        sums = sums * KEEP + today
        days.close(today.sum(axis=1), whole_from <= day)


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


def _weight(times: Floats) -> Floats:
    weight: Floats = (1 - KEEP**times) / (1 - KEEP)
    return weight
