"""All rows that an order's story is put together from, of many tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select

from flows.documents import decode
from flows.frozen import dataclass
from flows.further_offers import REASON as MORE
from flows.purchase import refund_key
from flows.records import Answer, Offer
from store import offers, order_steps, orders
from store.ids import first_id
from store.order_steps import OrderStep
from store.orders import OrderView
from store.reader import AnyRow, Reader
from store.tables import audit, discrepancies, inbox, order_settlements, outbox, parts

CONFIRMATION = "confirmation"
_INBOX = select(inbox).where(inbox.c.id == bindparam("id"))
_TEXTS = (
    select(outbox)
    .where(
        or_(
            outbox.c.key.in_(bindparam("keys", expanding=True)),
            outbox.c.key.between(bindparam("first"), bindparam("last")),
            outbox.c.key.between(bindparam("refund_first"), bindparam("refund_last")),
        )
    )
    .order_by(outbox.c.id)
)
_PARTS = (
    select(parts)
    .where(parts.c.outbox_id.in_(bindparam("ids", expanding=True)))
    .order_by(parts.c.outbox_id, parts.c.part)
)
_QUESTIONS = select(outbox.c.key).where(
    outbox.c.subscription_id == bindparam("subscription"),
    outbox.c.id >= bindparam("since"),
    outbox.c.purpose == "reply",
    outbox.c.created_at == bindparam("at", type_=outbox.c.created_at.type),
)
_AUDIT = (
    select(audit)
    .where(
        audit.c.subscription_id == bindparam("subscription"),
        audit.c.id >= bindparam("since"),
        audit.c.detail.like(bindparam("named")),
    )
    .order_by(audit.c.id)
)
_SETTLEMENTS = (
    select(order_settlements).where(order_settlements.c.order_key == bindparam("key")).order_by(order_settlements.c.id)
)
_DISCREPANCIES = select(discrepancies).where(discrepancies.c.order_key == bindparam("key")).order_by(discrepancies.c.id)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came in. kind: trigger | mo; body: as the inbox has it."""

    id: str
    kind: str
    source: str
    event_id: str
    body: Mapping[str, Any]
    received_at: datetime
    processed_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class SentPart:
    """One part of a text. at: when the SMSC took it."""

    number: int
    smsc: str
    message_id: str
    state: str
    error: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """A text or a screen on its way out. words: as they went, or would have gone."""

    id: str
    key: str
    kind: str
    purpose: str
    to: str
    source: str
    words: str
    state: str
    reason: str | None
    smsc: str | None
    attempts: int
    created_at: datetime
    settled_at: datetime | None
    parts: tuple[SentPart, ...]


@dataclass(frozen=True, slots=True)
class Noted:
    """A line of the audit, a person's decision on the order, or what a reconciliation found about it."""

    at: datetime
    by: str
    what: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoryRows:
    """An order with all that belongs to it. origin: what its offer came from; answer_at, arrival: of the yes.

    refund: the order that gives its price back, if there is one, with its steps.
    """

    view: OrderView
    offer: Offer | None
    origin: Arrival | None
    answer: Answer | None
    answer_at: datetime | None
    arrival: Arrival | None
    steps: Sequence[OrderStep]
    sent: Sequence[Sent]
    noted: Sequence[Noted]
    refund: OrderView | None
    refund_steps: Sequence[OrderStep]


async def of_order(reader: Reader, key: str) -> StoryRows | None:
    """Everything that is there about an order; None when there is no such order. Raises StoreError."""
    view = await orders.by_key(reader, key)
    if view is None:
        return None
    offer = await offers.by_id(reader, view.order.offer)
    answered = await order_steps.answer_of(reader, key)
    answer, answer_at = answered or (None, None)
    came_from = origin_of(offer)
    return StoryRows(
        view=view,
        offer=offer,
        origin=await _arrival(reader, came_from.rpartition(":")[2]),
        answer=answer,
        answer_at=answer_at,
        arrival=await _arrival(reader, answer.reference if answer else ""),
        steps=await order_steps.of_order(reader, key),
        sent=await _sent(reader, view, offer, came_from),
        noted=await _noted(reader, view),
        refund=await orders.by_key(reader, refund_key(view.order.key)),
        refund_steps=await order_steps.of_order(reader, refund_key(view.order.key)),
    )


