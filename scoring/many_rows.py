"""The trees of ``scoring.trees`` for many rows at once, as at night.

Going down a tree jumps about in memory. Here a column is first cut into the ranges between all thresholds that it is
held against; which leaves of a tree a range rules out is a table. A row that turns right at a node cannot end in a
leaf on its left, so what all its columns leave over begins with the leaf in which it ends (QuickScorer, Lucchese et
al., SIGIR 2015). Eight trees of eight leaves share a word, and with it the look-ups of the columns that they have in
common. For a few rows ``Trees`` is faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.trees import Trees
from scoring.values import Floats, Ints

ROWS = 8192
"""At once: their columns stay in the processor's cache."""
_WIDEST = 64
_LANES = 8
"""Bytes in a word."""
Words = NDArray[np.unsignedinteger[Any]]
"""A bit for each leaf, from left to right."""


@dataclass(frozen=True, slots=True)
class _Tree:
    """ruled_out: by column, for each of its ranges, the last for what is missing. values: of the leaves."""

    ruled_out: Mapping[int, Words]
    values: Floats


@dataclass(frozen=True, slots=True)
class _Pack:
    """One tree; or up to eight of eight leaves at most, each with a byte of the words.

    ruled_out: as of a tree. values: by tree, where it has a byte, by what of it is ruled out; else of its leaves.
    """

    ruled_out: Mapping[int, Words]
    values: Sequence[Floats]
    word: np.dtype[np.unsignedinteger[Any]]
    has_bytes: bool

    def each(self, gone: Words) -> Iterator[Floats]:
        """What each tree says, where these leaves are ruled out."""
        if not self.has_bytes:
            yield self.values[0].take(_first_left(gone))
            return
        lanes = gone.view(np.uint8).reshape(len(gone), _LANES)
        for lane, values in enumerate(self.values):
            yield values.take(lanes[:, lane])


@dataclass(frozen=True, slots=True)
class ManyRows:
    """Made by ``many_rows``; answers as ``Trees`` does. thresholds: by column, ascending."""

    packs: Sequence[_Pack]
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
        trees = sum(len(pack.values) for pack in self.packs)
        group = np.searchsorted(starts, np.arange(trees), side="right") - 1
        found = np.zeros((len(starts), len(rows)))
        for start in range(0, len(rows), ROWS):
            parts = list(found[:, start : start + ROWS])
            for of, values in zip(group.tolist(), self._each(rows[start : start + ROWS]), strict=True):
                parts[of] += values
        return found

    def _each(self, rows: Floats) -> Iterator[Floats]:
        ranges = {column: _ranges(rows[:, column], of) for column, of in self.thresholds.items()}
        for pack in self.packs:
            gone = np.zeros(len(rows), pack.word)
            for column, ruled_out in pack.ruled_out.items():
                gone |= ruled_out.take(ranges[column])
            yield from pack.each(gone)


def many_rows(trees: Trees) -> Trees | ManyRows:
    """The same trees for many rows. Those of which one has more than 64 leaves stay as they are."""
    inner = np.flatnonzero(trees.left != np.arange(len(trees.left)))
    thresholds = {
        int(column): np.unique(trees.threshold[inner[trees.feature[inner] == column]])
        for column in np.unique(trees.feature[inner])
    }
    found = [_tree(trees, int(root), thresholds) for root in trees.roots]
    whole = [one for one in found if one is not None]
    return ManyRows(_packed(whole), thresholds, trees.baseline) if len(whole) == len(found) else trees


def _packed(trees: Sequence[_Tree]) -> list[_Pack]:
    """In the order of the trees: as many small ones together as follow each other."""
    packs: list[_Pack] = []
    for narrow, group in groupby(trees, key=lambda tree: len(tree.values) <= _LANES):
        some = list(group)
        if narrow:
            packs += [_of_bytes(some[at : at + _LANES]) for at in range(0, len(some), _LANES)]
        else:
            packs += [_Pack(one.ruled_out, (one.values,), _word(len(one.values)), has_bytes=False) for one in some]
    return packs


def _of_bytes(trees: Sequence[_Tree]) -> _Pack:
    word, every = np.dtype("<u8"), np.arange(256, dtype=np.uint8)
    ruled_out: dict[int, Words] = {}
    for lane, tree in enumerate(trees):
        for column, of_tree in tree.ruled_out.items():
            lanes = ruled_out.setdefault(column, np.zeros(len(of_tree), word)).view(np.uint8)
            lanes.reshape(len(of_tree), _LANES)[:, lane] = of_tree
    first = _first_left(every)
    # what rules out all leaves is never looked up
    return _Pack(ruled_out, [tree.values.take(first, mode="clip") for tree in trees], word, has_bytes=True)


def _word(leaves: int) -> np.dtype[np.unsignedinteger[Any]]:
    """The smallest that has a bit for each."""
    return next(np.dtype(f"<u{size}") for size in (1, 2, 4, 8) if leaves <= 8 * size)


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
    word = _word(len(leaves)).type
    ruled_out: dict[int, Words] = {}
    for node, bits in nodes:
        column = int(trees.feature[node])
        table = ruled_out.setdefault(column, np.zeros(len(thresholds[column]) + 2, word))
        at = int(np.searchsorted(thresholds[column], trees.threshold[node]))
        table[at + 1 : -1] |= word(bits)
        if not trees.missing_left[node]:
            table[-1] |= word(bits)
    return _Tree(ruled_out, np.array(leaves))


def _first_left(gone: Words) -> NDArray[np.uint8]:
    """The number of the first leaf that is not ruled out."""
    left = ~gone
    found: NDArray[np.uint8] = np.bitwise_count((left & -left) - left.dtype.type(1))
    return found


def _ranges(values: Floats, thresholds: Floats) -> Ints:
    """How many thresholds lie below each value; one more than all for what is missing."""
    found: Ints = np.searchsorted(thresholds, values, side="left")  # what is missing lies beyond all
    found += np.isnan(values)
    return found
