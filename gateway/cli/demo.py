"""``chasqui demo``."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from gateway.cli.configured import Commands, Words
from gateway.simulators.demo.play import play


def add_to(commands: Commands, _words: Words) -> None:
    """Add the command."""
    parser = commands.add_parser("demo", help="play the whole micro-moment over real wires", description=_demo.__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the folder with database, logs and configuration")
    parser.set_defaults(run=_demo)


def _demo(arguments: argparse.Namespace) -> int:
    """Start the gateway and both simulators, play every scene, print it; exit status 1 when a check fails."""
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return asyncio.run(play(sys.stdout, keep=arguments.keep, colour=colour))
