"""Publications of menus: who gets which revision, since when and why. Only ever added to; the newest counts (ADR 0011).

A publication has the number after the one that its author saw. Of two authors at once the second finds the number
taken and must look again: none is lost, and none is published over what nobody has seen.

One whose shares were changed by hand is damaged: ``numbered`` raises for it, everything else tells it in ``damage``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, func, insert, select

from flows.errors import SplitUnreadable
from flows.frozen import dataclass
from flows.split import Split, split_from_values, split_values
from store.errors import MenuDamaged
from store.reader import AnyRow, Reader
from store.tables import menu_publications as t
from store.unit import Op

Kind = Literal["publish", "canary", "arms", "rollback", "seed"]

_PUT = insert(t)
_OF_MENU = select(t).where(t.c.menu == bindparam("menu")).order_by(t.c.number.desc())
_NEWEST = _OF_MENU.limit(1)
_NUMBERED = select(t).where(t.c.menu == bindparam("menu"), t.c.number == bindparam("number"))
_NUMBERS = select(t.c.menu, func.max(t.c.number).label("newest")).group_by(t.c.menu)


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication. number: from 1 within its menu.

    restores: for a rollback, the number of the publication that it leads back to. damage: why it cannot be served;
    then it has no shares.
    """

    menu: str
    number: int
    split: Split
    kind: Kind
    author: str
    message: str
    at: datetime
    restores: int | None = None
    damage: str = ""


def put(publication: Publication) -> Op:
    """A new publication; where its number is there already, the unit fails with AlreadyWritten."""
    return Op(
        _PUT,
        {
            "menu": publication.menu,
            "number": publication.number,
            "split": json.dumps(split_values(publication.split)),
            "kind": publication.kind,
            "restores": publication.restores,
            "author": publication.author,
            "message": publication.message,
            "at": publication.at,
        },
    )


async def newest_numbers(reader: Reader) -> Mapping[str, int]:
    """For every menu that was ever published the number of its newest publication."""
    return {row.menu: row.newest for row in await reader.rows(_NUMBERS)}


async def newest(reader: Reader, menu: str) -> Publication | None:
    """The one that counts."""
    row = await reader.first(_NEWEST, {"menu": menu})
    return None if row is None else _publication(row)


async def numbered(reader: Reader, menu: str, number: int) -> Publication | None:
    """The one with this number. Raises MenuDamaged."""
    row = await reader.first(_NUMBERED, {"menu": menu, "number": number})
    found = None if row is None else _publication(row)
    if found is not None and found.damage:
        raise MenuDamaged(found.damage)
    return found


async def of_menu(reader: Reader, menu: str) -> Sequence[Publication]:
    """Every publication, newest first."""
    return [_publication(row) for row in await reader.rows(_OF_MENU, {"menu": menu})]


def _split(row: AnyRow) -> tuple[Split, str]:
    """The shares, and what is wrong with them."""
    try:
        return split_from_values(json.loads(row.split)), ""
    except (SplitUnreadable, ValueError, TypeError, RecursionError):
        return (), f"publication {row.number} of {row.menu} is damaged: its shares cannot be read"


def _publication(row: AnyRow) -> Publication:
    split, damage = _split(row)
    return Publication(
        menu=row.menu,
        number=row.number,
        split=split,
        kind=row.kind,
        author=row.author,
        message=row.message,
        at=row.at,
        restores=row.restores,
        damage=damage,
    )
