"""28 days of somebody as a handful of figures: how much, how often, on which days, and whether it changes."""

from __future__ import annotations

import numpy as np

from scoring.behaviour import DAYS
from scoring.values import Floats, Ints

PARTS = ("level", "active", "spread", "weekend", "trend", "recent")
"""Of each column: mean of logs, share of days with any, deviation of logs, weekends against workdays, the last fourteen
days against those before, the last seven days."""
_HALF, _WEEK = 14, 7
_AT_ONCE = 512
"""People whose days fit a processor's cache."""
_MONDAY = 4
"""Days after 1970-01-01, which was a Thursday, to the first Monday."""


def compressed(window: Floats) -> Floats:
    """Heavy tails made handy: the logarithm of one plus, on both sides of zero. Keeps the shape."""
    logs: Floats = np.abs(window)
    return np.copysign(np.log1p(logs, out=logs), window, out=logs)


def summary(window: Floats, last_day: int) -> Floats:
    """Six figures a column (``PARTS``), columns one after the other: ``(n, 6 x columns)``.

    window ``(n, 28, columns)``; last_day: of the window, since 1970-01-01.
    """
    n, _, width = window.shape
    parts = np.empty((n, width, len(PARTS)))
    weights = _weights(last_day)
    for at in range(0, n, _AT_ONCE):
        rows = slice(at, at + _AT_ONCE)
        logs = compressed(window[rows])
        level, weekend, trend, recent = np.moveaxis(weights @ logs, 1, 0)
        squares = np.einsum("ndk,ndk->nk", logs, logs) / DAYS
        active = np.count_nonzero(logs, axis=1) / DAYS
        spread = np.sqrt(np.maximum(squares - level**2, 0.0))
        parts[rows] = np.stack((level, active, spread, weekend, trend, recent), axis=2)
    return parts.reshape(n, width * len(PARTS))


def _weights(last_day: int) -> Floats:
    """What each day counts: in the mean, in weekends against workdays, in half against half, in the last week."""
    weekend, day = weekends(last_day), np.arange(DAYS)
    return np.array(
        [
            np.full(DAYS, 1 / DAYS),
            np.where(weekend, 1 / weekend.sum(), -1 / (~weekend).sum()),
            np.where(day >= DAYS - _HALF, 1 / _HALF, -1 / (DAYS - _HALF)),
            np.where(day >= DAYS - _WEEK, 1 / _WEEK, 0.0),
        ]
    )


def weekends(last_day: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of the 28 days are Saturdays and Sundays."""
    days: Ints = np.arange(last_day - DAYS + 1, last_day + 1)
    return (days - _MONDAY) % _WEEK >= _WEEK - 2
