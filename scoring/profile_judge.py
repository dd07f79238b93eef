"""Which description of 28 days is worth more: the one from which the next week's use is guessed better.

Judged on people that nobody has trained with. The judge is the same for all: ridge regression on the description, with
the penalty chosen by leave-one-out on the people trained with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import RidgeCV

from scoring.values import Floats

_MEGA = 2**20
_PENALTIES = np.logspace(-2, 4, 13)
_RESAMPLED = 1_000
_TAIL = 2.5


def target(ahead: Floats) -> Floats:
    """What is guessed: the logarithm of one plus megabytes in the days ahead. ahead ``(n, days)`` in bytes."""
    guessed: Floats = np.log1p(ahead.sum(axis=1) / _MEGA)
    return guessed


@dataclass(frozen=True, slots=True)
class Judge:
    """A regression: weights ``(dimensions,)`` and the constant."""

    weights: Floats
    constant: float

    def guess(self, described: Floats) -> Floats:
        """The target, guessed: ``(n,)``."""
        guessed: Floats = described @ self.weights + self.constant
        return guessed


def trained(described: Floats, wanted: Floats) -> Judge:
    """The judge of a description, from people trained with."""
    ridge = RidgeCV(_PENALTIES).fit(described, wanted)
    return Judge(np.asarray(ridge.coef_, dtype=float), float(ridge.intercept_))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Mean absolute errors on people not trained with, and by how much the second is smaller, with a 95 % interval."""

    first: float
    second: float
    gain: float
    low: float
    high: float

    @property
    def second_wins(self) -> bool:
        """Whether it is better beyond what chance would do."""
        return self.low > 0


def compared(wanted: Floats, first: Floats, second: Floats, seed: int) -> Comparison:
    """Two guesses of the same target. The interval resamples people."""
    errors = np.abs(wanted - first) - np.abs(wanted - second)
    rng = np.random.default_rng(seed)
    means = errors[rng.integers(0, len(errors), (_RESAMPLED, len(errors)))].mean(axis=1)
    low, high = np.percentile(means, [_TAIL, 100 - _TAIL])
    return Comparison(
        float(np.abs(wanted - first).mean()),
        float(np.abs(wanted - second).mean()),
        float(errors.mean()),
        float(low),
        float(high),
    )
