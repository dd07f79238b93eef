"""``chasqui score batch``: everybody scored, shard by shard."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.app import utc_now
from gateway.app.building import market_of
from gateway.app.models import models_of
from gateway.cli.configured import add_config, load_config
from gateway.cli.score_commands import ScoreCommands
from gateway.cli.score_drift import UNKNOWN, most_moved
from gateway.cli.stored import NO_DATABASE
from gateway.config.scoring_sections import MOST_SHARDS
from gateway.config.tree import Config
from gateway.core.night_folder import NightFolder, read
from gateway.core.night_kinds import SAY
from gateway.errors import BatchRefused
from store.engine import database_file
from store.errors import DatabaseUnusable

_CLEAR_LINE = "\r\x1b[K"
_BAR = 30
_BETWEEN = 0.1
_FILES = (".parquet", ".csv")


def add_to(score: ScoreCommands) -> None:
    """Add the command."""
    batch = score.root.add_parser("batch", help="score everybody in the store", description=_batch.__doc__)
    batch.add_argument("--model", action="append", choices=list(SAY), metavar="KIND", help=f"of {', '.join(SAY)}; all")
    batch.add_argument(
        "--shards", type=int, metavar="N", help="parts in which it is done (default: scoring.batch.shards)"
    )
    batch.add_argument("--shard", type=int, metavar="I", help="this part alone, from 0; others may be done beside it")
    batch.add_argument(
        "--out",
        type=Path,
        metavar="PATH",
        help="a folder, or a .parquet or .csv file (default: scoring.batch.folder/DAY)",
    )
    batch.add_argument("--at", metavar="TIME", help="as of when, with its zone (default: now, or when it was begun)")
    batch.add_argument(
        "--per-second",
        type=float,
        metavar="N",
        help="people at most, 0 for any number (default: scoring.batch.per_second)",
    )
    batch.add_argument("--json", action="store_true", help="what came of it as JSON")
    add_config(batch)
    batch.set_defaults(run=_batch)


def _batch(arguments: argparse.Namespace) -> int:
    """Forecast when the data of everybody in the store is used up, by the models in service or by rules. People are
    spread over shards by a digest of their subscription. A shard is whole or absent: what was broken off is gone on
    with by the same command, and gives the same files.
    """
    from gateway.core.night import Night, Plan, merge  # noqa: PLC0415 - DuckDB, a tenth of a second for every command

    config = load_config(arguments)
    out = arguments.out or config.folder / config.scoring.batch.folder / f"{_today(config):%F}"
    is_file = out.suffix in _FILES
    folder = NightFolder(out.with_name(f"{out.name}.shards") if is_file else out, _shards(arguments, config))
    if arguments.shard is not None and not 0 <= arguments.shard < folder.shards:
        raise BatchRefused(f"--shard must be from 0 to {folder.shards - 1}")
    per_second = config.scoring.batch.per_second if arguments.per_second is None else arguments.per_second
    if not per_second >= 0:
        raise BatchRefused("--per-second must not be negative; 0 is as fast as one core goes")
    plan = Plan(_at(arguments.at), tuple(arguments.model or SAY), per_second, exactly=arguments.at is not None)
    database = database_file(config.store.url, config.folder)
    if not database.is_file():
        raise DatabaseUnusable(f"{database}: {NO_DATABASE}")
    bar = _Bar()
    try:
        found = Night(folder, database, models_of(config), plan).run(arguments.shard, bar.show)
    finally:
        bar.end()
    if found is not None and is_file:
        merge(folder, out)
    _tell(found, folder, out, as_json=arguments.json)
    return 0


def _shards(arguments: argparse.Namespace, config: Config) -> int:
    shards = config.scoring.batch.shards if arguments.shards is None else int(arguments.shards)
    if not 1 <= shards <= MOST_SHARDS:
        raise BatchRefused(f"--shards must be from 1 to {MOST_SHARDS}")
    return shards


def _at(text: str | None) -> datetime:
    if text is None:
        return utc_now()
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BatchRefused(f"--at: {text!r} is no time with its zone, such as 2026-11-24T02:30:00Z")


def _today(config: Config) -> datetime:
    return utc_now().astimezone(market_of(config).time_zones[0])


def _tell(found: dict[str, Any] | None, folder: NightFolder, out: Path, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found))
        return
    if found is None:
        print(f"{folder.path}: {len(folder.missing())} of {folder.shards} shards are missing")
        return
    begun = datetime.fromtimestamp(read(folder.run)["at"], UTC)
    print(f"{out}: {found['people']} people as of {begun:%F %T} UTC, {found['with_bundle']} with data left")
    if found["damaged"]:
        print(f"{found['damaged']} states could not be read and were left out")
    for kind, moved in found["drift"].items():
        print(f"{kind}: {UNKNOWN if moved is None else most_moved(moved)}")


class _Bar:
    """How far it is, on a terminal alone."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()
        self._shown = 0.0
        self._began = time.monotonic()

    def show(self, done: int, of: int) -> None:
        now = time.monotonic()
        if not self._shows or (now - self._shown < _BETWEEN and done < of):
            return
        self._shown = now
        share = done / of if of else 1.0
        per_second = done / max(now - self._began, 1e-9)
        bar = f"[{'#' * int(_BAR * share):<{_BAR}}] {share:4.0%} of {of:,} people, {per_second:,.0f}/s"
        text = bar if done else f"{of:,} states copied"
        print(f"{_CLEAR_LINE}{text}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._shows:
            print(_CLEAR_LINE, end="", file=sys.stderr, flush=True)
