"""Turns of dialogues: what came, what was answered, and where the session stood after. One row a hop, written once.

A session is the newest of its turns. A hop that comes again finds its row and is answered with the same words; a
session that a stopped process left goes on from its last row (ADR 0010).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, case, delete, func, insert, select, update

from flows.frozen import dataclass
from flows.values import SubscriptionId
from store.reader import AnyRow, Reader
from store.tables import turns as t
from store.unit import Op

PUSHED = "pushed"
"""Stands for the digest of a turn in which nobody said anything: the network opened the session."""
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
_of = t.alias("of")
_RELEASE = (
    update(t)
    .where(
        t.c.dialect == bindparam("by_dialect"),
        t.c.session == bindparam("of_session"),
        t.c.position
        == select(func.max(_of.c.position))
        .where(_of.c.dialect == bindparam("by_dialect"), _of.c.session == bindparam("of_session"))
        .scalar_subquery(),
        t.c.released.is_(None),
    )
    .values(released=bindparam("told_at"))
)
_IN = (t.c.dialect == bindparam("dialect"), t.c.session == bindparam("session"))
_OPENED = func.coalesce(t.c.opened, 0)
_NEWEST_DIALOGUE = select(func.max(_OPENED)).where(*_IN).scalar_subquery()
_OF_DIALOGUE = select(t).where(*_IN, t.c.position >= _NEWEST_DIALOGUE).order_by(t.c.position)
_AT = select(t).where(*_IN, t.c.position == bindparam("position"))
_SAYING = (
    select(t)
    .where(*_IN, bindparam("opened") == _OPENED, t.c.digest == bindparam("digest"))
    .order_by(t.c.position)
    .limit(1)
)
_NEWEST_OF = (
    select(t)
    .where(t.c.subscription_id == bindparam("subscription"))
    .order_by(t.c.at.desc(), t.c.position.desc())
    .limit(1)
)
_SINCE = (
    select(
        t.c.subscription_id,
        t.c.dialect,
        func.max(t.c.at).label("newest"),
        func.max(case((t.c.digest != PUSHED, t.c.at))).label("said"),
        func.max(case((t.c.ends | t.c.released.is_not(None), t.c.at))).label("ended"),
    )
    .where(
        t.c.subscription_id.in_(bindparam("subscriptions", expanding=True)),
        t.c.at > bindparam("since", type_=t.c.at.type),
    )
    .group_by(t.c.subscription_id, t.c.dialect)
)
_NEWEST_IN = _NEWEST_OF.where(t.c.menu == bindparam("menu"))
_FORGET_OF = delete(t).where(t.c.subscription_id == bindparam("subscription"))
_FORGET = delete(t).where(t.c.at < bindparam("before"))


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
    released: when the network told, after this turn, that it had closed the session.
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
    released: datetime | None = None


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


def release(dialect: str, session: str, at: datetime) -> Op:
    """The network has closed the session, as it stands; nothing where none is known, or it was told before."""
    return Op(_RELEASE, {"by_dialect": dialect, "of_session": session, "told_at": at})


def forget(before: datetime) -> Op:
    """Delete what is older."""
    return Op(_FORGET, {"before": before})


def forget_of(subscription: SubscriptionId) -> Op:
    """Delete a person's turns: they hold what was typed and shown."""
    return Op(_FORGET_OF, {"subscription": subscription})


async def of_dialogue(reader: Reader, dialect: str, session: str) -> Sequence[TurnRow]:
    """The turns of the newest dialogue under this id, in order."""
    return [_row(row) for row in await reader.rows(_OF_DIALOGUE, {"dialect": dialect, "session": session})]


async def at_position(reader: Reader, dialect: str, session: str, position: int) -> TurnRow | None:
    """One turn under this id."""
    row = await reader.first(_AT, {"dialect": dialect, "session": session, "position": position})
    return None if row is None else _row(row)


async def with_digest(reader: Reader, dialect: str, session: str, digest: str, opened: int) -> TurnRow | None:
    """The first turn of a dialogue in which this was said."""
    values = {"dialect": dialect, "session": session, "digest": digest, "opened": opened}
    row = await reader.first(_SAYING, values)
    return None if row is None else _row(row)


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
        found[who] = Presence(
            answered=max((at for at in (before.answered, row.said) if at is not None), default=None),
            open=before.open or (row.newest != row.ended and row.newest > idle_since),
            dialects=before.dialects | {row.dialect},
        )
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
        released=row.released,
    )
