"""How well the model that decides did, on what has become known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoring.calibration import Reliability, reliability
from scoring.losses import QUANTILES, coverage
from scoring.values import Floats
from store.model_scores import ModelScore, Said

_HOUR = 3600.0


def reliability_of(kind: str, scores: Sequence[ModelScore]) -> Reliability:
    """Of what the champion said."""
    said = [one.champion_said for one in scores]
    if kind == "depletion":
        return reliability(column_of(said, "p_before_expiry"), (actual_of(scores) >= 0).astype(float))
    return reliability(column_of(said, "p"), actual_of(scores))


def coverage_of(scores: Sequence[ModelScore]) -> float:
    """Of the champion's forecasts."""
    quantiles = {name: column_of([one.champion_said for one in scores], name) for name in QUANTILES}
    return coverage(actual_of(scores), quantiles, most_of(scores))


def ends_told(scores: Sequence[ModelScore]) -> bool:
    """Whether the charging system tells when bundles are used up: without one such end none can be judged."""
    return any(one.actual is not None and one.actual >= 0 for one in scores)


def column_of(said: Sequence[Said], name: str) -> Floats:
    """One figure of all that was said."""
    return np.array([one[name] for one in said], dtype=float)


def actual_of(scores: Sequence[ModelScore]) -> Floats:
    """What came of them."""
    return np.array([one.actual for one in scores], dtype=float)


def most_of(scores: Sequence[ModelScore]) -> Floats:
    """Hours until it was over, one way or the other."""
    return np.array([(one.until - one.at).total_seconds() / _HOUR for one in scores], dtype=float)
