"""From what is spent to items: groups of amounts, outliers, and the baskets that hold more than one category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.combo_recharges import NOTHING, Spending
from scoring.combo_values import SCALE, AmountGroup
from scoring.values import Bools, Ints

FENCE = 1.5
"""Quartile ranges beyond the quartiles, where outliers begin (Tukey 1977)."""
SHARES = (0.25, 0.5, 0.75)
_LEAST_CATEGORIES = 2


@dataclass(frozen=True, slots=True)
class Coded:
    """codes: ``(n, T)``, the number of the group that each amount is in, -1 for none. mined: ``(n,)``, which rows are
    baskets of two categories or more. baskets: those, weighted, by the numbers of their groups.
    """

    groups: tuple[AmountGroup, ...]
    codes: Ints
    mined: Bools
    baskets: Mapping[tuple[int, ...], int]
    left_out: Mapping[str, int]


def coded(spending: Spending, groups: Sequence[AmountGroup]) -> Coded:
    """Put every amount in its group; one that is in none is an outlier, and a basket goes on without it.

    groups: none for quarters of what is spent in each category, without outliers.
    """
    groups = tuple(groups) or tuple(
        group for at, name in enumerate(spending.categories) for group in _quarters(name, spending, at)
    )
    codes = np.full(spending.amounts.shape, -1, dtype=np.int64)
    for number, group in enumerate(groups):
        column = spending.categories.index(group.category)
        amounts, code = spending.amounts[:, column], codes[:, column]
        within = (amounts >= group.low) & (amounts <= (amounts if group.high is None else group.high))
        code[within & (amounts != NOTHING) & (code < 0)] = number
    outside = (spending.amounts != NOTHING) & (codes < 0)
    held = (codes >= 0).sum(axis=1)
    mined = held >= _LEAST_CATEGORIES
    left_out = {
        "sums that are outliers": int((outside * spending.weights[:, None]).sum()),
        "customers and months with a single category": int(spending.weights[held == 1].sum()),
        "customers and months of outliers alone": int(spending.weights[held == 0].sum()),
    }
    return Coded(groups, codes, mined, _distinct(codes[mined], spending.weights[mined]), left_out)


def _distinct(codes: Ints, weights: Ints) -> dict[tuple[int, ...], int]:
    baskets: Counter[tuple[int, ...]] = Counter()
    if len(codes):
        rows, of_row = np.unique(codes, axis=0, return_inverse=True)
        totals = np.zeros(len(rows), dtype=np.int64)
        np.add.at(totals, of_row.reshape(-1), weights)
        for row, total in zip(rows.tolist(), totals.tolist(), strict=True):
            baskets[tuple(sorted(code for code in row if code >= 0))] += total
    return baskets


def _quarters(name: str, spending: Spending, column: int) -> list[AmountGroup]:
    """Four groups of about as many customers and months each, fewer where amounts are few."""
    held = spending.amounts[:, column] != NOTHING
    amounts, of_row = np.unique(spending.amounts[held, column], return_inverse=True)
    if not len(amounts):
        return []
    weights = np.zeros(len(amounts), dtype=np.int64)
    np.add.at(weights, of_row, spending.weights[held])
    low, _, high = _quantiles(amounts, weights)
    usual = (amounts >= low - FENCE * (high - low)) & (amounts <= high + FENCE * (high - low))
    amounts, weights = amounts[usual], weights[usual]
    quarter = np.searchsorted(_quantiles(amounts, weights), amounts, side="left")
    ranges = [amounts[quarter == one] for one in np.unique(quarter)]
    return [AmountGroup(name, _named(name, int(one[0]), int(one[-1])), int(one[0]), int(one[-1])) for one in ranges]


def _quantiles(amounts: Ints, weights: Ints) -> list[int]:
    """The least amounts that are not exceeded by these shares of the weight. amounts: in rising order."""
    below = np.cumsum(weights)
    return [int(amounts[np.searchsorted(below, share * below[-1])]) for share in SHARES]


def _named(category: str, low: int, high: int) -> str:
    amounts = f"{low / SCALE:g}" if low == high else f"{low / SCALE:g}-{high / SCALE:g}"
    return f"{category}:{amounts}"
