"""``chasqui menus diff``."""

from __future__ import annotations

import argparse

from gateway.cli import menu_files
from gateway.cli.configured import Commands, add_config
from gateway.cli.menus_named import menu_named
from menus.diff import differences

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
    found = differences(*(menu_named(name, arguments, known) for name in (arguments.a, arguments.b)))
    menu_files.print_lines(found or ["no difference"])
    return _DIFFERENT if found else 0
