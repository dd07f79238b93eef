"""States of the ranking that learns: what it believed when, so that what it decided can be decided again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select

from flows.documents import decode, encode
from flows.frozen import dataclass
from store.reader import AnyRow, Reader
from store.tables import ranking_states as t
from store.unit import Op

_INSERT = insert(t)
_NEWEST = select(t).where(t.c.model == bindparam("model")).order_by(t.c.id.desc()).limit(1)
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


def put(state: RankingState) -> Op:
    """One more state."""
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
    """Of this model; None when it has learned nothing yet."""
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
