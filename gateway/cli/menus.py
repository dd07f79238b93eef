"""``chasqui menus``: what operators do with menus. Each module of the group adds its own commands."""

from __future__ import annotations

import argparse
from typing import Any

from gateway.cli import menus_history, menus_tools, menus_versions
from gateway.cli.configured import Commands, Words


class _Exact(argparse.ArgumentParser):
    """Takes options by their whole names: what publishes is not to be guessed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)


def add_to(commands: Commands, _words: Words) -> None:
    """Add the commands."""
    exact: type[argparse.ArgumentParser] = _Exact
    group = commands.add_parser("menus", help="check, publish and roll back menus").add_subparsers(
        title="commands", required=True, metavar="COMMAND", parser_class=exact
    )
    for module in (menus_tools, menus_versions, menus_history):
        module.add_to(group)
