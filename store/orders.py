"""Orders: the key is unique in the database, and so is the offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, case, func, insert, select, tuple_, update

from flows.effects import RecordOrderState, RecordRefunded
from flows.frozen import dataclass
from flows.purchase import NEEDS_PERSON, NOT_GRANTED
from flows.records import Order
from flows.values import BundleId, Channel, Money, Msisdn, OfferId, OrderKey, OrderKind, SubscriptionId
from store.reader import AnyRow, Reader
from store.tables import orders as t
from store.unit import Op

_CREATE = insert(t)
_MOVE = (
    update(t)
    .where(t.c.key == bindparam("which"), t.c.settled_at.is_(None))  # a settled order never moves again
    .values(
        state=bindparam("new_state"),
        reason=case(
            (bindparam("settled", type_=t.c.settled_at.type).is_not(None), bindparam("why")),  # not why it was open
            else_=func.coalesce(bindparam("why"), t.c.reason),
        ),
        detail=func.coalesce(bindparam("words"), t.c.detail),
        ocs_reference=func.coalesce(bindparam("reference"), t.c.ocs_reference),
        attempts=t.c.attempts + bindparam("sends"),
        queries=t.c.queries + bindparam("asks"),
        sent_at=func.coalesce(bindparam("last_sent", type_=t.c.sent_at.type), t.c.sent_at),
        settled_at=bindparam("settled", type_=t.c.settled_at.type),
        credit_amount=func.coalesce(bindparam("credited"), t.c.credit_amount),
        pin=case((bindparam("settled", type_=t.c.settled_at.type).is_not(None), None), else_=t.c.pin),
    )
)
_CORRECT = (
    update(t)
    .where(t.c.key == bindparam("which"), t.c.state == bindparam("taken_back"))
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        detail=bindparam("words"),
        ocs_reference=func.coalesce(bindparam("reference"), t.c.ocs_reference),
        settled_at=bindparam("settled", type_=t.c.settled_at.type),
    )
)
"""A verdict is another; what was said of the old one goes."""
_REFUNDED = (
    update(t)
    .where(t.c.key == bindparam("which"), t.c.state != "refunded")
    .values(
        state="refunded",
        reason=bindparam("why"),
        settled_at=func.coalesce(t.c.settled_at, bindparam("at", type_=t.c.settled_at.type)),
    )
)
_BY_KEY = select(t).where(t.c.key == bindparam("key"))
_STATES = select(t.c.key, t.c.state).where(t.c.key.in_(bindparam("keys", expanding=True)))
_OF = (
    select(t)
    .where(t.c.subscription_id == bindparam("subscription"))
    .order_by(t.c.created_at.desc(), t.c.key.desc())
    .limit(bindparam("limit"))
)
_LAST = select(t.c.created_at, t.c.key).where(t.c.key == bindparam("after")).scalar_subquery()
_OF_AFTER = _OF.where(tuple_(t.c.created_at, t.c.key) < _LAST)
_UNSETTLED = (
    select(t.c.key)
    .where(t.c.settled_at.is_(None), func.coalesce(t.c.reason, "").not_in((NEEDS_PERSON, NOT_GRANTED)))
    .order_by(t.c.created_at)
)
_REFUNDS = (
    select(t.c.key)
    .where(t.c.settled_at.is_(None), t.c.gives_back.is_not(None), t.c.state == "pending")
    .order_by(t.c.created_at)
    .limit(1_000)
)
_EARLIER = (
    select(t.c.key)
    .where(
        t.c.subscription_id == bindparam("subscription"),
        t.c.kind == bindparam("kind"),
        t.c.settled_at.is_(None),
        func.coalesce(t.c.reason, "") != NEEDS_PERSON,
        tuple_(t.c.created_at, t.c.key) < tuple_(bindparam("at", type_=t.c.created_at.type), bindparam("key")),
    )
    .limit(1)
)
_LATER = (
    select(t.c.key)
    .where(
        t.c.subscription_id == bindparam("subscription"),
        t.c.kind == bindparam("kind"),
        t.c.state == "confirmed",
        tuple_(t.c.created_at, t.c.key) > tuple_(bindparam("at", type_=t.c.created_at.type), bindparam("key")),
    )
    .limit(1)
)
_SWITCH = (
    select(t)
    .where(t.c.subscription_id == bindparam("subscription"), t.c.kind == bindparam("kind"))
    .order_by(t.c.created_at.desc(), t.c.key.desc())
    .limit(1)
)
_BY_STATE = select(t.c.state, func.count()).group_by(t.c.state)


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as operators see it, beside what the flow needs."""

    order: Order
    reason: str | None
    detail: str | None
    ocs_reference: str | None
    settled_at: datetime | None


def begun(order: Order) -> OrderView:
    """An order before its first step."""
    return OrderView(order, reason=None, detail=None, ocs_reference=None, settled_at=None)


