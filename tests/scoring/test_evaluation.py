"""The measures themselves, on cases that can be done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.evaluation import coverage, evaluate, pinball
from scoring.values import Forecasts


@pytest.mark.parametrize(
    ("level", "made", "expected"),
    [(0.5, 10.0, 0.0), (0.5, 6.0, 2.0), (0.9, 6.0, 3.6), (0.9, 14.0, 0.4), (0.1, 14.0, 3.6)],
)
def test_pinball_weighs_the_two_sides_by_the_level(level: float, made: float, expected: float) -> None:
    """Ten happened: too low costs the level, too high the rest."""
    assert pinball(np.array([10.0]), {level: np.array([made])}) == pytest.approx(expected)


def test_coverage_counts_both_edges() -> None:
    """A value on the edge is inside."""
    actual = np.array([1.0, 2.0, 3.0, 4.0])
    assert coverage(actual, np.full(4, 2.0), np.full(4, 3.0)) == 0.5


def test_evaluate_gives_the_three_figures() -> None:
    """A perfect forecast loses nothing and covers all."""
    actual = np.array([1.0, 5.0])
    perfect = Forecasts(actual, actual, actual, np.ones(2), np.ones(2))
    assert evaluate(actual, perfect) == {"pinball": 0.0, "coverage": 1.0, "mae": 0.0}
