"""28 days of somebody as a handful of figures: how much, how often, on which days, and whether it changes."""

from __future__ import annotations

import numpy as np

from scoring.behaviour import DAYS
from scoring.values import Floats, Ints

PARTS = ("level", "active", "spread", "weekend", "trend", "recent")
"""Of each column: mean of logs, share of days with any, deviation of logs, weekends against workdays, the last fourteen
days against those before, the last seven days."""
_HALF, _WEEK = 14, 7
_MONDAY = 4
"""Days after 1970-01-01, which was a Thursday, to the first Monday."""


def compressed(window: Floats) -> Floats:
    """Heavy tails made handy: the logarithm of one plus, on both sides of zero. Keeps the shape."""
    return np.sign(window) * np.log1p(np.abs(window))


def summary(window: Floats, last_day: int) -> Floats:
    """Six figures a column (``PARTS``), columns one after the other: ``(n, 6 x columns)``.

    window ``(n, 28, columns)``; last_day: of the window, since 1970-01-01.
    """
    logs = compressed(window)
    weekend = weekends(last_day)
    parts = (
        logs.mean(axis=1),
        (window != 0).mean(axis=1),
        logs.std(axis=1),
        logs[:, weekend].mean(axis=1) - logs[:, ~weekend].mean(axis=1),
        logs[:, -_HALF:].mean(axis=1) - logs[:, :-_HALF].mean(axis=1),
        logs[:, -_WEEK:].mean(axis=1),
    )
    n, width = parts[0].shape
    return np.stack(parts, axis=2).reshape(n, width * len(PARTS))


def weekends(last_day: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of the 28 days are Saturdays and Sundays."""
    days: Ints = np.arange(last_day - DAYS + 1, last_day + 1)
    return (days - _MONDAY) % _WEEK >= _WEEK - 2
