"""Trees served by numpy give what scikit-learn gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from scoring.errors import ModelRefused
from scoring.trees import Trees, flattened

DRAWN = np.random.default_rng(3)
ROWS = DRAWN.normal(size=(400, 4))
ROWS[DRAWN.random(ROWS.shape) < 0.1] = np.nan
TARGET = np.nan_to_num(ROWS[:, 0]) * 2 + np.nan_to_num(ROWS[:, 1]) ** 2


@pytest.mark.parametrize(
    "settings", [{}, {"loss": "quantile", "quantile": 0.9}, {"max_leaf_nodes": 2}, {"max_iter": 1, "max_depth": 1}]
)
def test_a_regressor_predicts_the_same(settings: dict[str, Any]) -> None:
    """With values missing, and with stumps."""
    model = HistGradientBoostingRegressor(**{"max_iter": 20, **settings}).fit(ROWS, TARGET)
    np.testing.assert_allclose(flattened(model).raw(ROWS), model.predict(ROWS), atol=1e-10)


def test_a_classifier_decides_the_same() -> None:
    """The raw sum is the log odds."""
    model = HistGradientBoostingClassifier(max_iter=20).fit(ROWS, TARGET > 1)
    np.testing.assert_allclose(flattened(model).raw(ROWS), model.decision_function(ROWS), atol=1e-10)


def test_trees_go_through_arrays_unchanged() -> None:
    """As an artefact keeps them."""
    trees = flattened(HistGradientBoostingRegressor(max_iter=5).fit(ROWS, TARGET))
    again = Trees.of_arrays(trees.arrays("p50."), 4, "p50.")
    assert (again.raw(ROWS) == trees.raw(ROWS)).all()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("left", 10**6, "left leads out"),
        ("roots", -1, "roots leads out"),
        ("feature", 4, "feature leads out of the 4"),
    ],
)
def test_trees_that_lead_out_are_refused(name: str, value: int, told: str) -> None:
    """A file can hold any numbers."""
    arrays = flattened(HistGradientBoostingRegressor(max_iter=2).fit(ROWS, TARGET)).arrays()
    arrays[name] = arrays[name].copy()
    arrays[name][0] = value
    with pytest.raises(ModelRefused, match=told):
        Trees.of_arrays(arrays, 4)


def test_arrays_that_lack_something_are_refused() -> None:
    """By name."""
    arrays = flattened(HistGradientBoostingRegressor(max_iter=2).fit(ROWS, TARGET)).arrays()
    del arrays["threshold"]
    with pytest.raises(ModelRefused, match="lack 'threshold'"):
        Trees.of_arrays(arrays, 4)


def test_several_classes_are_refused() -> None:
    """Nobody needs them."""
    model = HistGradientBoostingClassifier(max_iter=2).fit(ROWS, np.arange(400) % 3)
    with pytest.raises(ModelRefused, match="several classes"):
        flattened(model)
