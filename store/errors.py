"""What can go wrong in the store, by cause."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import OperationalError

AWAY = (OperationalError, sqlite3.OperationalError, OSError)
"""What a database that is full, locked or gone raises, by SQLAlchemy's name or the driver's own."""

_TAKEN = ("SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_ROWID")


class StoreError(Exception):
    """Base of all store errors. code: stable, for machines."""

    code = "store-error"
    retryable = False


class WriteFailed(StoreError):
    """The database did not take the write; nothing of the unit is durable.

    retryable: the database itself was the reason (full, locked, gone), not what was to be written.
    """

    code = "write-failed"


class AlreadyWritten(WriteFailed):
    """A row with this key is there; nothing of the unit is durable."""

    code = "already-written"


class WriterStopped(StoreError):
    """The writer is shutting down and takes nothing more."""

    code = "writer-stopped"
    retryable = True


class DatabaseTooNew(StoreError):
    """The database was migrated by a newer Chasqui than this one."""

    code = "database-too-new"


class DatabaseUnusable(StoreError):
    """The database cannot be opened or migrated; the message says why in one line."""

    code = "database-unusable"


class StoreInUse(StoreError):
    """Another gateway has the database file; the message names its process in one line."""

    code = "store-in-use"


class MenuDamaged(StoreError):
    """A revision or publication of a menu is not as it was written; the message names it in one line."""

    code = "menu-damaged"


def is_taken(error: BaseException) -> bool:
    """Whether a write failed because a row with its key is there."""
    return getattr(error, "sqlite_errorname", "") in _TAKEN


def store_is_away(error: Exception) -> bool:
    """Whether the same call may succeed once the database is back."""
    return isinstance(error, AWAY) or (isinstance(error, StoreError) and error.retryable)