def origin_of(offer: Offer | None) -> str:
    """The key of the text that an offer was first told with, which names what it came from; empty where nobody knows.

    An offer that was asked for by text is named after that text, one from the menu after its turn.
    """
    if offer is None:
        return ""
    if offer.reason == MORE:
        return f"reply:{offer.id.removeprefix('off-')[:26]}"
    return str(decode(offer.decision or "{}").get("origin", ""))


async def _arrival(reader: Reader, entry: str) -> Arrival | None:
    row = await reader.first(_INBOX, {"id": entry}) if entry else None
    if row is None:
        return None
    return Arrival(
        row.id, row.kind, row.source, row.event_id, decode(row.body), row.received_at, row.processed_at, row.outcome
    )


async def _sent(reader: Reader, view: OrderView, offer: Offer | None, came_from: str) -> Sequence[Sent]:
    keys = [came_from, f"push:{came_from}"] if came_from else []
    if offer is not None and offer.yes_at is not None and offer.yes_at > offer.created_at:  # it asked for a second yes
        values = {"subscription": offer.subscription, "since": first_id(offer.created_at), "at": offer.yes_at}
        keys += [row.key for row in await reader.rows(_QUESTIONS, values)]
    own = view.order.key
    refund = refund_key(own)
    ranges = {"first": f"{own}:", "last": f"{own};", "refund_first": f"{refund}:", "refund_last": f"{refund};"}
    rows = await reader.rows(_TEXTS, {"keys": keys or [""], **ranges})
    found: dict[str, list[SentPart]] = {}
    for row in await reader.rows(_PARTS, {"ids": [row.id for row in rows]}) if rows else ():
        part = SentPart(row.part, row.smsc, row.message_id, row.state, row.error, row.at)
        found.setdefault(row.outbox_id, []).append(part)
    sent = [_outgoing(row, found.get(row.id, ())) for row in rows]
    return sorted(sent, key=lambda one: (one.created_at, one.purpose == CONFIRMATION, one.key))


def _outgoing(row: AnyRow, found: Iterable[SentPart]) -> Sent:
    payload = decode(row.payload)
    screen = row.kind == "push"
    words = payload["notice"] if screen else payload["repeat_text"] if row.repeats else payload["text"]
    return Sent(
        id=row.id,
        key=row.key,
        kind="screen" if screen else "text",
        purpose=row.purpose,
        to=row.msisdn,
        source="" if screen else payload["source"],
        words=words,
        state=row.state,
        reason=row.reason,
        smsc=row.smsc,
        attempts=row.attempts,
        created_at=row.created_at,
        settled_at=row.settled_at,
        parts=tuple(found),
    )


async def _noted(reader: Reader, view: OrderView) -> Sequence[Noted]:
    order = view.order
    lines = {"subscription": order.subscription, "since": first_id(order.created_at), "named": f'%"{order.key}"%'}
    noted = [Noted(row.at, row.actor, row.action, decode(row.detail)) for row in await reader.rows(_AUDIT, lines)]
    for row in await reader.rows(_SETTLEMENTS, {"key": order.key}):
        kept = {"note": row.note, "reference": row.reference, "outcome": row.outcome}
        noted.append(Noted(row.at, row.author, f"settle.{row.decision}", kept))
    for row in await reader.rows(_DISCREPANCIES, {"key": order.key}):
        noted.append(Noted(row.found_at, "reconciliation", f"found.{row.kind}", {"id": row.id}))
    return sorted(noted, key=lambda one: (one.at, one.what))
