"""Group commit against a transaction each: the same unit, one row of the inbox."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.measure import Row, Sample, interleave, rows
from flows.values import Msisdn
from store import inbox, tables
from store.engine import open_engine, upgrade
from store.ids import new_id
from store.inbox import Entry
from store.unit import Unit
from store.writer import Writer

_INSERT = insert(tables.inbox).on_conflict_do_nothing()
_numbers = itertools.count()
_Work = Callable[[Sequence[Unit]], Awaitable[None]]


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """Durable rows a second, by how many callers wait at a time."""
    engine = open_engine("sqlite+aiosqlite:///commits.db", folder)
    await upgrade(engine)
    writer = Writer(engine)
    writer.start()
    each, grouped = int(300 * scale), int(6000 * scale)

    async def one_transaction_each() -> Sample:
        return await _measured(each, lambda units: _one_each(engine, units))

    async def alone() -> Sample:
        return await _measured(each, lambda units: _in_flight(writer, units, 1))

    async def few() -> Sample:
        return await _measured(grouped, lambda units: _in_flight(writer, units, 64))

    async def many() -> Sample:
        return await _measured(grouped, lambda units: _in_flight(writer, units, 256))

    cases = {
        "one aiosqlite transaction each, no writer": one_transaction_each,
        "the writer, 1 in flight": alone,
        "the writer, 64 in flight": few,
        "the writer, 256 in flight": many,
    }
    try:
        return rows(await interleave(cases, rounds), {})
    finally:
        await writer.stop()
        await engine.dispose()


async def _measured(count: int, work: _Work) -> Sample:
    units = [inbox.take_in(_entry(next(_numbers))) for _ in range(count)]
    cpu, wall = time.process_time(), time.perf_counter()
    await work(units)
    return Sample(count, time.process_time() - cpu, time.perf_counter() - wall)


async def _one_each(engine: AsyncEngine, units: Sequence[Unit]) -> None:
    for unit in units:
        assert unit.gate is not None
        async with engine.begin() as connection:
            await connection.execute(_INSERT, unit.gate.values)


async def _in_flight(writer: Writer, units: Sequence[Unit], callers: int) -> None:
    waiting = iter(units)

    async def caller() -> None:
        for unit in waiting:
            await writer.commit(unit)

    await asyncio.gather(*(caller() for _ in range(callers)))


def _entry(number: int) -> Entry:
    at = datetime.now(UTC)
    return Entry(new_id(at), "trigger", "ocs/bench", f"e-{number}", Msisdn("573001112233"), '{"n":1}' * 40, at)
