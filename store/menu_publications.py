"""Publications of menus: who gets which revision, since when and why. Only ever added to; the newest counts (ADR 0011).

A publication has the number after the one that its author saw. Of two authors at once the second finds the number
taken and must look again: none is lost, and none is published over what nobody has seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, func, insert, select

from flows.errors import SplitUnreadable
from flows.split import Split, split_from_values, split_values
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

    restores: for a rollback, the number of the publication that it leads back to.
    """

    menu: str
    number: int
    split: Split
    kind: Kind
    author: str
    message: str
    at: datetime
    restores: int | None = None


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
    """What is served now. Raises SplitUnreadable."""
    row = await reader.first(_NEWEST, {"menu": menu})
    return None if row is None else _publication(row)


async def numbered(reader: Reader, menu: str, number: int) -> Publication | None:
    """The one with this number. Raises SplitUnreadable."""
    row = await reader.first(_NUMBERED, {"menu": menu, "number": number})
    return None if row is None else _publication(row)


async def of_menu(reader: Reader, menu: str) -> Sequence[Publication]:
    """Every publication, newest first. Raises SplitUnreadable."""
    return [_publication(row) for row in await reader.rows(_OF_MENU, {"menu": menu})]


def _split(text: str) -> Split:
    try:
        return split_from_values(json.loads(text))
    except json.JSONDecodeError:
        raise SplitUnreadable("the shares of a publication cannot be read") from None


def _publication(row: AnyRow) -> Publication:
    return Publication(
        menu=row.menu,
        number=row.number,
        split=_split(row.split),
        kind=row.kind,
        author=row.author,
        message=row.message,
        at=row.at,
        restores=row.restores,
    )
