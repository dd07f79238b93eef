"""``chasqui menus diff``."""

from __future__ import annotations

import argparse
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.cli import menu_files
from gateway.cli.configured import Commands, add_config, load_config
from gateway.cli.menus_history import reference, revision_of
from gateway.cli.stored import with_store
from menus import loader
from menus.diff import differences
from menus.pages import Menu
from menus.values import Vocabulary
from store.menu_revisions import Revision
from store.reader import Reader

_DIFFERENT = 1


def add_to(group: Commands) -> None:
    """Add the command."""
    diff = group.add_parser("diff", help="what differs between two menus, in words", description=_diff.__doc__)
    for name, which in (("a", "the older"), ("b", "the newer")):
        diff.add_argument(name, metavar=name.upper(), help=f"{which}: a file, or MENU@N for a version in the store")
    add_config(diff)
    diff.set_defaults(run=_diff)


def _diff(arguments: argparse.Namespace) -> int:
    """Say what differs between two menus, one sentence a difference: texts, ways, numbers that moved. Layout and
    comments do not count. Exit status 1 if there is any.
    """
    known = menu_files.vocabulary(arguments)
    found = differences(*(_menu(name, arguments, known) for name in (arguments.a, arguments.b)))
    menu_files.print_lines(found or ["no difference"])
    return _DIFFERENT if found else 0


def _menu(name: str, arguments: argparse.Namespace, known: Vocabulary) -> Menu:
    """The menu of a file, or of a version in the store."""
    version = reference(name)
    if version is None:
        return menu_files.read_menu(Path(name), known)

    async def run(engine: AsyncEngine, reader: Reader) -> Revision:
        return await revision_of(reader, *version)

    return loader.load_source(with_store(load_config(arguments), run).source, known)
