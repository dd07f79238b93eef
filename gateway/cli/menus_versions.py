"""``chasqui menus draft``, ``publish`` and ``rollback``: a running gateway takes up what they write within seconds."""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.app import utc_now
from gateway.cli import menu_files, menus_arguments, menus_notes
from gateway.cli.author import system_user
from gateway.cli.configured import Commands, add_config, load_config
from gateway.cli.menu_prices import untaxed_prices
from gateway.cli.menus_history import ensure_menu, reference, revision_of, shares
from gateway.cli.stored import with_store
from gateway.core.menu_desk import MenuDesk, Published, Signature
from gateway.errors import ConfigError
from menus.errors import MenuError
from menus.loader import load_source
from menus.pages import Menu
from menus.sources import Source, read_source
from store.errors import StoreError
from store.menu_publications import Publication
from store.menu_revisions import Revision
from store.reader import Reader
from store.writer import Writer

_LONGEST_AUTHOR, _LONGEST_MESSAGE = 60, 500
_TAKEN_UP = "a running gateway takes it up within seconds"
_Served = tuple[Published, Sequence[Revision]]


def add_to(group: Commands) -> None:
    """Add the commands."""
    draft = group.add_parser("draft", help="keep a version of a menu", description=_draft.__doc__)
    draft.add_argument("file", type=Path, metavar="FILE")
    _add_signature(draft)
    draft.set_defaults(run=_draft)
    publish = group.add_parser("publish", help="serve a version of a menu", description=_publish.__doc__)
    publish.add_argument("version", metavar="FILE|MENU@N", help="a file, or a version that was drafted")
    to_whom = publish.add_mutually_exclusive_group()
    to_whom.add_argument("--canary", metavar="PERCENT", help="to so many of the subscriptions")
    to_whom.add_argument("--arms", metavar="NAME=PERCENT", help="the same, compared with arm a, the others")
    publish.add_argument(
        "--retire-shortcut", action="append", default=[], metavar="KEYS", help="let a printed code go (may be repeated)"
    )
    _add_signature(publish)
    publish.set_defaults(run=_publish)
    rollback = group.add_parser("rollback", help="serve an earlier version again", description=_rollback.__doc__)
    rollback.add_argument("menu", metavar="MENU")
    rollback.add_argument("--to", metavar="N", help="version N, also as MENU@N (default: what all had before)")
    _add_signature(rollback)
    rollback.set_defaults(run=_rollback)


def _add_signature(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--message", default="", metavar="TEXT", help="why")
    parser.add_argument("--author", metavar="NAME", help="who (default: the system's user)")
    add_config(parser)


def _draft(arguments: argparse.Namespace) -> int:
    """Check a menu and keep it as a version, which is never changed. Content that is kept already makes no new one."""
    signed, (source, menu) = _signature(arguments), _read(arguments.file, arguments)

    async def run(engine: AsyncEngine, reader: Reader) -> tuple[Revision, bool]:
        async with _desk(engine, reader) as desk:
            return await desk.draft(menu, source, signed)

    revision, fresh = with_store(load_config(arguments), run)
    print(f"{revision.name} is drafted" if fresh else f"{revision.name} has this content already")
    return 0


def _publish(arguments: argparse.Namespace) -> int:
    """Serve a version to new sessions, of all subscriptions or of some; sessions that go on stay in theirs. A file is
    drafted first. A version that moves a printed code is refused, with each code that it moves.
    """
    signed, portion, retired = (
        _signature(arguments),
        menus_arguments.portion(arguments),
        [*map(menus_arguments.keys, arguments.retire_shortcut)],
    )
    named = reference(arguments.version)
    written = None if named else _read(menus_arguments.file(arguments.version), arguments)

    async def run(engine: AsyncEngine, reader: Reader) -> _Served:
        async with _desk(engine, reader) as desk:
            if written is None:
                assert named is not None
                revision = await revision_of(reader, *named)
                _ensure_taxed(_check(revision, arguments), arguments)
            else:
                source, menu = written
                _ensure_taxed(menu, arguments)
                await desk.ensure_publishable(menu, portion, retired)
                revision, _ = await desk.draft(menu, source, signed)
            return await _served(reader, await desk.publish(revision, signed, portion, retired))

    return _told(*with_store(load_config(arguments), run), arguments)


def _rollback(arguments: argparse.Namespace) -> int:
    """Serve again what all subscriptions had before; once more leads further back."""
    signed, number = _signature(arguments), menus_arguments.number(arguments.menu, arguments.to)

    async def run(engine: AsyncEngine, reader: Reader) -> _Served:
        await ensure_menu(reader, arguments.menu)
        async with _desk(engine, reader) as desk:
            target, revision = await desk.earlier(arguments.menu, number)
            _check(revision, arguments)
            return await _served(reader, await desk.roll_back(target, revision, signed))

    return _told(*with_store(load_config(arguments), run), arguments)


async def _served(reader: Reader, published: Published) -> _Served:
    """What is served now, with its versions."""
    publication = published.publication
    revisions: list[Revision] = []
    for share in publication.split:
        # what is published is published: one that cannot be read is told where it is to be served
        with suppress(ConfigError, StoreError):
            revisions.append(await revision_of(reader, publication.menu, share.revision))
    return published, revisions


def _told(published: Published, revisions: Sequence[Revision], arguments: argparse.Namespace) -> int:
    publication = published.publication
    for sentence in (*published.moved, *_notes(publication, revisions, arguments)):
        print(f"chasqui: note: {sentence}", file=sys.stderr)
    served = shares(publication)
    if published.fresh:
        print(f"{publication.menu}: publication {publication.number}, {served}; {_TAKEN_UP}")
    else:
        print(f"{served} already")
    return 0


def _notes(publication: Publication, revisions: Sequence[Revision], arguments: argparse.Namespace) -> Iterator[str]:
    yield from menus_notes.without_service(publication.menu, load_config(arguments))
    menus: list[Menu] = []
    for revision in revisions:
        # an old version may name what is no more; that is told where it is to be served
        with suppress(MenuError):
            menus.append(_check(revision, arguments))
    yield from menus_notes.without_people(menus, publication.split)


@asynccontextmanager
async def _desk(engine: AsyncEngine, reader: Reader) -> AsyncIterator[MenuDesk]:
    writer = Writer(engine)
    writer.start()
    try:
        yield MenuDesk(reader, writer, utc_now)
    finally:
        await writer.stop()


def _read(file: Path, arguments: argparse.Namespace) -> tuple[Source, Menu]:
    source = read_source(file)
    return source, load_source(source, menu_files.vocabulary(arguments))


def _check(revision: Revision, arguments: argparse.Namespace) -> Menu:
    """Raises MenuError for a revision that this version of Chasqui cannot serve."""
    return load_source(revision.source, menu_files.vocabulary(arguments))


def _ensure_taxed(menu: Menu, arguments: argparse.Namespace) -> None:
    """Raises MenuError where law wants tax in the prices that people are shown, and a bundle is sold without it."""
    problems = untaxed_prices([menu], load_config(arguments))
    if problems:
        raise MenuError(problems)


def _signature(arguments: argparse.Namespace) -> Signature:
    author = _one_line(arguments.author if arguments.author is not None else system_user())
    message = _one_line(arguments.message)
    if not author or len(author) > _LONGEST_AUTHOR:
        raise ConfigError(f"--author must have 1 to {_LONGEST_AUTHOR} characters")
    if len(message) > _LONGEST_MESSAGE:
        raise ConfigError(f"--message must have at most {_LONGEST_MESSAGE} characters")
    return Signature(author, message)


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
