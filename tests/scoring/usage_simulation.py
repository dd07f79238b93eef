"""A made-up crowd whose use is heavy-tailed and on and off, to judge forecasts by (not to fit them on)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.features import UsageState, features, observe
from scoring.values import PRIOR_PER_HOUR, Floats, UsageBatch

_HOURS = 24
_HISTORY_HOURS = 10 * _HOURS
_FUTURE_HOURS = 60 * _HOURS


@dataclass(frozen=True, slots=True)
class Crowd:
    """Habits of a population.

    off_share: of days without use. day_spread: deviation of log daily activity. tail: Pareto index of session
    sizes. trend: growth of use a day.
    """

    off_share: float = 0.15
    day_spread: float = 0.5
    tail: float = 1.4
    trend: float = 0.0


def hourly_use(crowd: Crowd, rng: np.random.Generator, hours: int) -> Floats:
    """Bytes in each hour of one person: sessions with Pareto sizes, more of them at the person's own time of day."""
    daily = np.exp(rng.normal(np.log(120 * 2**20), 0.8))
    peak, sharp = rng.uniform(0, _HOURS), rng.uniform(0.5, 2.0)
    clock = np.arange(hours) % _HOURS
    shape = np.exp(sharp * np.cos(2 * np.pi * (clock - peak) / _HOURS))
    shape /= shape[:_HOURS].sum()
    days = hours // _HOURS + 1
    activity = np.exp(rng.normal(0, crowd.day_spread, days)) * (rng.random(days) > crowd.off_share)
    activity *= np.exp(crowd.trend * np.arange(days))
    counts = rng.poisson(12 * shape * np.repeat(activity, _HOURS)[:hours])
    mean_size = crowd.tail / (crowd.tail - 1) - 1
    sizes = np.minimum(rng.pareto(crowd.tail, counts.sum()) / mean_size, 50.0) * daily / 12
    use: Floats = np.bincount(np.repeat(np.arange(hours), counts), weights=sizes, minlength=hours).astype(float)
    return use


@dataclass(frozen=True, slots=True)
class Situations:
    """Moments at which a share of a bundle was left, and what then became of it."""

    usage: UsageBatch
    hours_to_depletion: Floats
    left_share: Floats


def situations(crowd: Crowd, people: int, seed: int) -> Situations:
    """At 50, 25 and 10 % left, for each person whose bundle was used up within the simulated time."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[float, ...]] = []
    profiles: list[Floats] = []
    for _ in range(people):
        use = hourly_use(crowd, rng, _HISTORY_HOURS + _FUTURE_HOURS)
        start = _HISTORY_HOURS + int(rng.integers(0, _HOURS))
        size = float(rng.choice([0.25, 0.5, 1.0, 2.0])) * 2**30
        drained = np.cumsum(use[start:])
        if drained[-1] < size:
            continue
        end = start + 1 + int(np.searchsorted(drained, size))
        for share in (0.5, 0.25, 0.1):
            at = start + 1 + int(np.searchsorted(drained, size * (1 - share)))
            remaining = size - drained[at - start - 1]
            if remaining <= 0:
                continue
            known = features(_state(use[:at], rng), at * 3600)
            profiles.append(known.profile)
            rows.append((remaining, size, at - start, at % 24, known.recent_day, known.log_day_std, known.days,
                         end - at, share))  # fmt: skip
    table = np.array(rows)
    usage = UsageBatch(
        remaining=table[:, 0],
        initial=table[:, 1],
        elapsed_hours=table[:, 2],
        hours_to_expiry=np.full(len(table), np.nan),
        hour=table[:, 3],
        profile=np.array(profiles),
        recent_day=table[:, 4],
        log_day_std=table[:, 5],
        days=table[:, 6],
        prior=np.full(len(table), PRIOR_PER_HOUR["byte"]),
    )
    return Situations(usage, table[:, 7], table[:, 8])


def _state(use: Floats, rng: np.random.Generator) -> UsageState:
    """What an observer knows who joined some days ago."""
    state = UsageState()
    first = int(rng.integers(0, _HISTORY_HOURS))
    for hour in np.flatnonzero(use[first:]) + first:
        state = observe(state, float(hour) * 3600, float(use[hour]))
    return state
