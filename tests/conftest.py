"""What tests share: a clock that stands still, a database of their own, the core with nobody outside."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.ext.asyncio import AsyncEngine

# pytest puts tests/ first on the path, and its folders are named like the packages they mirror
sys.path.insert(0, str(Path(__file__).parent.parent))

from fakes import FakeClock, House, colombia
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from locales.catalogues import Catalogues, load_catalogues
from store.consent_ledger import ConsentLedger
from store.engine import open_engine, upgrade
from store.reader import Reader
from store.writer import Writer

# a busy machine draws slowly and is no reason to fail
settings.register_profile("chasqui", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("chasqui")


@pytest.fixture
def clock() -> FakeClock:
    """Ten in the morning in Bogotá, on a Tuesday."""
    return FakeClock()


@pytest.fixture(scope="session")
def catalogues() -> Catalogues:
    """The translations that come with the package."""
    return load_catalogues()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file that every migration ran on; copied, never opened again."""
    folder = tmp_path_factory.mktemp("migrated")

    async def migrate() -> None:
        engine = open_engine("sqlite+aiosqlite:///chasqui.db", folder)
        await upgrade(engine)
        await engine.dispose()

    asyncio.run(migrate())
    return folder / "chasqui.db"


@pytest.fixture
async def engine(migrated: Path, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """An engine on a database of the test's own."""
    shutil.copy(migrated, tmp_path / "chasqui.db")
    opened = open_engine("sqlite+aiosqlite:///chasqui.db", tmp_path)
    yield opened
    await opened.dispose()


@pytest.fixture
async def reader(engine: AsyncEngine) -> AsyncIterator[Reader]:
    """Reads the test's database."""
    started = Reader(engine)
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
async def writer(engine: AsyncEngine) -> AsyncIterator[Writer]:
    """Writes the test's database."""
    started = Writer(engine)
    started.start()
    yield started
    await started.stop()


@pytest.fixture
async def house(clock: FakeClock, reader: Reader, writer: Writer, catalogues: Catalogues) -> House:
    """The core in Colombia with the starter catalogue."""
    return colombia(reader, writer, clock, catalogues)


@pytest.fixture
def committer(house: House) -> Committer:
    """Commits, and remembers in ``house.handed`` what it handed over."""
    ledger = ConsentLedger(house.reader, house.writer)
    return Committer(house.writer, house.context.reach, house.hand, ledger)


@pytest.fixture
def facts(house: House) -> Facts:
    """Subscribers from the test's database, wallets from the fake charging system."""
    return Facts(house.context, house.ocs)
