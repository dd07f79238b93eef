"""A browser at the handset page: how it is opened, read and moved through."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from phone_network import PhoneNetwork, stand_in

NETWORK = stand_in  # or the whole gateway, as anything that yields a PhoneNetwork
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 10_000.0
"""Milliseconds after which something that should be seen is missing."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The system's Chromium, headless; without it the test is skipped, or fails where peers are required."""
    if not CHROMIUM.exists():
        if os.environ.get("CHASQUI_REQUIRE_PEERS") == "1":
            pytest.fail(f"{CHROMIUM} is required")
        pytest.skip(f"{CHROMIUM} is absent")
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def opened(browser: Browser, network: PhoneNetwork, **changes: Any) -> AsyncIterator[Page]:
    """The page, bound to behave: no script fails or breaks the policy, and nothing is fetched from elsewhere."""
    options: dict[str, Any] = {"viewport": {"width": 900, "height": 900}, "locale": "en-GB", **changes}
    context = await browser.new_context(**options)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
    page.on("request", lambda asked: None if asked.url.startswith(network.url) else faults.append(asked.url))
    await page.goto(f"{network.url}/handset/")
    try:
        yield page
        assert faults == []
    finally:
        await context.close()


def screen(page: Page) -> Any:
    """Expectations of the phone's screen."""
    return expect(page.locator("#screen"), "the screen")


async def focused(page: Page) -> str:
    """The id, or else the name, of what has the focus."""
    found: str = await page.evaluate(
        "() => { const it = document.activeElement; return it.id || it.getAttribute('aria-label') || it.innerText; }"
    )
    return found


async def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until this has the focus; fails when a whole round does not reach it."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await focused(page) == wanted:
            return
    pytest.fail(f"Tab never reaches {wanted}")
