"""Whether what the charging system says it granted is there: some answer "done" to a purchase that did nothing.

Only where its wallets show what is granted, and only what is beyond doubt: a person who has nothing of what the bundle
holds was granted nothing. Somebody who had some before may have been granted nothing either; reconciliation finds them.
"""

from __future__ import annotations

from typing import Literal

from flows.records import Order
from flows.values import Money, OrderKey, Unit, Wallet
from gateway.core.context import Context
from gateway.core.facts import Facts

Mode = Literal["trust", "person", "refund"]
"""``trust``: the charging system's word counts; else it is looked at, and left to a ``person`` or given back."""

Verdict = Literal["granted", "not_charged", "charged_alone", "unclear"]
"""``not_charged``: nothing happened at all; ``charged_alone``: the price is gone; ``unclear``: a person must look."""


def verdict(order: Order, units: frozenset[Unit], before: Money | None, payer: Wallet, gets: Wallet) -> Verdict:
    """What became of an order that is said to be done.

    units: that the bundle holds. before: the payer's balance right before it was sent, None if not known. payer, gets:
    the wallets of who paid and of who gets it, as they are now.
    """
    if not units or any(bucket.unit in units and bucket.remaining > 0 for bucket in gets.buckets):
        return "granted"
    now = payer.balance
    if before is None or now is None or before.currency != now.currency or now.currency != order.price.currency:
        return "unclear"
    if now.amount == before.amount:
        return "not_charged"
    return "charged_alone" if now.amount == before.amount - order.price.amount else "unclear"


class GrantDesk:
    """Looks at what was granted. mode: whether, and what becomes of what was charged alone."""

    def __init__(self, context: Context, facts: Facts, mode: Mode) -> None:
        self._context = context
        self._facts = facts
        self.mode = mode
        self._before: dict[OrderKey, Money] = {}

    def note(self, order: Order, balance: Money | None) -> None:
        """What the payer has right before the order is sent; in memory alone: after a crash the case is unclear."""
        if self.mode != "trust" and balance is not None:
            self._before[order.key] = balance

    def forget(self, order: Order) -> None:
        """The order is settled."""
        self._before.pop(order.key, None)

    async def verdict_on(self, order: Order) -> Verdict:
        """What became of it; who cannot be looked at was granted it, as the charging system says."""
        if self.mode == "trust" or order.gives_back is not None:
            return "granted"
        payer = await self._facts.wallet(order.msisdn)
        gets = await self._facts.wallet(order.beneficiary) if order.is_gift else payer
        if payer is None or gets is None:
            return "granted"
        return verdict(order, self._context.units(order.bundle), self._before.get(order.key), payer, gets)
