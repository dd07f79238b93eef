"""What the groups of ``chasqui score`` are added to."""

from __future__ import annotations

import argparse

from flows.frozen import dataclass
from gateway.cli.configured import Commands

_SEEDS = 2**32
"""What scikit-learn takes."""


@dataclass(frozen=True, slots=True)
class ScoreCommands:
    """root: ``score X``; the others: ``score train X`` and so on."""

    root: Commands
    train: Commands
    predict: Commands
    evaluate: Commands


def seed(text: str) -> int:
    """``--seed``: what everything that is drawn hangs on."""
    if not (text.isascii() and text.isdecimal() and int(text) < _SEEDS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {_SEEDS - 1}")
    return int(text)
