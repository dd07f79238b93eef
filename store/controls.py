"""What an operator has stopped, who gets nothing, and who alone is contacted: kept until it is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from sqlalchemy import bindparam, delete, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from flows.frozen import dataclass
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
    index_elements=[t.c.kind, t.c.value, t.c.starts_at],
    set_={name: _INSERT.excluded[name] for name in ("ends_at", "author", "message", "at")},
)
_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
_OF = (t.c.kind == bindparam("of_kind"), t.c.value == bindparam("named"))
_DROP = delete(t).where(*_OF, t.c.starts_at == bindparam("begin", type_=t.c.starts_at.type))
_PAGE = 2_000
"""So many in one go: a blackout may name half a country, and others wait meanwhile."""
_SOME = (
    select(t)
    .where(
        t.c.kind.in_(bindparam("kinds", expanding=True)),
        tuple_(t.c.kind, t.c.value, t.c.starts_at)
        > tuple_(bindparam("after_kind"), bindparam("after_value"), bindparam("after", type_=t.c.starts_at.type)),
    )
    .order_by(t.c.kind, t.c.value, t.c.starts_at)
    .limit(_PAGE)
)
_PERIODS = select(t).where(*_OF).order_by(t.c.starts_at)
_LAST_CHANGE = select(t.c.message).where(t.c.kind == _CHANGED)


@dataclass(frozen=True, slots=True)
class Control:
    """One of them; a value may have several periods, each with a begin of its own.

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
        return not self.scheduled(now) and not self.over(now)

    def scheduled(self, now: datetime) -> bool:
        """Whether it is still to begin."""
        return self.starts_at is not None and self.starts_at > now

    def over(self, now: datetime) -> bool:
        """Whether it has ended."""
        return self.ends_at is not None and self.ends_at <= now


def put(controls: Iterable[Control], at: datetime) -> list[Op]:
    """Write them; one of the same kind, value and begin is replaced."""
    return [*(Op(_PUT, _values(one)) for one in controls), _changed(at)]


def drop(controls: Iterable[Control], at: datetime) -> list[Op]:
    """Take them back; nothing happens for one that is not there."""
    keys = ({"of_kind": one.kind, "named": one.value, "begin": one.starts_at or _AT_ONCE} for one in controls)
    return [*(Op(_DROP, key) for key in keys), _changed(at)]


async def all_of(reader: Reader, kinds: Sequence[Kind] = KINDS) -> Sequence[Control]:
    """Every one of these kinds, whether it counts now or not; what changes meanwhile is there or not."""
    found: list[Control] = []
    while True:
        last = _key(found[-1]) if found else {"kind": "", "value": "", "starts_at": _AT_ONCE}
        after = {"after_kind": last["kind"], "after_value": last["value"], "after": last["starts_at"]}
        page = await reader.rows(_SOME, {"kinds": list(kinds), **after})
        found += map(_control, page)
        if len(page) < _PAGE:
            return found


async def periods(reader: Reader, kind: Kind, value: str) -> Sequence[Control]:
    """Those of one value, in the order in which they begin."""
    return [_control(row) for row in await reader.rows(_PERIODS, {"of_kind": kind, "named": value})]


async def last_change(reader: Reader) -> str:
    """A name that no other change has; empty as long as nothing was changed."""
    row = await reader.first(_LAST_CHANGE)
    return "" if row is None else str(row.message)


def _changed(at: datetime) -> Op:
    return Op(_PUT, {**_values(Control("stop", "", "", uuid4().hex, at)), "kind": _CHANGED})


def _control(row: AnyRow) -> Control:
    begin = None if row.starts_at == _AT_ONCE else row.starts_at
    return Control(row.kind, row.value, row.author, row.message, row.at, begin, row.ends_at)


def _key(one: Control) -> dict[str, object]:
    return {"kind": one.kind, "value": one.value, "starts_at": one.starts_at or _AT_ONCE}


def _values(one: Control) -> dict[str, object]:
    return {
        **_key(one),
        "ends_at": one.ends_at,
        "author": one.author,
        "message": one.message,
        "at": one.at,
    }
