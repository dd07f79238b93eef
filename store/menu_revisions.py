"""Revisions of menus: what an operator wrote, as it was written. A revision is never changed (ADR 0011).

One that was changed by hand all the same, or cannot be read, is damaged: ``numbered`` raises for it, everything else
tells it in ``damage``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from flows.frozen import dataclass
from menus.sources import Source
from store.errors import MenuDamaged
from store.reader import AnyRow, Reader
from store.tables import menu_revisions as t
from store.unit import Op

_PUT = insert(t)
_REPAIR = (
    update(t)
    .where(t.c.menu == bindparam("of_menu"), t.c.number == bindparam("at_number"))
    .values({name: bindparam(name) for name in ("source", "digest", "shortcuts")})
)
_UNREADABLE = (ValueError, TypeError, AttributeError, RecursionError)
"""What reading JSON of another shape raises."""
_MENUS = select(t.c.menu).distinct().order_by(t.c.menu)
_OF_MENU = select(t).where(t.c.menu == bindparam("menu"))
_ALL = _OF_MENU.order_by(t.c.number.desc())
_NEWEST = _ALL.limit(1)
_NUMBERED = _OF_MENU.where(t.c.number == bindparam("number"))
_OF_VERSION = _OF_MENU.where(t.c.version == bindparam("version"))


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision. number: from 1 within its menu; version: the digest of its content, ``Menu.version``.

    shortcuts: page ids by the keys that lead there. damage: why it cannot be used; then source or shortcuts are empty.
    """

    menu: str
    number: int
    version: str
    source: Source
    shortcuts: Mapping[str, str]
    author: str
    message: str
    at: datetime
    damage: str = ""

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
            **_content(revision),
            "author": revision.author,
            "message": revision.message,
            "at": revision.at,
        },
    )


def repair(revision: Revision) -> Op:
    """Write the content of a damaged revision again, which is known from elsewhere."""
    return Op(_REPAIR, {"of_menu": revision.menu, "at_number": revision.number, **_content(revision)})


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
    """The one with this number. Raises MenuDamaged."""
    found = await kept(reader, menu, number)
    if found is not None and found.damage:
        raise MenuDamaged(found.damage)
    return found


async def kept(reader: Reader, menu: str, number: int) -> Revision | None:
    """The same, damaged or not."""
    return _found(await reader.first(_NUMBERED, {"menu": menu, "number": number}))


async def of_version(reader: Reader, menu: str, version: str) -> Revision | None:
    """The one with this content."""
    return _found(await reader.first(_OF_VERSION, {"menu": menu, "version": version}))


def _found(row: AnyRow | None) -> Revision | None:
    return None if row is None else _revision(row)


def _revision(row: AnyRow) -> Revision:
    name = f"{row.menu}@{row.number}"
    source, damage = _source(row, name)
    shortcuts, unreadable = _shortcuts(row.shortcuts, name)
    return Revision(
        menu=row.menu,
        number=row.number,
        version=row.version,
        source=source,
        shortcuts=shortcuts,
        author=row.author,
        message=row.message,
        at=row.at,
        damage=damage or unreadable,
    )


def _content(revision: Revision) -> Mapping[str, str]:
    source = json.dumps([revision.source.file, dict(revision.source.texts)], ensure_ascii=False)
    return {"source": source, "digest": _digest(source), "shortcuts": json.dumps(dict(revision.shortcuts))}


def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


def _source(row: AnyRow, name: str) -> tuple[Source, str]:
    """What was written, and what is wrong with it."""
    nothing = Source("", {})
    try:
        file, texts = json.loads(row.source)
        if row.digest is not None and _digest(row.source) != row.digest:
            return nothing, f"{name} is damaged: its content was changed in the database"
        if not all(isinstance(text, str) for text in (file, texts[file], *texts, *texts.values())):
            raise TypeError(name)
    except _UNREADABLE:
        return nothing, f"{name} is damaged: its content cannot be read"
    except KeyError:
        return nothing, f"{name} is damaged: its main file is missing"
    return Source(file, texts), ""


def _shortcuts(text: str, name: str) -> tuple[Mapping[str, str], str]:
    """Page ids by keys, and what is wrong with them."""
    try:
        shortcuts = {str(keys): str(page) for keys, page in json.loads(text).items()}
    except _UNREADABLE:
        return {}, f"{name} is damaged: its shortcuts cannot be read"
    return shortcuts, ""
