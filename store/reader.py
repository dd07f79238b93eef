"""Reading: a few connections that stay open, so that a query costs its rows and little more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Row, Select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

AnyRow = Row[*tuple[Any, ...]]
"""A row of any query."""

READERS = 2


class Reader:
    """Runs queries; each sees everything committed before it began."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._idle: asyncio.LifoQueue[AsyncConnection | None] = asyncio.LifoQueue()  # None: to be opened when needed
        self._all: list[AsyncConnection] = []

    async def start(self) -> None:
        """Open the connections."""
        for _ in range(READERS):
            self._idle.put_nowait(await self._open())

    async def stop(self) -> None:
        """Close the connections."""
        for connection in self._all:
            await connection.close()

    async def rows(self, query: Select[*tuple[Any, ...]], values: Mapping[str, Any] | None = None) -> Sequence[AnyRow]:
        """All rows of ``query``."""
        async with self._connection() as connection:
            return (await connection.execute(query, values or {})).all()

    async def first(self, query: Select[*tuple[Any, ...]], values: Mapping[str, Any] | None = None) -> AnyRow | None:
        """The first row, or None."""
        found = await self.rows(query, values)
        return found[0] if found else None

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        connection = await self._idle.get()
        try:
            connection = connection or await self._open()
            yield connection
        finally:
            if connection is not None and connection.invalidated:  # who waited went away in the middle of a query
                self._all.remove(connection)
                connection = None
            self._idle.put_nowait(connection)

    async def _open(self) -> AsyncConnection:
        connection = await self._engine.connect()
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        self._all.append(connection)
        return connection
