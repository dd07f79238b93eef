"""Which files of behaviour were loaded, and how far."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from flows.frozen import dataclass
from store.reader import Reader
from store.tables import usage_loads as t
from store.unit import Op

_OF = select(t).where(t.c.digest == bindparam("digest"), t.c.kind == bindparam("kind"))
_BEGIN = insert(t).on_conflict_do_nothing()
_ADVANCE = (
    update(t)
    .where(t.c.digest == bindparam("which"), t.c.kind == bindparam("of_kind"))
    .values(rows_done=bindparam("done"), kept=bindparam("now_kept"), ended_at=bindparam("ended"))
)


@dataclass(frozen=True, slots=True)
class Load:
    """A file, by the SHA-256 of its bytes. rows_done: in the order in which it is loaded. ended: to its end."""

    digest: str
    kind: str
    rows_done: int = 0
    kept: int = 0
    ended: bool = False


async def find(reader: Reader, digest: str, kind: str) -> Load | None:
    """What is known of a file."""
    row = await reader.first(_OF, {"digest": digest, "kind": kind})
    return None if row is None else Load(row.digest, row.kind, row.rows_done, row.kept, row.ended_at is not None)


def begin(load: Load, at: datetime) -> Op:
    """Note that a file is being loaded."""
    values = {"digest": load.digest, "kind": load.kind, "rows_done": 0, "kept": 0, "begun_at": at, "ended_at": None}
    return Op(_BEGIN, values)


def advance(load: Load, ended_at: datetime | None) -> Op:
    """Note how far it is."""
    values = {"which": load.digest, "of_kind": load.kind, "done": load.rows_done, "now_kept": load.kept}
    return Op(_ADVANCE, {**values, "ended": ended_at})
