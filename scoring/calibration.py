"""Whether things come true as often as they are said to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.errors import ShapeMismatch
from scoring.values import Floats, Ints

BINS = 10


@dataclass(frozen=True, slots=True)
class Reliability:
    """By what was said, in bins of equal width: how often, what was said on average, and how often it came true.

    All ``(bins,)``; an empty bin has 0 in all of them.
    """

    count: Ints
    said: Floats
    came: Floats

    @property
    def error(self) -> float:
        """Expected calibration error: the mean distance, each bin by its count; NaN without any."""
        total = int(self.count.sum())
        return float((self.count * np.abs(self.said - self.came)).sum() / total) if total else float("nan")


def reliability(said: Floats, came: Floats, bins: int = BINS) -> Reliability:
    """said: probabilities ``(n,)``; came: 1 or 0 ``(n,)``. Raises ShapeMismatch."""
    if said.shape != came.shape or said.ndim != 1:
        raise ShapeMismatch(f"{said.shape} probabilities and {came.shape} outcomes")
    index = np.clip((said * bins).astype(np.int64), 0, bins - 1)
    count = np.bincount(index, minlength=bins)
    full = np.maximum(count, 1)
    return Reliability(
        count,
        np.bincount(index, weights=said, minlength=bins) / full,
        np.bincount(index, weights=came, minlength=bins) / full,
    )
