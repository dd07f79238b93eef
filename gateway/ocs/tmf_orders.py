"""TMF622 orders as they are posted and looked up, whatever is ordered."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from urllib.parse import quote

from flows.values import OrderKey
from gateway.core.ports import Activated, FindOutcome, OutcomeUnknown, PurchaseOutcome
from gateway.ocs import tmf_wire as wire
from gateway.ocs.answers import UnreadableAnswer, read_json
from gateway.ocs.shown_keys import ShownKeys
from gateway.ocs.tmf_link import NO_ANSWER, TmfLink

_LOG = logging.getLogger(__name__)
_ORDERS = "orders"


class TmfOrders:
    """Places orders and looks them up. keys: whether a list of orders shows ours."""

    def __init__(self, link: TmfLink, keys: ShownKeys) -> None:
        self._link, self._keys = link, keys

    async def place(self, body: bytes, key: OrderKey) -> PurchaseOutcome:
        """Post one order under this key."""
        answer = await self._link.post(wire.PRODUCT_ORDERS, body)
        if not isinstance(answer, bytes):
            return answer
        try:
            order = wire.read_order(read_json(answer))
        except UnreadableAnswer as error:
            return OutcomeUnknown(str(error))
        if order.key not in {"", key}:
            return OutcomeUnknown("the answer is about another order")
        outcome = wire.order_outcome(order)
        if isinstance(outcome, Activated):
            await self._keys.carried_out(_ORDERS, key, lambda: self._shows(key))
        return outcome

    async def find(self, key: OrderKey) -> FindOutcome:
        """Look the key up. Whatever prevents an answer is ``OutcomeUnknown``."""
        try:
            orders = await self._listed(key)
        except NO_ANSWER as error:
            return OutcomeUnknown(str(error))
        if (count := sum(order.key == key for order in orders)) > 1:
            completed = sum(order.key == key and order.state.lower() == "completed" for order in orders)
            _LOG.warning("order %s exists %d times in the charging system, completed %d times", key, count, completed)
        return await self._keys.judged(_ORDERS, wire.choose(orders, key), key if count else None)

    async def _listed(self, key: OrderKey) -> Sequence[wire.OrderSeen]:
        items = await self._link.list(f"{wire.PRODUCT_ORDERS}?externalId={quote(key, safe='')}")
        return [wire.read_order(item) for item in items]

    async def _shows(self, key: OrderKey) -> bool:
        return any(order.key == key for order in await self._listed(key))
