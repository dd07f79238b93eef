"""What the store needs of a database driver, below SQLAlchemy's own execution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from store.prepared import Row

Result = TypeVar("Result")


class Hand(Protocol):
    """Runs statements in the transaction that is open, in the thread of the connection."""

    def many(self, sql: str, rows: Sequence[Row]) -> None:
        """One statement for many rows."""
        ...

    def returning(self, sql: str, row: Row) -> Sequence[Sequence[Any]]:
        """One statement, and the rows that it returns."""
        ...


class Driver(Protocol):
    """One connection with a thread of its own. A call is one hop to it, and hops are what a small group pays for."""

    async def returning(self, sql: str, row: Row) -> Sequence[Sequence[Any]]:
        """One statement, and the rows that it returns."""
        ...

    async def transaction(self, work: Callable[[Hand], Result]) -> Result:
        """Run ``work`` in the connection's thread and commit what it did.

        What it raises, or the commit, is raised here; the transaction is open then, and closing the connection ends it.
        """
        ...


class _SqliteHand:
    """sqlite3 itself."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def many(self, sql: str, rows: Sequence[Row]) -> None:
        self._connection.executemany(sql, rows)

    def returning(self, sql: str, row: Row) -> Sequence[Sequence[Any]]:
        found: Sequence[Sequence[Any]] = self._connection.execute(sql, row).fetchall()
        return found


class SqliteDriver:
    """aiosqlite. SQLAlchemy's own cursor hops four times a statement (cursor, execute, fetch, close)."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def returning(self, sql: str, row: Row) -> Sequence[Sequence[Any]]:
        rows: Sequence[Sequence[Any]] = await self._connection.execute_fetchall(sql, row)
        return rows

    async def transaction(self, work: Callable[[Hand], Result]) -> Result:
        # aiosqlite has no public call that takes a function; SQLAlchemy reaches for the same two names
        result: Result = await self._connection._execute(self._committed, work)
        return result

    def _committed(self, work: Callable[[Hand], Result]) -> Result:
        connection = self._connection._conn
        result = work(_SqliteHand(connection))
        connection.commit()
        return result


async def driver_of(connection: AsyncConnection) -> Driver:
    """The driver below ``connection``."""
    raw = await connection.get_raw_connection()
    return SqliteDriver(raw.driver_connection)
