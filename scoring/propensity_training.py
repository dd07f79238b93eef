"""Training of a propensity model. All that is learnt is learnt from the rows that are given; nothing is resampled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from scoring.encoding import learn
from scoring.errors import TrainingRefused
from scoring.propensity import Propensity
from scoring.text_table import TextTable
from scoring.trees import NO_TREES, Trees, flattened
from scoring.values import Floats, Ints

FOLDS = 5
_INNER_FOLDS = 4
_LEAST_ODDS = 1e-6
_BOTH = np.array([0.0, 1.0, 1.0])


class Judges(StrEnum):
    """Who decides, the plainest first: the base rate, the linear judge alone, or it and the trees together."""

    BASE_RATE = "base rate"
    LINEAR = "logistic regression"
    TOGETHER = "logistic regression and boosted trees"


@dataclass(frozen=True, slots=True)
class Rows:
    """What is learnt from. kinds: the columns that count, and whether they hold numbers. wanted: 1 or 0, ``(n,)``."""

    table: TextTable
    kinds: Mapping[str, bool]
    wanted: Floats

    def at(self, places: Ints) -> Rows:
        """Some of them."""
        return Rows(self.table.at(places), self.kinds, self.wanted[places])


def fit(rows: Rows, judges: Judges, seed: int) -> Propensity:
    """A model of these rows. The weights of the judges are learnt on folds that they had not seen."""
    with threadpool_limits(1):  # on a machine that does other things too, OpenMP's threads wait for one another
        match judges:
            case Judges.BASE_RATE:
                base = float(np.clip(rows.wanted.mean(), _LEAST_ODDS, 1 - _LEAST_ODDS))
                return _judged(rows, np.array([np.log(base / (1 - base)), 0.0, 0.0]), seed)
            case Judges.LINEAR:
                return _judged(rows, np.array([0.0, 1.0, 0.0]), seed)
            case Judges.TOGETHER:
                return _judged(rows, _blended(rows, seed), seed)


def folds_of(wanted: Floats, folds: int, seed: int) -> Iterator[tuple[Ints, Ints]]:
    """Rows to learn from and rows to measure on, each class spread evenly. Raises TrainingRefused for too few."""
    fewest = int(min(wanted.sum(), len(wanted) - wanted.sum()))
    if fewest < folds:
        raise TrainingRefused(f"only {fewest} rows of one of the classes, where {folds} folds need {folds} at least")
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed).split(wanted, wanted)
    yield from splits


def _judged(rows: Rows, blend: Floats, seed: int) -> Propensity:
    """The judges that have a weight."""
    encoding = learn(rows.table, rows.kinds)
    matrix = encoding.encode(rows.table).matrix
    if not matrix.shape[1]:
        raise TrainingRefused(f"{rows.table.path}: no column is left to learn from")
    _, of_linear, of_trees = blend
    weights, intercept = _linear(matrix, rows.wanted) if of_linear else (np.zeros(matrix.shape[1]), 0.0)
    trees = _trees(matrix, rows.wanted, seed) if of_trees else NO_TREES
    return Propensity(encoding, weights, intercept, trees, blend)


def _linear(matrix: Floats, wanted: Floats) -> tuple[Floats, float]:
    model = LogisticRegression(max_iter=5000).fit(matrix, wanted)
    return model.coef_[0], float(model.intercept_[0])


def _trees(matrix: Floats, wanted: Floats, seed: int) -> Trees:
    """Few and small: three hundred of the usual size learn the noise (AUC 0.825 on the telco sample)."""
    model = HistGradientBoostingClassifier(
        max_iter=120,
        max_leaf_nodes=8,
        learning_rate=0.05,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )
    return flattened(model.fit(matrix, wanted))


def _blended(rows: Rows, seed: int) -> Floats:
    """Offset and weights, by logistic regression on the log odds that the judges give to rows they had not seen."""
    odds = np.zeros((len(rows.wanted), 2))
    for known, unseen in folds_of(rows.wanted, min(_INNER_FOLDS, _fewest(rows.wanted)), seed):
        judged = _judged(rows.at(known), _BOTH, seed)
        matrix = judged.encoding.encode(rows.table.at(unseen)).matrix
        odds[unseen] = np.column_stack([matrix @ judged.weights + judged.intercept, judged.trees.raw(matrix)])
    weights, offset = _linear(odds, rows.wanted)
    return np.array([offset, *weights])


def _fewest(wanted: Floats) -> int:
    return max(2, int(min(wanted.sum(), len(wanted) - wanted.sum())))
