"""``chasqui score train acceptance``: what the ranking that learns begins with."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from gateway.app import utc_now
from gateway.cli.score_commands import ScoreCommands
from scoring import acceptance_model, artefact, files
from scoring.acceptance_model import Learned
from scoring.artefact import Provenance
from scoring.bandit import Exploration
from scoring.errors import FileMalformed
from scoring.files import Column, Kind
from scoring.offer_features import FEATURES

_COLUMNS = (
    Column("click", Kind.NUMBER, least=0),
    *(Column(name, Kind.NUMBER, least=-1e9, most=1e9) for name in FEATURES),
)
_MOST_FLOOR = 0.5


def add_to(score: ScoreCommands) -> None:
    """Add the command."""
    train = score.train.add_parser(
        "acceptance", help="the ranking that learns, for [scoring] acceptance", description=_train.__doc__
    )
    train.add_argument(
        "--log",
        type=Path,
        metavar="FILE",
        help="answers to begin with, as chasqui score decisions writes them (default: none, it begins with nothing)",
    )
    train.add_argument(
        "--floor",
        type=_floor,
        default=Exploration().floor,
        metavar="SHARE",
        help="of the chance that is shared out evenly, whatever is known (default: %(default)s)",
    )
    train.add_argument("--out", type=Path, required=True, metavar="MODEL")
    train.set_defaults(run=_train)


def _floor(text: str) -> float:
    try:
        floor = float(text)
    except ValueError:
        floor = -1.0
    if not 0 < floor <= _MOST_FLOOR:
        raise argparse.ArgumentTypeError(f"must be more than 0 and at most {_MOST_FLOOR}")
    return floor


def _train(arguments: argparse.Namespace) -> int:
    """Make the model that ranks offers by believed acceptance and margin, and goes on learning in service."""
    learned, rows = _learned(arguments.log)
    used = [arguments.log] if arguments.log else []
    made = Provenance(
        artefact.data_sha256(used), rows, utc_now().isoformat(timespec="seconds"), {"numpy": np.__version__}
    )
    version = artefact.save(
        acceptance_model.artefact_of(learned, Exploration(floor=arguments.floor), made), arguments.out
    )
    print(f"{arguments.out}: version {version[:12]}, from {rows} answers")
    if learned.metrics:
        brier, baseline = learned.metrics["brier"], learned.metrics["baseline_brier"]
        print(f"Brier score on the last fifth {brier:.5f}, of the mean alone {baseline:.5f}")
    if not learned.used:
        print("What was learned does not beat the mean: it begins with the mean")
    return 0


def _learned(log: Path | None) -> tuple[Learned, int]:
    if log is None:
        return Learned(acceptance_model.nothing_known(), used=True), 0
    table = files.read(log, _COLUMNS)
    accepted = table["click"]
    wrong = (accepted != 0) & (accepted != 1)
    if wrong.any():
        raise FileMalformed(f"{log}: line {int(np.argmax(wrong)) + 2}, column click: neither 0 nor 1")
    rows = np.stack([table[name] for name in FEATURES], axis=1)
    return acceptance_model.learned_from(rows, accepted), len(rows)
