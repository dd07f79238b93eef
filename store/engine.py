"""Opening the database: engine, durability settings, schema version."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from store.errors import DatabaseTooNew, DatabaseUnusable

_SQLITE_SETTINGS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # what was answered survives power loss
    "PRAGMA busy_timeout=5000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA secure_delete=ON",  # a consent key that was deleted is overwritten, not only forgotten
)


def open_engine(url: str, relative_to: Path) -> AsyncEngine:
    """An engine for ``url``; a relative SQLite path starts at ``relative_to``. Raises DatabaseUnusable."""
    path = database_file(url, relative_to)
    if not path.parent.is_dir():
        raise DatabaseUnusable(f"store.url: the folder {path.parent} does not exist")
    parsed = make_url(url).set(database=str(path))
    engine = create_async_engine(parsed, pool_size=4, max_overflow=4, hide_parameters=True)  # MSISDNs stay out of logs
    event.listen(engine.sync_engine, "connect", _durable)
    return engine


def database_file(url: str, relative_to: Path) -> Path:
    """The file that ``url`` names, whether it is there or not. Raises DatabaseUnusable."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseUnusable(f"store.url {url!r} is not a database URL") from None
    if parsed.drivername != "sqlite+aiosqlite":
        raise DatabaseUnusable(f"store.url: {parsed.drivername!r} is not supported yet; use sqlite+aiosqlite:///FILE")
    if parsed.database in (None, "", ":memory:"):
        raise DatabaseUnusable(f"store.url {url!r} names no file: nothing would be durable")
    return (relative_to / str(parsed.database)).resolve()


def _durable(connection: SqliteConnection, _record: Any) -> None:
    cursor = connection.cursor()
    for setting in _SQLITE_SETTINGS:
        cursor.execute(setting)
    cursor.close()


async def upgrade(engine: AsyncEngine) -> str:
    """Bring the schema to this version and return its revision.

    Raises DatabaseTooNew when a newer Chasqui wrote it, DatabaseUnusable when it cannot be opened.
    """
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(_upgrade)
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise DatabaseUnusable(f"store.url: cannot open the database: {reason}") from error


def head() -> str:
    """The schema revision that this version of Chasqui works with."""
    revision = _scripts(Config()).get_current_head()
    assert revision is not None
    return revision


def _scripts(config: Config) -> ScriptDirectory:
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return ScriptDirectory.from_config(config)


def _upgrade(connection: Connection) -> str:
    config = Config()
    known = {revision.revision for revision in _scripts(config).walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise DatabaseTooNew(
            f"the database is at revision {current}, which this version of Chasqui does not know: "
            "it was written by a newer one; start that one"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return head()
