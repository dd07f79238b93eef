"""``chasqui usage``: what is known of how people live with their phone, from files into the store."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from flows.behaviour import Source
from gateway.app import utc_now
from gateway.app.building import market_of
from gateway.cli.configured import Commands, Words, add_config, load_config
from gateway.cli.private_file import private
from gateway.cli.stored import with_store
from gateway.core import usage_export
from gateway.core.behaviour_desk import BehaviourDesk
from gateway.core.usage_loading import Loaded, UsageLoader
from scoring import behaviour_files
from store.reader import Reader
from store.writer import Writer

_CLEAR_LINE = "\r\x1b[K"
_BAR = 30
_SAID = {
    "kept": "kept",
    "known": "known already",
    "no_consent": "without consent, not kept",
    "too_old": "older than this source is kept, left out",
    "too_new": "from the future, left out",
    "former_holder": "of whoever had the number before, left out",
    "impossible": "with figures that cannot be, left out",
}


def add_to(commands: Commands, _words: Words) -> None:
    """Add the commands."""
    group = commands.add_parser("usage", help="use and behaviour from files").add_subparsers(
        title="commands", required=True, metavar="COMMAND"
    )
    load = group.add_parser("load", help="keep what a CSV or Parquet file tells", description=_load.__doc__)
    add_config(load)
    load.add_argument("file", type=Path, metavar="FILE")
    load.add_argument("--kind", required=True, choices=tuple(map(str, Source)), help="what the file tells of")
    load.add_argument("--json", action="store_true", help="the figures as JSON")
    load.set_defaults(run=_load)
    export = group.add_parser("export", help="what is kept, as a file to train from", description=_export.__doc__)
    add_config(export)
    export.add_argument("--kind", required=True, choices=tuple(map(str, Source)), help="of which source")
    export.add_argument("--out", type=Path, required=True, metavar="CSV")
    export.set_defaults(run=_export)


def _load(arguments: argparse.Namespace) -> int:
    """Keep what a file tells of people's behaviour: of each source with consent alone, and for as long as configured.

    Sessions count for the pace that forecasts are made from. A gateway may run meanwhile. A load that was broken off
    goes on where it was; a file that was loaded before changes nothing, nor does a row that another file had. A
    malformed file is refused whole.
    """
    config = load_config(arguments)
    market, source, path = market_of(config), Source(arguments.kind), arguments.file

    async def run(engine: AsyncEngine, reader: Reader) -> Loaded:
        writer = Writer(engine)
        writer.start()
        try:
            desk = BehaviourDesk(reader, writer, market, config.behaviour.retention, utc_now)
            return await UsageLoader(reader, writer, desk, market, utc_now).load(path, source, _progress)
        finally:
            await writer.stop()

    loaded = with_store(config, run)
    if sys.stderr.isatty():
        print(_CLEAR_LINE, end="", file=sys.stderr, flush=True)
    if arguments.json:
        print(
            json.dumps(
                {
                    "rows": loaded.rows,
                    "done_before": loaded.before,
                    **{name: loaded.words.get(name, 0) for name in _SAID},
                }
            )
        )
        return 0
    print(f"{loaded.rows} rows" + (f", {loaded.before} of them loaded before" if loaded.before else ""))
    for name, said in _SAID.items():
        if loaded.words.get(name):
            print(f"{loaded.words[name]:>10} {said}")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    """Write what is kept of one source, of those alone whose consent stands now: the file that models are trained from.

    It holds numbers in clear and is readable by its owner alone. Delete it when the model is made: what people
    withdraw after is not withdrawn from it.
    """
    config = load_config(arguments)
    market, source = market_of(config), Source(arguments.kind)

    async def run(engine: AsyncEngine, reader: Reader) -> int:
        desk, count = BehaviourDesk(reader, Writer(engine), market, config.behaviour.retention, utc_now), 0
        with private(arguments.out) as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(behaviour_files.header_of(source))
            async for row in usage_export.rows(reader, desk, source):
                lines.writerow(row)
                count += 1
        return count

    print(f"{with_store(config, run)} rows")
    return 0


def _progress(done: int, of: int) -> None:
    """How far it is, on a terminal alone."""
    if sys.stderr.isatty():
        bar = f"[{'#' * (done * _BAR // max(of, 1)):<{_BAR}}]"
        print(f"{_CLEAR_LINE}{bar} {done} of {of} rows", end="", file=sys.stderr, flush=True)
