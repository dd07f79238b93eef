"""What the writer needs of a database driver, below SQLAlchemy's own execution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from store.prepared import Row


class Driver(Protocol):
    """Runs statements in the transaction that is open on its connection."""

    async def many(self, sql: str, rows: Sequence[Row]) -> None:
        """One statement for many rows."""
        ...

    async def returning(self, sql: str, row: Row) -> Sequence[Sequence[Any]]:
        """One statement, and the rows that it returns."""
        ...

    async def commit(self) -> None:
        """End the transaction that the first statement since the last commit began."""
        ...


class SqliteDriver:
    """aiosqlite: every call is one hop to the connection's thread, and hops are what a small group pays for.

    SQLAlchemy's own cursor hops four times a statement (cursor, execute, fetch, close).
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def many(self, sql: str, rows: Sequence[Row]) -> None:
        await self._connection.executemany(sql, rows)

    async def returning(self, sql: str, row: Row) -> Sequence[Sequence[Any]]:
        rows: Sequence[Sequence[Any]] = await self._connection.execute_fetchall(sql, row)
        return rows

    async def commit(self) -> None:
        await self._connection.commit()


async def driver_of(connection: AsyncConnection) -> Driver:
    """The driver below ``connection``."""
    raw = await connection.get_raw_connection()
    return SqliteDriver(raw.driver_connection)
