"""Orders as whoever looks after them asks for them: newest first, and in the order of their making."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select, tuple_

from flows.purchase import NEEDS_PERSON
from flows.values import OrderKey
from store.orders import OrderView, view_of
from store.queries import AnySelect
from store.reader import Reader
from store.tables import orders as t

_LATEST = select(t).order_by(t.c.created_at.desc(), t.c.key.desc()).limit(bindparam("limit"))
_IN_STATE = _LATEST.where(t.c.state == bindparam("state"))
_OPEN = ("pending", "sent", "in_doubt")
_IN_OPEN_STATE = _IN_STATE.where(t.c.settled_at.is_(None))
"""Of the few that are not settled, which have an index of their own."""
_FOR_A_PERSON = _LATEST.where(t.c.settled_at.is_(None), t.c.reason == NEEDS_PERSON)
_BY_KEYS = select(t).where(t.c.key.in_(bindparam("keys", expanding=True)))
_COUNT = (
    select(func.count())
    .select_from(t)
    .where(
        t.c.created_at >= bindparam("starts", type_=t.c.created_at.type),
        t.c.created_at < bindparam("ends", type_=t.c.created_at.type),
    )
)
_MADE = (
    select(t)
    .where(
        t.c.created_at < bindparam("ends", type_=t.c.created_at.type),
        tuple_(t.c.created_at, t.c.key) > tuple_(bindparam("at", type_=t.c.created_at.type), bindparam("after")),
    )
    .order_by(t.c.created_at, t.c.key)
    .limit(bindparam("limit"))
)


async def count_between(reader: Reader, starts: datetime, ends: datetime) -> int:
    """How many orders were made in a period."""
    row = await reader.first(_COUNT, {"starts": starts, "ends": ends})
    return 0 if row is None else int(row[0])


async def latest(reader: Reader, limit: int, *, state: str = "", needs_person: bool = False) -> Sequence[OrderView]:
    """The newest orders, those in a state, or those that are left to a person."""
    if needs_person:
        found = await reader.rows(_FOR_A_PERSON, {"limit": limit})
    elif state:
        query: AnySelect = _IN_OPEN_STATE if state in _OPEN else _IN_STATE
        found = await reader.rows(query, {"limit": limit, "state": state})
    else:
        found = await reader.rows(_LATEST, {"limit": limit})
    return [view_of(row) for row in found]


async def by_keys(reader: Reader, keys: Sequence[str]) -> dict[str, OrderView]:
    """These orders, as far as there are any; some hundreds of keys at a time."""
    if not keys:
        return {}
    return {row.key: view_of(row) for row in await reader.rows(_BY_KEYS, {"keys": list(keys)})}


async def made_between(
    reader: Reader, starts: datetime, ends: datetime, after: tuple[datetime, OrderKey] | None, limit: int
) -> Sequence[OrderView]:
    """Orders made in a period, oldest first, so many at a time. after: what the last page ended with."""
    at, key = after or (starts, OrderKey(""))
    return [view_of(row) for row in await reader.rows(_MADE, {"ends": ends, "at": at, "after": key, "limit": limit})]
