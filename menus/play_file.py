"""A play: conversations with a menu, written as a chat, that can be read, run and brought up to date.

::

    menu: ../main.yaml
    language: es

    == Buying, with too little
    fact balance: $ 500
    > *123#
      Hola, ¿qué quieres hacer?
      …
    > 2
      …
    > 1
      …
    > 1
    ! buy bundle=data-1gb-7d -> too_little
      No te alcanza el saldo. No te cobramos nada.
      …

``>`` is typed, ``!`` is what the menu then asks for and how it ends, two blanks begin a line of the screen. A line
``…`` stands for any lines, ``…`` within a line for anything; ``(ends)`` says that the session closes; ``#`` begins a
comment.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from menus.errors import MenuError
from menus.reading import did_you_mean

ENDS: Final = "(ends)"
INDENT: Final = "  "
_SETTING = re.compile(r"(menu|language|charset|size|facts|fact (\??[a-z][a-z0-9_]*)):\s*(.*)")
_KEYS = ("menu:", "language:", "charset:", "size:", "facts:")
_COMMAND = re.compile(r"!\s*(\S.*?)\s*->\s*(\S+)")
_HINT = "begin it with '>' (typed), '!' (command), two blanks (screen), '==' (a conversation) or 'fact NAME:'"


class PlayUnreadable(MenuError):
    """A play cannot be run; each problem is one line naming file, line and what to change."""

    code = "play"


class SceneStopped(Exception):
    """A conversation cannot go on. sentence: what is so. advice: what to do, where it was reached as written."""

    def __init__(self, line: int, sentence: str, advice: str = "") -> None:
        self.line, self.sentence, self.advice = line, sentence, advice
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that is set from here on. key: ``language``, ``charset``, ``size``, ``facts``, or ``fact NAME``."""

    line: int
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """A command as it is expected, and the outcome that is to be shown."""

    line: int
    command: str
    args: Mapping[str, str]
    outcome: str


@dataclass(slots=True)
class Turn:
    """What is typed and what is expected. screen: its lines; start, end: where they stand, as a slice of the file."""

    line: int
    typed: str
    ordered: Ordered | None = None
    screen: list[str] = field(default_factory=list)
    start: int = 0
    end: int = 0


@dataclass(slots=True)
class Scene:
    """One conversation, from dialling on."""

    line: int
    title: str
    steps: list[Setting | Turn] = field(default_factory=list)


@dataclass(slots=True)
class Play:
    """A file. menu: the path of its menu, from the file, on menu_line. settings: for all conversations."""

    file: str
    lines: Sequence[str]
    menu: str = ""
    menu_line: int = 1
    settings: list[Setting] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)


def parse_play(text: str, file: str) -> Play:
    """The play that ``text`` writes. Raises PlayUnreadable."""
    play = Play(file, text.splitlines())
    problems = [f"{file}:{line}: {sentence}" for line, sentence in _read(play)]
    if not play.menu:
        problems.insert(0, f"{file}:{play.menu_line}: 'menu: FILE' is missing")
    if not problems and not any(isinstance(step, Turn) for scene in play.scenes for step in scene.steps):
        problems.append(f"{file}:{max(1, len(play.lines))}: has no conversation; begin one with '> *123#'")
    if problems:
        raise PlayUnreadable(problems)
    return play


def written(command: str, args: Mapping[str, str]) -> str:
    """A command as a play writes it: ``buy bundle=data-1gb-7d``."""
    return " ".join((command, *(f"{name}={shlex.quote(value)}" for name, value in args.items())))


def _read(play: Play) -> Iterator[tuple[int, str]]:
    turn: Turn | None = None
    for at, raw in enumerate(play.lines):
        number, line = at + 1, raw.rstrip()
        if not line or line.startswith("#"):
            continue
        if line.startswith(INDENT):
            if turn is None:
                yield number, "a screen without anything typed before it"
            else:
                _add_screen(turn, at, line, play.lines)
            continue
        match line[0]:
            case "=" if line.startswith("=="):
                play.scenes.append(Scene(number, line.strip("= ")))
                turn = None
            case ">":
                turn = Turn(number, line[1:].strip(), start=number, end=number)
                _scene(play, number).steps.append(turn)
            case "!":
                yield from _add_order(turn, number, line)
            case _:
                turn = None
                yield from _add_setting(play, number, line)


def _add_screen(turn: Turn, at: int, line: str, lines: Sequence[str]) -> None:
    """One more line of a screen; blank lines between two of them belong to it."""
    if turn.screen:
        turn.screen += [""] * sum(not between.strip() for between in lines[turn.end : at])
    else:
        turn.start = at
    turn.screen.append(line.removeprefix(INDENT))
    turn.end = at + 1


def _add_order(turn: Turn | None, number: int, line: str) -> Iterator[tuple[int, str]]:
    found = _COMMAND.fullmatch(line)
    try:
        words = shlex.split(found[1]) if found else []
    except ValueError:
        words = []
    if turn is None or turn.ordered is not None or turn.screen:
        yield number, "a command comes once, right below what is typed"
    elif not found or not words or not all("=" in word for word in words[1:]):
        yield number, "write '! COMMAND NAME=VALUE … -> OUTCOME'"
    else:
        args = dict(word.split("=", 1) for word in words[1:])
        turn.ordered = Ordered(number, words[0], args, found[2])
        turn.start = turn.end = number


def _add_setting(play: Play, number: int, line: str) -> Iterator[tuple[int, str]]:
    found = _SETTING.fullmatch(line)
    if found is None:
        yield number, f"'{line}' is not understood{_meant(line) or f'; {_HINT}'}"
    elif found[1] == "menu":
        if play.menu or play.scenes:
            yield number, "'menu' comes once, before the first conversation"
        if not play.menu:
            play.menu, play.menu_line = found[3], number
    else:
        setting = Setting(number, found[1], found[3])
        (play.scenes[-1].steps if play.scenes else play.settings).append(setting)


def _meant(line: str) -> str:
    """The setting whose name was misspelled; empty for none."""
    key, colon, _ = line.partition(":")
    if " " in key.strip():
        return did_you_mean(key.split()[0], ("fact",))
    return did_you_mean(f"{key.strip()}:", _KEYS) if colon else ""


def _scene(play: Play, number: int) -> Scene:
    """The conversation that is being read; a file may have one without a title."""
    if not play.scenes:
        play.scenes.append(Scene(number, ""))
    return play.scenes[-1]
