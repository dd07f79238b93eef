"""How many orders of a kind somebody has given lately, for limits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, select, tuple_

from flows.records import Order
from flows.values import OrderKind, SubscriptionId
from store.reader import Reader
from store.tables import orders as t

_OF_KIND = (t.c.subscription_id == bindparam("subscription"), t.c.kind == bindparam("kind"))
_SINCE = bindparam("since", type_=t.c.created_at.type)
_BEFORE = tuple_(t.c.created_at, t.c.key) < tuple_(bindparam("at", type_=t.c.created_at.type), bindparam("key"))
_DECLINED = (
    select(func.count())
    .select_from(t)
    .where(*_OF_KIND, t.c.state == "declined", t.c.reason == bindparam("reason"), t.c.settled_at >= _SINCE)
)
_CREDITED = (
    select(func.count(), func.coalesce(func.sum(t.c.credit_amount), 0))
    .select_from(t)
    .where(*_OF_KIND, t.c.state != "declined", t.c.created_at >= _SINCE, _BEFORE)
)


async def declined_since(
    reader: Reader, subscription: SubscriptionId, kind: OrderKind, reason: str, since: datetime
) -> int:
    """Orders that were declined for a reason since then."""
    values = {"subscription": subscription, "kind": kind, "reason": reason, "since": since}
    row = await reader.first(_DECLINED, values)
    return 0 if row is None else int(row[0])


async def credited_before(reader: Reader, order: Order, since: datetime) -> tuple[int, int]:
    """How many orders of the same person and kind, made since then and before this one, credit how much.

    In minor units; declined ones do not count.
    """
    values = {"subscription": order.subscription, "kind": order.kind, "at": order.created_at, "key": order.key}
    row = await reader.first(_CREDITED, {**values, "since": since})
    return (0, 0) if row is None else (int(row[0]), int(row[1]))
