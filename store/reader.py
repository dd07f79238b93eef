"""Reading: a few connections that stay open, so that a query costs its rows and little more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from store.driver import Driver, driver_of
from store.queries import AnyRow, AnySelect, Queries

__all__ = ["READERS", "AnyRow", "Reader"]
READERS = 2


class Reader:
    """Runs queries; each sees everything committed before it began."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._queries = Queries(engine.dialect)
        self._idle: asyncio.LifoQueue[Driver] = asyncio.LifoQueue()
        self._all: list[AsyncConnection] = []

    async def start(self) -> None:
        """Open the connections."""
        for _ in range(READERS):
            connection = await self._engine.connect()
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            self._all.append(connection)
            self._idle.put_nowait(await driver_of(connection))

    async def stop(self) -> None:
        """Close the connections."""
        for connection in self._all:
            await connection.close()

    async def rows(self, query: AnySelect, values: Mapping[str, Any] | None = None) -> Sequence[AnyRow]:
        """All rows of ``query``."""
        prepared, bound = self._queries.prepare(query, values or {})
        async with self._driver() as driver:
            return prepared.rows(await driver.returning(prepared.sql, bound))

    async def first(self, query: AnySelect, values: Mapping[str, Any] | None = None) -> AnyRow | None:
        """The first row, or None."""
        found = await self.rows(query, values)
        return found[0] if found else None

    @asynccontextmanager
    async def _driver(self) -> AsyncIterator[Driver]:
        driver = await self._idle.get()
        try:
            yield driver
        finally:
            self._idle.put_nowait(driver)
