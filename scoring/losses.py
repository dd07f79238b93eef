"""What a wrong word costs, case by case; numpy alone, so that serving can tell it too."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from scoring.values import Floats

QUANTILES: Mapping[str, float] = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
_LEAST = 1e-6


def pinball_losses(hours: Floats, quantiles: Mapping[str, Floats], most: Floats) -> Floats:
    """Mean pinball loss of each case over the three quantiles, hours, where no time counts beyond ``most``.

    hours: until it was used up, negative for not within ``most``. A quantile of min(T, c) is min(quantile of T, c), so
    cases that nobody saw the end of count fairly too.
    """
    actual = _within(hours, most)
    losses = []
    for name, level in QUANTILES.items():
        apart = actual - np.minimum(quantiles[name], most)
        losses.append(np.maximum(level * apart, (level - 1) * apart))
    mean: Floats = np.mean(losses, axis=0)
    return mean


def coverage(hours: Floats, quantiles: Mapping[str, Floats], most: Floats) -> float:
    """Share of cases within p10 and p90, of those whose interval ends before ``most``; NaN without any."""
    ends = quantiles["p90"] < most
    actual = _within(hours, most)
    inside = (actual >= quantiles["p10"]) & (actual <= quantiles["p90"])
    return float(inside[ends].mean()) if ends.any() else float("nan")


def log_losses(said: Floats, came: Floats) -> Floats:
    """Of each case; what was said to be certain counts as nearly so."""
    p = np.clip(said, _LEAST, 1 - _LEAST)
    losses: Floats = -np.where(came > 0, np.log(p), np.log(1 - p))
    return losses


def _within(hours: Floats, most: Floats) -> Floats:
    within: Floats = np.where(hours < 0, most, np.minimum(hours, most))
    return within
