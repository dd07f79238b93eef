"""The one inbox: what came in is durable before it is acknowledged, and is taken in once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from flows.effects import RecordAlert
from flows.values import Msisdn
from store.reader import AnyRow, Reader
from store.tables import alerts
from store.tables import inbox as t
from store.unit import Gate, Op, Unit

_TAKE_IN = insert(t).on_conflict_do_nothing().returning(t.c.source, t.c.event_id)
_DONE = update(t).where(t.c.id == bindparam("which")).values(processed_at=bindparam("at"), outcome=bindparam("what"))
_WAITING = select(t).where(t.c.processed_at.is_(None), t.c.kind.in_(("trigger", "mo"))).order_by(t.c.id).limit(10_000)
_TEXT_BEFORE = (
    select(t)
    .where(
        t.c.subject == bindparam("subject"),
        t.c.kind == "mo",
        t.c.id < bindparam("before"),
        t.c.received_at > bindparam("since"),
    )
    .order_by(t.c.id.desc())
    .limit(1)
)
_ALERT = (
    insert(alerts).on_conflict_do_nothing().returning(alerts.c.subscription_id, alerts.c.bundle_id, alerts.c.threshold)
)
_RECEIPTS = select(t).where(t.c.kind == "receipt", t.c.processed_at.is_(None)).order_by(t.c.id.desc()).limit(10_000)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that came in.

    kind: trigger | mo | receipt. source and event_id together are its identity. subject: MSISDN digits.
    body: as it came (a trigger's JSON), or as we write it (a text's JSON).
    """

    id: str
    kind: str
    source: str
    event_id: str
    subject: Msisdn
    body: str
    received_at: datetime


def take_in(entry: Entry) -> Unit:
    """Write an entry; the unit's gate is shut when it is known."""
    values = {
        "id": entry.id,
        "kind": entry.kind,
        "source": entry.source,
        "event_id": entry.event_id,
        "subject": entry.subject,
        "body": entry.body,
        "received_at": entry.received_at,
        "processed_at": None,
        "outcome": None,
    }
    return Unit(gate=Gate(_TAKE_IN, values, ("source", "event_id")))


def done(entry_id: str, outcome: str, at: datetime) -> Op:
    """The entry was dealt with. outcome: one word that tells how."""
    return Op(_DONE, {"which": entry_id, "at": at, "what": outcome})


def once_per_threshold(effect: RecordAlert) -> Gate:
    """Shut when this bundle's threshold was dealt with before."""
    values = {
        "subscription_id": effect.subscription,
        "bundle_id": effect.bundle_id,
        "threshold": effect.threshold,
        "at": effect.at,
        "outcome": effect.outcome,
    }
    return Gate(_ALERT, values, ("subscription_id", "bundle_id", "threshold"))


async def waiting(reader: Reader) -> Sequence[Entry]:
    """Triggers and texts that were taken in and not dealt with, oldest first: what a crash left."""
    return [_entry(row) for row in await reader.rows(_WAITING)]


async def text_before(reader: Reader, entry: Entry, since: datetime) -> Entry | None:
    """The last text of the same person before this one."""
    values = {"subject": entry.subject, "before": entry.id, "since": since}
    row = await reader.first(_TEXT_BEFORE, values)
    return None if row is None else _entry(row)


async def early_receipts(reader: Reader) -> Sequence[Entry]:
    """The newest receipts that came before the submit they belong to was known."""
    return [_entry(row) for row in await reader.rows(_RECEIPTS)]


def _entry(row: AnyRow) -> Entry:
    return Entry(
        id=row.id,
        kind=row.kind,
        source=row.source,
        event_id=row.event_id,
        subject=Msisdn(row.subject),
        body=row.body,
        received_at=row.received_at,
    )
