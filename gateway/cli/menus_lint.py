"""``chasqui menus lint``."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gateway.cli import menu_files
from gateway.cli.configured import Commands, add_config, load_config
from gateway.cli.menu_prices import untaxed_prices
from gateway.cli.menus_named import menu_named
from menus import loader
from menus.errors import MenuError
from menus.notes import notes_of
from menus.pages import Menu
from menus.shortcuts import moved
from menus.sources import Source, is_part

_LINE = re.compile(r"(?P<file>.*?):(?P<line>[0-9]+): (?P<sentence>.*)", re.DOTALL)
_WRONG = 2


def add_to(group: Commands) -> None:
    """Add the command."""
    lint = group.add_parser("lint", help="everything that is wrong with menus", description=_lint.__doc__)
    lint.add_argument("paths", nargs="*", type=Path, metavar="FILE|FOLDER", help="default: the configured menus")
    lint.add_argument(
        "--against", metavar="FILE|MENU@N", help="also each printed code that would lead elsewhere than in this version"
    )
    lint.add_argument("--json", action="store_true", help="a JSON array with file, line, kind and problem")
    add_config(lint)
    lint.set_defaults(run=_lint)


def _lint(arguments: argparse.Namespace) -> int:
    """Check menus as the start of the gateway does. Each problem is a line, FILE:LINE: what to change; exit with 2.
    What works and is yet worth a look is a note on standard error.
    """
    sources, unreadable = menu_files.sources(arguments.paths, arguments)
    known = menu_files.vocabulary(arguments)
    problems, fine = [*unreadable], []
    notes = [*_orphans(arguments.paths, sources, unreadable, arguments)]
    for source in menu_files.with_progress(sources, "menu"):
        if is_part(source):
            notes.append(f"{source.file}:1: {source.file} holds pages alone; lint the menu that includes it")
            continue
        try:
            menu = loader.load_source(source, known)
        except MenuError as error:
            problems += error.problems
        else:
            fine.append(menu)
            notes += notes_of(menu, known)
    problems += [*_twice(fine), *untaxed_prices(fine, load_config(arguments))]
    if arguments.against:
        problems += _moved(menu_named(arguments.against, arguments, known), fine)
    if arguments.json:
        print(json.dumps([*_parsed("problem", problems), *_parsed("note", notes)], ensure_ascii=False, indent=2))
    else:
        menu_files.print_lines(problems or map(_summary, fine))
        menu_files.complain(f"note: {note}" for note in notes)
    return _WRONG if problems else 0


def _orphans(
    paths: Sequence[Path], sources: Sequence[Source], unreadable: Sequence[str], arguments: argparse.Namespace
) -> Iterator[str]:
    """A note on each file of a folder that holds pages and that no menu includes."""
    if unreadable:  # then nobody knows what is included
        return
    read = {name for source in sources for name in source.texts}
    for folder in (path for path in menu_files.looked_at(paths, arguments) if path.is_dir()):
        for file in sorted(folder.glob("*.yaml")):
            if file.name not in read:
                yield f"{file.name}:1: {file.name} holds pages that no menu of {folder} includes"


def _moved(before: Menu, menus: Sequence[Menu]) -> Iterator[str]:
    """Each printed code of ``before`` that the menu of its id no longer leads to the same page."""
    for menu in menus:
        if menu.id != before.id:
            continue
        printed = {keys: link.page for keys, link in before.shortcuts.items()}
        for keys, sentence in moved(printed, {keys: link.page for keys, link in menu.shortcuts.items()}).items():
            line = menu.shortcuts[keys].line if keys in menu.shortcuts else 1
            yield f"{menu.file}:{line:d}: {sentence}"


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


def _parsed(kind: str, sentences: Iterable[str]) -> Iterator[dict[str, str | int]]:
    for sentence in sentences:
        found = _LINE.fullmatch(sentence)
        # a file that cannot be read has no line
        file, _, rest = ("", "", sentence) if ": " not in sentence else sentence.partition(": ")
        file, line, rest = (found["file"], int(found["line"]), found["sentence"]) if found else (file, 0, rest)
        yield {"file": file, "line": line, "kind": kind, "problem": rest}
