"""What people have decided about orders, from whatever process: written here, carried out by the gateway."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from flows.frozen import dataclass
from store.reader import AnyRow, Reader
from store.tables import order_settlements as t
from store.unit import Op

_PUT = insert(t)
_DONE = update(t).where(t.c.id == bindparam("which")).values(done_at=bindparam("ended"), outcome=bindparam("what"))
_WAITING = select(t).where(t.c.done_at.is_(None)).order_by(t.c.id).limit(100)
_LAST_OF = select(t).where(t.c.order_key == bindparam("key")).order_by(t.c.id.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One decision. decision: confirm | decline; reference: the charging system's; note: why."""

    id: str
    order_key: str
    discrepancy: str | None
    decision: str
    reference: str
    note: str
    author: str
    at: datetime
    outcome: str | None = None


def put(one: Wanted) -> Op:
    """It is asked for."""
    return Op(
        _PUT,
        {
            "id": one.id,
            "order_key": one.order_key,
            "discrepancy_id": one.discrepancy,
            "decision": one.decision,
            "reference": one.reference,
            "note": one.note,
            "author": one.author,
            "at": one.at,
        },
    )


def done(which: str, outcome: str, at: datetime) -> Op:
    """It was carried out, or cannot be. outcome: ``done``, or why not."""
    return Op(_DONE, {"which": which, "ended": at, "what": outcome})


async def waiting(reader: Reader) -> Sequence[Wanted]:
    """What is still to be carried out, oldest first."""
    return [_wanted(row) for row in await reader.rows(_WAITING)]


async def last_of(reader: Reader, key: str) -> Wanted | None:
    """The newest decision about an order."""
    row = await reader.first(_LAST_OF, {"key": key})
    return None if row is None else _wanted(row)


def _wanted(row: AnyRow) -> Wanted:
    return Wanted(
        id=row.id,
        order_key=row.order_key,
        discrepancy=row.discrepancy_id,
        decision=row.decision,
        reference=row.reference,
        note=row.note,
        author=row.author,
        at=row.at,
        outcome=row.outcome,
    )
