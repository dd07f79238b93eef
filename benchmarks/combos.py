"""Combo plans of ten million recharges: the whole command in a process of its own, on one core."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import duckdb

from benchmarks.measure import Case, Goal, Row, Sample, interleave, rows

_ROWS = 10_000_000
_MOST_ROUNDS = 3
_BASE = "DuckDB reads the same file once, every column"
_QUARTERS, _GROUPS = "score combos, quarters of each type", "score combos, a file of groups"
_MOST_SECONDS, _MOST_MEGABYTES = 10, 1_000
_READ = """
import duckdb, sys
duckdb.execute("SET threads = 1; SET enable_progress_bar = false")
duckdb.execute(f"SELECT count(COLUMNS(*)) FROM read_csv('{sys.argv[1]}')").fetchall()
"""
_YAML = """
data: {D1: [10, 100], D2: [101, 250], D3: [251, 500], D4: [501, null]}
talktime: {T1: [10, 100], T2: [101, 250], T3: [251, 500], T4: [501, null]}
sms: {S1: [10, 100], S2: [101, 250], S3: [251, 500], S4: [501, null]}
"""
_RECHARGES = """
COPY (
    SELECT '5730' || lpad(customer::VARCHAR, 8, '0') AS customer_id,
        list_extract(['data', 'data', 'data', 'data', 'data', 'talktime', 'talktime', 'talktime', 'sms', 'sms'],
            (hash(i * 4 + 1) % 10 + 1)::BIGINT) AS recharge_type,
        strftime(TIMESTAMP '2026-09-01' + to_seconds((hash(i * 4 + 2) % (61 * 86400))::BIGINT), '%Y-%m-%dT%H:%M:%SZ')
            AS recharge_date,
        40 * (hash(customer) % 10) + 10 * (hash(i * 4 + 3) % 4 + 1) AS amount,
        CASE WHEN hash(i) % 50 = 0 THEN 'failed' ELSE 'success' END AS status
    FROM (SELECT i, hash(i * 4 + 5) % $customers AS customer FROM range($rows) AS of_rows (i))
) TO $file (HEADER)
"""
"""Three recharges a customer in two months, who spends about the same on every type. Always the same rows."""


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """Seconds and memory of the process from its start to its end, imports included; targets hold at full size."""
    count, file, groups = int(_ROWS * scale), folder / "recharges.csv", folder / "groups.yaml"
    with duckdb.connect() as made:
        made.execute("SET enable_progress_bar = false")
        made.execute(_RECHARGES, {"rows": count, "customers": count // 3, "file": str(file)})
    groups.write_text(_YAML, encoding="utf-8")
    combos = (sys.executable, "-m", "gateway.cli", "score", "combos", "--min-support", "0.01", "--recharges", str(file))
    commands: dict[str, Sequence[str]] = {
        _BASE: (sys.executable, "-c", _READ, str(file)),
        _QUARTERS: combos,
        _GROUPS: (*combos, "--groups", str(groups)),
    }
    memory: dict[str, list[float]] = {name: [] for name in commands}
    cases = {name: _case(command, count, memory[name]) for name, command in commands.items()}
    samples = await interleave(cases, min(rounds, _MOST_ROUNDS))
    found = []
    for row in rows(samples, {}):
        seconds, cpu = (median(getattr(one, of) for one in samples[row.name]) for of in ("seconds", "cpu"))
        most = max(memory[row.name])
        note = f"{count:,} rows: {cpu:.1f} s of processor time, {seconds:.1f} s in all, at most {most:,.0f} MB resident"
        goals = (Goal(cpu, _MOST_SECONDS, "processor time", "s"), Goal(most, _MOST_MEGABYTES, "memory", "MB"))
        held = row.name != _BASE and scale >= 1
        found.append(replace(row, note=note, goals=goals if held else ()))
    file.unlink()
    return found


def _case(command: Sequence[str], count: int, memory: list[float]) -> Case:
    async def once() -> Sample:
        sample, megabytes = await asyncio.to_thread(_run, command, count)
        memory.append(megabytes)
        return sample

    return once


def _run(command: Sequence[str], count: int) -> tuple[Sample, float]:
    """One run on one core, and the most memory that was resident, in MB."""
    begun = time.perf_counter()
    process = os.posix_spawn(
        "/usr/bin/env",
        ["env", "taskset", "-c", str(min(os.sched_getaffinity(0))), *command],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, used = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"{command[1:4]} ended with {os.waitstatus_to_exitcode(status)}")
    cpu = used.ru_utime + used.ru_stime
    return Sample(count, cpu, time.perf_counter() - begun), used.ru_maxrss * 1024 / 1e6
