"""``chasqui menus log``, ``show`` and ``status``: what is kept, and what is served. They read only."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from flows.split import BUCKETS
from gateway.cli.configured import Commands, add_config, load_config
from gateway.cli.stored import with_store
from gateway.core.menu_printed import printed_codes
from gateway.errors import ConfigError
from store import menu_publications, menu_revisions
from store.menu_publications import Publication
from store.menu_revisions import Revision
from store.reader import Reader

_REFERENCE = re.compile(r"([a-z][a-z0-9_]{0,39})@([1-9][0-9]{0,8})")


def add_to(group: Commands) -> None:
    """Add the commands."""
    log = group.add_parser("log", help="versions and publications of a menu", description=_log.__doc__)
    log.add_argument("menu", metavar="MENU")
    show = group.add_parser("show", help="a version as it was written", description=_show.__doc__)
    show.add_argument("version", metavar="MENU@N")
    status = group.add_parser("status", help="what is published", description=_status.__doc__)
    for parser, run in ((log, _log), (show, _show), (status, _status)):
        add_config(parser)
        parser.set_defaults(run=run)


def reference(text: str) -> tuple[str, int] | None:
    """Menu and number of ``MENU@N``; None for anything else."""
    found = _REFERENCE.fullmatch(text)
    return (found[1], int(found[2])) if found else None


async def revision_of(reader: Reader, menu: str, number: int) -> Revision:
    """The revision. Raises ConfigError where there is none."""
    await ensure_menu(reader, menu)
    found = await menu_revisions.numbered(reader, menu, number)
    if found is None:
        raise ConfigError(f"{menu}@{number}: there is no such version; chasqui menus log {menu} lists them")
    return found


async def ensure_menu(reader: Reader, menu: str) -> None:
    """Raises ConfigError for a menu that no version is kept of."""
    known = await menu_revisions.menus(reader)
    if menu not in known:
        there = f"there is {', '.join(known)}" if known else "none is drafted yet"
        raise ConfigError(f"there is no menu {menu}; {there}")


def shares(publication: Publication) -> str:
    """Who gets what, in words."""
    if publication.damage:
        return "unreadable"
    return ", ".join(
        " ".join(filter(None, (f"{publication.menu}@{one.revision}", f"{one.buckets * 100 / BUCKETS:g} %", one.arm)))
        for one in publication.split
    )


def _log(arguments: argparse.Namespace) -> int:
    """Every version and every publication of a menu, newest first."""

    async def run(engine: AsyncEngine, reader: Reader) -> tuple[Sequence[Revision], Sequence[Publication]]:
        menu = arguments.menu
        await ensure_menu(reader, menu)
        return await menu_revisions.all_of(reader, menu), await menu_publications.of_menu(reader, menu)

    revisions, publications = with_store(load_config(arguments), run)
    lines = [
        (one.at, 0, f"{one.name} drafted, {one.version}{_marked(one.damage)}", one.author, one.message)
        for one in revisions
    ]
    lines += [
        (one.at, 1, f"{one.number} {one.kind}: {shares(one)}{_marked(one.damage)}", one.author, one.message)
        for one in publications
    ]
    for at, _, what, author, message in sorted(lines, reverse=True):
        print(f"{_instant(at)}  {what}  by {author}{f': {message}' if message else ''}")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    """A version as it was written: its file, and behind it the files that it includes."""
    named = reference(arguments.version)
    if named is None:
        raise ConfigError(f"{arguments.version}: write MENU@N, as in main@3")

    async def run(engine: AsyncEngine, reader: Reader) -> Revision:
        return await revision_of(reader, *named)

    source = with_store(load_config(arguments), run).source
    print(source.text, end="")
    for name, text in source.texts.items():
        if name != source.file:
            print(f"# {name}\n{text}", end="")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    """For each menu what was published last, and the newest version if that is another."""

    async def run(engine: AsyncEngine, reader: Reader) -> Sequence[tuple[Sequence[Publication], Revision, str]]:
        found = []
        for menu in await menu_revisions.menus(reader):
            revision = await menu_revisions.newest(reader, menu)
            assert revision is not None
            publications = await menu_publications.of_menu(reader, menu)
            damaged = (await printed_codes(reader, menu, publications[:1])).damaged
            found.append((publications, revision, "".join(map(_marked, dict.fromkeys((*damaged, revision.damage))))))
        return found

    for publications, newest, damage in with_store(load_config(arguments), run):
        if not publications:
            print(f"{newest.menu}: nothing is published; {newest.name} is drafted{damage}")
            continue
        publication, ahead = publications[0], _ahead(publications, newest)
        made = f"{publication.kind} by {publication.author} {_instant(publication.at)}"
        print(f"{newest.menu}: {shares(publication)}, publication {publication.number} ({made}){ahead}{damage}")
    return 0


def _marked(damage: str) -> str:
    return f"; {damage}" if damage else ""


def _ahead(publications: Sequence[Publication], newest: Revision) -> str:
    """What is to be said of the newest version where it is not served."""
    if newest.number in {share.revision for share in publications[0].split}:
        return ""
    ever = any(newest.number == share.revision for one in publications for share in one.split)
    return f"; {newest.name} was published before" if ever else f"; {newest.name} is drafted"


def _instant(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")
