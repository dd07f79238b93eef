"""States of the ranking that learns: what it believed when, so that what it decided can be decided again.

Of each model they are one chain, whichever processes make it: a state is written only as long as the one that it was
made from is the last, and its id sorts after that one's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, insert, not_, select, update

from flows.documents import decode, encode
from flows.frozen import dataclass
from store.ids import made_at, new_id
from store.reader import AnyRow, Reader
from store.tables import ranking_states as t
from store.unit import Gate, Op, Unit

_TICK = timedelta(milliseconds=1)
"""What ids tell apart."""
_INSERT = insert(t)
_NEWEST = select(t).where(t.c.model == bindparam("model")).order_by(t.c.id.desc()).limit(1)
_later = t.alias()
_STILL_LAST = (
    update(t)
    .where(
        t.c.id == bindparam("last"),
        not_(exists().where(_later.c.model == t.c.model, _later.c.id > t.c.id)),
    )
    .values(at=t.c.at)
    .returning(t.c.id)
)
"""Changes nothing, and finds the row or does not."""
_BY_ID = select(t).where(t.c.id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class RankingState:
    """model: version of the file that it began with. learned: answers since.

    answered_at, offer: the last of them. settings: how it explores. body: mean, then inverse of the precision.
    """

    id: str
    model: str
    at: datetime
    learned: int
    answered_at: datetime
    offer: str
    settings: Mapping[str, Any]
    body: bytes


def follow(state: RankingState, last: str) -> Unit:
    """One more state, made from the one whose id ``last`` is; the gate is shut where that is the last no more."""
    return Unit(ops=(put(state),), gate=Gate(_STILL_LAST, {"last": last}))


def id_after(last: str, at: datetime) -> str:
    """An id of ``at`` that sorts after ``last``, also where whoever made that has a clock that is ahead."""
    return new_id(max(at, made_at(last) + _TICK))


def put(state: RankingState) -> Op:
    """A state that begins a chain."""
    return Op(
        _INSERT,
        {
            "id": state.id,
            "model": state.model,
            "at": state.at,
            "learned": state.learned,
            "answered_at": state.answered_at,
            "offer": state.offer,
            "settings": encode(dict(state.settings)),
            "body": state.body,
        },
    )


async def newest(reader: Reader, model: str) -> RankingState | None:
    """The last of this model's; None when it has never been in service."""
    row = await reader.first(_NEWEST, {"model": model})
    return None if row is None else _state(row)


async def by_id(reader: Reader, state: str) -> RankingState | None:
    """One state."""
    row = await reader.first(_BY_ID, {"id": state})
    return None if row is None else _state(row)


def _state(row: AnyRow) -> RankingState:
    return RankingState(
        id=row.id,
        model=row.model,
        at=row.at,
        learned=row.learned,
        answered_at=row.answered_at,
        offer=row.offer,
        settings=decode(row.settings),
        body=bytes(row.body),
    )
