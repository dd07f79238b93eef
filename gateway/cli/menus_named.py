"""The menu that a command names: a file, a version in the store, or what is published."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.cli import menu_files
from gateway.cli.configured import load_config
from gateway.cli.menus_history import reference, revision_of, shares
from gateway.cli.stored import with_store
from gateway.errors import ConfigError
from menus import loader
from menus.pages import Menu
from menus.values import Vocabulary
from store import menu_publications
from store.engine import database_file
from store.errors import DatabaseUnusable
from store.menu_publications import Publication
from store.menu_revisions import Revision
from store.reader import Reader


def menu_named(name: str | None, arguments: argparse.Namespace, known: Vocabulary) -> Menu:
    """The menu of a file, or of a version in the store; without a name that of ``menu_files.the_menu``.

    Raises MenuError, ConfigError, DatabaseUnusable.
    """
    version = reference(name) if name else None
    if version is None:
        return menu_files.the_menu(Path(name) if name else None, arguments, known)

    async def run(engine: AsyncEngine, reader: Reader) -> Revision:
        return await revision_of(reader, *version)

    return loader.load_source(with_store(load_config(arguments), run).source, known)


def menu_served(name: str | None, arguments: argparse.Namespace, known: Vocabulary) -> Menu:
    """The same; without a name what is published, if anything is, and a line on standard error that says so."""
    published = () if name else _published(arguments)
    if not published:
        return menu_named(name, arguments, known)
    if len(published) > 1:
        raise ConfigError(f"which menu? name one of {', '.join(_first(one) for one in published)}")
    version = _first(published[0])
    print(f"chasqui: note: this is {version}; published: {shares(published[0])}", file=sys.stderr)
    return menu_named(version, arguments, known)


def _first(publication: Publication) -> str:
    return f"{publication.menu}@{publication.split[0].revision}"


def _published(arguments: argparse.Namespace) -> Sequence[Publication]:
    """What is served of each menu; nothing where there is no database, or one without menus."""
    config = load_config(arguments)
    if not database_file(config.store.url, config.folder).is_file():
        return ()

    async def run(engine: AsyncEngine, reader: Reader) -> Sequence[Publication]:
        found = [
            await menu_publications.newest(reader, menu) for menu in await menu_publications.newest_numbers(reader)
        ]
        return [one for one in found if one is not None]

    with suppress(DatabaseUnusable):
        return with_store(config, run)
    return ()
