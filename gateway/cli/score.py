"""chasqui score: models and what they say, from files to files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.cli.configured import Commands, Words
from gateway.cli.loading import loaded
from gateway.cli.score_commands import ScoreCommands

_GROUPS: Mapping[str, Sequence[str]] = {
    "train": ("score_depletion", "score_propensity", "score_profiles", "score_acceptance"),
    "predict": ("score_propensity", "score_profiles"),
    "evaluate": ("score_depletion", "score_propensity", "score_profiles"),
    "forecast": ("score_depletion",),
    "combos": ("score_combos",),
    "porting": ("score_porting",),
    "risks": ("score_risks",),
    "win-back": ("score_win_back",),
    "ope": ("score_ope",),
    "model": ("score_model",),
    "models": ("score_models",),
    "compare": ("score_compare",),
    "batch": ("score_batch",),
    "decisions": ("score_decisions",),
    "replay": ("score_replay",),
}
"""The modules that add the commands behind each word."""


def add_to(commands: Commands, words: Words) -> None:
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
    for group in loaded(_GROUPS, words):
        group.add_to(score)
