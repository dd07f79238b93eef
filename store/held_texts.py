"""Texts that are held back behind a screen: each goes once, or is withdrawn once, whoever comes first.

What is in memory may be out of date here, unlike for other texts: so these are claimed through a gate.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, or_, update

from store.tables import outbox as t
from store.unit import Gate, Op

TOLD = "told_by_push"
_NOT_GONE = (or_(t.c.state == "queued", t.c.state == "deferred"), t.c.settled_at.is_(None))
_CLAIM = (
    update(t)
    .where(t.c.id == bindparam("which"), *_NOT_GONE)
    .values(state="sending", attempts=t.c.attempts + 1, repeats=t.c.repeats + bindparam("again"))
    .returning(t.c.id)
)
_WITHDRAW = (
    update(t)
    .where(t.c.key == bindparam("named"), *_NOT_GONE)
    .values(state="suppressed", reason=TOLD, settled_at=bindparam("settled", type_=t.c.settled_at.type))
)
_RELEASE = (
    update(t).where(t.c.key == bindparam("named"), *_NOT_GONE).values(due_at=bindparam("due", type_=t.c.due_at.type))
)


def claim(row_id: str, *, repeated: bool = False) -> Gate:
    """Taken in hand; shut when the text was withdrawn, or taken before. repeated: without its offer."""
    return Gate(_CLAIM, {"which": row_id, "again": int(repeated)}, ("which",))


def withdraw(key: str, at: datetime) -> Op:
    """It need not go: the person was told. Nothing happens if it has gone."""
    return Op(_WITHDRAW, {"named": key, "settled": at})


def release(key: str, at: datetime) -> Op:
    """It may go now. Nothing happens if it has gone or was withdrawn."""
    return Op(_RELEASE, {"named": key, "due": at})
