"""The parts of a text under the names that SMSCs gave them, so that receipts find home."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from flows.frozen import dataclass
from store.queries import AnySelect
from store.reader import AnyRow, Reader
from store.tables import outbox
from store.tables import parts as t
from store.unit import Op

_INSERT = insert(t)
_PUT = _INSERT.on_conflict_do_update(  # an SMSC may use an id again after some days: the newest part has it
    index_elements=[t.c.smsc, t.c.message_id],
    set_={name: _INSERT.excluded[name] for name in ("outbox_id", "part", "state", "error", "at")},
)
_SETTLE = (
    update(t)
    .where(t.c.smsc == bindparam("by_smsc"), t.c.message_id == bindparam("named"))
    .values(state=bindparam("new_state"), error=bindparam("why"))
)
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_NAMED = select(t.c.outbox_id).where(t.c.smsc == bindparam("smsc"), t.c.message_id.in_(_IDS))
_ALL = (
    select(t, outbox.c.parts).join(outbox, outbox.c.id == t.c.outbox_id, isouter=True).order_by(t.c.outbox_id, t.c.part)
)
_BESIDE = _ALL.where(t.c.outbox_id.in_(_NAMED))
_OF = _ALL.where(t.c.outbox_id.in_(_IDS))
_AT_ONCE = 256
"""Names in one query."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: the outbox row it belongs to, its number from 0, and what became of it.

    of: in how many parts its text went out, where it was read and that is known.
    """

    smsc: str
    message_id: str
    outbox_id: str
    part: int
    state: str
    error: str | None = None
    of: int | None = None


def put(part: Part, at: datetime) -> Op:
    """The SMSC took this part."""
    return Op(
        _PUT,
        {
            "smsc": part.smsc,
            "message_id": part.message_id,
            "outbox_id": part.outbox_id,
            "part": part.part,
            "state": part.state,
            "error": part.error,
            "at": at,
        },
    )


def settle(smsc: str, message_id: str, state: str, error: str | None) -> Op:
    """A receipt told what became of it."""
    return Op(_SETTLE, {"by_smsc": smsc, "named": message_id, "new_state": state, "why": error})


async def beside(reader: Reader, smsc: str, message_ids: Sequence[str]) -> Sequence[Part]:
    """All parts of the texts of which an SMSC knows a part under one of these names, text by text, in order."""
    return await _read(reader, _BESIDE, message_ids, smsc=smsc)


async def of_rows(reader: Reader, outbox_ids: Sequence[str]) -> Sequence[Part]:
    """All parts of these texts, in order."""
    return await _read(reader, _OF, outbox_ids)


async def _read(reader: Reader, query: AnySelect, ids: Sequence[str], **values: str) -> Sequence[Part]:
    found: list[Part] = []
    for first in range(0, len(ids), _AT_ONCE):
        some = list(ids[first : first + _AT_ONCE])
        found += map(_part, await reader.rows(query, {**values, "ids": some}))
    return found


def _part(row: AnyRow) -> Part:
    return Part(row.smsc, row.message_id, row.outbox_id, row.part, row.state, row.error, row.parts)
