"""``chasqui score model``: what a model file says of itself."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from gateway.cli.score_commands import ScoreCommands
from gateway.cli.score_drift import UNKNOWN
from scoring import artefact
from scoring.artefact import Artefact
from scoring.drift import Reference


def add_to(score: ScoreCommands) -> None:
    """Add the command."""
    model = score.root.add_parser("model", help="what a model file says of itself", description=_model.__doc__)
    model.add_argument("file", type=Path, metavar="MODEL")
    model.add_argument("--json", action="store_true", help="the manifest instead of the card")
    model.set_defaults(run=_model)


def _model(arguments: argparse.Namespace) -> int:
    """Print a model's card and figures, after checking that the file is as it was written."""
    found = artefact.opened(arguments.file)
    if arguments.json:
        print(json.dumps(document(found), ensure_ascii=False, indent=2))
        return 0
    print(
        f"{found.kind}, version {found.version[:12]}, features of version {found.schema}, "
        f"made {found.provenance.made_at}"
    )
    for name, value in found.metrics.items():
        print(f"{name:<32} {value:.6g}")
    if Reference.of_arrays(found.arrays) is None:
        print(UNKNOWN)
    if found.card:
        print(f"\n{found.card.rstrip()}")
    return 0


def document(found: Artefact) -> dict[str, object]:
    """A model as JSON has it, without its arrays."""
    made = found.provenance
    return {
        "version": found.version,
        "kind": found.kind,
        "schema": found.schema,
        "features": list(found.features),
        "metrics": dict(found.metrics),
        "settings": dict(found.settings),
        "data_sha256": list(made.data_sha256),
        "rows": made.rows,
        "made_at": made.made_at,
        "libraries": dict(made.libraries),
        "seed": made.seed,
    }
