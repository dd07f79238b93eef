"""The parts of a text under the names that SMSCs gave them, so that receipts find home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from store.reader import Reader
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
_FIND = select(t).where(t.c.smsc == bindparam("smsc"), t.c.message_id.in_(bindparam("ids", expanding=True)))
_OF = select(t).where(t.c.outbox_id.in_(bindparam("outbox_ids", expanding=True))).order_by(t.c.outbox_id, t.c.part)


@dataclass(frozen=True, slots=True)
class Part:
    """One part: the outbox row it belongs to, its number from 0, and what became of it."""

    smsc: str
    message_id: str
    outbox_id: str
    part: int
    state: str
    error: str | None = None


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


def settle(part: Part, state: str, error: str | None) -> Op:
    """A receipt told what became of it."""
    return Op(_SETTLE, {"by_smsc": part.smsc, "named": part.message_id, "new_state": state, "why": error})


async def find(reader: Reader, smsc: str, message_ids: Sequence[str]) -> Part | None:
    """The part that an SMSC knows under one of these spellings; the first spelling counts most."""
    rows = {row.message_id: row for row in await reader.rows(_FIND, {"smsc": smsc, "ids": list(message_ids)})}
    for spelling in message_ids:
        if spelling in rows:
            row = rows[spelling]
            return Part(row.smsc, row.message_id, row.outbox_id, row.part, row.state, row.error)
    return None


async def of_rows(reader: Reader, outbox_ids: Sequence[str]) -> Sequence[Part]:
    """All parts of these texts, in order."""
    rows = await reader.rows(_OF, {"outbox_ids": list(outbox_ids)})
    return [Part(row.smsc, row.message_id, row.outbox_id, row.part, row.state, row.error) for row in rows]
