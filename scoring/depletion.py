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
_LEAST = 1e-12
_HOURS = np.arange(24)


def forecast(usage: UsageBatch, cumulated: Floats | None = None) -> Forecasts:
    """Quantiles of the hours to depletion, chance of depletion before expiry, and pace, each ``(n,)``.

    An expiry that is not known counts as the horizon. Nothing remaining is depleted now. cumulated: the day's shape
    where the caller has it already.
    """
    pace = paces(usage)
    remaining = np.maximum(usage.remaining, 0.0)
    cumulated = cumulated_shape(usage) if cumulated is None else cumulated
    needed = remaining / pace
    left = np.where(np.isnan(usage.hours_to_expiry), HORIZON_HOURS, usage.hours_to_expiry)
    left = np.minimum(np.maximum(left, 0.0), HORIZON_HOURS)
    spread, until_expiry = _deviation(usage, np.stack((needed, left)))
    factor = np.exp(_Z90 * spread)
    p10, p50, p90 = hours_for(np.stack((needed / factor, needed, needed * factor)), cumulated)
    chance = _chance_before_expiry(needed, _mean_hours_in(left, cumulated), until_expiry)
    return Forecasts(p10, p50, p90, chance, pace)


def told(usage: UsageBatch) -> Forecasts:
    """What a model has said of it, else the forecast by hand."""
    return forecast(usage) if usage.told is None else usage.told


def paces(usage: UsageBatch) -> Floats:
    """Expected use per hour, ``(n,)``, always above zero."""
    used = usage.initial - usage.remaining
    bought = (used >= 0) & (usage.elapsed_hours > 0)
    total, weights = usage.prior * (24 * _PRIOR_DAYS), np.full(len(used), _PRIOR_DAYS)
    for amount, days, most in (  # used in all, in how many days, and how many of them count
        (np.where(bought, used, 0.0), np.where(bought, usage.elapsed_hours, 0.0) / 24, _MOST_DAYS),
        (usage.profile.sum(axis=1) * usage.days, usage.days, _MOST_DAYS),
        (usage.recent_day, np.minimum(usage.days, 1.0), 1.0),
    ):
        counted = most / np.maximum(days, most)
        total = total + amount * counted
        weights = weights + days * counted
    pace: Floats = np.maximum(total / (weights * 24), _SLOWEST)
    return pace


def cumulated_shape(usage: UsageBatch) -> Floats:
    """Share of a day's use by the end of each of the next 24 hours, ``(n, 25)`` beginning with 0, ending with 1."""
    total = usage.profile.sum(axis=1)
    weight = np.where(total > 0, usage.days / (usage.days + _DAYS_TO_TRUST_SHAPE), 0.0)
    shape = usage.profile * (weight / np.maximum(total, _LEAST))[:, None] + ((1 - weight) / 24)[:, None]
    rows = np.arange(len(shape))[:, None]
    order = (usage.hour.astype(np.int64)[:, None] + _HOURS) % 24
    cumulated = np.zeros((len(shape), 25))
    np.cumsum(shape[rows, order], axis=1, out=cumulated[:, 1:])
    return cumulated


def hours_for(needed: Floats, cumulated: Floats) -> Floats:
    """Hours after which so many hours' worth of mean use have gone by, along the day's shape. needed: ``(k, n)``."""
    needed = np.minimum(needed, HORIZON_HOURS) / 24
    days = np.floor(needed)
    rest = needed - days
    index = np.minimum((cumulated[:, 1:] <= rest[:, :, None]).sum(axis=2), 23)
    rows = np.arange(needed.shape[1])
    low, high = cumulated[rows, index], cumulated[rows, index + 1]
    within = (rest - low) / np.maximum(high - low, _LEAST)
    hours: Floats = np.minimum(days * 24 + index + np.minimum(within, 1.0), HORIZON_HOURS)
    return np.where(needed <= 0, 0.0, hours)


def _deviation(usage: UsageBatch, hours: Floats) -> Floats:
    """Standard deviation of the log of the mean pace over so many hours, ``(k, n)``."""
    weight = usage.days / (usage.days + _PRIOR_WEIGHT_DAYS)
    daily = weight * usage.log_day_std**2 + (1 - weight) * _PRIOR_DEVIATION**2
    known = np.minimum(usage.days, _DAYS_REMEMBERED) + 1
    deviation: Floats = np.sqrt(
        _DEVIATION_OF_MEAN**2 + daily * (1 / known + 1 / np.maximum(hours / 24, _SHORTEST_DAYS))
    )
    return deviation


def _chance_before_expiry(needed: Floats, by_expiry: Floats, deviation: Floats) -> Floats:
    """The chance that the pace is high enough. needed, by_expiry: in hours' worth of mean use."""
    ratio = np.log(np.maximum(by_expiry, _LEAST) / np.maximum(needed, _LEAST))
    chance = _normal_below(ratio / deviation)
    return np.where(needed <= 0, 1.0, np.where(by_expiry <= 0, 0.0, chance))


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
    z = np.minimum(np.maximum(z, -8.0), 8.0)
    below: Floats = 1 / (1 + np.exp(-1.5976 * z - 0.07056 * z**3))
    return below
