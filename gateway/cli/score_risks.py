"""``chasqui score risks``: who may leave, as a model said of a file, kept where prices are made from it."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from flows.frozen import dataclass
from flows.values import Msisdn, parse_msisdn
from gateway.cli.configured import add_config, load_config
from gateway.cli.score_commands import ScoreCommands
from gateway.cli.stored import with_store
from scoring.files import Column, Kind, read
from scoring.text_table import TextTable, check_unique
from store import prices, subscriptions
from store.prices import Risk
from store.reader import Reader
from store.unit import Unit
from store.writer import Writer

_AT_ONCE = 500
_LONGEST_ORIGIN = 80


@dataclass(frozen=True, slots=True)
class _Kept:
    """How many people's risks are kept, and how many numbers nobody has."""

    people: int
    unknown: int


def add_to(score: ScoreCommands) -> None:
    """Add the command."""
    risks = score.root.add_parser("risks", help="keep who may leave, for prices", description=_risks.__doc__)
    risks.add_argument("--csv", type=Path, required=True, metavar="FILE", help="id (a number), probability")
    risks.add_argument("--origin", default="model", help="who says so; told with every price (default: model)")
    add_config(risks)
    risks.set_defaults(run=_risks)


def _risks(arguments: argparse.Namespace) -> int:
    """Keep what chasqui score predict propensity wrote of numbers: the chance of leaving within a month. A running
    gateway takes it up with the next offer. Numbers that nobody has are left out and counted.
    """
    said = _said(arguments.csv)
    at, origin = datetime.now(UTC), arguments.origin[:_LONGEST_ORIGIN]

    async def run(engine: AsyncEngine, reader: Reader) -> _Kept:
        writer = Writer(engine)
        writer.start()
        try:
            return await _keep(said, origin, at, reader, writer)
        finally:
            await writer.stop()

    kept = with_store(load_config(arguments), run)
    print(f"{kept.people} people, {kept.unknown} numbers that nobody has")
    return 0


async def _keep(said: dict[Msisdn, float], origin: str, at: datetime, reader: Reader, writer: Writer) -> _Kept:
    numbers, people = list(said), 0
    for start in range(0, len(numbers), _AT_ONCE):
        known = await subscriptions.by_msisdn(reader, numbers[start : start + _AT_ONCE])
        ops = tuple(prices.put_risk(one.id, Risk(said[msisdn], origin, at)) for msisdn, one in known.items())
        await writer.commit(Unit(ops=ops))
        people += len(known)
    return _Kept(people, len(numbers) - people)


def _said(path: Path) -> dict[Msisdn, float]:
    """The chance by number. Raises FileMalformed by line and column."""
    found = read(path, [Column("id"), Column("probability", Kind.NUMBER, least=0)])
    table = TextTable(path, {"id": found["id"]}, len(found["id"]))
    check_unique(table, "id")
    said: dict[Msisdn, float] = {}
    for row, (text, chance) in enumerate(zip(found["id"], found["probability"], strict=True)):
        msisdn = parse_msisdn(text)
        if msisdn is None:
            raise table.fault(row, "id", "not a number in E.164")
        if chance > 1:
            raise table.fault(row, "probability", f"{chance:g} is more than 1")
        said[msisdn] = float(chance)
    return said
