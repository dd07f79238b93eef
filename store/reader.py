"""Reading: a few connections that stay open, each on its thread; queries that wait together share a hop there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from sqlalchemy import Connection, Row, Select
from sqlalchemy.ext.asyncio import AsyncEngine

from store.engine import in_threads

AnyRow = Row[*tuple[Any, ...]]
"""A row of any query."""
AnySelect = Select[*tuple[Any, ...]]

READERS = 2
MAX_SHARED = 64
"""Queries in one hop at most: bounds how long one waits for those before it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    query: AnySelect
    values: Mapping[str, Any]
    done: asyncio.Future[Sequence[AnyRow]]


class Reader:
    """Runs queries; each sees everything committed before it began."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = in_threads(engine)
        self._threads = ThreadPoolExecutor(READERS, "store-reader")
        self._idle: SimpleQueue[Connection] = SimpleQueue()
        self._queue: list[_Asked] = []
        self._passes: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Open the connections."""
        loop = asyncio.get_running_loop()
        for _ in range(READERS):
            await loop.run_in_executor(self._threads, self._open)

    async def stop(self) -> None:
        """Answer what was asked and close the connections."""
        await asyncio.gather(*self._passes)
        self._threads.shutdown()
        while not self._idle.empty():
            self._idle.get().close()
        self._engine.dispose()

    async def rows(self, query: AnySelect, values: Mapping[str, Any] | None = None) -> Sequence[AnyRow]:
        """All rows of ``query``."""
        done: asyncio.Future[Sequence[AnyRow]] = asyncio.get_running_loop().create_future()
        self._queue.append(_Asked(query, values or {}, done))
        if len(self._passes) < READERS:
            task = asyncio.create_task(self._pass())
            self._passes.add(task)
            task.add_done_callback(self._passes.discard)
        return await done

    async def first(self, query: AnySelect, values: Mapping[str, Any] | None = None) -> AnyRow | None:
        """The first row, or None."""
        found = await self.rows(query, values)
        return found[0] if found else None

    async def _pass(self) -> None:
        loop = asyncio.get_running_loop()
        while self._queue:
            asked, self._queue = self._queue[:MAX_SHARED], self._queue[MAX_SHARED:]
            answers = await loop.run_in_executor(self._threads, self._read, asked)
            for one, answer in zip(asked, answers, strict=True):
                if one.done.done():  # who asked went away
                    continue
                if isinstance(answer, Exception):
                    one.done.set_exception(answer)
                else:
                    one.done.set_result(answer)

    def _open(self) -> None:
        self._idle.put(self._engine.connect().execution_options(isolation_level="AUTOCOMMIT"))

    def _read(self, asked: Sequence[_Asked]) -> list[Sequence[AnyRow] | Exception]:
        connection = self._idle.get()  # there are as many as threads, so one is there
        try:
            return [_answer(connection, one) for one in asked]
        finally:
            self._idle.put(connection)


def _answer(connection: Connection, asked: _Asked) -> Sequence[AnyRow] | Exception:
    try:
        return connection.execute(asked.query, asked.values).all()
    except Exception as error:  # raised where it was asked; the other queries go on
        return error
