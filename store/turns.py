"""Turns of dialogues: what came, what was answered, and where the session stood after. One row a hop, written once.

A session is the newest of its turns. A hop that comes again finds its row and is answered with the same words; a
session that a stopped process left goes on from its last row (ADR 0010).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update

from flows.values import SubscriptionId
from store.reader import AnyRow, Reader
from store.tables import turns as t
from store.unit import Op

_PUT = insert(t)
_ANSWER = (
    update(t)
    .where(
        t.c.dialect == bindparam("by_dialect"),
        t.c.session == bindparam("of"),
        t.c.position == bindparam("numbered"),
        t.c.digest == bindparam("saying"),
    )
    .values(state=bindparam("new_state"), reply=bindparam("new_reply"), ends=bindparam("over"))
)
_OF = select(t).where(t.c.dialect == bindparam("dialect"), t.c.session == bindparam("session")).order_by(t.c.position)
_NEWEST_OF = (
    select(t)
    .where(t.c.subscription_id == bindparam("subscription"))
    .order_by(t.c.at.desc(), t.c.position.desc())
    .limit(1)
)
_SINCE = (
    select(t.c.subscription_id, t.c.at, t.c.ends, t.c.digest, t.c.dialect)
    .where(
        t.c.subscription_id.in_(bindparam("subscriptions", expanding=True)),
        t.c.at > bindparam("since", type_=t.c.at.type),
    )
    .order_by(t.c.at)
)
_NEWEST_IN = _NEWEST_OF.where(t.c.menu == bindparam("menu"))
_FORGET_OF = delete(t).where(t.c.subscription_id == bindparam("subscription"))
_FORGET = delete(t).where(t.c.at < bindparam("before"))


PUSHED = "pushed"
"""Stands for the digest of a turn in which nobody said anything: the network opened the session."""


@dataclass(frozen=True, slots=True)
class Presence:
    """What a person did in dialogues of late.

    answered: when they last said something; open: whether a session stands open; dialects: that theirs came in by.
    """

    answered: datetime | None = None
    open: bool = False
    dialects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One turn. position: from 0; said: what was typed (dialled, for the first); digest: of all that was said so far.

    state: ``flows.session`` as JSON, after the turn; ends: whether the session is closed with it.
    menu, version, arm: what it was taken in; empty in turns older than these columns. opened: position of its
    dialogue's first turn: where a network gives a session's id again, several dialogues have one id.
    """

    dialect: str
    session: str
    position: int
    subscription: SubscriptionId
    digest: str
    said: str
    state: str
    reply: str
    ends: bool
    at: datetime
    menu: str = ""
    version: str = ""
    arm: str = ""
    opened: int = 0


def put(row: TurnRow) -> Op:
    """Write the turn; where it was answered before, the whole unit fails with AlreadyWritten.

    Not behind a gate: it is there only where two processes serve one session, and a plain insert costs half.
    """
    return Op(_PUT, _values(row))


def answer(row: TurnRow) -> Op:
    """What the turn is answered with after all: nobody has seen the words that it was written with."""
    return Op(
        _ANSWER,
        {
            "by_dialect": row.dialect,
            "of": row.session,
            "numbered": row.position,
            "saying": row.digest,
            "new_state": row.state,
            "new_reply": row.reply,
            "over": row.ends,
        },
    )


def forget(before: datetime) -> Op:
    """Delete what is older."""
    return Op(_FORGET, {"before": before})


def forget_of(subscription: SubscriptionId) -> Op:
    """Delete a person's turns: they hold what was typed and shown."""
    return Op(_FORGET_OF, {"subscription": subscription})


async def of_session(reader: Reader, dialect: str, session: str) -> Sequence[TurnRow]:
    """All turns of a session, in order."""
    return [_row(row) for row in await reader.rows(_OF, {"dialect": dialect, "session": session})]


async def newest_of(reader: Reader, subscription: SubscriptionId) -> TurnRow | None:
    """The last turn of a person's last session."""
    row = await reader.first(_NEWEST_OF, {"subscription": subscription})
    return None if row is None else _row(row)


async def newest_in(reader: Reader, subscription: SubscriptionId, menu: str) -> TurnRow | None:
    """The last turn of a person's last session of this menu."""
    row = await reader.first(_NEWEST_IN, {"subscription": subscription, "menu": menu})
    return None if row is None else _row(row)


async def presence(
    reader: Reader, subscriptions: Sequence[SubscriptionId], since: datetime, idle_since: datetime
) -> dict[SubscriptionId, Presence]:
    """Whoever of these people had a turn since then. idle_since: a session that was silent longer is over."""
    found: dict[SubscriptionId, Presence] = {}
    for row in await reader.rows(_SINCE, {"subscriptions": list(subscriptions), "since": since}):
        who = SubscriptionId(row.subscription_id)
        before = found.get(who, Presence())
        answered = before.answered if row.digest == PUSHED else row.at
        found[who] = Presence(answered, not row.ends and row.at > idle_since, before.dialects | {row.dialect})
    return found


def _values(row: TurnRow) -> dict[str, object]:
    return {
        "dialect": row.dialect,
        "session": row.session,
        "position": row.position,
        "subscription_id": row.subscription,
        "digest": row.digest,
        "said": row.said,
        "state": row.state,
        "reply": row.reply,
        "ends": row.ends,
        "at": row.at,
        "menu": row.menu,
        "version": row.version,
        "arm": row.arm,
        "opened": row.opened,
    }


def _row(row: AnyRow) -> TurnRow:
    return TurnRow(
        dialect=row.dialect,
        session=row.session,
        position=row.position,
        subscription=SubscriptionId(row.subscription_id),
        digest=row.digest,
        said=row.said,
        state=row.state,
        reply=row.reply,
        ends=row.ends,
        at=row.at,
        menu=row.menu or "",
        version=row.version or "",
        arm=row.arm or "",
        opened=row.opened or 0,
    )
