"""``chasqui menus play``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from flows.menu_examples import example_facts
from gateway.cli import menu_files
from gateway.cli.configured import Commands, add_config
from menus.errors import MenuError
from menus.play import Heard, Mismatch, mismatches, run, updated
from menus.play_file import Play, PlayUnreadable, parse_play
from menus.table import CompiledMenu
from menus.values import Vocabulary

_DIFFERENT = 1


def add_to(group: Commands) -> None:
    """Add the command."""
    play = group.add_parser("play", help="conversations as tests", description=_play.__doc__)
    play.add_argument("files", nargs="+", type=Path, metavar="FILE")
    play.add_argument("--update", action="store_true", help="write the screens as they are now into the files")
    add_config(play)
    play.set_defaults(run=_play)


def _play(arguments: argparse.Namespace) -> int:
    """Play written conversations against their menus. Exit status 1 where a screen is not as it is written, with both;
    2 where a file cannot be played.
    """
    known = menu_files.vocabulary(arguments)
    compiled: dict[Path, CompiledMenu] = {}
    different = False
    problems: list[str] = []
    for path in menu_files.with_progress(arguments.files, "play"):
        try:
            play = parse_play(menu_files.read_text(path), str(path))
            heard = run(play, _menu_of(path, play, known, compiled), known, example_facts)
        except MenuError as error:
            problems += error.problems
            continue
        found = mismatches(heard)
        if found and arguments.update:
            menu_files.put_out(updated(play, heard), path)
        elif found:
            different = True
            menu_files.print_lines(line for one in found for line in _told(play, one))
        print(_summary(play, heard, found, update=arguments.update))
    if problems:
        raise MenuError(problems)
    return _DIFFERENT if different else 0


def _menu_of(path: Path, play: Play, known: Vocabulary, compiled: dict[Path, CompiledMenu]) -> CompiledMenu:
    menu = (path.parent / play.menu).resolve()
    if not menu.is_file():
        raise PlayUnreadable([f"{path}:1: menu: there is no file {play.menu} beside this one"])
    if menu not in compiled:
        compiled[menu] = menu_files.read_compiled(menu, known)
    return compiled[menu]


def _told(play: Play, one: Mismatch) -> Iterator[str]:
    yield f"{play.file}:{one.line}: {one.where} is not as it is written"
    yield "  expected:"
    yield from (f"    {line}" for line in one.expected or ("(nothing; --update writes it)",))
    yield "  got:"
    yield from (f"    {line}" for line in one.got)


def _summary(play: Play, heard: Sequence[Heard], found: Sequence[Mismatch], *, update: bool) -> str:
    counts: Mapping[str, int] = {"conversation": len(play.scenes), "screen": len(heard)}
    what = ", ".join(menu_files.counted(number, name) for name, number in counts.items())
    ends = "as written" if not found else f"{len(found)} {'brought up to date' if update else 'different'}"
    return f"{play.file}: {what}, {ends}"
