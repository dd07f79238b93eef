"""What is published is looked for all the time, also after the looking failed."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from itertools import count

import pytest

from fakes import ANAS, House, eventually
from gateway.core.menu_desk import MenuDesk, Signature
from gateway.core.menu_shelf import MenuShelf
from gateway.errors import CompilerFailed
from gateway.jobs.menu_watch import MenuWatch
from menu_versions import compile_here, menu
from menu_versions import source as written
from menus.sources import Source
from menus.table import CompiledMenu


class Compiler:
    """Fails the next so many times."""

    def __init__(self) -> None:
        self.failures = 0

    async def __call__(self, source: Source, version: str, *, gently: bool) -> CompiledMenu:
        if self.failures:
            self.failures -= 1
            raise CompilerFailed("killed")
        return await compile_here(source, version, gently=gently)


class Shelf(MenuShelf):
    """Of a store that is away when it is looked at. failures: so many times."""

    failures = 0

    async def look(self) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is gone")
        await super().look()


@pytest.fixture
def compiler() -> Compiler:
    """One that works."""
    return Compiler()


@pytest.fixture
async def shelf(house: House, compiler: Compiler) -> AsyncIterator[Shelf]:
    """Watched."""
    shelf = Shelf(house.reader, compiler, house.context.metrics, clock=count().__next__)
    watch = MenuWatch(house.context, shelf, pause=0.001)
    watch.start()
    yield shelf
    await watch.stop()


async def publish(house: House, mark: str) -> str:
    """From another process; the version."""
    desk = MenuDesk(house.reader, house.writer, house.clock)
    revision, _ = await desk.draft(menu(mark), written(mark), Signature("ana"))
    await desk.publish(revision, Signature("ana"))
    return revision.version


def served(shelf: MenuShelf) -> str:
    """The version that Ana would begin in."""
    return shelf.begin("main", ANAS).menu.version if shelf.menus else ""


async def test_publications_are_served_as_they_come(house: House, shelf: MenuShelf) -> None:
    """One after another, and their number is a metric."""
    for mark in ("one", "two"):
        version = await publish(house, mark)
        await eventually(lambda version=version: served(shelf) == version)
    assert house.context.metrics.registry.get_sample_value("chasqui_menu_publication", {"menu": "main"}) == 2


async def test_a_store_that_is_away_is_looked_at_again(
    house: House, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    """And what was published meanwhile is served."""
    shelf.failures = 2
    with caplog.at_level(logging.ERROR):
        version = await publish(house, "one")
        await eventually(lambda: served(shelf) == version)
    assert sum("is done again" in record.getMessage() for record in caplog.records) == 2


async def test_a_failure_is_logged_and_the_looking_goes_on(
    house: House, shelf: MenuShelf, compiler: Compiler, caplog: pytest.LogCaptureFixture
) -> None:
    """And what was published meanwhile is served."""
    compiler.failures = 2
    with caplog.at_level(logging.ERROR):
        version = await publish(house, "one")
        await eventually(lambda: served(shelf) == version)
    assert sum("cannot be served" in record.getMessage() for record in caplog.records) == 2
