"""Requests that carry an Idempotency-Key: the first one's answer is kept and given again.

As draft-ietf-httpapi-idempotency-key-header has it: another body under the same key is refused.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from flows.frozen import dataclass
from store.reader import Reader
from store.tables import idempotency as t
from store.unit import Gate, Op, Unit

_CLAIM = insert(t).on_conflict_do_nothing().returning(t.c.token, t.c.key)
_ANSWER = (
    update(t)
    .where(t.c.token == bindparam("by_token"), t.c.key == bindparam("which"))
    .values(status=bindparam("new_status"), body=bindparam("new_body"))
)
_FIND = select(t).where(t.c.token == bindparam("token"), t.c.key == bindparam("key"))
_FORGET = delete(t).where(t.c.created_at < bindparam("before"))
_RELEASE = delete(t).where(t.c.token == bindparam("by_token"), t.c.key == bindparam("which"), t.c.status.is_(None))


@dataclass(frozen=True, slots=True)
class Earlier:
    """The earlier request. status: None while it runs, or when it was cut off."""

    digest: str
    status: int | None
    body: str | None
    created_at: datetime


def claim(token: str, key: str, digest: str, at: datetime) -> Unit:
    """Take the key; the unit's gate is shut when somebody has it."""
    values = {"token": token, "key": key, "digest": digest, "status": None, "body": None, "created_at": at}
    return Unit(gate=Gate(_CLAIM, values, ("token", "key")))


def answer(token: str, key: str, status: int, body: str) -> Op:
    """Keep the answer."""
    return Op(_ANSWER, {"by_token": token, "which": key, "new_status": status, "new_body": body})


def release(token: str, key: str) -> Op:
    """Give the key back: the request failed before it did anything."""
    return Op(_RELEASE, {"by_token": token, "which": key})


def forget(before: datetime) -> Op:
    """Drop keys that nobody repeats any more."""
    return Op(_FORGET, {"before": before})


async def find(reader: Reader, token: str, key: str) -> Earlier | None:
    """The request that has the key."""
    row = await reader.first(_FIND, {"token": token, "key": key})
    return None if row is None else Earlier(row.digest, row.status, row.body, row.created_at)
