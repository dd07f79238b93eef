"""The one inbox: what came in is durable before it is acknowledged, and is taken in once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from flows.frozen import dataclass
from flows.values import Msisdn
from store.ids import first_id
from store.reader import AnyRow, Reader
from store.tables import inbox as t
from store.unit import Gate, Op, Unit

_PAGE = 1_000
_TAKE_IN = insert(t).on_conflict_do_nothing().returning(t.c.source, t.c.event_id)
_TAKE_IN_BESIDE = insert(t).on_conflict_do_nothing()
_DONE = update(t).where(t.c.id == bindparam("which")).values(processed_at=bindparam("at"), outcome=bindparam("what"))
_DONE_HIDDEN = (
    update(t)
    .where(t.c.id == bindparam("which"))
    .values(processed_at=bindparam("at"), outcome=bindparam("what"), body=bindparam("instead"))
)
_WAITING = (
    select(t)
    .where(t.c.processed_at.is_(None), t.c.kind.in_(("trigger", "mo")), t.c.id > bindparam("after"))
    .order_by(t.c.id)
    .limit(_PAGE)
)
_TEXTS_SINCE = (
    select(t)
    .where(
        t.c.subject.in_(bindparam("subjects", expanding=True)),
        t.c.kind == "mo",
        t.c.id > bindparam("after"),
    )
    .order_by(t.c.id)
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
    return Unit(gate=Gate(_TAKE_IN, _values(entry, None, None), ("source", "event_id")))


def put_aside(entry: Entry, outcome: str) -> Unit:
    """Write an entry that there is nothing to do about."""
    return Unit(gate=Gate(_TAKE_IN, _values(entry, entry.received_at, outcome), ("source", "event_id")))


def beside(gate: Gate) -> Op:
    """The row that this gate of ``take_in`` or ``put_aside`` writes, without a gate: another decides."""
    return Op(_TAKE_IN_BESIDE, gate.values)


def done(entry_id: str, outcome: str, at: datetime) -> Op:
    """The entry was dealt with. outcome: one word that tells how."""
    return Op(_DONE, {"which": entry_id, "at": at, "what": outcome})


def done_hidden(entry_id: str, outcome: str, at: datetime, body: str) -> Op:
    """The same, and ``body`` stands from now on in place of what came, which is nobody's to read."""
    return Op(_DONE_HIDDEN, {"which": entry_id, "at": at, "what": outcome, "instead": body})


async def waiting(reader: Reader) -> Sequence[Entry]:
    """Triggers and texts that were taken in and not dealt with, oldest first: what a crash left."""
    found: list[Entry] = []
    while page := await reader.rows(_WAITING, {"after": found[-1].id if found else ""}):
        found += map(_entry, page)
    return found


async def texts_before(reader: Reader, entries: Sequence[Entry], within: timedelta) -> dict[str, Entry]:
    """By entry id, the last text of the same person before it and within this time; entries of different people."""
    since = first_id(min(entry.received_at for entry in entries) - within)
    rows = await reader.rows(_TEXTS_SINCE, {"subjects": [entry.subject for entry in entries], "after": since})
    before: dict[str, Entry] = {}
    own = {entry.subject: entry for entry in entries}
    for found in map(_entry, rows):
        entry = own[found.subject]
        if found.id < entry.id and entry.received_at - found.received_at < within:
            before[entry.id] = found
    return before


async def early_receipts(reader: Reader) -> Sequence[Entry]:
    """The newest receipts that came before the submit they belong to was known."""
    return [_entry(row) for row in await reader.rows(_RECEIPTS)]


def _values(entry: Entry, processed_at: datetime | None, outcome: str | None) -> dict[str, Any]:
    return {
        "id": entry.id,
        "kind": entry.kind,
        "source": entry.source,
        "event_id": entry.event_id,
        "subject": entry.subject,
        "body": entry.body,
        "received_at": entry.received_at,
        "processed_at": processed_at,
        "outcome": outcome,
    }


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
