"""Moments in the lives of bundles: so much is left, and what then became of it.

Bundles of one person are used up one after another, in the order in which they were bought. Use goes on after a
bundle has ended: the hours to depletion are those until as much was used as was left, whether or not the bundle lasts
so long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from scoring.sessions import HOUR, Sessions
from scoring.usage_history import known_at
from scoring.values import HORIZON_HOURS, PRIOR_PER_HOUR, Bools, Floats, Ints, Rhythm, UsageBatch

_DAY_HOURS = 24
_MONDAY = 3
"""The epoch began on a Thursday."""


@dataclass(frozen=True, slots=True)
class Bundles:
    """person ``(n,)``: index of whose; times: epoch seconds; expires: NaN = never; size: bytes; segment: text."""

    person: Ints
    activated: Floats
    expires: Floats
    size: Floats
    segment: Sequence[str]

    def only(self, rows: Ints | Bools) -> Bundles:
        """These."""
        segment = np.asarray(self.segment, dtype=object)[rows].tolist()
        return Bundles(self.person[rows], self.activated[rows], self.expires[rows], self.size[rows], segment)


@dataclass(frozen=True, slots=True)
class Moments:
    """bundle, person ``(n,)``: which and whose; at: epoch seconds; remaining: bytes."""

    bundle: Ints
    person: Ints
    at: Floats
    remaining: Floats

    def only(self, rows: Ints | Bools) -> Moments:
        """These."""
        return Moments(*(getattr(self, one.name)[rows] for one in fields(self)))


@dataclass(frozen=True, slots=True)
class Outcomes:
    """hours ``(n,)``: to depletion; what is not seen to end goes on as it went. seen: which were. known: hours seen."""

    hours: Floats
    seen: Bools
    known: Floats


def at_shares(found: Sessions, bundles: Bundles, shares: Sequence[float], until: float) -> Moments:
    """The moments at which so much of each bundle was left, if it came so far before it ended and before ``until``."""
    opened = _opened(found, bundles)
    every = [found.when(bundles.person, opened.level + bundles.size * (1 - share)) for share in shares]
    return _moments(found, bundles, opened, np.array(every), until)


def at_random(found: Sessions, bundles: Bundles, each: int, until: float, rng: np.random.Generator) -> Moments:
    """Some moments of each bundle's time, as whoever asks at any time would find it."""
    opened = _opened(found, bundles)
    ends = np.minimum(np.nan_to_num(bundles.expires, nan=until), until)
    at = opened.at + rng.random((each, len(opened.at))) * np.maximum(ends - opened.at, 0.0)
    return _moments(found, bundles, opened, np.floor(at), until)


def at_hours(
    found: Sessions, bundles: Bundles, each: int, *, since: float, until: float, rng: np.random.Generator
) -> Moments:
    """Moments at half past each hour of day, about so many of each, as whoever looks at everybody then would find them.

    A bundle is met as often as it is long.
    """
    opened = _opened(found, bundles)
    begins = np.maximum(opened.at, since)
    lasts = np.minimum(np.nan_to_num(bundles.expires, nan=until), until) - begins
    lasts = np.where(np.isfinite(lasts), np.maximum(lasts, 0.0), 0.0)
    if not lasts.sum():
        return Moments(*np.zeros((2, 0), dtype=np.int64), *np.zeros((2, 0)))
    hour = np.tile(np.arange(_DAY_HOURS), each)
    which = rng.choice(len(lasts), len(hour), p=lasts / lasts.sum())
    within = begins[which] + rng.random(len(which)) * lasts[which]
    at = np.floor(within / (_DAY_HOURS * HOUR)) * _DAY_HOURS * HOUR + (hour + 0.5) * HOUR
    return _moments(found, bundles, opened, np.where(at >= since, at, np.nan), until, which=which)


def outcomes(found: Sessions, moments: Moments, until: float) -> Outcomes:
    """What became of each by ``until``; nothing later counts. What outlasts that goes on at the pace seen since."""
    level = found.reached_at(moments.person, moments.at)
    ends = found.when(moments.person, level + moments.remaining)
    seen = ends <= until
    known = np.maximum((until - moments.at) / HOUR, 0.0)
    used = found.reached_at(moments.person, np.full(len(moments.at), until)) - level
    paced = np.divide(known * moments.remaining, used, out=np.full(len(used), HORIZON_HOURS), where=used > 0)
    hours = np.where(seen, (np.where(seen, ends, moments.at) - moments.at) / HOUR, np.maximum(paced, known))
    return Outcomes(np.minimum(hours, HORIZON_HOURS), seen, known)


def usage_at(found: Sessions, bundles: Bundles, moments: Moments) -> UsageBatch:
    """What was known at each moment, and nothing that came after it."""
    known = known_at(found, moments.person, moments.at)
    hour = np.floor(moments.at / HOUR)
    clock = (hour % _DAY_HOURS).astype(np.int64)
    newest_first = (clock[:, None] - np.arange(_DAY_HOURS)) % _DAY_HOURS
    return UsageBatch(
        remaining=moments.remaining,
        initial=bundles.size[moments.bundle],
        elapsed_hours=(moments.at - bundles.activated[moments.bundle]) / HOUR,
        hours_to_expiry=(bundles.expires[moments.bundle] - moments.at) / HOUR,
        hour=clock.astype(float),
        profile=known.profile,
        recent_day=known.ring.sum(axis=1),
        log_day_std=known.log_day_std,
        days=known.days,
        prior=np.full(len(moments.at), PRIOR_PER_HOUR["byte"]),
        rhythm=Rhythm(
            np.take_along_axis(known.ring, newest_first, axis=1),
            known.log_day_mean,
            (hour // _DAY_HOURS + _MONDAY) % 7,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Opened:
    """When each bundle begins to be used, and the level of use at that time."""

    at: Floats
    level: Floats


def _opened(found: Sessions, bundles: Bundles) -> _Opened:
    order = np.lexsort((bundles.activated, bundles.person))
    place = np.arange(len(order)) - np.searchsorted(bundles.person[order], bundles.person[order])
    opened, level = bundles.activated.astype(float), np.zeros(len(order))
    free = np.full(found.people, -np.inf)
    for turn in range(int(place.max(initial=-1)) + 1):
        rows = order[place == turn]
        person = bundles.person[rows]
        opened[rows] = np.maximum(opened[rows], free[person])
        level[rows] = found.reached_at(person, opened[rows])
        ends = found.when(person, level[rows] + bundles.size[rows])
        free[person] = np.maximum(free[person], np.fmin(ends, bundles.expires[rows]))
    return _Opened(opened, level)


def _moments(
    found: Sessions, bundles: Bundles, opened: _Opened, at: Floats, until: float, *, which: Ints | None = None
) -> Moments:
    """Those of ``at`` at which a bundle was open and something was left. until: not after that.

    at: ``(k, bundles)``; or ``(k,)``, each of the bundle that ``which`` says.
    """
    ends = np.minimum(np.nan_to_num(bundles.expires, nan=np.inf), until)
    if which is None:
        which = np.broadcast_to(np.arange(len(opened.at)), at.shape)
    kept = np.isfinite(at) & np.isfinite(opened.at[which]) & (at >= opened.at[which]) & (at < ends[which])
    bundle, at = which[kept], at[kept]
    person = bundles.person[bundle]
    remaining = opened.level[bundle] + bundles.size[bundle] - found.reached_at(person, at)
    left = remaining > 0
    return Moments(bundle[left], person[left], at[left], remaining[left])
