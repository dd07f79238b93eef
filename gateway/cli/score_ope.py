"""``chasqui score ope``: what another way of choosing would have earned, from the log of a random one."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from gateway.cli.score_commands import ScoreCommands
from scoring import off_policy_files
from scoring.off_policy import PolicyValue, value_of

_MANY_UNSEEN = 0.001


def add_to(score: ScoreCommands) -> None:
    """Add the command."""
    ope = score.root.add_parser(
        "ope", help="what a policy would have earned, from the log of another", description=_ope.__doc__
    )
    ope.add_argument(
        "--log",
        type=Path,
        required=True,
        metavar="FILE",
        help="item_id, position, click (0 or 1), propensity_score: the chance with which the item was shown there",
    )
    ope.add_argument(
        "--policy",
        type=Path,
        required=True,
        metavar="FILE",
        help="item_id, position, probability: all that it may show; they sum to 1 for each position",
    )
    ope.add_argument("--json", action="store_true", help="figures for programs")
    ope.set_defaults(run=_ope)


def _ope(arguments: argparse.Namespace) -> int:
    """Estimate how many clicks a row a policy would have had, by IPS, SNIPS and doubly robust, with a 95 % interval."""
    found = value_of(*off_policy_files.read(arguments.log, arguments.policy))
    if found.unseen > _MANY_UNSEEN:
        print(
            f"{arguments.log}: never shows {found.unseen:.1%} of what the policy would: that part is guessed",
            file=sys.stderr,
        )
    print(json.dumps(_document(found)) if arguments.json else _text(found))
    return 0


def _document(found: PolicyValue) -> dict[str, object]:
    return {
        "ips": found.ips,
        "snips": found.snips,
        "dr": found.dr,
        "ci95": [found.low, found.high],
        "n": found.n,
    }


def _text(found: PolicyValue) -> str:
    return (
        f"IPS            {found.ips:.6g}\n"
        f"SNIPS          {found.snips:.6g}\n"
        f"doubly robust  {found.dr:.6g}\n"
        f"95 % interval  {found.low:.6g} to {found.high:.6g}\n"
        f"{found.n} rows, worth {found.effective:.0f} of the policy's own"
    )
