"""Our own clock over a million known bundles: what a look costs that finds nothing, and each bundle that is due."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import Case, Goal, Row, Sample, cpu_us, interleave, rows
from flows.catalogue import load_starter
from flows.contact_policy import ContactSwitches
from flows.market import load_market
from flows.values import Bucket, Msisdn, SubscriptionId, Unit
from gateway.core.context import Context, Machines
from gateway.core.reach import Reach
from gateway.core.service_numbers import ServiceNumber
from gateway.core.triggers import Triggered
from gateway.jobs.bundle_clock import BundleClock, TakeIn
from gateway.telemetry import Metrics
from locales.catalogues import load_catalogues
from store import bundles, inbox, subscriptions
from store.bundles import KnownBundle
from store.engine import open_engine, upgrade
from store.prepared import Statements
from store.reader import Reader
from store.unit import Op
from store.writer import Writer

_BUNDLES = 1_000_000
_DUE = 5_000
"""In one look."""
_LOOKS = 200
_AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
_EMPTY, _FULL = "a look that finds nothing", "each bundle that is due: found, in the inbox, marked"


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """What is due goes to the inbox and no further: ``triggers`` measures the rest. Baseline: one bundle by its key."""
    known, due = int(_BUNDLES * scale), int(_DUE * scale)
    engine = open_engine("sqlite+aiosqlite:///clock.db", folder)
    await upgrade(engine)
    _fill(folder / "clock.db", Statements(engine.dialect), known, due, rounds)
    writer, reader = Writer(engine), Reader(engine)
    writer.start()
    await reader.start()
    now = [_AT]
    clock = BundleClock(_context(writer, reader, now), _taking(writer), lambda: 0, 60)

    async def by_key() -> Sample:
        return await _timed(_LOOKS, lambda: bundles.of(reader, [_id(7)]))

    async def empty() -> Sample:
        return await _timed(_LOOKS, clock.look)

    async def full() -> Sample:
        now[0] += timedelta(minutes=1)
        cpu, wall = time.process_time(), time.perf_counter()
        assert await clock.look() == due
        return Sample(due, time.process_time() - cpu, time.perf_counter() - wall)

    cases: dict[str, Case] = {"one person's bundles by key": by_key, _EMPTY: empty, _FULL: full}
    found = await interleave(cases, rounds)
    await writer.stop()
    await reader.stop()
    await engine.dispose()
    made = rows(found, {_FULL: 250.0})
    return [_noted(row, found[row.name], known) if row.name == _EMPTY else row for row in made]


def _noted(row: Row, samples: Sequence[Sample], known: int) -> Row:
    milliseconds = cpu_us(samples) / 1e3
    note = f"{milliseconds:.2f} ms over {known:,} bundles"
    return Row(
        row.name, row.cpu_us, row.per_second, row.times_baseline, note, (Goal(milliseconds, 5.0, "a look", "ms"),)
    )


async def _timed(times: int, call: Callable[[], Awaitable[object]]) -> Sample:
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(times):
        await call()
    return Sample(times, time.process_time() - cpu, time.perf_counter() - wall)


def _taking(writer: Writer) -> TakeIn:
    async def take(batch: Sequence[Triggered]) -> list[bool]:
        return list(await writer.commit_all(inbox.take_in(one.entry) for one in batch))

    return take


def _fill(path: Path, statements: Statements, known: int, due: int, rounds: int) -> None:
    """``due`` bundles for each round, a minute apart, and the others in a month."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for ops in (_people(due * rounds), _known(known, due, rounds)):
            first = next(ops)
            prepared = statements.one(first.statement, first.values)
            connection.executemany(prepared.sql, (prepared.row(one.values) for one in _chained(first, ops)))


def _chained(first: Op, others: Iterator[Op]) -> Iterator[Op]:
    yield first
    yield from others


def _people(count: int) -> Iterator[Op]:
    for n in range(count):
        gate = subscriptions.create(subscriptions.begin(Msisdn(f"57300{n:07d}"), "es", _AT), _AT).gate
        assert gate is not None
        yield Op(gate.statement, {**gate.values, "id": _id(n)})


def _known(count: int, due: int, rounds: int) -> Iterator[Op]:
    for n in range(count):
        minutes = 1 + n // due if n < due * rounds else 60 * 24 * 30 + n % 10_000
        tell_at = _AT + timedelta(minutes=minutes)
        bucket = Bucket("b-1", Unit.BYTE, 2**27, 2**30, tell_at + timedelta(hours=24), product="data-1gb-7d")
        yield bundles.put(KnownBundle(_id(n), bucket, _AT, tell_expiry_at=tell_at))


def _id(n: int) -> SubscriptionId:
    return SubscriptionId(f"01BENCH{n:019d}")


def _context(writer: Writer, reader: Reader, now: Sequence[datetime]) -> Context:
    return Context(
        market=load_market("co"),
        catalogue=load_starter("co"),
        catalogues=load_catalogues(),
        switches=ContactSwitches(),
        reach=Reach(),
        service_number=ServiceNumber("12345", two_way=True),
        machines=Machines(),
        reader=reader,
        writer=writer,
        clock=lambda: now[0],
        metrics=Metrics(),
    )
