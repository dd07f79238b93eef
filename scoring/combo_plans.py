"""Combo plans: items that go together, sold as one a little under the sum, where that does not lose money.

The check is cautious: whoever holds all items today and would pay less for the plan is taken to switch, and of those
who lack one item only a small share is taken to come. Everything is counted, on every customer and month, also on those
with a single category; the one thing that is assumed is that share, and the share at which nothing is lost is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from scoring.combo_groups import Coded
from scoring.combo_recharges import Spending
from scoring.combo_values import MONTH_DAYS, SCALE, Itemset, Plan, Rule
from scoring.values import Bools, Ints

_VALIDITIES = (1, 3, 7, 15, 30)
"""Days that plans are sold for."""
_FIGURES = 3


@dataclass(frozen=True, slots=True)
class Terms:
    """discount: how far below the sum. take_up: the share of those within reach that is assumed to come.

    validity_fit: how long the shortest part lasts at least, as a share of the longest.
    """

    discount: Fraction = Fraction(5, 100)
    take_up: Fraction = Fraction(5, 100)
    validity_fit: Fraction = Fraction(1, 2)


def plans(
    spending: Spending, coded: Coded, itemsets: Sequence[Itemset], rules: Sequence[Rule], terms: Terms
) -> tuple[Plan, ...]:
    """A plan for every itemset that a rule holds together: those to propose first, by what they bring."""
    surest: dict[tuple[str, ...], float] = {}
    for rule in rules:
        items = tuple(sorted(rule.given + rule.then))
        surest[items] = max(rule.confidence, surest.get(items, 0.0))
    alone = {one.items[0]: one.support for one in itemsets if len(one.items) == 1}
    market = _Market(spending, coded, terms)
    made = [
        market.plan(one, surest[one.items], one.support / float(np.prod([alone[item] for item in one.items])))
        for one in itemsets
        if one.items in surest
    ]
    return tuple(sorted(made, key=lambda one: (not one.proposed, -one.arpu_after, -one.count, one.items)))


class _Market:
    """Everybody who might be sold a plan."""

    def __init__(self, spending: Spending, coded: Coded, terms: Terms) -> None:
        self._spending, self._coded, self._terms = spending, coded, terms
        self._paid = np.maximum(spending.amounts, 0)
        self._revenue = int((self._paid.sum(axis=1) * spending.weights).sum())
        self._people = int(spending.weights.sum())
        self._numbers: Mapping[str, int] = {group.name: number for number, group in enumerate(coded.groups)}

    def plan(self, itemset: Itemset, confidence: float, lift: float) -> Plan:
        numbers = [self._numbers[item] for item in itemset.items]
        columns = [self._spending.categories.index(self._coded.groups[number].category) for number in numbers]
        weights = self._spending.weights
        held = (self._coded.codes[:, columns] == numbers).sum(axis=1)
        spent = self._paid[:, columns].sum(axis=1)
        whole = held == len(numbers)
        parts = tuple(round(Fraction(self._over(whole, self._paid[:, at]), itemset.count)) for at in columns)
        price = rounded_down(sum(parts) * (1 - self._terms.discount))
        savers, near = whole & (spent > price), (held == len(numbers) - 1) & (spent < price)
        lost, gain = self._over(savers, spent - price), self._over(near, price - spent)
        after = Fraction(self._revenue - lost) + self._terms.take_up * gain
        days = list(self._days(numbers, columns, whole, itemset.count))
        fit = min(days) / max(days) if max(days) else 1.0
        because = self._against(lift, fit, lost, gain)
        return Plan(
            items=itemset.items,
            count=itemset.count,
            support=itemset.support,
            confidence=confidence,
            lift=lift,
            parts=parts,
            price=price,
            validity_days=next((one for one in _VALIDITIES if one >= max(days)), _VALIDITIES[-1]),
            validity_fit=fit,
            savers=int(weights[savers].sum()),
            cannibalised=lost,
            reach=int(weights[near].sum()),
            gain=gain,
            take_up=float(self._terms.take_up),
            break_even=lost / gain if gain else None,
            arpu_before=self._revenue / self._people,
            arpu_after=float(after / self._people),
            proposed=not because,
            because=because or f"earns more once {lost / gain:.2%} of those within reach take it",
        )

    def _over(self, rows: Bools, amounts: Ints) -> int:
        """The amounts of these rows, each as often as it occurs."""
        return int((amounts[rows] * self._spending.weights[rows]).sum())

    def _days(self, numbers: Sequence[int], columns: Sequence[int], whole: Bools, count: int) -> Iterator[float]:
        """For how many days of a month each part lasts today."""
        for number, column in zip(numbers, columns, strict=True):
            told = self._coded.groups[number].validity_days
            if self._spending.days is not None:
                yield float(self._spending.days[whole, column].sum()) / count
            else:
                yield MONTH_DAYS if told is None else told

    def _against(self, lift: float, fit: float, lost: int, gain: int) -> str:
        if lift <= 1:
            return "its items go together no more often than by chance"
        if fit < self._terms.validity_fit:
            return "its parts last too differently for one plan"
        if not gain:
            return "nobody within reach would pay more for it than today"
        if lost >= self._terms.take_up * gain:
            return f"loses money unless more than {lost / gain:.2%} of those within reach take it"
        return ""


def rounded_down(amount: Fraction) -> int:
    """To three significant figures, at most to whole thousandths: what people would call a price."""
    whole = int(amount)
    step: int = 10 ** max(0, len(str(whole)) - _FIGURES)
    return whole // step * step


def in_units(amount: float) -> float:
    """Thousandths as the currency's own unit."""
    return amount / SCALE
