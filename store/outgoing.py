"""What texts and screens have in common as rows of the outbox: how they are written, and taken in hand once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import bindparam, func, insert, or_, update

from flows.effects import RecordOvertaken, RecordPointless
from flows.values import Msisdn, SubscriptionId
from store.tables import outbox as t
from store.unit import Gate, Op, Take

FINAL = frozenset({"delivered", "failed", "expired", "suppressed", "done"})
NOT_GONE = (or_(t.c.state == "queued", t.c.state == "deferred"), t.c.settled_at.is_(None))
_INSERT = insert(t)
_TAKEN = {"state": "sending", "attempts": t.c.attempts + 1, "repeats": t.c.repeats + bindparam("again")}
_TAKE = update(t).where(*NOT_GONE).values(_TAKEN).returning(t.c.id)
_CLAIM = (
    update(t)
    .where(t.c.id == bindparam("which"), *NOT_GONE)
    .values({**_TAKEN, "payload": func.coalesce(bindparam("new_payload"), t.c.payload)})
    .returning(t.c.id)
)
_SETTLED = {"settled_at": bindparam("settled", type_=t.c.settled_at.type), "reason": bindparam("why")}
_POINTLESS = (
    update(t)
    .where(t.c.subscription_id == bindparam("whose"), t.c.about == bindparam("of"), *NOT_GONE)
    .values({"state": "expired", **_SETTLED})
)
_NOBODYS = (
    update(t).where(t.c.subscription_id == bindparam("whose"), *NOT_GONE).values({"state": "expired", **_SETTLED})
)
_OVERTAKEN = (
    update(t)
    .where(or_(t.c.key == bindparam("text"), t.c.key == bindparam("screen")), *NOT_GONE)
    .values({"state": "expired", **_SETTLED})
)
_CALL_OFF = (
    update(t)
    .where(t.c.id == bindparam("which"), *NOT_GONE)
    .values({"state": "suppressed", **_SETTLED})
    .returning(t.c.id)
)


class Outgoing(Protocol):
    """What both have."""

    @property
    def id(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def subscription(self) -> SubscriptionId: ...
    @property
    def msisdn(self) -> Msisdn: ...
    @property
    def state(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def about(self) -> str: ...


def put(
    row: Outgoing, kind: str, purpose: str, payload: str, *, priority: int, due_at: datetime, campaign: str = ""
) -> Op:
    """Write a new row."""
    return Op(
        _INSERT,
        {
            "id": row.id,
            "kind": kind,
            "key": row.key,
            "subscription_id": row.subscription,
            "msisdn": row.msisdn,
            "purpose": purpose,
            "priority": priority,
            "payload": payload,
            "state": row.state,
            "attempts": 0,
            "repeats": 0,
            "due_at": due_at,
            "reason": row.reason,
            "created_at": row.created_at,
            "settled_at": row.created_at if row.state in FINAL else None,
            "about": row.about or None,
            "campaign": campaign or None,
        },
    )


def take(row_ids: Sequence[str], *, repeated: bool = False) -> Take:
    """Taken in hand, durable before the first byte leaves; not what was withdrawn, or taken before.

    repeated: only what may be repeated goes out.
    """
    return Take(_TAKE, row_ids, {"again": int(repeated)})


def claim(row_id: str, *, repeated: bool = False, payload: str | None = None) -> Gate:
    """As ``take``, of one row. payload: what it is from now on, if that changes."""
    return Gate(_CLAIM, {"which": row_id, "again": int(repeated), "new_payload": payload})


def pointless(effect: RecordPointless | RecordOvertaken) -> Op:
    """What says something that is not so any more does not go; nothing happens to what has gone."""
    if isinstance(effect, RecordOvertaken):
        both = {"text": effect.key, "screen": f"push:{effect.key}"}
        return Op(_OVERTAKEN, {**both, "settled": effect.at, "why": "overtaken"})
    values = {"whose": effect.subscription, "settled": effect.at, "why": effect.reason}
    return Op(_POINTLESS, {**values, "of": effect.about}) if effect.about else Op(_NOBODYS, values)


def call_off(row_id: str, reason: str, at: datetime) -> Gate:
    """It does not go; shut when it has gone, or had ended."""
    return Gate(_CALL_OFF, {"which": row_id, "settled": at, "why": reason})
