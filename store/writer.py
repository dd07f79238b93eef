"""The one writer: units queue up, a group is written in one transaction, each caller awaits the commit.

Durability costs one fsync a *group*, not one a unit, so throughput grows with the number of callers that
wait (ADR 0003). What a group writes is in ``store.group``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from flows.frozen import dataclass
from store.driver import driver_of
from store.errors import AWAY, AlreadyWritten, StoreError, WriteFailed, WriterStopped, is_taken
from store.group import Outcome, Work, write_group
from store.prepared import Statements
from store.unit import Take, Unit

MAX_GROUP = 512
"""Units in one transaction at most: bounds how long the first one waits for the last."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """What one caller waits for. alone: the future is the outcome of the only one, not the list of all."""

    work: Sequence[Work]
    done: asyncio.Future[Any]
    alone: bool

    def settle(self, outcomes: Sequence[Outcome | StoreError]) -> None:
        if self.done.done():
            return
        if not self.alone:
            self.done.set_result(outcomes)
        elif isinstance(outcomes[0], StoreError):
            self.done.set_exception(outcomes[0])
        else:
            self.done.set_result(outcomes[0])


class Writer:
    """Commits units in groups. One per process.

    groups, units: counters for metrics. failing: whether the last write was refused by the database itself.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._statements = Statements(engine.dialect)
        self._connection: AsyncConnection | None = None
        self._queue: deque[_Pending] = deque()
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
        return self._queued((unit,), alone=True)

    def take(self, take: Take) -> asyncio.Future[frozenset[str]]:
        """Queue a taking in hand; the future is its commit: the ids of the rows that it found. Raises as ``submit``."""
        return self._queued((take,), alone=True)

    async def commit(self, unit: Unit) -> bool:
        """Write one unit; returns once it is durable."""
        return await self.submit(unit)

    async def settle_all(self, units: Iterable[Unit]) -> list[bool | StoreError]:
        """Write many units, each on its own terms: for each what ``commit`` returns, or the error it raises."""
        work = list(units)
        waiting = [self._queued(work[at : at + MAX_GROUP], alone=False) for at in range(0, len(work), MAX_GROUP)]
        return [outcome for one in waiting for outcome in await one]

    async def commit_all(self, units: Iterable[Unit]) -> list[bool]:
        """Write many units, each on its own terms; raises the first failure after all have ended."""
        return raise_first(await self.settle_all(units))

    def _queued(self, work: Sequence[Work], *, alone: bool) -> asyncio.Future[Any]:
        if self._stopping:
            raise WriterStopped("the store is shutting down")
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.append(_Pending(work, done, alone))
        self._wake.set()
        return done

    async def _run(self) -> None:
        while not (self._stopping and not self._queue):
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                await asyncio.sleep(0)  # what else this turn of the loop brings is part of the group
                group = self._next_group()
                outcomes = iter(await self._written([one for pending in group for one in pending.work]))
                for pending in group:
                    pending.settle([next(outcomes) for _ in pending.work])

    def _next_group(self) -> Sequence[_Pending]:
        """What waited longest, as much of it as one transaction takes."""
        group = [self._queue.popleft()]
        size = len(group[0].work)
        while self._queue and size + len(self._queue[0].work) <= MAX_GROUP:
            size += len(self._queue[0].work)
            group.append(self._queue.popleft())
        return group

    async def _written(self, work: Sequence[Work]) -> list[Outcome | StoreError]:
        """Write these in one transaction; if it fails, each in its own: a bad one takes nobody along."""
        try:
            outcomes = await self._transaction(work)
        except Exception as error:  # the driver has its own for what it cannot bind; the writer must live on
            if len(work) == 1:
                self.failing = isinstance(error, AWAY)
                return [_failure(error)]
            return [outcome for one in work for outcome in await self._written([one])]
        self.failing = False
        self.groups += 1
        self.units += len(work)
        return [*outcomes]

    async def _transaction(self, work: Sequence[Work]) -> Sequence[Outcome]:
        """Write all of these or none of them. The connection stays open as long as nothing goes wrong with it.

        A connection that is closed in the middle rolls back.
        """
        if self._connection is None:
            self._connection = await self._engine.connect()
        try:
            driver = await driver_of(self._connection)
            return await driver.transaction(partial(write_group, statements=self._statements, group=work))
        except BaseException:
            await self._let_go()
            raise

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def raise_first(outcomes: Sequence[bool | StoreError]) -> list[bool]:
    """The outcomes, if none of them is an error."""
    opened = []
    for outcome in outcomes:
        if isinstance(outcome, StoreError):
            raise outcome
        opened.append(outcome)
    return opened


def _failure(error: Exception) -> WriteFailed:
    kind = AlreadyWritten if is_taken(error) else WriteFailed
    failure = kind(f"the database did not take the write: {error.__class__.__name__}")
    failure.retryable = isinstance(error, AWAY)
    failure.__cause__ = error
    return failure
