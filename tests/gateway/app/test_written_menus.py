"""The configuration's menus are brought into the store, and give way to what a person publishes."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from fakes import ANAS, House
from gateway.app.written_menus import stock, written_menus
from gateway.config.loading import load
from gateway.config.tree import UssdServiceConfig
from gateway.core.menu_desk import MenuDesk, Signature
from gateway.core.menu_shelf import MenuShelf
from gateway.errors import ConfigError
from gateway.ussd.services import Services
from menu_versions import compile_here, menu, source
from store import menu_publications

SERVICES = Services((UssdServiceConfig(code="*123#", menu="main"),))


class Start:
    """Starts of a gateway with a folder of menus."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.folder = folder
        self.desk = MenuDesk(house.reader, house.writer, house.clock)
        (folder / "menus").mkdir()
        (folder / "chasqui.toml").write_text("[menus]\npath = 'menus'\n")

    def write(self, mark: str, name: str = "main", **shortcuts: str) -> None:
        """Let this be the menu's file."""
        written = source(mark, name, {keys[1:]: page for keys, page in shortcuts.items()})
        (self.folder / "menus" / written.file).write_text(written.text, encoding="utf-8")

    async def __call__(self, services: Services = SERVICES) -> str:
        """The version in which a session begins then."""
        shelf = MenuShelf(self.house.reader, compile_here, self.house.context.metrics, lambda: 0.0)
        await stock(shelf, self.desk, written_menus(load(self.folder / "chasqui.toml", {})), services)
        return shelf.begin("main", ANAS).menu.version

    async def publish(self, mark: str) -> None:
        """As a person does."""
        revision, _ = await self.desk.draft(menu(mark), source(mark), Signature("ana"))
        await self.desk.publish(revision, Signature("ana"))


@pytest.fixture
def start(house: House, tmp_path: Path) -> Start:
    """Version one is written."""
    start = Start(house, tmp_path)
    start.write("one")
    return start


async def test_a_changed_file_is_served_after_the_next_start(start: Start, house: House) -> None:
    """As a seed of its own; without a change there is no new one."""
    assert await start() == await start() == menu("one").version
    start.write("two")
    assert await start() == menu("two").version
    history = await menu_publications.of_menu(house.reader, "main")
    assert [(one.kind, one.author) for one in history] == [("seed", "chasqui")] * 2


async def test_a_file_gives_way_to_what_a_person_published(
    start: Start, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """One line says that it differs, and none when it does not."""
    await start()
    await start.publish("two")
    start.write("three")
    with caplog.at_level(logging.WARNING):
        assert await start() == menu("two").version
        start.write("two")
        assert await start() == menu("two").version
    assert [record.getMessage() for record in caplog.records] == [
        "the file differs from what is published, which is served"
    ]


async def test_a_seed_that_moves_a_printed_code_says_so(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """It is served as it was before there were versions."""
    start.write("one", k50="shop")
    await start()
    start.write("two")
    with caplog.at_level(logging.WARNING):
        assert await start() == menu("two").version
    assert [record.getMessage() for record in caplog.records] == [
        "a shortcut that may be printed changes: main: shortcut 50 leads to page shop and would be gone"
    ]


async def test_a_service_may_lead_to_a_menu_that_is_only_published(start: Start) -> None:
    """And to none that is neither written nor published."""
    both = Services((UssdServiceConfig(code="*1#", menu="main"), UssdServiceConfig(code="*2#", menu="other")))
    with pytest.raises(ConfigError, match=r"ussd\.services: there is no menu 'other'; there is: main"):
        await start(both)
    other = source("one", "other")
    revision, _ = await start.desk.draft(menu("one", menu="other"), other, Signature("ana"))
    await start.desk.publish(revision, Signature("ana"))
    assert await start(both) == menu("one").version


def test_all_that_is_wrong_with_the_files_is_counted(start: Start) -> None:
    """The first problem is named; two files with one menu are one."""
    start.write("one", "other")
    file = start.folder / "menus" / "other.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("menu: other", "menu: main"), encoding="utf-8")
    (start.folder / "menus" / "bad.yaml").write_text("menu: x\n")
    with pytest.raises(ConfigError, match=r"^menus\.path: bad\.yaml:1: .* \(and \d+ more\)$"):
        written_menus(load(start.folder / "chasqui.toml", {}))
    (start.folder / "menus" / "bad.yaml").unlink()
    with pytest.raises(ConfigError, match=r"other\.yaml:1: menu 'main' is also in main\.yaml"):
        written_menus(load(start.folder / "chasqui.toml", {}))


def test_without_a_folder_the_starter_menu_is_written(tmp_path: Path) -> None:
    """The one that comes with the package."""
    (tmp_path / "chasqui.toml").write_text("")
    assert [one.menu.id for one in written_menus(load(tmp_path / "chasqui.toml", {}))] == ["main"]
