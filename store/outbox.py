"""The one outbox: what is to be done outside, committed before it is tried. A text *is* its outbox row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select, update

from flows.effects import SendSms
from flows.values import Msisdn, OfferId, Purpose, SubscriptionId
from store import outgoing, push_rows
from store.ids import new_id
from store.outgoing import FINAL
from store.push_rows import PushRow
from store.reader import AnyRow, Reader
from store.tables import outbox as t
from store.unit import Op

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
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
_WAITING = select(t).where(t.c.state.in_(("queued", "sending", "deferred"))).order_by(t.c.priority, t.c.id)
_BY_STATE = select(t.c.kind, t.c.state, func.count()).group_by(t.c.kind, t.c.state)

_PRIORITY = {Purpose.CONFIRMATION: 0, Purpose.REPLY: 1, Purpose.ALERT: 2, Purpose.MARKETING: 3}


@dataclass(frozen=True, slots=True)
class SmsRow:
    """One text on its way out. attempts: times handed to an SMSC; repeats: of these, after an unknown fate.

    held: it stands behind a screen, and may be withdrawn until it goes. offer: what it offers then.
    """

    id: str
    key: str
    subscription: SubscriptionId
    msisdn: Msisdn
    purpose: Purpose
    priority: int
    source: str
    text: str
    repeat_text: str
    expires_at: datetime | None
    state: str
    attempts: int
    repeats: int
    due_at: datetime
    created_at: datetime
    reason: str | None = None
    held: bool = False
    offer: OfferId | None = None


OutboxRow = SmsRow | PushRow


def sms_row(effect: SendSms) -> SmsRow:
    """The row of a text that a flow asks for."""
    return SmsRow(
        id=new_id(effect.at),
        key=effect.key,
        subscription=effect.subscription,
        msisdn=effect.msisdn,
        purpose=effect.purpose,
        priority=_PRIORITY[effect.purpose],
        source=effect.source,
        text=effect.text,
        repeat_text=effect.repeat_text,
        expires_at=effect.expires_at,
        state="suppressed" if effect.suppressed else "queued",
        attempts=0,
        repeats=0,
        due_at=effect.not_before or effect.at,
        created_at=effect.at,
        reason=effect.suppressed or None,
        held=effect.not_before is not None,
        offer=effect.offer,
    )


def put_sms(row: SmsRow) -> Op:
    """Write a new text."""
    payload: dict[str, object] = {
        "source": row.source,
        "text": row.text,
        "repeat_text": row.repeat_text,
        "expires_at": None if row.expires_at is None else row.expires_at.isoformat(),
    }
    if row.held:
        payload["held"] = True
    if row.offer:
        payload["offer"] = row.offer
    return outgoing.put(row, "sms", row.purpose, _ENCODE(payload), priority=row.priority, due_at=row.due_at)


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


async def waiting(reader: Reader) -> Sequence[OutboxRow]:
    """Everything that is still to be done, urgent first: what a crash left, and what was put off."""
    return [_row(row) for row in await reader.rows(_WAITING)]


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
    payload = json.loads(row.payload)
    return SmsRow(
        id=row.id,
        key=row.key,
        subscription=SubscriptionId(row.subscription_id),
        msisdn=Msisdn(row.msisdn),
        purpose=Purpose(row.purpose),
        priority=row.priority,
        source=payload["source"],
        text=payload["text"],
        repeat_text=payload["repeat_text"],
        expires_at=None if payload["expires_at"] is None else datetime.fromisoformat(payload["expires_at"]),
        state=row.state,
        attempts=row.attempts,
        repeats=row.repeats,
        due_at=row.due_at,
        created_at=row.created_at,
        reason=row.reason,
        held=payload.get("held", False),
        offer=payload.get("offer"),
    )
