"""``MENU@N``: a revision of a menu that the store has."""

from __future__ import annotations

import argparse
import re

from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.cli.configured import load_config
from gateway.cli.stored import with_store
from gateway.errors import ConfigError
from menus import loader
from menus.pages import Menu
from menus.values import Vocabulary
from store import menu_revisions
from store.menu_revisions import Revision
from store.reader import Reader

_NAMED = re.compile(r"([a-z][a-z0-9_]{0,39})@([1-9][0-9]{0,8})")


def revision_named(name: str) -> bool:
    """Whether ``name`` is written as a revision is."""
    return _NAMED.fullmatch(name) is not None


def read_revision(name: str, arguments: argparse.Namespace, known: Vocabulary) -> Menu:
    """The menu as it was in that revision. Raises ConfigError where there is none, DatabaseUnusable, MenuError."""
    found = _NAMED.fullmatch(name)
    assert found is not None
    menu, number = found[1], int(found[2])

    async def run(engine: AsyncEngine, reader: Reader) -> Revision | None:
        return await menu_revisions.numbered(reader, menu, number)

    revision = with_store(load_config(arguments), run)
    if revision is None:
        raise ConfigError(f"{name}: the store has no such revision")
    return loader.load_source(revision.source, known)
