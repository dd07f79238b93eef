"""Opening the database: made durable, brought up to date, refused when it is not ours to touch."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import BigInteger, Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from store.engine import head, open_engine, upgrade
from store.errors import DatabaseTooNew, DatabaseUnusable
from store.tables import UtcTime, metadata

URL = "sqlite+aiosqlite:///chasqui.db"


async def test_the_migrations_make_exactly_the_tables_that_the_code_uses(engine: AsyncEngine) -> None:
    """A column added to one and not to the other is found here and not by an operator."""

    def difference(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    async with engine.connect() as connection:
        assert await connection.run_sync(difference) == []


async def test_instants_are_whole_numbers_in_the_database(engine: AsyncEngine) -> None:
    """Every column of an instant is a BIGINT of microseconds: exact, sortable, the same everywhere."""

    def columns(connection: Connection) -> dict[tuple[str, str], object]:
        found = inspect(connection)
        return {(table, one["name"]): one["type"] for table in metadata.tables for one in found.get_columns(table)}

    async with engine.connect() as connection:
        types = await connection.run_sync(columns)
    instants = [
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, UtcTime)
    ]
    assert len(instants) > 10
    assert all(isinstance(types[instant], BigInteger) for instant in instants)


async def test_what_is_answered_survives_power_loss(engine: AsyncEngine) -> None:
    """Write-ahead log, and a full sync on every commit."""
    async with engine.connect() as connection:
        journal = (await connection.execute(text("PRAGMA journal_mode"))).scalar_one()
        synchronous = (await connection.execute(text("PRAGMA synchronous"))).scalar_one()
    assert (journal, synchronous) == ("wal", 2)


async def test_upgrading_twice_changes_nothing(engine: AsyncEngine) -> None:
    """Every start upgrades."""
    assert await upgrade(engine) == await upgrade(engine) == head()


async def test_a_database_of_a_newer_version_is_left_alone(engine: AsyncEngine) -> None:
    """Its revision is named, and not a row is touched."""
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match=r"revision 9999.*newer"):
        await upgrade(engine)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one() == "9999"


async def test_a_file_that_is_no_database_is_named_in_one_line(tmp_path: Path) -> None:
    """An operator who points at the wrong file reads why, not a stack trace."""
    (tmp_path / "chasqui.db").write_bytes(b"this is a letter to my aunt\n" * 100)
    opened = open_engine(URL, tmp_path)
    with pytest.raises(DatabaseUnusable, match=r"^store\.url: cannot open the database: .*not a database") as refused:
        await upgrade(opened)
    assert "\n" not in str(refused.value)
    await opened.dispose()


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("not a url", "is not a database URL"),
        ("mysql://h/d", "'mysql' is not supported yet"),
        ("sqlite:///x.db", "'sqlite' is not supported yet"),
        ("sqlite+aiosqlite:///no/such/folder/x.db", "the folder .*no/such/folder does not exist"),
    ],
)
def test_a_url_that_cannot_be_used_says_why(url: str, complaint: str, tmp_path: Path) -> None:
    """One line that names the key."""
    with pytest.raises(DatabaseUnusable, match=f"^store.url.*{complaint}"):
        open_engine(url, tmp_path)


async def test_a_relative_path_starts_at_the_config_file(tmp_path: Path) -> None:
    """Not at wherever the process was started."""
    opened = open_engine(URL, tmp_path)
    await upgrade(opened)
    await opened.dispose()
    assert (tmp_path / "chasqui.db").is_file()
