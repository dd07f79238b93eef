"""The one writer: units queue up, a group is written in one transaction, each caller awaits the commit.

Durability costs one fsync a *group*, not one a unit, so throughput grows with the number of callers that
wait (ADR 0003). Within a group, equal statements run as one ``executemany``; units of one group must not
depend on each other, which holds because whoever depends on a unit awaits it first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.dml import Insert, UpdateBase

from store.driver import Driver, driver_of
from store.errors import AWAY, AlreadyWritten, StoreError, WriteFailed, WriterStopped, is_taken
from store.prepared import Statements
from store.unit import Gate, Op, Take, Unit

MAX_GROUP = 512
"""Units in one transaction at most: bounds how long the first one waits for the last."""

_Pending = tuple[Unit | Take, asyncio.Future[Any]]


class Writer:
    """Commits units in groups. One per process.

    groups, units: counters for metrics. failing: whether the last write was refused by the database itself.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._statements = Statements(engine.dialect)
        self._connection: AsyncConnection | None = None
        self._queue: list[_Pending] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self.groups = 0
        self.failing = False
        self.units = 0

    def start(self) -> None:
        """Begin writing."""
        self._task = asyncio.create_task(self._run(), name="store-writer")

    async def stop(self) -> None:
        """Write what is queued, then end."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task
        await self._let_go()

    def submit(self, unit: Unit) -> asyncio.Future[bool]:
        """Queue a unit; the future is the commit: True if its gate opened, or it has none.

        Raises WriteFailed (through the future), WriterStopped.
        """
        return self._queued(unit)

    def take(self, take: Take) -> asyncio.Future[frozenset[str]]:
        """Queue a taking in hand; the future is its commit: the ids of the rows that it found. Raises as ``submit``."""
        return self._queued(take)

    async def commit(self, unit: Unit) -> bool:
        """Write one unit; returns once it is durable."""
        return await self.submit(unit)

    async def settle_all(self, units: Iterable[Unit]) -> list[bool | StoreError]:
        """Write many units, each on its own terms: for each what ``commit`` returns, or the error it raises."""
        outcomes = await asyncio.gather(*(self.submit(unit) for unit in units), return_exceptions=True)
        return [_outcome(one) for one in outcomes]

    async def commit_all(self, units: Iterable[Unit]) -> list[bool]:
        """Write many units, each on its own terms; raises the first failure after all have ended."""
        return raise_first(await self.settle_all(units))

    def _queued(self, work: Unit | Take) -> asyncio.Future[Any]:
        if self._stopping:
            raise WriterStopped("the store is shutting down")
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.append((work, done))
        self._wake.set()
        return done

    async def _run(self) -> None:
        while not (self._stopping and not self._queue):
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                await asyncio.sleep(0)  # what else this turn of the loop brings is part of the group
                group = list(islice(self._queue, MAX_GROUP))
                del self._queue[: len(group)]
                await self._write(group)

    async def _write(self, group: Sequence[_Pending]) -> None:
        try:
            outcomes = await self._transaction([work for work, _ in group])
        except Exception as error:  # the driver has its own for what it cannot bind; the writer must live on
            if len(group) == 1:
                self.failing = isinstance(error, AWAY)
                _fail(group[0][1], error)
                return
            for pending in group:  # one bad unit must not take its neighbours along
                await self._write([pending])
            return
        self.failing = False
        self.groups += 1
        self.units += len(group)
        for (_, done), outcome in zip(group, outcomes, strict=True):
            if not done.done():
                done.set_result(outcome)

    async def _transaction(self, group: Sequence[Unit | Take]) -> list[bool | frozenset[str]]:
        """Write all of these or none of them. The connection stays open as long as nothing goes wrong with it.

        A connection that is closed in the middle rolls back.
        """
        if self._connection is None:
            self._connection = await self._engine.connect()
        try:
            driver = await driver_of(self._connection)
            taken = [await self._take(driver, one) for one in group if isinstance(one, Take)]
            units = [one for one in group if isinstance(one, Unit)]
            opened = await self._pass_gates(driver, units)
            for statement, values in _batches(units, opened):
                prepared = self._statements.one(statement, values[0])
                await driver.many(prepared.sql, [prepared.row(one) for one in values])
            await driver.commit()
        except BaseException:
            await self._let_go()
            raise
        takes, passed = iter(taken), iter(opened)
        return [next(takes) if isinstance(one, Take) else next(passed) for one in group]

    async def _take(self, driver: Driver, take: Take) -> frozenset[str]:
        calls = self._statements.taking(take.statement, take.ids, take.values)
        return frozenset([row[0] for sql, values in calls for row in await driver.returning(sql, values)])

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _pass_gates(self, driver: Driver, units: Sequence[Unit]) -> list[bool]:
        """Which units may pass; of equal gates in one group only the first does."""
        gates: dict[int, list[Gate]] = {}
        for unit in units:
            if unit.gate is not None:
                gates.setdefault(id(unit.gate.statement), []).append(unit.gate)
        written = {identity: await self._write_gates(driver, of_one_kind) for identity, of_one_kind in gates.items()}
        opened = []
        for unit in units:
            if unit.gate is None:
                opened.append(True)
                continue
            key = tuple(unit.gate.values[name] for name in unit.gate.key)
            fresh = written[id(unit.gate.statement)]
            opened.append(key in fresh)
            fresh.discard(key)
        return opened

    async def _write_gates(self, driver: Driver, gates: Sequence[Gate]) -> set[tuple[Any, ...]]:
        """The keys of the rows that these gates wrote. Inserts go together; an update has no form for many rows."""
        statement = gates[0].statement
        if isinstance(statement, Insert):
            calls = self._statements.returning(statement, [gate.values for gate in gates])
        else:
            prepared = self._statements.one(statement, gates[0].values)
            calls = [(prepared.sql, prepared.row(gate.values)) for gate in gates]
        return {tuple(row) for sql, values in calls for row in await driver.returning(sql, values)}


def raise_first(outcomes: Sequence[bool | StoreError]) -> list[bool]:
    """The outcomes, if none of them is an error."""
    opened = []
    for outcome in outcomes:
        if isinstance(outcome, StoreError):
            raise outcome
        opened.append(outcome)
    return opened


def _outcome(outcome: bool | BaseException) -> bool | StoreError:
    if isinstance(outcome, BaseException) and not isinstance(outcome, StoreError):
        raise outcome
    return outcome


def _fail(done: asyncio.Future[Any], error: Exception) -> None:
    if not done.done():
        kind = AlreadyWritten if is_taken(error) else WriteFailed
        failure = kind(f"the database did not take the write: {error.__class__.__name__}")
        failure.retryable = isinstance(error, AWAY)
        failure.__cause__ = error
        done.set_exception(failure)


def _batches(units: Sequence[Unit], opened: Sequence[bool]) -> Iterable[tuple[UpdateBase, list[Any]]]:
    batches: dict[int, tuple[UpdateBase, list[Any]]] = {}
    for unit, passed in zip(units, opened, strict=True):
        for op in (*unit.always, *unit.ops) if passed else unit.always:
            _add(batches, op)
    return batches.values()


def _add(batches: dict[int, tuple[UpdateBase, list[Any]]], op: Op) -> None:
    known = batches.get(id(op.statement))
    if known is None:
        batches[id(op.statement)] = (op.statement, [op.values])
    else:
        known[1].append(op.values)
