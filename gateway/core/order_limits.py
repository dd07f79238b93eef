"""What a person may do how often: looked at right before an order is sent.

Orders of these kinds go one after the other for each person, so that two at once cannot pass a limit together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, time, timedelta

from flows.records import Order
from flows.values import OrderKind
from gateway.core.context import Context
from gateway.core.ports import Refused
from store import order_counts

WRONG_VOUCHER = "wrong_voucher"


async def beyond_limit(context: Context, order: Order) -> Refused | None:
    """Why this order is one too many; None if it is not."""
    limit = _LIMITS.get(order.kind)
    return None if limit is None else await limit(context, order)


async def _tries(context: Context, order: Order) -> Refused | None:
    """PINs are not to be found by trying."""
    terms = context.catalogue.services.vouchers
    if terms is None:
        return _NOT_OFFERED
    since = context.clock() - timedelta(hours=terms.hours)
    wrong = await order_counts.declined_since(context.reader, order.subscription, order.kind, WRONG_VOUCHER, since)
    return (
        Refused("too_many_tries", f"{wrong} wrong PINs in {terms.hours} hours") if wrong >= terms.wrong_tries else None
    )


async def _sent_today(context: Context, order: Order) -> Refused | None:
    terms = context.catalogue.services.transfers
    if terms is None or order.credit is None or terms.currency != order.credit.currency:
        return _NOT_OFFERED
    midnight = datetime.combine(context.clock().astimezone(context.zone), time(), context.zone)
    times, amount = await order_counts.credited_before(context.reader, order, midnight)
    if not terms.allows(order.credit.amount):
        return Refused("limit_reached", f"one transfer is from {terms.least} to {terms.most} minor units")
    if times >= terms.times_a_day or amount + order.credit.amount > terms.most_a_day:
        return Refused("limit_reached", f"{times} transfers of {amount} minor units today already")
    return None


_NOT_OFFERED = Refused("not_offered", "the catalogue does not offer it any more")
_LIMITS: Mapping[OrderKind, Callable[[Context, Order], Awaitable[Refused | None]]] = {
    OrderKind.TOP_UP: _tries,
    OrderKind.TRANSFER: _sent_today,
}
