"""The handset page for everybody: names, order, focus, contrast, small screens, both schemes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from fakes import ANA, NUMBER
from handset_browser import NETWORK, chromium, focused, opened, screen
from phone_network import PhoneNetwork

pytestmark = [pytest.mark.peer, pytest.mark.asyncio(loop_scope="module")]
Scheme = Literal["light", "dark"]

CONTRASTS = """() => {
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const numbers = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour[3] !== 0) return colour;
    }
    return [255, 255, 255];
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const seen = [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility());
  const worded = seen.filter((element) => element.matches("input") ||
    [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));
  const name = (element) => element.tagName.toLowerCase() + (element.id ? `#${element.id}` : "") +
    (element.className ? `.${element.className}` : "");
  const found = worded.map((element) =>
    ["text", name(element), ratio(numbers(getComputedStyle(element).color), ground(element)), 4.5]);
  for (const input of seen.filter((element) => element.matches("input"))) {
    const edge = numbers(getComputedStyle(input).borderTopColor);
    found.push(["border", name(input), ratio(edge, ground(input.parentElement)), 3]);
  }
  const focused = document.activeElement;
  const outline = numbers(getComputedStyle(focused).outlineColor);
  found.push(["outline", name(focused), ratio(outline, ground(focused.parentElement)), 3]);
  return found;
}"""
"""What kind, which element, its contrast, and the least that WCAG AA allows, of everything that is seen."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium, headless."""
    async with chromium() as it:
        yield it


@pytest_asyncio.fixture(loop_scope="module")
async def network() -> AsyncIterator[PhoneNetwork]:
    """What the page talks to."""
    async with NETWORK() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, network: PhoneNetwork) -> AsyncIterator[Page]:
    """The page in a window, in the light scheme."""
    async with opened(browser, network, color_scheme="light") as it:
        yield it


async def test_texts_that_were_there_are_not_read_out(browser: Browser, network: PhoneNetwork) -> None:
    """A screen reader speaks what comes from now on."""
    await network.text_phone(ANA)
    async with opened(browser, network) as page:
        assert await page.locator("#log").evaluate("log => log.getAttribute('aria-live')") in {"off", "polite"}
        await expect(page.get_by_role("log").get_by_role("listitem")).to_have_count(1)
        await expect(page.locator("#log")).to_have_attribute("aria-live", "polite")


async def test_every_control_has_a_name(page: Page, network: PhoneNetwork) -> None:
    """As a screen reader has it, before and during a session."""
    devtools = await page.context.new_cdp_session(page)
    for state in ("idle", "session"):
        if state == "session":
            await page.get_by_role("button", name="Call *123#").click()
            await screen(page).to_have_text(network.menu, use_inner_text=True)
        nodes = (await devtools.send("Accessibility.getFullAXTree"))["nodes"]
        controls = [
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in nodes
            if node.get("role", {}).get("value") in {"button", "textbox", "link", "log", "group", "region"}
        ]
        assert len(controls) > 15
        assert [role for role, name in controls if not name.strip()] == []
    assert await page.locator("html").get_attribute("lang") == "en"
    assert await page.locator("#screen").get_attribute("role") == "status"


async def test_the_focus_goes_round_in_reading_order(page: Page) -> None:
    """The way past it all, number, dial field, its buttons, the pad, the services, the messages, the reply."""
    order = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        order.append(await focused(page))
        if order[-1] == "Send text":
            break
    pad = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "* star", "0", "# hash"]
    services = ["Call *123#", "Call *123*9#"]
    assert order == [
        "Skip to the messages",
        "msisdn",
        "code",
        "Delete",
        "Call",
        *pad,
        *services,
        "log",
        "text",
        "Send text",
    ]


async def test_the_messages_are_reached_without_the_dial_pad(page: Page) -> None:
    """Two keys to the messages, one more to the reply; the link is seen while it has the focus."""
    await page.keyboard.press("Tab")
    box = await page.get_by_role("link", name="Skip to the messages").bounding_box()
    assert box is not None
    assert box["y"] >= 0
    await page.keyboard.press("Enter")
    assert await focused(page) == "log"
    await page.keyboard.press("Tab")
    assert await focused(page) == "text"


async def test_the_focus_is_seen_on_everything_that_takes_it(page: Page) -> None:
    """A solid outline, three pixels wide, while the keyboard is used."""
    for _ in range(20):
        await page.keyboard.press("Tab")
        outline = await page.evaluate(
            "() => { const it = getComputedStyle(document.activeElement); return [it.outlineStyle, it.outlineWidth]; }"
        )
        assert outline == ["solid", "3px"], await focused(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_is_written_can_be_read(browser: Browser, network: PhoneNetwork, scheme: Scheme) -> None:
    """Words 4.5:1, the edges of fields and the focus 3:1, with a session, a trouble and messages on the page."""
    await network.text_phone(ANA)
    async with opened(browser, network, color_scheme=scheme) as page:
        await page.get_by_label(f"Text to {NUMBER}").fill("1")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("log").get_by_role("listitem")).to_have_count(3)
        await page.get_by_label("Number to dial").fill("1")
        await page.keyboard.press("Enter")
        found = await page.evaluate(CONTRASTS)
        await page.get_by_role("button", name="Call *123#").click()
        await screen(page).to_have_text(network.menu, use_inner_text=True)
        found += await page.evaluate(CONTRASTS)
        assert {name for _, name, _, _ in found} >= {
            "p#call-trouble.trouble",
            "div#screen.screen",
            "button#cancel.stop",
        }
        assert [(kind, name, round(ratio, 2)) for kind, name, ratio, least in found if ratio < least] == []
        page_ground = await page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        assert (page_ground == "rgb(18, 23, 21)") == (scheme == "dark")


async def test_a_small_phone_can_show_it(browser: Browser, network: PhoneNetwork) -> None:
    """At 320 pixels nothing is cut off, and every button is big enough for a thumb."""
    await network.text_phone(ANA)
    async with opened(browser, network, viewport={"width": 320, "height": 640}, reduced_motion="reduce") as page:
        await page.get_by_role("button", name="Call *123#").click()
        await screen(page).to_have_text(network.menu, use_inner_text=True)
        await expect(page.get_by_role("log").get_by_role("listitem")).to_have_count(1)
        assert await page.evaluate("() => document.documentElement.scrollWidth") == 320
        boxes = [await one.bounding_box() for one in await page.locator("button:visible, input:visible").all()]
        assert len(boxes) > 15
        assert [box for box in boxes if box is None or box["width"] < 44 or box["height"] < 44] == []
        durations = await page.locator("button").evaluate_all(
            "all => all.map((one) => getComputedStyle(one).transitionDuration)"
        )
        assert set(durations) == {"0s"}
