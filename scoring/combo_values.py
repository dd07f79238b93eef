"""What combo plans are made from, and what is said of them.

An item is a name: what somebody bought in a month, such as ``D2``, or a token of a transactions file. A basket is a set
of items. Amounts are whole thousandths of the currency's own unit, so that sums are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

SCALE = 1000
"""Thousandths in the currency's unit."""
MONTH_DAYS = 30.0

Itemsets = Mapping[tuple[int, ...], int]
"""Count by items, which are numbers in rising order."""
Told = Callable[[str, Callable[[], float] | None], None]
"""Takes what is being done, and what tells how far it is in percent, or None."""


@dataclass(frozen=True, slots=True)
class AmountGroup:
    """What somebody spends a month in one category, by amount.

    low, high: both included; None is open. validity_days: how long what it buys lasts; None where that is not told.
    """

    category: str
    name: str
    low: int
    high: int | None
    validity_days: float | None = None


@dataclass(frozen=True, slots=True)
class Itemset:
    """A set of items that stand together often enough. support: share of all baskets."""

    items: tuple[str, ...]
    count: int
    support: float


@dataclass(frozen=True, slots=True)
class Rule:
    """Whoever has ``given`` has ``then``, too. count, support: of both together. confidence: of those with ``given``.

    lift: how many times as often as if the two had nothing to do with each other.
    """

    given: tuple[str, ...]
    then: tuple[str, ...]
    count: int
    support: float
    confidence: float
    lift: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Items sold as one plan, and what that would do. Amounts in thousandths, a month and customer.

    count: baskets that hold all items. parts: what those spend on each. price: a little under the sum of the parts.
    validity_days: of the plan. validity_fit: shortest part by longest. savers: holders who would pay less than now.
    cannibalised: what they would save, all of them together. reach: baskets with all items but one, who spend less
    than the price on these categories. gain: what they would pay more if all of them took it. take_up: the share of
    them that is assumed to. break_even: the share with which nothing is lost; None where nobody could take it.
    arpu_before, arpu_after: revenue a customer and month. because: why it is proposed or not.
    """

    items: tuple[str, ...]
    count: int
    support: float
    confidence: float
    lift: float
    parts: tuple[int, ...]
    price: int
    validity_days: int
    validity_fit: float
    savers: int
    cannibalised: int
    reach: int
    gain: int
    take_up: float
    break_even: float | None
    arpu_before: float
    arpu_after: float
    proposed: bool
    because: str

    @property
    def sum_of_parts(self) -> int:
        """What they cost one by one."""
        return sum(self.parts)


@dataclass(frozen=True, slots=True)
class Combos:
    """Everything that was found, each list best first. transactions: baskets that were mined.

    groups: of each item, empty for transactions. left_out: rows, sums and baskets that did not count, by why.
    """

    transactions: int
    itemsets: tuple[Itemset, ...]
    rules: tuple[Rule, ...]
    plans: tuple[Plan, ...] = ()
    groups: tuple[AmountGroup, ...] = ()
    left_out: Mapping[str, int] | None = None
