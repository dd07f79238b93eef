"""Running a play: what each conversation really says, where that differs, and the file brought up to date."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from menus.errors import MenusError, OutcomeUnknown
from menus.phone import Phone, is_code, outcomes
from menus.play_facts import Examples, Stage
from menus.play_file import ENDS, INDENT, Play, PlayUnreadable, Scene, SceneStopped, Turn, written
from menus.reading import did_you_mean
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


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a conversation cannot go on, and why, in a sentence."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Played:
    """What a play gave. stops: one for each conversation that did not come to its end."""

    heard: Sequence[Heard]
    stops: Sequence[Stop]


def run(play: Play, menu: CompiledMenu, vocabulary: Vocabulary, examples: Examples) -> Played:
    """Every conversation, to its end or to where it stops. Raises PlayUnreadable for what holds for all of them."""
    heard: list[Heard] = []
    stops: list[Stop] = []
    for scene in play.scenes:
        performance = _prepared(play, menu, Stage(vocabulary, examples))
        before = len(heard)
        try:
            for one in performance.of(scene):
                heard.append(one)
        except SceneStopped as stop:
            stops.append(Stop(stop.line, _told(stop, heard[before:])))
    return Played(heard, stops)


def _prepared(play: Play, menu: CompiledMenu, stage: Stage) -> _Performance:
    try:
        return _Performance(play, menu, stage)
    except SceneStopped as stop:
        raise PlayUnreadable([f"{play.file}:{stop.line}: {stop}"]) from stop


def _told(stop: SceneStopped, heard: Sequence[Heard]) -> str:
    """Why a conversation stops: advice is good only where everything before is as it was written."""
    differs = any(found.expected for one in heard for found in _compare(one))
    why = "because the screens above differ, this was not reached as written" if differs else stop.advice
    return "; ".join(filter(None, (stop.sentence, why)))


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


class _Performance:
    """One conversation on a phone of its own."""

    def __init__(self, play: Play, menu: CompiledMenu, stage: Stage) -> None:
        self._menu, self._stage = menu, stage
        self._phone = Phone(menu, menu.menu.languages[0], stage.facts)
        for setting in play.settings:
            stage.set(setting, self._phone)

    def of(self, scene: Scene) -> Iterator[Heard]:
        """Each turn."""
        self._stage.close_lists()
        for step in scene.steps:
            if isinstance(step, Turn):
                self._stage.close_lists()
                yield self._turn(step)
            else:
                self._stage.set(step, self._phone)

    def _turn(self, turn: Turn) -> Heard:
        phone = self._phone
        if not is_code(turn.typed) and (phone.screen is None or phone.screen.ends):
            over = "the session has ended" if phone.screen else "nothing is dialled yet"
            raise SceneStopped(turn.line, over, "dial first: '> *123#'")
        try:
            said, screen = self._said(turn)
        except MenusError as error:
            raise SceneStopped(turn.line, str(error)) from error
        return Heard(turn, said, (*screen.text.split("\n"), *((ENDS,) if screen.ends else ())))

    def _said(self, turn: Turn) -> tuple[str, Screen]:
        found = self._phone.answer(turn.typed)
        if not isinstance(found, Invoke):
            if turn.ordered:
                raise SceneStopped(turn.ordered.line, "no command is asked for here", "take this line out")
            return "", found
        said = written(found.command.name, found.command.args)
        ways = outcomes(self._menu, found)
        if turn.ordered is None:
            advice = f"write below it '! {said} -> {'|'.join(ways)}'"
            raise SceneStopped(turn.line, "this asks for a command", advice)
        try:
            return said, self._phone.ended(found, turn.ordered.outcome)
        except OutcomeUnknown as error:
            outcome = turn.ordered.outcome
            hint = did_you_mean(outcome, ways) or f"; there is: {', '.join(ways)}"
            raise SceneStopped(turn.ordered.line, f"'{outcome}' is no outcome of {said}{hint}") from error


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
