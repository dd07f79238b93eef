"""What made-up people buy, when it tells that it is running low, and when it is used up: the truth, to the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from scoring.simulated import habits, states
from scoring.simulated.habits import Life
from scoring.values import Floats

WORLDS: Mapping[str, Callable[[int, np.random.Generator], Life]] = {"habits": habits.life, "states": states.life}
"""How people are made."""
SHARES = (0.5, 0.25, 0.1)
"""Left, at which a bundle tells of itself."""
_LADDER = np.array([25, 50, 100, 250, 500, 1024, 2048, 4096, 8192, 16384, 32768]) * 2.0**20
_VALIDITY_DAYS = np.array([1, 3, 7, 15, 30])
_VALIDITY_SHARES = (0.15, 0.15, 0.35, 0.15, 0.20)
_MISJUDGED = 0.45
_JOINS_LATE = 0.3
_SEEN_AFTER_HOURS = 40 * 24
"""How much longer is simulated than told, so that the truth is known."""
_DAY = 24


@dataclass(frozen=True, slots=True)
class Bought:
    """One bundle, in hours since the beginning. size: bytes."""

    activated: float
    expires: float
    size: float


@dataclass(frozen=True, slots=True)
class Told:
    """A bundle that runs low. bundle: its place among the person's. hours: to depletion from then, NaN = never seen."""

    bundle: int
    at: float
    remaining: float
    hours: float


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, cut at the end of what is told. daily: bytes on a day of the whole life, the part not told included."""

    life: Life
    bundles: tuple[Bought, ...]
    told: tuple[Told, ...]
    daily: float


def people(world: str, number: int, weeks: int, seed: int) -> Iterator[Person]:
    """So many people, each the same whoever else there is."""
    make = WORLDS[world]
    for index in range(number):
        yield person(make, weeks, np.random.default_rng((seed, index)))


def person(make: Callable[[int, np.random.Generator], Life], weeks: int, rng: np.random.Generator) -> Person:
    """One person's use, bundles and moments of running low."""
    until = weeks * 168.0
    lived = make(int(until) + _SEEN_AFTER_HOURS, rng)
    joined = float(rng.uniform(0, 0.7 * until)) if rng.random() < _JOINS_LATE else 0.0
    kept = lived.hours >= joined
    hours, used = lived.hours[kept], lived.used[kept]
    daily = float(used.sum()) / (until + _SEEN_AFTER_HOURS - joined) * _DAY
    reached = np.concatenate(([0.0], np.cumsum(used)))
    bought, told = list[Bought](), list[Told]()
    at = joined + rng.exponential(6.0)
    validity = float(rng.choice(_VALIDITY_DAYS, p=_VALIDITY_SHARES))
    while at < until:
        bundle = _chosen(at, daily, validity, rng)
        told += _told(len(bought), bundle, hours, reached, until)
        bought.append(bundle)
        before = float(reached[np.searchsorted(hours, at)])
        ends = _when(before + bundle.size, hours, reached)
        at = ends + rng.exponential(3.0) if ends < bundle.expires else bundle.expires + rng.exponential(12.0)
    within = hours < until
    return Person(Life(hours[within], used[within], lived.segment), tuple(bought), tuple(told), daily)


def _chosen(at: float, daily: float, validity: float, rng: np.random.Generator) -> Bought:
    """What seems to fit, from the ladder of what is sold."""
    days = validity if rng.random() < 0.8 else float(rng.choice(_VALIDITY_DAYS))
    wanted = max(daily, 1.0) * days * np.exp(rng.normal(0, _MISJUDGED))
    size = float(_LADDER[np.abs(np.log(_LADDER / wanted)).argmin()])
    return Bought(at, at + days * _DAY, size)


def _told(index: int, bundle: Bought, hours: Floats, reached: Floats, until: float) -> list[Told]:
    before = float(reached[np.searchsorted(hours, bundle.activated)])
    ends = _when(before + bundle.size, hours, reached)
    found = []
    for share in SHARES:
        at = _when(before + bundle.size * (1 - share), hours, reached)
        remaining = before + bundle.size - float(reached[np.searchsorted(hours, at, side="right")])
        if at < min(bundle.expires, until) and remaining > 0:
            found.append(Told(index, at, remaining, ends - at if np.isfinite(ends) else np.nan))
    return found


def _when(level: float, hours: Floats, reached: Floats) -> float:
    """The hour at which so much had been used; infinite if it never was."""
    place = int(np.searchsorted(reached, level)) - 1
    return float(hours[max(place, 0)]) if place < len(hours) else np.inf
