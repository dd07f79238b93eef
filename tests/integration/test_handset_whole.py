"""The handset in a real browser with the whole gateway behind it: nothing on the way is a stand-in."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from fakes import FakeClock
from handset_browser import chromium, opened, screen
from phone_network import PhoneNetwork
from running import running

pytestmark = pytest.mark.peer
TRY = Path(__file__).parents[2] / "deploy" / "try.toml"
PORTS = "[server]\nport = 0\nmetrics_port = 0\n"


async def _nothing(*_: str) -> None:
    """The gateway is stopped by its own block."""


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    """The page of a gateway as ``make run`` starts it, on free ports and a database of its own, in the light scheme."""
    file = tmp_path / "chasqui.toml"
    file.write_text(TRY.read_text(encoding="utf-8").replace("../.run/", "") + PORTS, encoding="utf-8")
    async with running(file, FakeClock()) as gateway, chromium() as browser:
        network = PhoneNetwork(f"http://127.0.0.1:{gateway.port}", "", "", "", "", _nothing, _nothing)
        options = {"color_scheme": "light", "viewport": {"width": 900, "height": 820}, "timezone_id": "America/Bogota"}
        async with opened(browser, network, **options) as it:
            yield it


async def answered(page: Page, text: str, shows: str) -> None:
    """Answer the screen by keyboard, and see the next."""
    await page.get_by_label("Your answer").fill(text)
    await page.keyboard.press("Enter")
    await screen(page).to_contain_text(shows)


async def test_a_bundle_is_bought_and_the_confirmation_is_on_the_phone(page: Page) -> None:
    """``*123#``, list, confirm, done: over the aggregator's wire, the charging system's and the SMSC's."""
    await page.get_by_label("Number to dial").fill("*123#")
    await page.keyboard.press("Enter")
    await screen(page).to_contain_text("1 Saldo y paquetes")
    await answered(page, "2", "4 1 GB por 7 dias $3.000")
    await answered(page, "4", "por $3.000")
    await answered(page, "1", "Listo: 1 GB por 7 dias ya esta activo.")
    await expect(page.get_by_text("Saldo $7.000").last).to_be_visible()
    await expect(page.locator("body")).to_contain_text("Cobramos $3.000")


async def test_whoever_dials_again_goes_on_where_they_left(page: Page) -> None:
    """Cancelled at the confirm screen, bought after the next call."""
    await page.get_by_role("button", name="Call *123#").click()
    await screen(page).to_contain_text("1 Saldo y paquetes")
    await answered(page, "2", "4 1 GB por 7 dias $3.000")
    await answered(page, "4", "por $3.000")
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Call *123#").click()
    await screen(page).to_contain_text("¿Seguir donde estabas?")
    await answered(page, "1", "por $3.000")
    await answered(page, "1", "Listo: 1 GB por 7 dias ya esta activo.")


async def test_a_code_dialled_straight_through_leads_there(page: Page) -> None:
    """``*123*4*1#`` opens the page for the language."""
    await page.get_by_label("Number to dial").fill("*123*4*1#")
    await page.keyboard.press("Enter")
    await screen(page).to_contain_text("Tu idioma")


async def test_the_picture_in_the_documentation(page: Page, tmp_path: Path) -> None:
    """Taken anew into the folder that CHASQUI_SCREENSHOTS names; always taken, so that it can be."""
    folder = Path(os.environ.get("CHASQUI_SCREENSHOTS") or tmp_path)
    await page.get_by_role("button", name="Call *123#").click()
    await screen(page).to_contain_text("1 Saldo y paquetes")
    for answer, shows in (("2", "1 GB por 7 dias"), ("4", "por $3.000"), ("1", "Listo")):
        await answered(page, answer, shows)
    messages = page.get_by_role("log").get_by_role("listitem")
    await expect(messages).to_have_count(1)
    await page.get_by_label("Text to 12345").fill("AYUDA")
    await page.keyboard.press("Enter")
    await expect(messages).to_have_count(3)
    await page.get_by_role("button", name="Call *123#").click()
    await screen(page).to_contain_text("1 Saldo y paquetes")
    picture = await page.screenshot(path=folder / "handset.png", full_page=True, animations="disabled")
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 150_000
