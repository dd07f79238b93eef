"""``chasqui score decisions``: offers that were explored and what became of them, as the log that others learn from."""

from __future__ import annotations

import argparse
import csv
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.app import utc_now
from gateway.cli.configured import add_config, load_config
from gateway.cli.score_commands import ScoreCommands
from gateway.cli.stored import with_store
from scoring import packed
from scoring.offer_features import FEATURES
from scoring.whole_file import replacing
from store import decisions
from store.reader import Reader

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_HEAD = ("item_id", "position", "click", "propensity_score", *FEATURES)


def add_to(score: ScoreCommands) -> None:
    """Add the command."""
    written = score.root.add_parser(
        "decisions", help="write explored offers and their answers to a file", description=_decisions.__doc__
    )
    written.add_argument("--out", type=Path, required=True, metavar="FILE", help="a CSV file")
    add_config(written)
    written.set_defaults(run=_decisions)


def _decisions(arguments: argparse.Namespace) -> int:
    """Write every offer that the learned ranking made and that was answered or ran out, with its propensity: a log for
    chasqui score ope, and with what the offer looked like for chasqui score train acceptance.
    """

    async def write(engine: AsyncEngine, reader: Reader) -> int:
        return await _written(reader, arguments.out)

    count = with_store(load_config(arguments), write)
    print(f"{arguments.out}: {count} offers")
    return 0


async def _written(reader: Reader, out: Path) -> int:
    count, after, until = 0, (_BEGIN, ""), utc_now()
    with replacing(out) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_HEAD)
        while page := await decisions.answered(reader, after, until):
            after = page[-1].at, page[-1].offer
            for one in page:
                held_out = packed.inputs(one.inputs)["held_out"]
                numbers, row = packed.outputs(one.outputs)
                if not held_out and len(row) == len(FEATURES):
                    writer.writerow((one.bundle, 1, int(one.accepted), numbers["propensity"], *map(float, row)))
                    count += 1
    return count
