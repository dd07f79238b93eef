"""``chasqui menus``: what operators do with menus. Each module of the group adds its own commands."""

from __future__ import annotations

from gateway.cli import menus_history, menus_tools, menus_versions
from gateway.cli.configured import Commands


def add_to(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("menus", help="check, publish and roll back menus").add_subparsers(
        title="commands", required=True, metavar="COMMAND"
    )
    for module in (menus_tools, menus_versions, menus_history):
        module.add_to(group)
