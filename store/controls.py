"""What an operator has stopped, who gets nothing, and who alone is contacted: kept until it is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import uuid4

from sqlalchemy import bindparam, delete, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from store.reader import AnyRow, Reader
from store.tables import controls as t
from store.unit import Op

Kind = Literal["stop", "blackout", "test", "dry_run"]
SWITCHES: tuple[Kind, ...] = ("stop", "dry_run")
LISTS: tuple[Kind, ...] = ("blackout", "test")
"""Of numbers: these may be long."""
KINDS = (*SWITCHES, *LISTS)
_CHANGED = "changed"
"""The row that names the last change, so that looking costs one row. No clock tells changes apart for sure."""
_INSERT = insert(t)
_PUT = _INSERT.on_conflict_do_update(
    index_elements=[t.c.kind, t.c.value],
    set_={name: _INSERT.excluded[name] for name in ("starts_at", "ends_at", "author", "message", "at")},
)
_DROP = delete(t).where(t.c.kind == bindparam("of_kind"), t.c.value == bindparam("named"))
_PAGE = 2_000
"""So many in one go: a blackout may name half a country, and others wait meanwhile."""
_SOME = (
    select(t)
    .where(
        t.c.kind.in_(bindparam("kinds", expanding=True)),
        tuple_(t.c.kind, t.c.value) > tuple_(bindparam("after_kind"), bindparam("after_value")),
    )
    .order_by(t.c.kind, t.c.value)
    .limit(_PAGE)
)
_ONE = select(t).where(t.c.kind == bindparam("of_kind"), t.c.value == bindparam("named"))
_LAST_CHANGE = select(t.c.message).where(t.c.kind == _CHANGED)


@dataclass(frozen=True, slots=True)
class Control:
    """One of them.

    kind: ``stop`` (value: ``everything``, ``marketing`` or ``campaign:NAME``), ``blackout`` and ``test`` (value: MSISDN
    digits), ``dry_run`` (value: ``on``). starts_at, ends_at: None = at once, until it is taken back.
    """

    kind: Kind
    value: str
    author: str
    message: str
    at: datetime
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        """Whether it counts now."""
        begun = self.starts_at is None or self.starts_at <= now
        return begun and (self.ends_at is None or now < self.ends_at)


def put(controls: Iterable[Control], at: datetime) -> list[Op]:
    """Write them; one that was there is replaced."""
    return [*(Op(_PUT, _values(one)) for one in controls), _changed(at)]


def drop(named: Iterable[tuple[Kind, str]], at: datetime) -> list[Op]:
    """Take them back, by kind and value; nothing happens for one that is not there."""
    return [*(Op(_DROP, {"of_kind": kind, "named": value}) for kind, value in named), _changed(at)]


async def all_of(reader: Reader, kinds: Sequence[Kind] = KINDS) -> Sequence[Control]:
    """Every one of these kinds, whether it counts now or not; what changes meanwhile is there or not."""
    found: list[Control] = []
    while True:
        after = (found[-1].kind, found[-1].value) if found else ("", "")
        page = await reader.rows(_SOME, {"kinds": list(kinds), "after_kind": after[0], "after_value": after[1]})
        found += map(_control, page)
        if len(page) < _PAGE:
            return found


async def find(reader: Reader, kind: Kind, value: str) -> Control | None:
    """One of them."""
    row = await reader.first(_ONE, {"of_kind": kind, "named": value})
    return None if row is None else _control(row)


async def last_change(reader: Reader) -> str:
    """A name that no other change has; empty as long as nothing was changed."""
    row = await reader.first(_LAST_CHANGE)
    return "" if row is None else str(row.message)


def _changed(at: datetime) -> Op:
    return Op(_PUT, {**_values(Control("stop", "", "", uuid4().hex, at)), "kind": _CHANGED})


def _control(row: AnyRow) -> Control:
    return Control(row.kind, row.value, row.author, row.message, row.at, row.starts_at, row.ends_at)


def _values(one: Control) -> dict[str, object]:
    return {
        "kind": one.kind,
        "value": one.value,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "author": one.author,
        "message": one.message,
        "at": one.at,
    }
