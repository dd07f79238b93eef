"""``chasqui score win-back``: who of those that ported out may be asked to come back, and what that is worth."""

from __future__ import annotations

import argparse
import csv
import io
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy.ext.asyncio import AsyncEngine

from flows.catalogue import Catalogue
from flows.win_back import Left, WinBackPeriod, why_not
from gateway.app.building import catalogue_of, market_of
from gateway.cli.author import system_user
from gateway.cli.configured import add_config, load_config
from gateway.cli.private_file import write_private
from gateway.cli.score_commands import ScoreCommands
from gateway.cli.stored import with_store
from gateway.config.tree import Config
from gateway.core.price_windows import margin_of
from gateway.errors import ConfigError
from scoring.lifetime import monthly_margin, value
from scoring.pricing import worth_spending
from scoring.values import Floats
from store import ported_out, prices
from store.reader import Reader
from store.unit import Unit
from store.writer import Writer

_LEAVING = 0.05
"""A month, of those who come back. Assumed."""
_MONTHS = 3
_MONTH = timedelta(days=28)
_AT_ONCE = 500
_COLUMNS = ("msisdn", "language", "left_at", "value", "incentive")


def add_to(score: ScoreCommands) -> None:
    """Add the command."""
    parser = score.root.add_parser("win-back", help="who may be asked to come back", description=_win_back.__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=f"gets {', '.join(_COLUMNS)}")
    add_config(parser)
    parser.set_defaults(run=_win_back)


def _win_back(arguments: argparse.Namespace) -> int:
    """Write a list, for the operator's own campaign, of those who ported out, agreed to offers themselves, and may be
    asked by the law that [scoring.win_back] grounds names; with what coming back is worth and may cost, minor units.
    Each person is listed once, and that is kept in the audit. Nobody is written to.
    """
    config = load_config(arguments)
    back, catalogue = config.scoring.win_back, catalogue_of(config)
    if not back.grounds:
        raise ConfigError("scoring.win_back.grounds is empty: name the law that allows to ask people back")
    at = datetime.now(UTC)

    async def run(engine: AsyncEngine, reader: Reader) -> tuple[Counter[str], int]:
        found = await ported_out.left_since(reader, at - timedelta(days=back.until_days))
        period = WinBackPeriod(timedelta(days=back.from_days), timedelta(days=back.until_days))
        reasons = Counter(why_not(one, at, period) or "listed" for one in found)
        allowed = [one for one in found if why_not(one, at, period) is None]
        worth = await _worth(reader, config, catalogue, allowed)
        spent = worth_spending(worth, round(back.give * 1000), back.most, back.budget)
        rows = [(*_told(one), round(worth[n]), int(spent[n])) for n, one in enumerate(allowed)]
        write_private(arguments.out, _spelled(rows))
        await _note(engine, allowed, back.grounds, at)
        return reasons, int(spent.sum())

    reasons, spent = with_store(config, run)
    print(f"{arguments.out}: {reasons.pop('listed', 0)} people, incentives of {spent} of {back.budget}")
    for reason, count in sorted(reasons.items()):
        print(f"not listed, {reason}: {count}")
    return 0


async def _worth(reader: Reader, config: Config, catalogue: Catalogue, people: Sequence[Left]) -> Floats:
    """What each brought in before they left, as long as they would stay."""
    currency, totals = market_of(config).currency, []
    for one in people:
        paid = await prices.spent(reader, [one.subscription], currency, one.at - _MONTHS * _MONTH)
        totals.append(margin_of(paid.get(one.subscription, {}), catalogue))
    months, leaving = np.full(len(people), float(_MONTHS)), np.full(len(people), _LEAVING)
    monthly = monthly_margin(np.array(totals, dtype=float), months, float(config.scoring.pricing.usual_margin))
    return value(monthly, leaving)


async def _note(engine: AsyncEngine, people: Sequence[Left], grounds: str, at: datetime) -> None:
    writer, actor = Writer(engine), system_user()
    writer.start()
    try:
        for start in range(0, len(people), _AT_ONCE):
            some = people[start : start + _AT_ONCE]
            ops = tuple(ported_out.asked(one.subscription, grounds, actor, at) for one in some)
            await writer.commit(Unit(ops=ops))
    finally:
        await writer.stop()


def _told(one: Left) -> tuple[str, str, str]:
    return one.msisdn, one.language, one.at.isoformat(timespec="seconds")


def _spelled(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([_COLUMNS, *rows])
    return text.getvalue().encode()
