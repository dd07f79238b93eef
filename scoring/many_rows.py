"""The trees of ``scoring.trees`` for many rows at once, as at night.

Going down a tree jumps about in memory. Here a column is first cut into the ranges between all thresholds that it is
held against; which leaves of a tree a range rules out is a table. A row that turns right at a node cannot end in a
leaf on its left, so what all its columns leave over begins with the leaf in which it ends (QuickScorer, Lucchese et
al., SIGIR 2015). For a few rows ``Trees`` is faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.trees import Trees
from scoring.values import Floats, Ints

ROWS = 8192
"""At once: their columns stay in the processor's cache."""
_WIDEST = 64
Words = NDArray[np.unsignedinteger[Any]]
"""A bit for each leaf, from left to right."""


@dataclass(frozen=True, slots=True)
class _Tree:
    """ruled_out: by column, for each of its ranges, the last for what is missing.

    values: of the leaves; where they are eight at most, by the byte of those that are ruled out.
    """

    ruled_out: Mapping[int, Words]
    values: Floats
    none: Words


@dataclass(frozen=True, slots=True)
class ManyRows:
    """Made by ``many_rows``; answers as ``Trees`` does. thresholds: by column, ascending."""

    trees: Sequence[_Tree]
    thresholds: Mapping[int, Floats]
    baseline: float

    def raw(self, rows: Floats) -> Floats:
        """As ``Trees.raw``, to the last digit or nearly: the leaves are added one after the other."""
        total = np.full(len(rows), self.baseline)
        for start in range(0, len(rows), ROWS):
            part = total[start : start + ROWS]
            for found in self._each(rows[start : start + ROWS]):
                part += found
        return total

    def sums(self, rows: Floats, starts: Ints) -> Floats:
        """As ``Trees.sums``, to the last digit or nearly."""
        group = np.searchsorted(starts, np.arange(len(self.trees)), side="right") - 1
        found = np.zeros((len(starts), len(rows)))
        for start in range(0, len(rows), ROWS):
            parts = list(found[:, start : start + ROWS])
            for of, values in zip(group.tolist(), self._each(rows[start : start + ROWS]), strict=True):
                parts[of] += values
        return found

    def _each(self, rows: Floats) -> Iterator[Floats]:
        ranges = {column: _ranges(rows[:, column], of) for column, of in self.thresholds.items()}
        for tree in self.trees:
            gone = np.repeat(tree.none, len(rows))
            for column, ruled_out in tree.ruled_out.items():
                gone |= ruled_out.take(ranges[column])
            yield tree.values.take(gone if gone.dtype == np.uint8 else _first_left(gone))


def many_rows(trees: Trees) -> Trees | ManyRows:
    """The same trees for many rows. Those of which one has more than 64 leaves stay as they are."""
    inner = np.flatnonzero(trees.left != np.arange(len(trees.left)))
    thresholds = {
        int(column): np.unique(trees.threshold[inner[trees.feature[inner] == column]])
        for column in np.unique(trees.feature[inner])
    }
    found = [_tree(trees, int(root), thresholds) for root in trees.roots]
    whole = [one for one in found if one is not None]
    return ManyRows(whole, thresholds, trees.baseline) if len(whole) == len(found) else trees


def _tree(trees: Trees, root: int, thresholds: Mapping[int, Floats]) -> _Tree | None:
    """In order: the left side, the node, the right side; so leaves are numbered from left to right."""
    leaves: list[float] = []
    pending: list[tuple[int, int]] = []  # nodes on whose left side we are, and the first leaf there
    nodes: list[tuple[int, int]] = []  # nodes, and the bits of the leaves on their left side
    node = root
    while True:
        while trees.left[node] != node:
            pending.append((node, len(leaves)))
            node = int(trees.left[node])
        leaves.append(float(trees.value[node]))
        if not pending:
            break
        parent, first = pending.pop()
        nodes.append((parent, (1 << len(leaves)) - (1 << first)))
        node = int(trees.right[parent])
    if len(leaves) > _WIDEST:
        return None
    word = next(one for one in (np.uint8, np.uint16, np.uint32, np.uint64) if len(leaves) <= np.iinfo(one).bits)
    ruled_out: dict[int, Words] = {}
    for node, bits in nodes:
        column = int(trees.feature[node])
        table = ruled_out.setdefault(column, np.zeros(len(thresholds[column]) + 2, word))
        at = int(np.searchsorted(thresholds[column], trees.threshold[node]))
        table[at + 1 : -1] |= word(bits)
        if not trees.missing_left[node]:
            table[-1] |= word(bits)
    values = np.array(leaves)
    if word is np.uint8:  # the last entry, of nothing left over, is never looked up
        values = values.take(_first_left(np.arange(256, dtype=np.uint8)), mode="clip")
    return _Tree(ruled_out, values, np.zeros(1, word))


def _first_left(gone: Words) -> NDArray[np.uint8]:
    """The number of the first leaf that is not ruled out."""
    left = ~gone
    found: NDArray[np.uint8] = np.bitwise_count((left & -left) - left.dtype.type(1))
    return found


def _ranges(values: Floats, thresholds: Floats) -> Ints:
    """How many thresholds lie below each value; one more than all for what is missing."""
    found = np.searchsorted(thresholds, values, side="left")
    return np.where(np.isnan(values), len(thresholds) + 1, found)
