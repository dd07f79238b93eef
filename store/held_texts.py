"""Texts that are held back behind a screen: each goes once, or is withdrawn once, whoever comes first.

What is in memory may be out of date here, unlike for other texts: so these are claimed through a gate.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, exists, update

from flows.values import OfferId
from store.outgoing import NOT_GONE
from store.tables import offers
from store.tables import outbox as t
from store.unit import Op

TOLD = "told_by_push"
_WITHDRAW = (
    update(t)
    .where(t.c.key == bindparam("named"), *NOT_GONE)
    .values(state="suppressed", reason=TOLD, settled_at=bindparam("settled", type_=t.c.settled_at.type))
)
_RELEASE = (
    update(t).where(t.c.key == bindparam("named"), *NOT_GONE).values(due_at=bindparam("due", type_=t.c.due_at.type))
)
_UNNAMED = (
    update(offers)
    .where(
        offers.c.id == bindparam("which"),
        offers.c.state == "open",
        exists().where(t.c.key == bindparam("named"), *NOT_GONE),
    )
    .values(sent_from="")
)


def withdraw(key: str, at: datetime) -> Op:
    """It need not go: the person was told. Nothing happens if it has gone."""
    return Op(_WITHDRAW, {"named": key, "settled": at})


def release(key: str, at: datetime) -> Op:
    """It may go now. Nothing happens if it has gone or was withdrawn."""
    return Op(_RELEASE, {"named": key, "due": at})


def unnamed(offer: OfferId, key: str) -> Op:
    """Its screen was not seen: no answer by text takes it before its text goes. Nothing happens if that has gone."""
    return Op(_UNNAMED, {"which": offer, "named": key})
