"""``chasqui menus lint``."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path

from gateway.app import utc_now
from gateway.app.building import catalogue_of, market_of
from gateway.cli import menu_files
from gateway.cli.configured import Commands, add_config, load_config
from gateway.config.tree import Config
from menus import loader
from menus.errors import MenuError
from menus.lint import prices_shown
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
    problems += [*_twice(fine), *_prices(fine, load_config(arguments))]
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


def _prices(menus: Sequence[Menu], config: Config) -> list[str]:
    """Menus that show prices, where law wants tax in them and the catalogue sells bundles without it."""
    market = market_of(config)
    today = utc_now().astimezone(market.time_zones[0]).date()
    rules = market.at(today)
    untaxed = [bundle.id for bundle in catalogue_of(config).on_sale(today) if not bundle.tax_included]
    if not rules.tax_in_prices or not untaxed:
        return []
    why = f"are sold without tax, which a price in market {market.code} includes ({rules.sources['prices']})"
    found = []
    for menu in menus:
        for line, page in prices_shown(menu)[:1]:
            file = getattr(line, "file", "") or menu.file
            found.append(f"{file}:{line:d}: page {page}: shows a price, but {', '.join(untaxed)} {why}")
    return found


def _summary(menu: Menu) -> str:
    pages, languages = menu_files.counted(len(menu.pages), "page"), menu_files.counted(len(menu.languages), "language")
    return f"{menu.file}: {pages}, {languages}, no problems"


def _parsed(problem: str) -> dict[str, str | int]:
    found = _LINE.fullmatch(problem)
    if found is None:
        return {"file": "", "line": 0, "problem": problem}
    return {"file": found["file"], "line": int(found["line"]), "problem": found["sentence"]}
