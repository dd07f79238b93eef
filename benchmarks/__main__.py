""".venv/bin/python -m benchmarks: run them all and print one table each."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import (
    batch,
    behaviour,
    clock,
    combos,
    commits,
    decisions,
    depletion,
    hops,
    live,
    menu_table,
    propensity,
    publishing,
    queued,
    slow_ocs,
    texts,
    triggers,
)
from benchmarks.measure import Row

Benchmark = Callable[[Path, int, float], Coroutine[Any, Any, list[Row]]]
BENCHMARKS: Mapping[str, Benchmark] = {
    "hops": hops.run,
    "live": live.run,
    "slow-ocs": slow_ocs.run,
    "triggers": triggers.run,
    "mt": texts.run_out,
    "mo": texts.run_in,
    "queued": queued.run,
    "decisions": decisions.run,
    "batch": batch.run,
    "propensity": propensity.run,
    "combos": combos.run,
    "depletion": depletion.run,
    "behaviour": behaviour.run,
    "menus": menu_table.run,
    "publish": publishing.run,
    "commits": commits.run,
    "clock": clock.run,
}
_DURABILITY = "SQLite, journal_mode=WAL, synchronous=FULL: one fsync a group of commits"


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for. With --gate: 1 when a figure misses its target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="one short round: does it run at all; live gives no verdict then"
    )
    parser.add_argument("--only", choices=list(BENCHMARKS), action="append", help="this one alone (may be repeated)")
    parser.add_argument("--million", action="store_true", help="queued goes up to a million texts: five minutes more")
    parser.add_argument("--gate", action="store_true", help="fail when a figure misses its target")
    options = parser.parse_args(arguments)
    rounds, scale = (1, 0.2) if options.quick else (5, 1.0)
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}"
    )
    print(f"{_DURABILITY} (SQLite {sqlite3.sqlite_version})")
    print(f"medians of {rounds} interleaved rounds; CPU is that of the measured process alone, all its threads\n")
    met = True
    with tempfile.TemporaryDirectory(prefix="chasqui-bench-") as folder:
        for name in dict.fromkeys(options.only or BENCHMARKS):
            benchmark = queued.run_million if options.million and name == "queued" else BENCHMARKS[name]
            found = asyncio.run(benchmark(Path(folder), rounds, scale))
            print(table(name, found), flush=True)
            met = met and all(row.met for row in found)
    return 1 if options.gate and not met else 0


def table(name: str, found: Sequence[Row]) -> str:
    """The rows of one benchmark as text; the first is the baseline."""
    width = max(len(row.name) for row in found)
    lines = [f"{name:<{width}}  {'CPU µs/op':>9}  {'× base':>7}  {'op/s':>8}"]
    for row in found:
        more = [*([row.note] if row.note else []), *map(str, row.goals)]
        figures = f"{row.cpu_us:>9,.1f}  {row.times_baseline:>7.1f}  {row.per_second:>8,.0f}"
        lines.append(f"{row.name:<{width}}  {figures}  {'; '.join(more)}".rstrip())
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
