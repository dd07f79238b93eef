"""Events for the operator's own systems, in the outbox: one row an endpoint, until it was taken or given up.

A row holds no MSISDN: what it tells is read when it goes. ``smsc`` is what carries a row, here its endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, literal_column, select, update

from flows.announcements import Announcement
from flows.documents import decode, encode
from flows.frozen import dataclass
from store.ids import new_id
from store.reader import AnyRow, Reader
from store.tables import outbox as t
from store.unit import Op

KIND = "webhook"
_INSERT = insert(t)
_OURS = t.c.kind == literal_column(f"'{KIND}'")  # written out, for its partial index
_WAITS = (_OURS, t.c.state == literal_column("'queued'"))
_OF = (*_WAITS, t.c.smsc == bindparam("endpoint"))
_DUE = (
    select(t)
    .where(*_OF, t.c.due_at <= bindparam("until", type_=t.c.due_at.type))
    .order_by(t.c.due_at, t.c.id)
    .limit(bindparam("limit"))
)
_NEXT = select(func.min(t.c.due_at, type_=t.c.due_at.type).label("due_at")).where(*_OF)
_ONE = update(t).where(t.c.id == bindparam("which"), t.c.state == "queued")
_SETTLED = {"settled_at": bindparam("settled", type_=t.c.settled_at.type), "reason": bindparam("why")}
_END = _ONE.values({**_SETTLED, "state": bindparam("new_state"), "attempts": t.c.attempts + bindparam("tries")})
_LATER = _ONE.values(attempts=t.c.attempts + 1, reason=bindparam("why"), due_at=bindparam("due", type_=t.c.due_at.type))
_END_ALL = (
    update(t)
    .where(*_WAITS, t.c.smsc == bindparam("which_endpoint"))
    .values({**_SETTLED, "state": literal_column("'failed'")})
)
_GIVE_UP = (
    update(t)
    .where(*_WAITS, t.c.created_at < bindparam("before", type_=t.c.created_at.type))
    .values({**_SETTLED, "state": literal_column("'failed'")})
)
_FORGET = delete(t).where(_OURS, t.c.due_at < bindparam("before", type_=t.c.due_at.type))
_COUNTS = select(t.c.smsc, t.c.state, func.count().label("rows")).where(_OURS).group_by(t.c.smsc, t.c.state)


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """One event for one endpoint. id: also its webhook-id, so the same on every repetition. See ``Announcement``."""

    id: str
    endpoint: str
    event: str
    about: str
    at: datetime
    facts: Mapping[str, Any]
    attempts: int = 0


def webhook_row(told: Announcement, endpoint: str) -> WebhookRow:
    """The row of an event for an endpoint."""
    return WebhookRow(new_id(told.at), endpoint, told.event, told.about, told.at, told.facts)


def put(row: WebhookRow) -> Op:
    """Write a new one."""
    return Op(
        _INSERT,
        {
            "id": row.id,
            "kind": KIND,
            "key": f"{KIND}:{row.id}",
            "subscription_id": "",
            "msisdn": "",
            "purpose": KIND,
            "priority": 0,
            "payload": encode({"event": row.event, "about": row.about, "facts": dict(row.facts)}),
            "state": "queued",
            "attempts": 0,
            "repeats": 0,
            "due_at": row.at,
            "smsc": row.endpoint,
            "created_at": row.at,
        },
    )


def end(row_id: str, state: str, at: datetime, reason: str | None = None, *, tries: int = 1) -> Op:
    """It was taken (``delivered``), given up (``failed``) or is not so (``suppressed``). tries: of this time."""
    return Op(_END, {"which": row_id, "new_state": state, "settled": at, "why": reason, "tries": tries})


def later(row_id: str, due_at: datetime, reason: str) -> Op:
    """It was not taken, and goes again then."""
    return Op(_LATER, {"which": row_id, "due": due_at, "why": reason})


def end_all(endpoint: str, at: datetime, reason: str) -> Op:
    """Nothing more goes to this endpoint."""
    return Op(_END_ALL, {"which_endpoint": endpoint, "settled": at, "why": reason})


def give_up(before: datetime, at: datetime) -> Op:
    """What happened before that and still waits is given up, whosever it was."""
    return Op(_GIVE_UP, {"before": before, "settled": at, "why": "too_old"})


def forget(before: datetime) -> Op:
    """Drop what was last due before that."""
    return Op(_FORGET, {"before": before})


async def due(reader: Reader, endpoint: str, until: datetime, limit: int) -> Sequence[WebhookRow]:
    """What is due at an endpoint, the longest overdue first."""
    values = {"endpoint": endpoint, "until": until, "limit": limit}
    return [_read(row) for row in await reader.rows(_DUE, values)]


async def next_due(reader: Reader, endpoint: str) -> datetime | None:
    """When the first of an endpoint is due."""
    row = await reader.first(_NEXT, {"endpoint": endpoint})
    found: datetime | None = None if row is None else row.due_at
    return found


async def counts(reader: Reader) -> Mapping[tuple[str, str], int]:
    """How many there are of each endpoint and state, as far back as they are kept."""
    return {(row.smsc, row.state): row.rows for row in await reader.rows(_COUNTS)}


def _read(row: AnyRow) -> WebhookRow:
    payload = decode(row.payload)
    return WebhookRow(
        id=row.id,
        endpoint=row.smsc,
        event=payload["event"],
        about=payload["about"],
        at=row.created_at,
        facts=payload["facts"],
        attempts=row.attempts,
    )
