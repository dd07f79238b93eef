"""``chasqui score``: models and what they say, from files to files."""

from __future__ import annotations

from gateway.cli import (
    score_acceptance,
    score_batch,
    score_combos,
    score_compare,
    score_decisions,
    score_depletion,
    score_model,
    score_models,
    score_ope,
    score_profiles,
    score_propensity,
    score_replay,
    score_risks,
    score_win_back,
)
from gateway.cli.configured import Commands
from gateway.cli.score_commands import ScoreCommands

_GROUPS = (
    score_combos,
    score_profiles,
    score_propensity,
    score_risks,
    score_win_back,
    score_depletion,
    score_acceptance,
    score_ope,
    score_model,
    score_models,
    score_compare,
    score_batch,
    score_decisions,
    score_replay,
)


def add_to(commands: Commands) -> None:
    """Add the commands."""
    parser = commands.add_parser("score", help="models: train, measure, forecast, and combo plans", description=__doc__)
    root = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    train = root.add_parser("train", help="make a model from files")
    predict = root.add_parser("predict", help="what a model says of every row of a file")
    evaluate = root.add_parser("evaluate", help="how good a model is on data that it has not seen")
    score = ScoreCommands(
        root,
        *(one.add_subparsers(title="models", required=True, metavar="MODEL") for one in (train, predict, evaluate)),
    )
    for group in _GROUPS:
        group.add_to(score)
