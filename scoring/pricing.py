"""What to let somebody off the list price so that they stay: a share of what is at stake, within bounds that hold.

All money is whole minor units. A price is never above the list, never below floor or cost, never off by more than the
cap, and a multiple of the market's step, rounded up. Only list price, margin and what is at stake go in: nothing that
describes the person, so nothing about them that the law protects can change a price.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from scoring.errors import ShapeMismatch
from scoring.values import Floats, Ints

_THOUSAND = 1000


class Bound(IntEnum):
    """What decided a price."""

    VALUE = 0
    FLOOR = 1
    COST = 2
    CAP = 3
    TOO_LITTLE = 4
    """The list price: what could be let off would be noticed by nobody."""
    UNKNOWN = 5
    """The list price: nobody knows what is at stake."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The operator's bounds. floor_permille: of the list price, the least that is asked. most: let off, minor units.

    give_permille: of what is at stake, so much is given. step: prices are multiples of it, minor units. least_permille:
    of the list price, less than which is not let off at all.
    """

    floor_permille: int = 700
    most: int = 0
    give_permille: int = 100
    step: int = 1
    least_permille: int = 20


@dataclass(frozen=True, slots=True)
class Prices:
    """What is asked, and what decided it (``Bound``), in the shape of what was asked about."""

    price: Ints
    bound: Ints


def worth_spending(value: Floats, give_permille: int, most: int, budget: int) -> Ints:
    """What to spend on each of these people so that they come back, minor units, ``(n,)``; the most valuable first.

    A share of their value, at most so much each, and all together never more than the budget: who would go beyond it
    gets nothing.
    """
    wanted = np.floor(np.clip(value, 0.0, 2.0**52) * give_permille / _THOUSAND).astype(np.int64)
    wanted = np.minimum(wanted, most)
    order = np.argsort(-value, kind="stable")
    spent: Ints = np.zeros_like(wanted)
    for at in order.tolist():
        if wanted[at] <= budget:
            spent[at], budget = wanted[at], budget - int(wanted[at])
    return spent


def prices(listed: Ints, cost: Ints, at_stake: Floats, terms: Terms) -> Prices:
    """One price each. listed, cost: minor units, of one shape; at_stake: minor units, NaN = not known.

    Raises ShapeMismatch.
    """
    if not listed.shape == cost.shape == at_stake.shape:
        raise ShapeMismatch(f"{listed.shape} list prices, {cost.shape} costs, {at_stake.shape} at stake")
    known = np.nan_to_num(at_stake, nan=0.0, posinf=0.0, neginf=0.0)
    bounds = np.stack(  # the most that each lets off, in the order of ``Bound``
        [
            np.floor(np.clip(known, 0.0, 2.0**52) * terms.give_permille / _THOUSAND).astype(np.int64),
            listed - -(-listed * terms.floor_permille // _THOUSAND),
            listed - cost,
            np.full_like(listed, terms.most),
        ]
    )
    off = np.maximum(bounds.min(axis=0), 0)
    price = np.minimum(-(-(listed - off) // terms.step) * terms.step, listed)
    bound = bounds.argmin(axis=0)
    noticed = (listed - price) * _THOUSAND >= listed * terms.least_permille
    given = noticed & (price < listed)
    unknown = ~np.isfinite(at_stake)
    bound = np.where(unknown, int(Bound.UNKNOWN), np.where(given, bound, int(Bound.TOO_LITTLE)))
    return Prices(np.where(given & ~unknown, price, listed), bound)
