"""``chasqui menus preview``: a phone in the terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from flows.menu_examples import example_facts
from gateway.cli import menu_files
from gateway.cli.configured import Commands, add_config, load_config
from gateway.cli.menu_screen import drawn
from gateway.cli.menus_person import somebody
from gateway.errors import GatewayError
from menus import examples
from menus.errors import MenusError
from menus.examples import FactSource
from menus.phone import Phone, outcomes
from menus.play_file import written
from menus.table import CompiledMenu, compile_menu
from menus.values import Budget, Facts, Invoke, Screen, Vocabulary

_USUAL_SIZE = {"gsm7": 182, "ucs2": 80}
_ENDED_BY_HAND = 130


def add_to(group: Commands) -> None:
    """Add the command."""
    preview = group.add_parser("preview", help="a phone in the terminal", description=_preview.__doc__)
    preview.add_argument("file", nargs="?", type=Path, metavar="FILE", help="default: the configured menu")
    preview.add_argument("--lang", metavar="LANGUAGE", help="default: the menu's first, or the person's own")
    preview.add_argument("--charset", choices=("gsm7", "ucs2"), default="gsm7")
    preview.add_argument("--size", type=int, metavar="UNITS", help="room of a screen (default: 182, or 80 for ucs2)")
    preview.add_argument("--facts", choices=("examples", "longest", "none"), default="examples")
    preview.add_argument("--msisdn", metavar="NUMBER", help="the facts of this person, read from store and charging")
    add_config(preview)
    preview.set_defaults(run=_preview)


def _preview(arguments: argparse.Namespace) -> int:
    """Walk through a menu as a phone does. Commands are never carried out: you are asked which outcome to show.
    Answers may come from a file or a pipe.
    """
    known = menu_files.vocabulary(arguments)
    menu = compile_menu(menu_files.the_menu(arguments.file, arguments, known))
    budget = Budget(arguments.charset, arguments.size or _USUAL_SIZE[arguments.charset])
    menu_files.require_language(menu.menu, arguments.lang)
    with ExitStack() as stack:
        facts, language = _made_up(arguments.facts, known), arguments.lang or menu.menu.languages[0]
        if arguments.msisdn:
            person = stack.enter_context(somebody(load_config(arguments), arguments.msisdn, menu, arguments.lang))
            facts, language = person.facts, person.language
        terminal = _Terminal(Phone(menu, language, facts, budget))
        try:
            terminal.run()
        except EOFError:
            print()
        except KeyboardInterrupt:
            print()
            return _ENDED_BY_HAND
        except MenusError as error:
            raise GatewayError(str(error)) from None
    return 0


def _made_up(which: str, known: Vocabulary) -> FactSource:
    if which == "examples":
        return lambda place, language: example_facts(known, place, language)
    always: Mapping[str, Callable[[Vocabulary], Facts]] = {"longest": examples.longest, "none": examples.nothing}
    facts = always[which](known)
    return lambda place, language: facts


@dataclass(slots=True)
class _Terminal:
    """Draws, asks, and goes on until the input ends."""

    phone: Phone

    def run(self) -> None:
        """Raises EOFError at the end of the input."""
        self._draw(self.phone.dial())
        while True:
            ended = self.phone.screen is not None and self.phone.screen.ends
            found = self.phone.answer(_asked("> ")) if not ended else self._again()
            self._draw(found if isinstance(found, Screen) else self._carried_out(found))

    def _again(self) -> Screen:
        print("  the session has ended; Enter dials again")
        return self.phone.dial(_asked("> "))

    def _carried_out(self, invoke: Invoke) -> Screen:
        """What is shown after a command, as if it had ended as the person at the terminal says."""
        ways = outcomes(self.phone.menu, invoke)
        print(f"  would carry out: {written(invoke.command.name, invoke.command.args)}")
        print(f"  {' · '.join(f'{at} {way}' for at, way in enumerate(ways, 1))}")
        return self.phone.ended(invoke, _chosen(ways))

    def _draw(self, screen: Screen) -> None:
        menu: CompiledMenu = self.phone.menu
        menu_files.print_lines(drawn(screen, menu.menu, self.phone.budget))


def _chosen(ways: Sequence[str]) -> str:
    """Which outcome to show, by its number or name."""
    while True:
        answer = _asked("how does it end? ").strip()
        if answer in ways:
            return answer
        if answer.isdecimal() and 1 <= int(answer) <= len(ways):
            return ways[int(answer) - 1]
        print(f"  a number from 1 to {len(ways)}")


def _asked(prompt: str) -> str:
    """A line of the input, shown where nobody typed it. Raises EOFError."""
    if sys.stdin.isatty():
        return input(prompt)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    print(f"{prompt}{line.rstrip()}")
    return line.rstrip("\n")
