"""How likely somebody is to do something (leave, port, accept): a calibrated probability from a person's columns.

Two judges, logistic regression and boosted trees, give log odds; a third, a logistic regression of three numbers
learnt on rows that neither had seen, weighs and calibrates them:
``p = sigmoid(offset + weight of linear x linear + weight of trees x trees)`` (Platt 1999; stacking, Wolpert 1992).
Which of the two judges count at all was decided by cross-validation: a weight is 0 where it did not help. Served by
numpy alone; scikit-learn is needed to train.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring import artefact
from scoring.artefact import Artefact
from scoring.encoding import Encoding
from scoring.errors import ModelRefused
from scoring.text_table import TextTable
from scoring.trees import Trees
from scoring.values import Floats

KIND = "propensity"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Predicted:
    """probability: ``(n,)``, strictly between 0 and 1. others: by column, rows whose category counts as ``other``."""

    probability: Floats
    others: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Propensity:
    """A model. weights: ``(width,)`` of the linear judge, intercept; blend: offset, and the weight of each judge."""

    encoding: Encoding
    weights: Floats
    intercept: float
    trees: Trees
    blend: Floats

    def predict(self, table: TextTable) -> Predicted:
        """Of every row. Raises FileMalformed for a figure that is none."""
        encoded = self.encoding.encode(table)
        return Predicted(self.of_matrix(encoded.matrix), encoded.others)

    def of_figures(self, rows: Floats) -> Floats:
        """Of people of whom all is a number, ``(n, features)``, NaN for what is not known. Raises ModelRefused."""
        return self.of_matrix(self.encoding.encode_figures(rows))

    def of_matrix(self, matrix: Floats) -> Floats:
        """Of rows that are encoded already, ``(n,)``."""
        offset, linear, boosted = self.blend
        odds = offset + linear * (matrix @ self.weights + self.intercept)
        if boosted:
            odds = odds + boosted * self.trees.raw(matrix)
        return sigmoid(odds)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        linear = {"weights": self.weights, "intercept": np.array([self.intercept]), "blend": self.blend}
        return {**linear, **self.trees.arrays("trees.")}


def sigmoid(odds: Floats) -> Floats:
    """The probability that log odds stand for."""
    probability: Floats = 1 / (1 + np.exp(-np.clip(odds, -30.0, 30.0)))
    return probability


def of_artefact(found: Artefact) -> Propensity:
    """The model that an artefact holds. Raises ModelRefused when its parts do not fit together."""
    encoding = Encoding.of_document(found.settings.get("columns", {}), found.features)
    try:
        weights, (intercept,), blend = (found.arrays[name] for name in ("weights", "intercept", "blend"))
    except (KeyError, ValueError) as error:
        raise ModelRefused(f"a propensity model that lacks {error}") from None
    figures = np.concatenate([np.ravel(weights), [intercept], np.ravel(blend)])
    if weights.shape != (encoding.width,) or blend.shape != (3,) or not np.isfinite(figures).all():
        raise ModelRefused("a propensity model whose arrays do not fit its columns")
    return Propensity(
        encoding, weights, float(intercept), Trees.of_arrays(found.arrays, encoding.width, "trees."), blend
    )


def load(path: Path) -> tuple[Propensity, Artefact]:
    """The model in a file. Raises ModelRefused."""
    found = artefact.load(path, KIND, SCHEMA)
    with artefact.told_by(path):
        return of_artefact(found), found
