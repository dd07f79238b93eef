"""Frequent itemsets, exactly: Eclat (Zaki 2000) over sets of baskets that are bits of one long integer each.

Baskets are distinct and weighted by how often they occur. Weights are written in binary, one long integer for each
digit, so that the weight of any set of baskets is a few ands and counts of bits. Why this and no library: ADR 29.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from scoring.combo_values import Itemsets
from scoring.errors import TooManyCombinations

MOST_ITEMSETS = 1_000_000


def least_count(support: Fraction, baskets: int) -> int:
    """How many baskets a frequent itemset is in at least: the support times all of them, rounded up, at least 1."""
    return max(1, -(-support.numerator * baskets // support.denominator))


def frequent_itemsets(baskets: Itemsets, least: int, most: int = MOST_ITEMSETS) -> dict[tuple[int, ...], int]:
    """Every set of items that is in baskets of at least this weight, with its weight.

    baskets: weight by items. Raises TooManyCombinations beyond ``most`` itemsets.
    """
    alone: Counter[int] = Counter()
    for items, weight in baskets.items():
        for item in items:
            alone[item] += weight
    kept = sorted((item for item, count in alone.items() if count >= least), key=lambda item: (alone[item], item))
    order = _heaviest_first(baskets, frozenset(kept))
    search = _Search(_Weights([weight for _, weight in order]), least, most)
    held = _held([items for items, _ in order], kept)
    search.extend((), [(item, held[item]) for item in kept])
    return search.found


def _heaviest_first(baskets: Itemsets, kept: frozenset[int]) -> list[tuple[frozenset[int], int]]:
    """Baskets without what is rare in itself; those that then are alike become one."""
    weights: Counter[frozenset[int]] = Counter()
    for items, weight in baskets.items():
        weights[kept.intersection(items)] += weight
    return weights.most_common()


def _held(baskets: Sequence[frozenset[int]], items: Sequence[int]) -> dict[int, int]:
    """For each item the baskets that hold it: bit n is set for basket n."""
    length = len(baskets) // 8 + 1
    rows = {item: bytearray(length) for item in items}
    for number, basket in enumerate(baskets):
        for item in basket:
            rows[item][number >> 3] |= 1 << (number & 7)
    return {item: int.from_bytes(row, "little") for item, row in rows.items()}


class _Weights:
    """What sets of baskets weigh. A weight is 1 and what exceeds it, so that baskets that occur once cost nothing."""

    def __init__(self, weights: Sequence[int]) -> None:
        digits = max(weights, default=1).bit_length()
        rows = [bytearray(len(weights) // 8 + 1) for _ in range(digits)]
        for number, weight in enumerate(weights):
            for digit in range(digits):
                if (weight - 1) >> digit & 1:
                    rows[digit][number >> 3] |= 1 << (number & 7)
        planes = [(digit, int.from_bytes(row, "little")) for digit, row in enumerate(rows)]
        self._planes = [(digit, plane) for digit, plane in planes if plane]

    def of(self, baskets: int) -> int:
        weight = baskets.bit_count()
        for digit, plane in self._planes:
            weight += (baskets & plane).bit_count() << digit
        return weight


@dataclass(slots=True)
class _Search:
    """Depth first, each itemset reached once: by its items in the order of the first call."""

    weights: _Weights
    least: int
    most: int
    found: dict[tuple[int, ...], int] = field(default_factory=dict)

    def extend(self, prefix: tuple[int, ...], candidates: Sequence[tuple[int, int]]) -> None:
        """candidates: items behind the prefix, each with the baskets that hold it and the prefix."""
        frequent = []
        for item, baskets in candidates:
            count = self.weights.of(baskets)
            if count >= self.least:
                self.found[tuple(sorted((*prefix, item)))] = count
                frequent.append((item, baskets))
        if len(self.found) > self.most:
            raise TooManyCombinations(f"more than {self.most:,} itemsets are frequent; raise --min-support")
        for at, (item, baskets) in enumerate(frequent):
            self.extend((*prefix, item), [(other, baskets & held) for other, held in frequent[at + 1 :]])


def as_names(itemset: Sequence[int], names: Sequence[str] | Mapping[int, str]) -> tuple[str, ...]:
    """The items' names, in their order as text."""
    return tuple(sorted(names[item] for item in itemset))
