"""How good forecasts are on data that they have not seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sklearn.metrics import mean_absolute_error, mean_pinball_loss

from scoring.values import Floats, Forecasts


def pinball(actual: Floats, quantiles: Mapping[float, Floats]) -> float:
    """Mean pinball loss over all quantiles, in the unit of ``actual``. quantiles: level to forecast ``(n,)``."""
    return float(np.mean([mean_pinball_loss(actual, made, alpha=level) for level, made in quantiles.items()]))


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """Share of actual values within ``[low, high]``."""
    return float(np.mean((actual >= low) & (actual <= high)))


def evaluate(actual_hours: Floats, made: Forecasts) -> dict[str, float]:
    """Pinball loss and MAE in hours, and coverage of the 80 % interval."""
    return {
        "pinball": pinball(actual_hours, {0.1: made.p10, 0.5: made.p50, 0.9: made.p90}),
        "coverage": coverage(actual_hours, made.p10, made.p90),
        "mae": float(mean_absolute_error(actual_hours, made.p50)),
    }
