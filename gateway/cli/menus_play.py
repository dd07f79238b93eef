"""``chasqui menus play``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from flows.menu_examples import example_facts
from gateway.cli import menu_files
from gateway.cli.configured import Commands, add_config
from menus.errors import MenuError
from menus.play import Mismatch, Played, Stop, mismatches, run, updated
from menus.play_file import Play, PlayUnreadable, parse_play
from menus.table import CompiledMenu
from menus.values import Vocabulary

_DIFFERENT, _STOPPED = 1, 2
_DOTS = "..."


def add_to(group: Commands) -> None:
    """Add the command."""
    play = group.add_parser("play", help="conversations as tests", description=_play.__doc__)
    play.add_argument("files", nargs="+", type=Path, metavar="FILE|FOLDER", help="of a folder every .play file")
    play.add_argument("--update", action="store_true", help="write the screens as they are now into the files")
    add_config(play)
    play.set_defaults(run=_play)


def _play(arguments: argparse.Namespace) -> int:
    """Play written conversations against their menus. Exit status 1 where a screen is not as it is written, with both;
    2 where a file cannot be played, or a conversation not to its end.
    """
    known = menu_files.vocabulary(arguments)
    compiled: dict[Path, CompiledMenu] = {}
    status = 0
    for path in menu_files.with_progress(_files(arguments.files), "play"):
        try:
            play = parse_play(menu_files.read_text(path), str(path))
            menu = _menu_of(path, play, known, compiled)
            status = max(status, _played(path, play, menu, known, update=arguments.update))
        except MenuError as error:
            menu_files.complain(error.problems)
            status = _STOPPED
    return status


def _files(paths: Sequence[Path]) -> Sequence[Path]:
    """The files themselves, those of folders among them. Raises MenuError for a folder without any."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.play")) if path.is_dir() else [path]
        if not inside:
            raise MenuError([f"{path}: no .play file in this folder"])
        found += inside
    return found


def _menu_of(path: Path, play: Play, known: Vocabulary, compiled: dict[Path, CompiledMenu]) -> CompiledMenu:
    menu, where = (path.parent / play.menu).resolve(), f"{path}:{play.menu_line}: menu"
    if menu.is_dir():
        raise PlayUnreadable([f"{where}: {play.menu} is a folder; name the menu's file, such as main.yaml"])
    if not menu.is_file():
        raise PlayUnreadable([f"{where}: there is no file {play.menu}, seen from the folder of this play"])
    if menu not in compiled:
        compiled[menu] = menu_files.read_compiled(menu, known)
    return compiled[menu]


def _played(path: Path, play: Play, menu: CompiledMenu, known: Vocabulary, *, update: bool) -> int:
    """Say how a play went; the exit status."""
    played = run(play, menu, known, example_facts)
    found = mismatches(played.heard)
    brought = len(found) if update else 0
    if brought:
        text = updated(play, played.heard)
        menu_files.put_out(text, path)
        # what is left is told with the lines and the reasons of the file as it is now
        play = parse_play(text, play.file)
        played, found = run(play, menu, known, example_facts), ()
    told: list[Mismatch | Stop] = [*found, *played.stops]
    for one in sorted(told, key=lambda one: one.line):
        if isinstance(one, Stop):
            menu_files.complain([f"{play.file}:{one.line}: {one.sentence}"])
        else:
            menu_files.print_lines(_told(play, one))
    print(_summary(play, played, len(found), brought))
    return _STOPPED if played.stops else _DIFFERENT if found else 0


def _told(play: Play, one: Mismatch) -> Iterator[str]:
    yield f"{play.file}:{one.line}: {one.where} is not as it is written"
    yield "  expected:"
    yield from (f"    {line}" for line in one.expected or ("(nothing; --update writes it)",))
    yield "  got:"
    yield from (f"    {line}" for line in one.got)
    if any(_DOTS in line for line in one.expected) and not any(_DOTS in line for line in one.got):
        yield f"  for anything write '…', one character, not '{_DOTS}'"


def _summary(play: Play, played: Played, different: int, brought: int) -> str:
    counts: Mapping[str, int] = {"conversation": len(play.scenes), "screen": len(played.heard)}
    what = ", ".join(menu_files.counted(number, name) for name, number in counts.items())
    ends = {"different": different, "brought up to date": brought, "stopped": len(played.stops)}
    how = ", ".join(f"{number} {name}" for name, number in ends.items() if number)
    return f"{play.file}: {what}, {how or 'as written'}"
