"""The ``chasqui`` command: one module a group of commands. Errors are one line on standard error, exit status 2;
a menu with several problems has a line for each.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import NoReturn

from flows.errors import FlowError
from gateway.cli.loading import loaded, plain_words
from gateway.errors import GatewayError, PublicationRefused
from menus.errors import MenuError
from scoring.errors import ScoringError
from store.errors import StoreError

USAGE_ERROR = 2
_GROUPS = {
    name: (name,)
    for name in ("serve", "db", "sim", "menus", "catalogue", "controls", "orders", "consent", "usage", "score", "demo")
}
"""The commands, by their modules."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        parsed = _parser(plain_words(given)).parse_args(given)
        return int(parsed.run(parsed))
    except (MenuError, PublicationRefused) as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        return USAGE_ERROR
    except (GatewayError, StoreError, FlowError, ScoringError) as error:
        print(f"chasqui: {error}", file=sys.stderr)
        return USAGE_ERROR
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


class _Parser(argparse.ArgumentParser):
    """Also of every command below, since they are made of the class of the one above."""

    def error(self, message: str) -> NoReturn:
        """One line, as of any other error."""
        self.exit(USAGE_ERROR, f"{self.prog}: {message}; --help explains\n")


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(prog="chasqui", description="USSD/SMS channel gateway for prepaid mobile operators.")
    parser.add_argument("--version", action="version", version=f"chasqui {version('chasqui')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for group in loaded(_GROUPS, words):
        group.add_to(commands, words[1:])
    return parser
