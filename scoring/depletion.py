"""When a bundle will be used up: the day's own shape times a recent pace, and how sure that is.

Pace: the mean of use since purchase, of the remembered days, of the last 24 hours and of a prior, each
weighing the days of use that it has seen (at most seven; the prior, a quarter). The day's shape is drawn to
a flat one as long as few days are known.
Spread: the pace is log-normal. Its deviation comes from day-to-day variation, shrunk to a prior as long as
few days are known, and falls with the length of the forecast, since good days and bad days even out.
"""

from __future__ import annotations

import numpy as np

from scoring.values import HORIZON_HOURS, Floats, Forecasts, UsageBatch

_Z90 = 1.2815515655446004
_MOST_DAYS = 7.0
"""Of evidence that one source may count for."""
_PRIOR_DAYS = 0.25
_DAYS_TO_TRUST_SHAPE = 3.0
_PRIOR_DEVIATION = 0.7
"""Of log daily totals: sessions are heavy-tailed and use is on and off."""
_PRIOR_WEIGHT_DAYS = 3.0
_DEVIATION_OF_MEAN = 0.15
"""What stays uncertain however long the forecast: habits change."""
_DAYS_REMEMBERED = 7.0
_SHORTEST_DAYS = 0.5
_SLOWEST = 1e-9
_HOURS = np.arange(24)


def forecast(usage: UsageBatch) -> Forecasts:
    """Quantiles of the hours to depletion, chance of depletion before expiry, and pace, each ``(n,)``.

    An expiry that is not known counts as the horizon. Nothing remaining is depleted now.
    """
    pace = paces(usage)
    remaining = np.maximum(usage.remaining, 0.0)
    cumulated = _cumulated_shape(usage)
    needed = remaining / pace
    middle = _hours_for(needed, cumulated)
    sigma = _deviation(usage, middle)
    spread = np.exp(_Z90 * sigma)
    p10, p90 = _hours_for(needed / spread, cumulated), _hours_for(needed * spread, cumulated)
    return Forecasts(p10, middle, p90, _chance_before_expiry(usage, needed, cumulated), pace)


def paces(usage: UsageBatch) -> Floats:
    """Expected use per hour, ``(n,)``, always above zero."""
    used = usage.initial - usage.remaining
    bought = (used >= 0) & (usage.elapsed_hours > 0)
    evidence = (
        (np.where(bought, used, 0.0), np.where(bought, usage.elapsed_hours / 24, 0.0), _MOST_DAYS),
        (usage.profile.sum(axis=1) * usage.days, usage.days, _MOST_DAYS),
        (usage.recent_day, np.minimum(usage.days, 1.0), 1.0),
        (usage.prior * 24 * _PRIOR_DAYS, np.full(len(used), _PRIOR_DAYS), _PRIOR_DAYS),
    )
    total, weights = np.zeros(len(used)), np.zeros(len(used))
    for amount, days, most in evidence:
        weight = np.minimum(days, most)
        total += np.divide(amount, days, out=np.zeros_like(total), where=days > 0) * weight
        weights += weight
    pace: Floats = np.maximum(total / weights / 24, _SLOWEST)
    return pace


def _cumulated_shape(usage: UsageBatch) -> Floats:
    """Share of a day's use by the end of each of the next 24 hours, ``(n, 25)`` beginning with 0, ending with 1."""
    total = usage.profile.sum(axis=1, keepdims=True)
    shape = np.divide(usage.profile, total, out=np.full_like(usage.profile, 1 / 24), where=total > 0)
    weight = (usage.days / (usage.days + _DAYS_TO_TRUST_SHAPE))[:, None]
    shape = weight * shape + (1 - weight) / 24
    order = (usage.hour.astype(np.int64)[:, None] + _HOURS) % 24
    cumulated = np.zeros((len(shape), 25))
    np.cumsum(np.take_along_axis(shape, order, axis=1), axis=1, out=cumulated[:, 1:])
    return cumulated


def _hours_for(needed: Floats, cumulated: Floats) -> Floats:
    """Hours after which so many hours' worth of mean use have gone by, along the day's shape."""
    needed = np.minimum(needed, HORIZON_HOURS)
    days = np.floor(needed / 24)
    rest = needed / 24 - days
    index = np.minimum((cumulated[:, 1:] <= rest[:, None]).sum(axis=1), 23)
    rows = np.arange(len(needed))
    low, high = cumulated[rows, index], cumulated[rows, index + 1]
    within = np.divide(rest - low, high - low, out=np.zeros_like(rest), where=high > low)
    hours: Floats = np.clip(days * 24 + index + within, 0.0, HORIZON_HOURS)
    return np.where(needed <= 0, 0.0, hours)


def _deviation(usage: UsageBatch, hours: Floats) -> Floats:
    """Standard deviation of the log of the mean pace over so many hours, ``(n,)``."""
    weight = usage.days / (usage.days + _PRIOR_WEIGHT_DAYS)
    daily = weight * usage.log_day_std**2 + (1 - weight) * _PRIOR_DEVIATION**2
    known = np.minimum(usage.days, _DAYS_REMEMBERED) + 1
    return np.sqrt(_DEVIATION_OF_MEAN**2 + daily / known + daily / np.maximum(hours / 24, _SHORTEST_DAYS))


def _chance_before_expiry(usage: UsageBatch, needed: Floats, cumulated: Floats) -> Floats:
    left = np.where(np.isnan(usage.hours_to_expiry), HORIZON_HOURS, usage.hours_to_expiry)
    left = np.clip(left, 0.0, HORIZON_HOURS)
    mean_hours = _mean_hours_in(left, cumulated)
    ratio = np.log(np.maximum(mean_hours, 1e-12) / np.maximum(needed, 1e-12))
    chance = _normal_below(ratio / _deviation(usage, left))
    return np.where(usage.remaining <= 0, 1.0, np.where(left <= 0, 0.0, chance))


def _mean_hours_in(hours: Floats, cumulated: Floats) -> Floats:
    """How many hours' worth of mean use go by in so many hours, along the day's shape."""
    days = np.floor(hours / 24)
    rest = hours - days * 24
    index = rest.astype(np.int64)
    rows = np.arange(len(hours))
    low = cumulated[rows, index]
    within = low + (rest - index) * (cumulated[rows, np.minimum(index + 1, 24)] - low)
    mean_hours: Floats = days * 24 + within * 24
    return mean_hours


def _normal_below(z: Floats) -> Floats:
    """The normal distribution function, to within 0.0002 (a logistic curve with a cubic term)."""
    z = np.clip(z, -8.0, 8.0)
    below: Floats = 1 / (1 + np.exp(-1.5976 * z - 0.07056 * z**3))
    return below
