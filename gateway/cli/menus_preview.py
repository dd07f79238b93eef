"""``chasqui menus preview``: a phone in the terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from flows.menu_examples import example_facts
from gateway.cli import menu_files
from gateway.cli.configured import Commands, add_config, load_config
from gateway.cli.menu_screen import drawn
from gateway.cli.menus_named import menu_served
from gateway.cli.menus_person import somebody
from gateway.errors import ConfigError, GatewayError
from menus.errors import MenusError
from menus.phone import Phone, outcomes
from menus.play_facts import Examples, FactWrong, Stage
from menus.play_file import written
from menus.table import CompiledMenu, compile_menu
from menus.values import Budget, Invoke, Screen, Vocabulary

_SIZES = {"gsm7": (40, 182), "ucs2": (20, 80)}
_ENDED_BY_HAND = 130


def add_to(group: Commands) -> None:
    """Add the command."""
    preview = group.add_parser("preview", help="a phone in the terminal", description=_preview.__doc__)
    preview.add_argument(
        "file", nargs="?", metavar="FILE|MENU@N", help="default: what is published, or the configured menu"
    )
    preview.add_argument("--lang", metavar="LANGUAGE", help="default: the menu's first, or the person's own")
    preview.add_argument("--charset", choices=("gsm7", "ucs2"), default="gsm7")
    preview.add_argument("--size", type=int, metavar="UNITS", help="room of a screen (default: 182, or 80 for ucs2)")
    preview.add_argument("--facts", choices=("examples", "longest", "none"), default="examples")
    preview.add_argument(
        "--fact", action="append", default=[], metavar="NAME=VALUE", help="as in a play, such as ?balance=50000"
    )
    preview.add_argument("--msisdn", metavar="NUMBER", help="the facts of this person, read from store and charging")
    add_config(preview)
    preview.set_defaults(run=_preview)


def _preview(arguments: argparse.Namespace) -> int:
    """Walk through a menu as a phone does. Commands are never carried out: you are asked which outcome to show.
    Answers may come from a file or a pipe.
    """
    known = menu_files.vocabulary(arguments)
    budget = _budget(arguments)
    menu = compile_menu(menu_served(arguments.file, arguments, known))
    menu_files.require_language(menu.menu, arguments.lang)
    with ExitStack() as stack:
        likely: Examples = example_facts
        language = arguments.lang or menu.menu.languages[0]
        if arguments.msisdn:
            person = stack.enter_context(somebody(load_config(arguments), arguments.msisdn, menu, arguments.lang))
            likely, language = person.likely, person.language
        terminal = _Terminal(Phone(menu, language, _stage(arguments, known, likely).facts, budget))
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


def _budget(arguments: argparse.Namespace) -> Budget:
    """The room of the phone's screens. Raises ConfigError for one that no phone has."""
    least, most = _SIZES[arguments.charset]
    size = most if arguments.size is None else arguments.size
    if not least <= size <= most:
        raise ConfigError(f"--size: {size} is no screen's room; with {arguments.charset} write {least} to {most}")
    return Budget(arguments.charset, size)


def _stage(arguments: argparse.Namespace, known: Vocabulary, likely: Examples) -> Stage:
    """What is so. Raises ConfigError for a ``--fact`` that cannot be."""
    stage = Stage(known, likely, arguments.facts)
    for written_fact in arguments.fact:
        name, equals, value = (part.strip() for part in written_fact.partition("="))
        if not equals:
            raise ConfigError(f"--fact: '{written_fact}' must be NAME=VALUE, such as ?balance=50000")
        try:
            stage.fact(name, value)
        except FactWrong as error:
            raise ConfigError(f"--fact {error}") from None
    return stage


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
        menu_files.print_lines(drawn(screen, menu.menu, self.phone.budget, self.phone.language))


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
