"""Boosted trees as plain arrays: scikit-learn trains them, numpy serves them.

scikit-learn's own predict takes 0.5 ms for one row of a hundred trees, most of it bookkeeping. Here all trees of all
rows go down one level at a time, in a few array operations a level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.errors import ModelRefused
from scoring.values import Bools, Floats, Ints

_DEEPEST = 64
_BLOCK = 128
"""Rows at once: what a hundred trees say of them fits into the processor's second cache."""
_NAMES = ("feature", "threshold", "missing_left", "left", "right", "value", "roots")


@dataclass(frozen=True, slots=True)
class Trees:
    """All nodes of all trees, one after another. A leaf is its own child.

    feature, threshold, missing_left, left, right, value: ``(nodes,)``; roots: ``(trees,)``. depth: of the deepest tree.
    baseline: what is added to the sum of the leaves.
    """

    feature: Ints
    threshold: Floats
    missing_left: Bools
    left: Ints
    right: Ints
    value: Floats
    roots: Ints
    depth: int
    baseline: float

    def raw(self, rows: Floats) -> Floats:
        """The sum of the leaves for rows ``(n, features)``: ``(n,)``. NaN goes where training sent it."""
        blocks = [self.leaves(rows[at : at + _BLOCK]).sum(axis=1) for at in range(0, len(rows), _BLOCK)]
        total: Floats = np.concatenate([*blocks, np.zeros(0)]) + self.baseline
        return total

    def leaves(self, rows: Floats) -> Floats:
        """What each tree says of each row, ``(n, trees)``."""
        children = np.column_stack([self.right, self.left]).ravel()
        n, features = rows.shape
        flat, row = np.ascontiguousarray(rows).ravel(), (np.arange(n) * features)[:, None]
        some_missing = bool(np.isnan(flat).any())
        at = np.repeat(self.roots[None, :], n, axis=0)
        for _ in range(self.depth):
            seen = flat.take(row + self.feature.take(at))
            goes_left = seen <= self.threshold.take(at)
            if some_missing:
                goes_left |= np.isnan(seen) & self.missing_left.take(at)
            at = children.take(2 * at + goes_left)
        found: Floats = self.value.take(at)
        return found

    def sums(self, rows: Floats, starts: Ints) -> Floats:
        """The sums of groups of trees, each from its start to the next one's, ``(groups, n)``; no baseline."""
        found: Floats = np.add.reduceat(self.leaves(rows), starts, axis=1).T
        return found

    def arrays(self, prefix: str = "") -> dict[str, NDArray[Any]]:
        """For an artefact."""
        found: dict[str, NDArray[Any]] = {f"{prefix}{name}": getattr(self, name) for name in _NAMES}
        found[f"{prefix}shape"] = np.array([float(self.depth), self.baseline])
        return found

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]], features: int, prefix: str = "") -> Trees:
        """From an artefact that takes so many features. Raises ModelRefused when a node leads out of what there is."""
        try:
            named = {name: arrays[f"{prefix}{name}"] for name in _NAMES}
            depth, baseline = (float(number) for number in arrays[f"{prefix}shape"])
        except (KeyError, ValueError) as error:
            raise ModelRefused(f"trees lack {error}") from None
        nodes = len(named["value"])
        if len({len(named[name]) for name in _NAMES if name != "roots"}) > 1 or not 0 <= depth <= _DEEPEST:
            raise ModelRefused("trees whose arrays do not fit together")
        for name, most in (("left", nodes), ("right", nodes), ("roots", nodes), ("feature", features)):
            if len(named[name]) and not (named[name].min() >= 0 and named[name].max() < most):
                raise ModelRefused(f"trees: {name} leads out of the {most} that there are")
        return cls(**named, depth=int(depth), baseline=baseline)


_NO_NODES = np.zeros(0, dtype=np.int64)
NO_TREES = Trees(
    _NO_NODES, np.zeros(0), np.zeros(0, dtype=bool), _NO_NODES, _NO_NODES, np.zeros(0), _NO_NODES, depth=0, baseline=0.0
)
"""Those of a model that has none."""


def flattened(model: Any) -> Trees:
    """The trees of a fitted HistGradientBoostingRegressor or binary HistGradientBoostingClassifier.

    Numeric features only. Raises ModelRefused for categorical splits or several classes.
    """
    predictors = [row[0] for row in model._predictors]
    if any(len(row) != 1 for row in model._predictors):
        raise ModelRefused("trees of several classes are not served")
    nodes = [predictor.nodes for predictor in predictors]
    if any(one["is_categorical"].any() for one in nodes):
        raise ModelRefused("trees with categorical splits are not served")
    starts = np.cumsum([0, *(len(one) for one in nodes)])[:-1].astype(np.int64)
    leaf = np.concatenate([one["is_leaf"] for one in nodes]).astype(bool)
    own = np.arange(len(leaf))
    offset = np.repeat(starts, [len(one) for one in nodes])
    together = np.concatenate(nodes)
    return Trees(
        feature=np.where(leaf, 0, together["feature_idx"]).astype(np.int64),
        threshold=np.where(leaf, np.inf, together["num_threshold"]).astype(np.float64),
        missing_left=np.where(leaf, True, together["missing_go_to_left"]).astype(bool),
        left=np.where(leaf, own, together["left"].astype(np.int64) + offset),
        right=np.where(leaf, own, together["right"].astype(np.int64) + offset),
        value=np.where(leaf, together["value"], 0.0).astype(np.float64),
        roots=starts,
        depth=int(together["depth"].max()) if len(together) else 0,
        baseline=float(np.ravel(model._baseline_prediction)[0]),
    )


def together(models: Sequence[Trees]) -> Trees:
    """The trees of several models of the same features as one, to go down all of them at once; no baseline."""
    offsets = np.concatenate(([0], np.cumsum([len(one.value) for one in models])[:-1])).astype(np.int64)
    return Trees(
        **{name: np.concatenate([getattr(one, name) for one in models]) for name in (*_NAMES[:3], "value")},
        **{
            name: np.concatenate([getattr(one, name) + offset for one, offset in zip(models, offsets, strict=True)])
            for name in ("left", "right", "roots")
        },
        depth=max(one.depth for one in models),
        baseline=0.0,
    )
