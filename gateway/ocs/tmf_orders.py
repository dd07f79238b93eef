"""TMF622 orders as they are posted and looked up, whatever is ordered."""

from __future__ import annotations

import logging
from urllib.parse import quote

from flows.values import OrderKey
from gateway.core.ports import FindOutcome, NotSent, OutcomeUnknown, PurchaseOutcome, Refused
from gateway.ocs import tmf_wire as wire
from gateway.ocs.answers import UnreadableAnswer, read_json
from gateway.ocs.tmf_link import NO_ANSWER, TmfLink

_LOG = logging.getLogger(__name__)


def ordered(answer: bytes | Refused | NotSent | OutcomeUnknown, key: OrderKey) -> PurchaseOutcome:
    """What the answer to a posted order says."""
    if not isinstance(answer, bytes):
        return answer
    try:
        order = wire.read_order(read_json(answer))
    except UnreadableAnswer as error:
        return OutcomeUnknown(str(error))
    if order.key not in {"", key}:
        return OutcomeUnknown("the answer is about another order")
    return wire.order_outcome(order)


async def find_order(link: TmfLink, key: OrderKey) -> FindOutcome:
    """Look the key up. Whatever prevents an answer is ``OutcomeUnknown``."""
    try:
        items = await link.list(f"{wire.PRODUCT_ORDERS}?externalId={quote(key, safe='')}")
        orders = [wire.read_order(item) for item in items]
    except NO_ANSWER as error:
        return OutcomeUnknown(str(error))
    if (count := sum(order.key == key for order in orders)) > 1:
        completed = sum(order.key == key and order.state.lower() == "completed" for order in orders)
        _LOG.warning("order %s exists %d times in the charging system, completed %d times", key, count, completed)
    return wire.choose(orders, key)
