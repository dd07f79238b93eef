"""Where somebody asks for the price of an order back: decided by a person, written under their name, paid once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from flows.effects import Effect
from flows.purchase import NEEDS_PERSON, refund_key
from flows.purchase_facts import RefundAsked
from flows.values import OrderKey, OrderKind
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.errors import NotRefundable, OrderUnknown
from store import orders, subscriptions
from store.errors import AlreadyWritten
from store.orders import OrderView

_REFUNDABLE = ("confirmed", "declined", "in_doubt")


class RefundDesk:
    """Writes the wish for a refund; the purchase lane carries it out."""

    def __init__(self, context: Context, committer: Committer) -> None:
        self._context = context
        self._committer = committer

    async def ask(self, key: str, by: str, reason: str) -> OrderView:
        """The refund of this order, begun now or earlier: an order has one. Raises OrderUnknown, NotRefundable."""
        effects = await self.effects(key, by, reason)
        if effects:
            with suppress(AlreadyWritten):  # somebody was quicker
                await self._committer.commit(effects)
        made = await orders.by_key(self._context.reader, refund_key(OrderKey(key)))
        assert made is not None, "it was written just now, or before"
        return made

    async def effects(self, key: str, by: str, reason: str) -> Sequence[Effect]:
        """What such a wish writes; nothing if it was written before. Raises as ``ask``."""
        found = await orders.by_key(self._context.reader, key)
        if found is None:
            raise OrderUnknown("there is no order with this key")
        order = found.order
        if order.kind is not OrderKind.PURCHASE:
            raise NotRefundable(f"this is no purchase ({order.kind}): only a purchase is given back")
        if await orders.by_key(self._context.reader, refund_key(order.key)):
            return ()
        if order.state not in _REFUNDABLE or (order.state == "in_doubt" and found.reason != NEEDS_PERSON):
            raise NotRefundable(f"the order is {order.state}: wait until it is settled, or left to a person")
        payer = await subscriptions.by_id(self._context.reader, order.subscription)
        assert payer is not None, "subscriptions are never deleted"
        asked = RefundAsked(self._context.clock(), by, reason, payer)
        return self._context.machines.purchase.step(order.state, "give_back", order=order, fact=asked).effects
