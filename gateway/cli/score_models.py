"""``chasqui score models``: what the configuration puts into service."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from gateway.app.models import files_of, models_of
from gateway.cli.configured import add_config, load_config
from gateway.cli.score_commands import ScoreCommands
from gateway.cli.score_drift import of_model
from gateway.cli.score_model import document
from gateway.config.scoring_sections import KINDS
from gateway.core.night_folder import newest, read


def add_to(score: ScoreCommands) -> None:
    """Add the command."""
    models = score.root.add_parser(
        "models", help="the models that the configuration names", description=_models.__doc__
    )
    models.add_argument("--json", action="store_true")
    add_config(models)
    models.set_defaults(run=_models)


def _models(arguments: argparse.Namespace) -> int:
    """Load the models of [scoring] as a gateway would, and tell version, making and figures of each, and how far people
    have moved from those of its training, as the newest night in scoring.batch.folder counted it.
    """
    config = load_config(arguments)
    models, files = models_of(config), files_of(config)
    night, drifts = _last_night(config.folder / config.scoring.batch.folder)
    if arguments.json:
        told = [
            {
                "kind": kind,
                "role": role,
                "file": str(files[kind, role]),
                "model": document(served.artefact),
                "drift": drifts.get((kind, served.artefact.version)),
            }
            for kind, role, served in models
        ]
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return 0
    for kind, role, served in models:
        made = served.artefact.provenance
        print(f"{kind} {role}: version {served.artefact.version[:12]}, made {made.made_at} from {made.rows} rows")
        print(f"  {files[kind, role]}")
        for name, value in served.artefact.metrics.items():
            print(f"  {name:<30} {value:.6g}")
        print(f"  {of_model(served.artefact, night, drifts.get((kind, served.artefact.version)))}")
    without = [kind for kind in KINDS if kind not in models.champions]
    if without:
        print(f"by rules, without a model: {', '.join(without)}")
    return 0


def _last_night(folder: Path) -> tuple[str | None, Mapping[tuple[str, str], Mapping[str, float]]]:
    """Its day, and how much had moved by kind and version of the model."""
    summary = newest(folder)
    if summary is None:
        return None, {}
    found = read(summary)
    return summary.parent.name, {
        (kind, found["models"][kind]): moved for kind, moved in found["drift"].items() if moved is not None
    }
