"""``chasqui menus lint``."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path

from gateway.cli import menu_files
from gateway.cli.configured import Commands, add_config, load_config
from gateway.cli.menu_prices import untaxed_prices
from menus import loader
from menus.errors import MenuError
from menus.pages import Menu

_LINE = re.compile(r"(?P<file>.*?):(?P<line>[0-9]+): (?P<sentence>.*)", re.DOTALL)
_WRONG = 2


def add_to(group: Commands) -> None:
    """Add the command."""
    lint = group.add_parser("lint", help="everything that is wrong with menus", description=_lint.__doc__)
    lint.add_argument("paths", nargs="*", type=Path, metavar="FILE|FOLDER", help="default: the configured menus")
    lint.add_argument("--json", action="store_true", help="a JSON array with file, line and problem")
    add_config(lint)
    lint.set_defaults(run=_lint)


def _lint(arguments: argparse.Namespace) -> int:
    """Check menus as the start of the gateway does. Each problem is a line, FILE:LINE: what to change; exit with 2."""
    sources, unreadable = menu_files.sources(arguments.paths, arguments)
    known = menu_files.vocabulary(arguments)
    problems, fine = [*unreadable], []
    for source in menu_files.with_progress(sources, "menu"):
        try:
            menu = loader.load_source(source, known)
        except MenuError as error:
            problems += error.problems
        else:
            fine.append(menu)
    problems += [*_twice(fine), *untaxed_prices(fine, load_config(arguments))]
    if arguments.json:
        print(json.dumps([_parsed(problem) for problem in problems], ensure_ascii=False, indent=2))
    elif problems:
        menu_files.print_lines(problems)
    else:
        menu_files.print_lines(map(_summary, fine))
    return _WRONG if problems else 0


def _twice(menus: Sequence[Menu]) -> list[str]:
    first: dict[str, str] = {}
    found = []
    for menu in menus:
        if menu.id in first:
            found.append(f"{menu.file}:1: menu '{menu.id}' is also in {first[menu.id]}")
        first.setdefault(menu.id, menu.file)
    return found


def _summary(menu: Menu) -> str:
    pages, languages = menu_files.counted(len(menu.pages), "page"), menu_files.counted(len(menu.languages), "language")
    return f"{menu.file}: {pages}, {languages}, no problems"


def _parsed(problem: str) -> dict[str, str | int]:
    found = _LINE.fullmatch(problem)
    if found is None:
        return {"file": "", "line": 0, "problem": problem}
    return {"file": found["file"], "line": int(found["line"]), "problem": found["sentence"]}
