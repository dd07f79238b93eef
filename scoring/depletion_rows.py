"""What a model of depletion is given of each moment. ``FEATURES`` and ``SCHEMA`` are its contract.

Almost everything is relative to the forecast by hand, so that a model says how much that one is wrong: it then
carries over to people, bundles and networks that are larger or smaller than those it was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.depletion import cumulated_shape, forecast
from scoring.errors import ShapeMismatch
from scoring.values import Floats, Forecasts, UsageBatch

SCHEMA = 1
"""Of how these are made; it changes when the meaning of one does."""
FEATURES = (
    "log_hours_by_hand",
    "log_hours_even",
    "log_spread_by_hand",
    "chance_by_hand",
    "share_left",
    "log_remaining_mb",
    "log_initial_mb",
    "log_elapsed_hours",
    "log_validity_hours",
    "hours_to_expiry",
    "since_purchase",
    "last_24_hours",
    "last_12_hours",
    "last_6_hours",
    "last_3_hours",
    "present_hour",
    "remembered_days",
    "median_day",
    "people_alike",
    "log_days_known",
    "log_day_deviation",
    "hour",
    "weekday",
    "share_in_3_hours",
    "share_in_6_hours",
    "share_in_12_hours",
    "hours_used_of_24",
    "hours_used_of_profile",
    "most_in_an_hour",
    "largest_hour_of_profile",
)
SOONEST_HOURS = 0.05
"""Nothing is told to end sooner, but what has: a session has a length too."""
_MEGA = 2.0**20
_LEAST = 1e-3
"""Of the pace by hand: a rate that is lower counts as this."""
_MOST_DAYS = 28.0
_FAR_HOURS = 1000.0


@dataclass(frozen=True, slots=True)
class Rows:
    """x ``(n, features)``, NaN = not known. by_hand: the forecast without a model. log_base ``(n,)``: of its p50."""

    x: Floats
    by_hand: Forecasts
    log_base: Floats


def rows(usage: UsageBatch, alike: Floats) -> Rows:
    """alike: pace of people alike, bytes an hour, ``(n,)``. Raises ShapeMismatch for a batch without rhythm."""
    rhythm = usage.rhythm
    if rhythm is None:
        raise ShapeMismatch("a model of depletion needs the rhythm of use")
    cumulated = cumulated_shape(usage)
    made = forecast(usage, cumulated)
    pace, recent, profile = made.pace, rhythm.recent, usage.profile
    lately = np.cumsum(recent, axis=1)
    profile_total, days = profile.sum(axis=1), np.minimum(usage.days, _MOST_DAYS)
    with np.errstate(invalid="ignore"):  # NaN is what is not known
        used = np.where(usage.remaining <= usage.initial, usage.initial - usage.remaining, np.nan)
        elapsed = np.where(usage.elapsed_hours >= 0, usage.elapsed_hours, np.nan)
        left = np.where(usage.hours_to_expiry >= 0, usage.hours_to_expiry, np.nan)
        share = usage.remaining / np.where(usage.initial >= 1, usage.initial, np.nan)
    rates = np.array(
        [
            used / np.maximum(elapsed, 0.5),
            usage.recent_day / 24,
            lately[:, 11] / 12,
            lately[:, 5] / 6,
            lately[:, 2] / 3,
            recent[:, 0],
            profile_total / 24,
            np.expm1(rhythm.log_day_mean) * _MEGA / 24,
            alike,
        ]
    )
    columns = (
        np.log(np.maximum(made.p50, SOONEST_HOURS)),
        np.log(usage.remaining / pace + SOONEST_HOURS),
        np.log((made.p90 + SOONEST_HOURS) / (made.p10 + SOONEST_HOURS)),
        made.p_before_expiry,
        share,
        np.log(usage.remaining / _MEGA + _LEAST),
        np.log(usage.initial / _MEGA + _LEAST),
        np.log(elapsed + 0.1),
        np.log(elapsed + left + 0.1),
        np.minimum(left, _FAR_HOURS),
        *np.log(np.maximum(rates / pace, _LEAST)),
        np.log1p(days),
        usage.log_day_std,
        usage.hour,
        rhythm.weekday,
        cumulated[:, 3],
        cumulated[:, 6],
        cumulated[:, 12],
        (recent > 0).sum(axis=1),
        (profile > 0).sum(axis=1),
        recent.max(axis=1) / np.maximum(lately[:, -1], 1.0),
        profile.max(axis=1) / np.maximum(profile_total, 1.0),
    )
    return Rows(np.array(columns, dtype=float).T, made, columns[0])
