"""Whether what the charging system says it granted is there: some answer "done" to a purchase that did nothing.

Only where its wallets show what is granted, and only what is beyond doubt: a person who has nothing of what the bundle
holds was granted nothing. Somebody who had some before may have been granted nothing either; reconciliation finds them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from flows.order_kinds import terms_of
from flows.records import Order
from flows.values import Money, OrderKey, Unit, Wallet
from gateway.core.context import Context
from gateway.core.facts import Facts

Mode = Literal["trust", "person", "refund"]
"""``trust``: the charging system's word counts; else it is looked at, and left to a ``person`` or given back."""

Verdict = Literal["granted", "not_charged", "charged_alone", "unclear", "unseen"]
"""``not_charged``: nothing happened at all; ``charged_alone``: the price is gone; ``unclear``: a person must look;
``unseen``: the wallet cannot be looked at now."""
SOON = timedelta(minutes=2)
"""After the settle time. Whoever is looked at later may have used all of it up by then, or topped up."""


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
    """Looks at what was granted. mode: whether, and what becomes of what was charged alone.

    settle_seconds: as the charging system has them.
    """

    def __init__(self, context: Context, facts: Facts, mode: Mode, settle_seconds: float) -> None:
        self._context = context
        self._facts = facts
        self.mode = mode
        self._soon = timedelta(seconds=settle_seconds) + SOON
        self._before: dict[OrderKey, tuple[datetime, Money]] = {}

    def note(self, order: Order, balance: Money | None) -> None:
        """What the payer has right before the order is sent; in memory alone: after a crash the case is unclear."""
        if self.mode != "trust" and balance is not None:
            self._before[order.key] = (self._context.clock(), balance)

    def forget(self, order: Order) -> None:
        """The order is settled."""
        self._before.pop(order.key, None)

    async def verdict_on(self, order: Order) -> Verdict:
        """What became of it, as far as it can be seen."""
        if self.mode == "trust" or not terms_of(order).grants:
            return "granted"
        payer = await self._facts.wallet(order.msisdn)
        gets = await self._facts.wallet(order.beneficiary) if order.is_gift else payer
        if payer is None or gets is None:
            return "unseen"
        return verdict(order, self._context.units(order.bundle), self._had(order), payer, gets)

    def _had(self, order: Order) -> Money | None:
        """Before it was sent, if that was a moment ago."""
        at, balance = self._before.get(order.key, (None, None))
        return None if at is None or abs(self._context.clock() - at) > self._soon else balance
