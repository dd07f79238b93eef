"""What a model of depletion has to beat: five ways to say when a bundle ends that need no training.

Each gives one figure. To be compared as quantiles it is given the spread that it had on the training data: factors
for 10, 50 and 90 %, the same for everybody. The forecast by hand stands there twice, with its own interval and with
such factors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from scoring.depletion import cumulated_shape, forecast, hours_for
from scoring.depletion_rows import SOONEST_HOURS
from scoring.values import HORIZON_HOURS, Floats, UsageBatch

LEVELS = (0.1, 0.5, 0.9)
BY_HAND = "by_hand"
_SLOWEST = 1e-9
_RECENT_SHARE = 0.3
"""Of the last 24 hours in the recent rate; the rest is the remembered days."""


def since_purchase(usage: UsageBatch) -> Floats:
    """On as since the purchase."""
    used = usage.initial - usage.remaining
    return _hours(usage.remaining, np.where(used > 0, used, np.nan) / np.maximum(usage.elapsed_hours, SOONEST_HOURS))


def last_day(usage: UsageBatch) -> Floats:
    """On as in the last 24 hours."""
    return _hours(usage.remaining, usage.recent_day / 24)


def ewma(usage: UsageBatch) -> Floats:
    """On as in the remembered days, of which a week leaves half."""
    return _hours(usage.remaining, usage.profile.mean(axis=1))


def hourly_profile(usage: UsageBatch) -> Floats:
    """The day's own shape at a recent rate."""
    rate = _RECENT_SHARE * usage.recent_day / 24 + (1 - _RECENT_SHARE) * usage.profile.mean(axis=1)
    needed = _hours(usage.remaining, rate)
    hours: Floats = hours_for(needed[None, :], cumulated_shape(usage))[0]
    return hours


def by_hand(usage: UsageBatch) -> Floats:
    """The middle of the forecast that is used without a model."""
    return forecast(usage).p50


BASELINES: Mapping[str, Callable[[UsageBatch], Floats]] = {
    "since_purchase": since_purchase,
    "last_24_hours": last_day,
    "ewma": ewma,
    "hourly_profile": hourly_profile,
    "by_hand_fitted": by_hand,
}


def factors(actual: Floats, usage: UsageBatch) -> dict[str, list[float]]:
    """For each baseline the log factors that make it right in 10, 50 and 90 % of the cases."""
    return {
        name: np.quantile(log_hours(actual) - log_hours(make(usage)), LEVELS).tolist()
        for name, make in BASELINES.items()
    }


def quantiles(usage: UsageBatch, spread: Mapping[str, list[float]]) -> dict[str, Floats]:
    """Hours at 10, 50 and 90 % of every baseline, each ``(3, n)``."""
    made = forecast(usage)
    found = {
        name: np.exp(np.minimum(log_hours(make(usage)) + np.array(spread[name])[:, None], np.log(HORIZON_HOURS)))
        for name, make in BASELINES.items()
    }
    return {**found, BY_HAND: np.stack((made.p10, made.p50, made.p90))}


def log_hours(hours: Floats) -> Floats:
    """Their logs, from the soonest on."""
    logs: Floats = np.log(np.maximum(hours, SOONEST_HOURS))
    return logs


def _hours(remaining: Floats, rate: Floats) -> Floats:
    """At this rate an hour; the horizon where there is none."""
    hours: Floats = np.minimum(remaining / np.maximum(np.nan_to_num(rate), _SLOWEST), HORIZON_HOURS)
    return hours
