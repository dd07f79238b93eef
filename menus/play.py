"""Running a play: what each conversation really says, where that differs, and the file brought up to date."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from menus.errors import MenusError
from menus.phone import Phone, is_code, outcomes
from menus.play_facts import Examples, Stage
from menus.play_file import ENDS, INDENT, Play, PlayUnreadable, Scene, Turn, written
from menus.table import CompiledMenu
from menus.values import Invoke, Screen, Vocabulary

_ANY = "…"


@dataclass(frozen=True, slots=True)
class Heard:
    """What one turn of a play really gave. said: the command with its arguments, empty for none. screen: its lines."""

    turn: Turn
    said: str
    screen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What a play has and what came instead. line: of the file. where: in words. expected, got: lines."""

    line: int
    where: str
    expected: tuple[str, ...]
    got: tuple[str, ...]


def run(play: Play, menu: CompiledMenu, vocabulary: Vocabulary, examples: Examples) -> Sequence[Heard]:
    """Every conversation, to its end. Raises PlayUnreadable for what makes one stop: each is one line."""
    heard: list[Heard] = []
    problems: list[str] = []
    for scene in play.scenes:
        try:
            heard += _Performance(play, menu, Stage(vocabulary, examples)).of(scene)
        except _StopsError as stop:
            problems.append(f"{play.file}:{stop.line}: {stop}")
    if problems:
        raise PlayUnreadable(problems)
    return heard


def mismatches(heard: Sequence[Heard]) -> Sequence[Mismatch]:
    """Where the play and the menu differ."""
    return [found for one in heard for found in _compare(one)]


def updated(play: Play, heard: Sequence[Heard]) -> str:
    """The text of the play with what was heard in place of what differed; the rest stays as it was written."""
    lines = list(play.lines)
    for one in reversed(heard):
        turn = one.turn
        if not _reads(turn.screen, one.screen):
            lines[turn.start : turn.end] = [f"{INDENT}{line}".rstrip() for line in one.screen]
        if turn.ordered and _expected(turn) != one.said:
            lines[turn.ordered.line - 1] = f"! {one.said} -> {turn.ordered.outcome}"
    return "\n".join(lines) + "\n"


class _StopsError(Exception):
    """A conversation cannot go on."""

    def __init__(self, line: int, sentence: str) -> None:
        self.line = line
        super().__init__(sentence)


class _Performance:
    """One conversation on a phone of its own."""

    def __init__(self, play: Play, menu: CompiledMenu, stage: Stage) -> None:
        self._play, self._menu, self._stage = play, menu, stage
        self._phone = Phone(menu, menu.menu.languages[0], stage.facts)
        for setting in play.settings:
            stage.set(play.file, setting, self._phone)

    def of(self, scene: Scene) -> Iterator[Heard]:
        """Each turn."""
        self._stage.close_lists()
        for step in scene.steps:
            if isinstance(step, Turn):
                self._stage.close_lists()
                yield self._turn(step)
            else:
                self._stage.set(self._play.file, step, self._phone)

    def _turn(self, turn: Turn) -> Heard:
        phone = self._phone
        if not is_code(turn.typed) and (phone.screen is None or phone.screen.ends):
            over = "the session has ended; " if phone.screen else ""
            raise _StopsError(turn.line, f"{over}dial first: '> *123#'")
        try:
            said, screen = self._said(turn)
        except MenusError as error:
            raise _StopsError(turn.line, str(error)) from error
        return Heard(turn, said, (*screen.text.split("\n"), *((ENDS,) if screen.ends else ())))

    def _said(self, turn: Turn) -> tuple[str, Screen]:
        found = self._phone.answer(turn.typed)
        if not isinstance(found, Invoke):
            if turn.ordered:
                raise _StopsError(turn.ordered.line, "no command is asked for here; take this line out")
            return "", found
        said = written(found.command.name, found.command.args)
        if turn.ordered is None:
            choice = "|".join(outcomes(self._menu, found))
            raise _StopsError(turn.line, f"this asks for a command; write below it '! {said} -> {choice}'")
        return said, self._phone.ended(found, turn.ordered.outcome)


def _expected(turn: Turn) -> str:
    return written(turn.ordered.command, turn.ordered.args) if turn.ordered else ""


def _compare(one: Heard) -> Iterator[Mismatch]:
    turn = one.turn
    if turn.ordered and _expected(turn) != one.said:
        where = f"the command after '> {turn.typed}'"
        yield Mismatch(turn.ordered.line, where, (_expected(turn),), (one.said,))
    if not _reads(turn.screen, one.screen):
        where = f"the screen after '> {turn.typed}'"
        yield Mismatch(turn.start + 1 if turn.screen else turn.line, where, tuple(turn.screen), one.screen)


def _reads(expected: Sequence[str], got: Sequence[str]) -> bool:
    """Whether a screen is as it is written. Nothing written is no match: a screen that nobody cares for is ``…``."""
    pattern = "".join(_pattern(line) for line in expected)
    return bool(expected) and re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in got)) is not None


def _pattern(line: str) -> str:
    if line.strip() == _ANY:
        return r"(?:[^\n]*\n)*"
    return ".*".join(re.escape(piece) for piece in line.rstrip().split(_ANY)) + r"\n"
