"""The log of a random policy and a policy that is to be judged by it, as CSV or Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring import files
from scoring.errors import FileMalformed
from scoring.files import Column, Kind
from scoring.off_policy import FOLDS, ShownLog
from scoring.values import Bools, Floats, Ints

_LOG = (
    Column("item_id"),
    Column("position"),
    Column("click", Kind.NUMBER, least=0),
    Column("propensity_score", Kind.NUMBER, least=0),
)
_POLICY = (Column("item_id"), Column("position"), Column("probability", Kind.NUMBER, least=0))
_LEAST = 1e-12
"""Of a propensity: with less, one row outweighs every log that there could be."""
_ROUNDED = 1e-6
"""How far from one the probabilities of a position may be, for being written in decimals, times how many there are."""


def read(log: Path, policy: Path) -> tuple[ShownLog, Floats]:
    """The log, and the policy ``(positions, items)``. Raises FileMalformed, by file and line."""
    positions, items, probabilities = _policy(policy)
    rows = files.read(log, _LOG)
    if not len(rows["click"]):
        raise FileMalformed(f"{log}: no rows")
    if len(rows["click"]) < FOLDS:
        raise FileMalformed(f"{log}: {len(rows['click'])} rows, where at least {FOLDS} are needed")
    _refuse(log, (rows["click"] != 0) & (rows["click"] != 1), "click", "neither 0 nor 1")
    propensity = rows["propensity_score"]
    _refuse(log, (propensity <= 0) | (propensity > 1), "propensity_score", "not above 0 and at most 1")
    _refuse(log, propensity < _LEAST, "propensity_score", "too small to divide by")
    position = _indices(log, "position", rows["position"], positions, policy)
    item = _indices(log, "item_id", rows["item_id"], items, policy)
    named = np.isnan(probabilities)[position, item]
    _refuse(log, named, "item_id", f"{policy} has no probability of it at this position")
    return ShownLog(item, position, rows["click"], propensity), np.nan_to_num(probabilities)


def _policy(path: Path) -> tuple[NDArray[Any], NDArray[Any], Floats]:
    """Positions, items, and their probabilities, NaN where there is none."""
    rows = files.read(path, _POLICY)
    if not len(rows["item_id"]):
        raise FileMalformed(f"{path}: no rows")
    positions, at = np.unique(rows["position"].astype(str), return_inverse=True)
    items, which = np.unique(rows["item_id"].astype(str), return_inverse=True)
    order = at * len(items) + which
    first = np.unique(order, return_index=True)[1]
    _refuse(path, ~np.isin(np.arange(len(order)), first), "item_id", "given twice for its position")
    table = np.full((len(positions), len(items)), np.nan)
    table[at, which] = rows["probability"]
    for position, total in zip(positions, np.nansum(table, axis=1), strict=True):
        if abs(total - 1) > _ROUNDED * len(items):
            raise FileMalformed(f"{path}: the probabilities of position {position} sum to {total:.6g}, not to 1")
    return positions, items, table


def _indices(log: Path, column: str, names: NDArray[Any], known: NDArray[Any], policy: Path) -> Ints:
    spelled = names.astype(str)
    found = np.minimum(np.searchsorted(known, spelled), len(known) - 1).astype(np.int64)
    _refuse(log, known[found] != spelled, column, f"{policy} does not know it")
    return found


def _refuse(path: Path, wrong: Bools, column: str, why: str) -> None:
    """Raise for the first row that is wrong, by its line as long as no value has a line break."""
    if wrong.any():
        raise FileMalformed(f"{path}: line {int(np.argmax(wrong)) + 2}, column {column}: {why}")
