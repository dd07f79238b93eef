"""Revisions of menus: what an operator wrote, as it was written. A revision is never changed (ADR 0011)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select

from menus.sources import Source
from store.reader import AnyRow, Reader
from store.tables import menu_revisions as t
from store.unit import Op

_PUT = insert(t)
_MENUS = select(t.c.menu).distinct().order_by(t.c.menu)
_OF_MENU = select(t).where(t.c.menu == bindparam("menu"))
_ALL = _OF_MENU.order_by(t.c.number.desc())
_NEWEST = _ALL.limit(1)
_NUMBERED = _OF_MENU.where(t.c.number == bindparam("number"))
_OF_VERSION = _OF_MENU.where(t.c.version == bindparam("version"))


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision. number: from 1 within its menu; version: the digest of its content, ``Menu.version``.

    shortcuts: page ids by the keys that lead there.
    """

    menu: str
    number: int
    version: str
    source: Source
    shortcuts: Mapping[str, str]
    author: str
    message: str
    at: datetime

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.menu}@{self.number}"


def put(revision: Revision) -> Op:
    """A new revision; where its number or its content is there already, the unit fails with AlreadyWritten."""
    return Op(
        _PUT,
        {
            "menu": revision.menu,
            "number": revision.number,
            "version": revision.version,
            "source": json.dumps([revision.source.file, dict(revision.source.texts)], ensure_ascii=False),
            "shortcuts": json.dumps(dict(revision.shortcuts)),
            "author": revision.author,
            "message": revision.message,
            "at": revision.at,
        },
    )


async def menus(reader: Reader) -> Sequence[str]:
    """Every menu that has a revision."""
    return [row.menu for row in await reader.rows(_MENUS)]


async def all_of(reader: Reader, menu: str) -> Sequence[Revision]:
    """Every revision of a menu, newest first."""
    return [_revision(row) for row in await reader.rows(_ALL, {"menu": menu})]


async def newest(reader: Reader, menu: str) -> Revision | None:
    """The one with the highest number."""
    return _found(await reader.first(_NEWEST, {"menu": menu}))


async def numbered(reader: Reader, menu: str, number: int) -> Revision | None:
    """The one with this number."""
    return _found(await reader.first(_NUMBERED, {"menu": menu, "number": number}))


async def of_version(reader: Reader, menu: str, version: str) -> Revision | None:
    """The one with this content."""
    return _found(await reader.first(_OF_VERSION, {"menu": menu, "version": version}))


def _found(row: AnyRow | None) -> Revision | None:
    return None if row is None else _revision(row)


def _revision(row: AnyRow) -> Revision:
    file, texts = json.loads(row.source)
    return Revision(
        menu=row.menu,
        number=row.number,
        version=row.version,
        source=Source(file, texts),
        shortcuts=json.loads(row.shortcuts),
        author=row.author,
        message=row.message,
        at=row.at,
    )
