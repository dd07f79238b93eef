"""``chasqui score porting``: what may tell of porting, from what the store keeps with consent; and who did port."""

from __future__ import annotations

import argparse
import csv
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy.ext.asyncio import AsyncEngine

from flows.values import SubscriptionId
from gateway.app import utc_now
from gateway.app.building import market_of
from gateway.cli.configured import add_config, load_config
from gateway.cli.private_file import private
from gateway.cli.score_commands import ScoreCommands
from gateway.cli.stored import with_store
from gateway.config.tree import Config
from gateway.core.behaviour_desk import BehaviourDesk
from gateway.core.porting_features import PortingFeatures
from gateway.core.porting_outcomes import Outcome, Taken, outcomes
from scoring.errors import TrainingRefused
from scoring.files import Column, Kind, read
from scoring.porting import FEATURES
from store.reader import Reader
from store.writer import Writer

_DAYS = 28
_MOST_DAYS = 365
_AT_ONCE = 500
_WHO = ("id", "subscription", "as_of")
_PORTED = "ported"
_LEFT_OUT = {
    "unknown": "unknown to this store",
    "erased": "erased on request",
    "ended": "ended otherwise in that time",
    "withdrawn": "took back all that the features were made from",
}
_COLUMNS = (
    Column("subscription", shape=r"[\x21-\x7e]{1,64}", says="not a subscription"),
    Column("as_of", Kind.TIME),
    *(Column(name, Kind.NUMBER, least=0, optional=True) for name in FEATURES),
)


def add_to(score: ScoreCommands) -> None:
    """Add the commands."""
    group = score.root.add_parser("porting", help="what may tell of porting, and who did port").add_subparsers(
        title="commands", required=True, metavar="COMMAND"
    )
    features = group.add_parser(
        "features", help="of everybody who agreed, as they are now", description=_features.__doc__
    )
    features.add_argument(
        "--out", type=Path, required=True, metavar="CSV", help=f"gets {', '.join(_WHO)} and {', '.join(FEATURES)}"
    )
    add_config(features)
    features.set_defaults(run=_features)
    told = group.add_parser("outcomes", help="who ported since, to train from", description=_outcomes.__doc__)
    told.add_argument("--features", type=Path, required=True, metavar="CSV", help="features taken earlier")
    told.add_argument(
        "--within", type=_days, default=_DAYS, metavar="DAYS", help="after the features (default: %(default)s)"
    )
    told.add_argument("--out", type=Path, required=True, metavar="CSV", help=f"gets the features and {_PORTED}")
    add_config(told)
    told.set_defaults(run=_outcomes)


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= _MOST_DAYS:
        raise argparse.ArgumentTypeError(f"must be from 1 to {_MOST_DAYS}")
    return days


def _features(arguments: argparse.Namespace) -> int:
    """Write what may tell that people leave for another operator: of everybody of whom recharges, sessions or support
    contacts are kept, from those sources alone whose consent stands now. What is not known is empty.

    For score predict propensity with --id id; and to be kept until score porting outcomes. The file holds numbers and
    is readable by its owner alone.
    """
    config, at = load_config(arguments), utc_now()

    async def run(engine: AsyncEngine, reader: Reader) -> tuple[int, int]:
        looked_at = written = 0
        with private(arguments.out) as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow((*_WHO, *FEATURES))
            currency, as_of = market_of(config).currency, at.isoformat(timespec="seconds")
            features = PortingFeatures(reader, _desk(config, engine, reader), currency, at)
            async for people, rows in features.pages():
                lines.writerows((row.msisdn, row.subscription, as_of, *map(_told, row.features)) for row in rows)
                looked_at, written = looked_at + people, written + len(rows)
                _progress(f"{looked_at} people")
        return looked_at, written

    looked_at, written = with_store(config, run)
    _progress("")
    print(f"{arguments.out}: {written} people")
    if looked_at > written:
        print(f"of whom nothing is known, or may be used for this: {looked_at - written}")
    return 0


def _outcomes(arguments: argparse.Namespace) -> int:
    """Write rows for score train propensity --target ported: the features of everybody in a file of score porting
    features whose time is over, with whether they ported within it. Numbers and names are left out, so that nobody can
    be found again; what somebody took back since is left out, too. Delete the file with the numbers then.
    """
    config, within = load_config(arguments), timedelta(days=arguments.within)
    taken = _taken(arguments.features)
    if not taken:
        raise TrainingRefused(f"{arguments.features}: there are no rows")
    over = max(one.at for one in taken) + within
    if over > utc_now():
        raise TrainingRefused(
            f"{arguments.features}: who ports within {arguments.within} days is known from {over:%F %R} UTC on"
        )

    async def run(engine: AsyncEngine, reader: Reader) -> tuple[Counter[bool], Counter[str]]:
        desk, ported, left_out = _desk(config, engine, reader), Counter[bool](), Counter[str]()
        with private(arguments.out) as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow((*FEATURES, _PORTED))
            for some in _in_parts(taken):
                found, without = await outcomes(reader, desk, some, within)
                lines.writerows(map(_row, found))
                ported.update(one.ported for one in found)
                left_out += without
                _progress(f"{ported.total() + left_out.total()} of {len(taken)} people")
        return ported, left_out

    ported, left_out = with_store(config, run)
    _progress("")
    print(f"{arguments.out}: {ported.total()} people, of whom {ported[True]} ported")
    for why, count in sorted(left_out.items()):
        print(f"left out, {_LEFT_OUT[why]}: {count}")
    return 0


def _desk(config: Config, engine: AsyncEngine, reader: Reader) -> BehaviourDesk:
    """One that reads; its writer was never started."""
    return BehaviourDesk(reader, Writer(engine), market_of(config), config.behaviour.retention, utc_now)


def _taken(path: Path) -> Sequence[Taken]:
    """Raises FileMalformed."""
    table = read(path, _COLUMNS)
    rows = np.column_stack([table[name] for name in FEATURES])
    return [
        Taken(SubscriptionId(who), datetime.fromtimestamp(at, UTC), row)
        for who, at, row in zip(table["subscription"], table["as_of"], rows, strict=True)
    ]


def _in_parts(taken: Sequence[Taken]) -> Iterator[Sequence[Taken]]:
    for start in range(0, len(taken), _AT_ONCE):
        yield taken[start : start + _AT_ONCE]


def _row(outcome: Outcome) -> tuple[str, ...]:
    return (*map(_told, outcome.features), "yes" if outcome.ported else "no")


def _told(figure: float) -> str:
    return "" if math.isnan(figure) else f"{figure:.6g}"


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
