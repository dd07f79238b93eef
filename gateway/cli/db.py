"""``chasqui db``: the store."""

from __future__ import annotations

import argparse
import asyncio

from gateway.cli.configured import Commands, Words, add_config, load_config
from store.engine import head, open_engine, upgrade


def add_to(commands: Commands, _words: Words) -> None:
    """Add the commands."""
    group = commands.add_parser("db", help="the store").add_subparsers(
        title="commands", required=True, metavar="COMMAND"
    )
    up = group.add_parser("upgrade", help="bring the schema to this version", description=_upgrade.__doc__)
    add_config(up)
    up.set_defaults(run=_upgrade)


def _upgrade(arguments: argparse.Namespace) -> int:
    """Create the database or bring its schema to this version."""
    config = load_config(arguments)

    async def run() -> None:
        engine = open_engine(config.store.url, config.folder)
        try:
            await upgrade(engine)
        finally:
            await engine.dispose()

    asyncio.run(run())
    print(f"{config.store.url} is at revision {head()}")
    return 0
