"""The one outbox: what is to be done outside, committed before it is tried. A text *is* its outbox row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, func, literal_column, or_, select, tuple_, update

from store import push_rows, sms_rows
from store.outgoing import FINAL
from store.push_rows import PushRow
from store.reader import AnyRow, Reader
from store.sms_rows import SmsRow
from store.tables import outbox as t
from store.unit import Op

_MOVE = (
    update(t)
    .where(t.c.id == bindparam("which"), t.c.settled_at.is_(None))  # a final state stays
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        attempts=t.c.attempts + bindparam("tries"),
        repeats=t.c.repeats + bindparam("again"),
        due_at=func.coalesce(bindparam("due", type_=t.c.due_at.type), t.c.due_at),
        smsc=func.coalesce(bindparam("by_smsc"), t.c.smsc),
        parts=func.coalesce(bindparam("in_parts"), t.c.parts),
    )
)
_SENT = (
    update(t)
    .where(t.c.id == bindparam("which"), t.c.settled_at.is_(None))
    .values(state="sent", reason=None, smsc=bindparam("by_smsc"), parts=bindparam("in_parts"))
)
_END = (
    update(t)
    .where(t.c.id == bindparam("which"), t.c.settled_at.is_(None))
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        smsc=func.coalesce(bindparam("by_smsc"), t.c.smsc),
        parts=func.coalesce(bindparam("in_parts"), t.c.parts),
        settled_at=bindparam("settled", type_=t.c.settled_at.type),
    )
)
_BY_ID = select(t).where(t.c.id == bindparam("id"))
_BY_KEY = select(t).where(t.c.key == bindparam("key"))
_OPEN = t.c.state.in_([literal_column(f"'{state}'") for state in ("queued", "sending", "deferred")])
"""Written out, for its index: a partial index is not used where its condition comes as parameters."""
_HALF_DONE = (
    select(t)
    .where(_OPEN, or_(t.c.kind == push_rows.KIND, and_(t.c.kind == sms_rows.KIND, t.c.state == "sending")))
    .order_by(t.c.id)
)
_DUE = (
    select(t)
    .where(
        _OPEN,  # what is being sent is left out by whoever asks
        t.c.kind == sms_rows.KIND,
        t.c.priority == bindparam("rank"),
        tuple_(t.c.due_at, t.c.id) > tuple_(bindparam("after", type_=t.c.due_at.type), bindparam("after_id")),
        t.c.due_at <= bindparam("until", type_=t.c.due_at.type),
    )
    .order_by(t.c.due_at, t.c.id)
    .limit(bindparam("limit"))
)
_NEXT = select(func.min(t.c.due_at, type_=t.c.due_at.type).label("due_at")).where(
    _OPEN,
    t.c.kind == sms_rows.KIND,
    t.c.priority == bindparam("rank"),
    t.c.due_at > bindparam("after", type_=t.c.due_at.type),
)
_BY_STATE = select(t.c.kind, t.c.state, func.count()).group_by(t.c.kind, t.c.state)

OutboxRow = SmsRow | PushRow


def sent(row_id: str, smsc: str, in_parts: int) -> Op:
    """Handed over, in so many parts."""
    return Op(_SENT, {"which": row_id, "by_smsc": smsc, "in_parts": in_parts})


def end(
    row_id: str,
    state: str,
    at: datetime,
    *,
    reason: str | None = None,
    smsc: str | None = None,
    parts: int | None = None,
) -> Op:
    """The last step of the row, into a final state."""
    assert state in FINAL, f"{state} is not final"
    return Op(
        _END,
        {"which": row_id, "new_state": state, "why": reason, "by_smsc": smsc, "in_parts": parts, "settled": at},
    )


def move(
    row_id: str,
    state: str,
    *,
    reason: str | None = None,
    due_at: datetime | None = None,
    smsc: str | None = None,
    parts: int | None = None,
    tries: int = 0,
    repeated: bool = False,
) -> Op:
    """A step of the row that is not its last. tries: to add, or to take back one that was none."""
    assert state not in FINAL, f"{state} is final"
    return Op(
        _MOVE,
        {
            "which": row_id,
            "new_state": state,
            "why": reason,
            "tries": tries,
            "again": int(repeated),
            "due": due_at,
            "by_smsc": smsc,
            "in_parts": parts,
        },
    )


async def half_done(reader: Reader) -> Sequence[OutboxRow]:
    """What a stopped process had in hand: texts that may have gone, and screens. Few, as only so many are in hand."""
    return [_row(row) for row in await reader.rows(_HALF_DONE)]


async def due(reader: Reader, rank: int, after: tuple[datetime, str], until: datetime, limit: int) -> Sequence[SmsRow]:
    """A page of the texts of one rank that are due by then, in that order; also those that are being sent.

    after: due time and id of the last one of the page before.
    """
    values = {"rank": rank, "after": after[0], "after_id": after[1], "until": until, "limit": limit}
    return [sms_rows.read(row) for row in await reader.rows(_DUE, values)]


async def next_due(reader: Reader, rank: int, after: datetime) -> datetime | None:
    """When the first text of this rank that is due later than that is due."""
    row = await reader.first(_NEXT, {"rank": rank, "after": after})
    found: datetime | None = None if row is None else row.due_at
    return found


async def by_id(reader: Reader, row_id: str) -> OutboxRow | None:
    """One row."""
    row = await reader.first(_BY_ID, {"id": row_id})
    return None if row is None else _row(row)


async def by_key(reader: Reader, key: str) -> OutboxRow | None:
    """The row with this idempotency key."""
    row = await reader.first(_BY_KEY, {"key": key})
    return None if row is None else _row(row)


async def parts_of(reader: Reader, row_id: str) -> int | None:
    """In how many parts a text goes out, once that is known."""
    row = await reader.first(_BY_ID, {"id": row_id})
    return None if row is None else row.parts


async def count_by_state(reader: Reader) -> Mapping[tuple[str, str], int]:
    """How many rows there are of each kind and state."""
    return {(row[0], row[1]): row[2] for row in await reader.rows(_BY_STATE)}


def _row(row: AnyRow) -> OutboxRow:
    if row.kind == push_rows.KIND:
        return push_rows.read(row)
    return sms_rows.read(row)
