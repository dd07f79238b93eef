"""``chasqui score compare``: the champion against its challenger, on what has become known."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.app import utc_now
from gateway.cli.configured import add_config, load_config
from gateway.cli.score_commands import ScoreCommands
from gateway.cli.stored import with_store
from gateway.config.scoring_sections import KINDS
from gateway.core.model_figures import ends_told
from gateway.core.model_outcomes import settle
from gateway.errors import ConfigError
from scoring.errors import NothingToCompare
from scoring.paired import LEAST_PEOPLE, Better
from store import model_scores
from store.model_scores import ModelScore
from store.reader import Reader
from store.writer import Writer

if TYPE_CHECKING:
    from gateway.core.model_comparison import Compared

_DAYS, _MOST_DAYS, _MOST = 30, 3650, 200_000


def add_to(score: ScoreCommands) -> None:
    """Add the command."""
    compare = score.root.add_parser(
        "compare", help="the model in service against its challenger", description=_compare.__doc__
    )
    compare.add_argument("kind", choices=KINDS)
    compare.add_argument(
        "--challenger", default="", metavar="VERSION", help="its first characters (default: the newest)"
    )
    compare.add_argument("--days", type=int, default=_DAYS, metavar="N", help=f"how far back (default: {_DAYS})")
    compare.add_argument("--json", action="store_true")
    add_config(compare)
    compare.set_defaults(run=_compare)


def _compare(arguments: argparse.Namespace) -> int:
    """Compare two models on decisions that both saw and whose outcome is known: depletion by pinball loss in hours,
    the others by log loss; with the 95 % interval of the difference, people taken as what varies.
    """
    from gateway.core.model_comparison import compared, newest_pair  # noqa: PLC0415 - scikit-learn, half a second

    kind: str = arguments.kind
    if not 1 <= arguments.days <= _MOST_DAYS:
        raise ConfigError(f"--days must be from 1 to {_MOST_DAYS}")
    since = utc_now() - timedelta(days=arguments.days)

    async def run(engine: AsyncEngine, reader: Reader) -> list[ModelScore]:
        writer = Writer(engine)
        writer.start()
        try:
            await settle(reader, writer, utc_now())
        finally:
            await writer.stop()
        return list(await model_scores.known(reader, kind, since, _MOST))

    scores = with_store(load_config(arguments), run)
    pair = newest_pair(scores, arguments.challenger)
    if pair is None:
        raise NothingToCompare(
            f"{kind}: no decision of the last {arguments.days} days that a challenger saw too has become known; "
            "name one in [scoring.challengers] and wait"
        )
    if kind == "depletion" and not ends_told(scores):
        raise NothingToCompare(
            "depletion: no bundle was told to be used up; the charging system must send bundle.depleted"
        )
    found = compared(kind, scores, pair)
    print(_json(found) if arguments.json else _table(found))
    return 0


def _json(found: Compared) -> str:
    apart = {name: _finite(value) for name, value in asdict(found.difference).items()}
    figures = {role: {name: _finite(value) for name, value in of.items()} for role, of in found.figures.items()}
    document = {
        "champion": found.champion,
        "challenger": found.challenger,
        "figures": figures,
        "difference": {"of": found.loss, **apart},
        "better": found.difference.better.value,
    }
    return json.dumps(document, indent=2)


def _table(found: Compared) -> str:
    apart = found.difference
    lines = [
        f"{apart.cases} decisions about {apart.people} people",
        f"{'':<24} {found.champion[:12]:>14} {found.challenger[:12]:>14}",
        f"{'':<24} {'champion':>14} {'challenger':>14}",
    ]
    lines += [
        f"{name:<24} {value:>14.4f} {found.figures['challenger'][name]:>14.4f}"
        for name, value in found.figures["champion"].items()
    ]
    lines.append(f"difference of {found.loss}: {apart.mean:+.4f}, 95 % from {apart.low:+.4f} to {apart.high:+.4f}")
    few = f" (fewer than {LEAST_PEOPLE} people)" if apart.people < LEAST_PEOPLE else ""
    better = apart.better
    lines.append(f"which is better {better}{few}" if better is Better.UNKNOWN else f"better: the {better}")
    return "\n".join(lines)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
