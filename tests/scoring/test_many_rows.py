"""Trees for many rows end in the leaves that they end in for one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from scoring.many_rows import ROWS, ManyRows, many_rows
from scoring.trees import Trees, flattened

DRAWN = np.random.default_rng(3)
X = DRAWN.normal(size=(3000, 4)).round(1)
X[DRAWN.random(X.shape) < 0.1] = np.nan
Y = np.nan_to_num(X[:, 0]) * 2 + np.nan_to_num(X[:, 1]) ** 2 + np.isnan(X[:, 2])
FITTED = flattened(HistGradientBoostingRegressor(max_iter=30).fit(X, Y))
FIGURES = st.one_of(st.floats(-4, 4), st.sampled_from([np.nan, np.inf, -np.inf, 0.0, *FITTED.threshold[:20].tolist()]))


@pytest.mark.parametrize(
    "settings",
    [{}, {"max_leaf_nodes": 2}, {"max_leaf_nodes": 8}, {"max_leaf_nodes": 64}, {"max_iter": 1, "max_depth": 1}],
)
def test_every_row_ends_in_the_same_leaf(settings: dict[str, Any]) -> None:
    """Stumps, words of every width, values missing."""
    model = HistGradientBoostingRegressor(**{"max_iter": 20, "min_samples_leaf": 5, **settings}).fit(X, Y)
    trees = flattened(model)
    many = many_rows(trees)
    assert isinstance(many, ManyRows)
    np.testing.assert_allclose(many.raw(X), model.predict(X), atol=1e-10)
    single = np.concatenate([Trees.raw(trees, row[None, :]) for row in X[:50]])
    np.testing.assert_allclose(many.raw(X[:50]), single, atol=1e-10)


@pytest.mark.parametrize("starts", [[0], [0, 1], [0, 7, 29]])
def test_groups_of_trees_are_summed_by_themselves(starts: list[int]) -> None:
    """As those of three quantiles, that go down together."""
    wanted = [part.sum(axis=1) for part in np.split(FITTED.leaves(X), starts[1:], axis=1)]
    for trees in (FITTED, many_rows(FITTED)):
        np.testing.assert_allclose(trees.sums(X, np.array(starts)), wanted, atol=1e-12)


@given(arrays(float, (6, 4), elements=FIGURES))
def test_whatever_a_row_holds(rows: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    """Missing, infinite, and exactly at a threshold."""
    np.testing.assert_allclose(many_rows(FITTED).raw(rows), FITTED.raw(rows), atol=1e-12)


def test_a_split_of_what_is_missing_from_what_is_not() -> None:
    """Its threshold is infinite."""
    gaps = np.where(DRAWN.random((500, 1)) < 0.5, np.nan, DRAWN.normal(size=(500, 1)))
    model = HistGradientBoostingClassifier(max_iter=3).fit(gaps, np.isnan(gaps[:, 0]))
    rows = np.array([[np.nan], [0.0], [np.inf], [-np.inf]])
    trees = flattened(model)
    assert np.isinf(trees.threshold).any()
    np.testing.assert_allclose(many_rows(trees).raw(rows), model.decision_function(rows), atol=1e-12)


def test_more_rows_than_are_taken_at_once() -> None:
    """And none."""
    rows = DRAWN.normal(size=(ROWS * 2 + 5, 4))
    many = many_rows(FITTED)
    np.testing.assert_allclose(many.raw(rows), FITTED.raw(rows), atol=1e-12)
    assert many.raw(rows[:0]).shape == (0,)


def test_trees_with_too_many_leaves_stay_as_they_are() -> None:
    """A word has 64 bits."""
    deep = flattened(HistGradientBoostingRegressor(max_iter=1, max_leaf_nodes=80, min_samples_leaf=2).fit(X, Y))
    assert many_rows(deep) is deep