def put(order: Order) -> Op:
    """A new order; the database refuses a second one of the same offer."""
    values = {
        "key": order.key,
        "subscription_id": order.subscription,
        "msisdn": order.msisdn,
        "beneficiary": order.beneficiary,
        "bundle": order.bundle,
        "price_amount": order.price.amount,
        "price_currency": order.price.currency,
        "channel": order.channel,
        "offer": order.offer,
        "state": order.state,
        "attempts": order.attempts,
        "queries": order.queries,
        "created_at": order.created_at,
        "gives_back": order.gives_back,
        "kind": order.kind,
        "credit_amount": None if order.credit is None else order.credit.amount,
        "pin": order.pin or None,
    }
    return Op(_CREATE, values)


def refunded(effect: RecordRefunded) -> Op:
    """The order's price is back with its payer."""
    return Op(_REFUNDED, {"which": effect.key, "at": effect.at, "why": effect.reason})


def move(effect: RecordOrderState) -> Op:
    """Write a step of the order."""
    if effect.corrects:
        values = {
            "which": effect.key,
            "taken_back": effect.corrects,
            "new_state": effect.state,
            "why": effect.reason,
            "words": effect.detail,
            "reference": effect.reference,
            "settled": effect.at,
        }
        return Op(_CORRECT, values)
    return Op(
        _MOVE,
        {
            "which": effect.key,
            "new_state": effect.state,
            "why": effect.reason,
            "words": effect.detail,
            "reference": effect.reference,
            "sends": int(effect.sent),
            "asks": int(effect.queried),
            "last_sent": effect.at if effect.sent else None,
            "settled": effect.at if effect.settled else None,
            "credited": None if effect.credit is None else effect.credit.amount,
        },
    )


async def by_key(reader: Reader, key: str) -> OrderView | None:
    """One order."""
    row = await reader.first(_BY_KEY, {"key": key})
    return None if row is None else view_of(row)


async def states(reader: Reader, keys: Sequence[OrderKey]) -> dict[OrderKey, str]:
    """How far these orders are."""
    if not keys:
        return {}
    return {OrderKey(row[0]): row[1] for row in await reader.rows(_STATES, {"keys": list(keys)})}


async def of_subscription(
    reader: Reader, subscription: SubscriptionId, limit: int, after: str | None
) -> Sequence[OrderView]:
    """Orders, newest first. after: the key that the last page ended with."""
    values = {"subscription": subscription, "limit": limit}
    rows = await (reader.rows(_OF_AFTER, {**values, "after": after}) if after else reader.rows(_OF, values))
    return [view_of(row) for row in rows]


async def unsettled(reader: Reader) -> Sequence[OrderKey]:
    """Orders that are still to be dealt with, oldest first; not those left to a person, or to their refund."""
    return [OrderKey(row[0]) for row in await reader.rows(_UNSETTLED)]


async def refunds_to_begin(reader: Reader) -> Sequence[OrderKey]:
    """Refunds that were asked for and not sent yet, oldest first."""
    return [OrderKey(row[0]) for row in await reader.rows(_REFUNDS)]


async def has_earlier(reader: Reader, order: Order) -> bool:
    """Whether the same person gave an order of the same kind before it that is not settled, nor left to a person."""
    return await reader.first(_EARLIER, _place(order)) is not None


async def is_overtaken(reader: Reader, order: Order) -> bool:
    """Whether a switch that was asked for later was carried out before this one; nothing else is overtaken."""
    if order.kind is not OrderKind.OUT_OF_BUNDLE:
        return False
    return await reader.first(_LATER, _place(order)) is not None


def _place(order: Order) -> dict[str, object]:
    """Where an order stands among those of the same person and kind."""
    return {"subscription": order.subscription, "kind": order.kind, "at": order.created_at, "key": order.key}


async def newest_switch(reader: Reader, subscription: SubscriptionId) -> OrderView | None:
    """What somebody asked for last about charges outside a bundle."""
    row = await reader.first(_SWITCH, {"subscription": subscription, "kind": OrderKind.OUT_OF_BUNDLE})
    return None if row is None else view_of(row)


async def count_by_state(reader: Reader) -> Mapping[str, int]:
    """How many orders are in each state."""
    return {row[0]: row[1] for row in await reader.rows(_BY_STATE)}


def view_of(row: AnyRow) -> OrderView:
    """A row of orders."""
    order = Order(
        key=OrderKey(row.key),
        offer=OfferId(row.offer),
        subscription=SubscriptionId(row.subscription_id),
        msisdn=Msisdn(row.msisdn),
        beneficiary=Msisdn(row.beneficiary),
        bundle=BundleId(row.bundle),
        price=Money(row.price_amount, row.price_currency),
        channel=Channel(row.channel),
        state=row.state,
        attempts=row.attempts,
        queries=row.queries,
        created_at=row.created_at,
        sent_at=row.sent_at,
        gives_back=row.gives_back,
        kind=OrderKind(row.kind),
        credit=None if row.credit_amount is None else Money(row.credit_amount, row.price_currency),
        pin=row.pin or "",
    )
    return OrderView(
        order=order,
        reason=row.reason,
        detail=row.detail,
        ocs_reference=row.ocs_reference,
        settled_at=row.settled_at,
    )
