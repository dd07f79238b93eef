"""The handset page in a real browser: dial, read, answer, text, with the keyboard alone and for a screen reader."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from fakes import ANA, NUMBER, eventually
from phone_network import PhoneNetwork, stand_in

pytestmark = [pytest.mark.peer, pytest.mark.asyncio(loop_scope="module")]
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
Scheme = Literal["light", "dark"]
PATIENCE = 10_000.0
"""Milliseconds after which something that should be seen is missing."""

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

HELD_TIMERS = """
window.pauses = [];
const start = window.setTimeout;
window.setTimeout = (act, pause, ...rest) => {
  if (!(pause >= 1000)) return start(act, pause, ...rest);
  window.due = act;
  return window.pauses.push(pause);
};
"""
"""Long timers are noted in ``pauses`` and run only by ``due()``."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium, headless."""
    if not CHROMIUM.exists():
        if os.environ.get("CHASQUI_REQUIRE_PEERS") == "1":
            pytest.fail(f"{CHROMIUM} is required")
        pytest.skip(f"{CHROMIUM} is absent")
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="module")
async def network() -> AsyncIterator[PhoneNetwork]:
    """What the page talks to."""
    async with NETWORK() as opened:
        yield opened


@asynccontextmanager
async def opened(browser: Browser, network: PhoneNetwork, **changes: Any) -> AsyncIterator[Page]:
    """The page, bound to behave: no error in its console, nothing fetched from elsewhere."""
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


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, network: PhoneNetwork) -> AsyncIterator[Page]:
    """The page in a window, in the light scheme."""
    async with opened(browser, network, color_scheme="light") as it:
        yield it


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


async def test_a_session_with_the_keyboard_alone(page: Page, network: PhoneNetwork) -> None:
    """Tab to the field, Enter calls, the answer's field has the focus, Enter sends."""
    await tab_to(page, "code")
    await page.keyboard.type("*123#")
    await page.keyboard.press("Enter")
    await screen(page).to_have_text(network.menu, use_inner_text=True)
    assert await focused(page) == "reply"
    await page.keyboard.type("1")
    await page.keyboard.press("Enter")
    await screen(page).to_have_text(network.bought, use_inner_text=True)
    assert await focused(page) == "code"


async def test_a_call_with_the_dial_pad_alone(page: Page, network: PhoneNetwork) -> None:
    """A finger presses the keys, takes one back, calls, and answers."""
    await page.get_by_label("Number to dial").fill("")
    for key in ("* star", "1", "2", "3", "4"):
        await page.get_by_role("button", name=key, exact=True).click()
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("button", name="# hash").click()
    await page.get_by_role("button", name="Call", exact=True).click()
    await screen(page).to_have_text(network.menu, use_inner_text=True)
    await page.get_by_role("button", name="1", exact=True).click()
    await page.get_by_role("button", name="Send", exact=True).click()
    await screen(page).to_have_text(network.bought, use_inner_text=True)


async def test_the_wire_is_the_aggregators(page: Page, network: PhoneNetwork) -> None:
    """One session id, the whole transcript in every hop, and one notice of the end."""
    await page.get_by_role("button", name="Call *123#").click()
    await screen(page).to_have_text(network.menu, use_inner_text=True)
    for answer in ("2", "1"):
        before = await page.locator("#screen").inner_text()
        await page.get_by_label("Your answer").fill(answer)
        await page.keyboard.press("Enter")
        await screen(page).not_to_have_text(before, use_inner_text=True)
    await eventually(lambda: len(network.ends) == 1)
    assert [hop["text"] for hop in network.hops] == ["", "2", "2*1"]
    assert {hop["sessionId"] for hop in network.hops} == {network.ends[0]["sessionId"]}
    for hop in network.hops:
        assert (hop["phoneNumber"], hop["serviceCode"], hop["networkCode"]) == (f"+{ANA}", "*123#", "99999")
        assert hop["sessionId"].startswith("AT-")
    end = network.ends[0]
    assert {name: end[name] for name in ("status", "hopsCount", "input", "lastAppResponse", "errorMessage")} == {
        "status": "Success",
        "hopsCount": "3",
        "input": "2*1",
        "lastAppResponse": f"END {network.bought}",
        "errorMessage": "",
    }
    assert set(end) >= {"date", "cost", "durationInMillis", "phoneNumber", "serviceCode", "networkCode"}


@pytest.mark.parametrize(
    ("string", "service", "text"),
    [("*123*1*2#", "*123#", "1*2"), ("*123*9*1#", "*123*9#", "1"), ("*123*9#", "*123*9#", ""), ("*77#", "*77#", "")],
)
async def test_a_long_code_goes_straight_to_its_page(
    page: Page, network: PhoneNetwork, string: str, service: str, text: str
) -> None:
    """The longest service that it begins with, and the rest as answers."""
    await page.get_by_label("Number to dial").fill(string)
    await page.keyboard.press("Enter")
    await eventually(lambda: len(network.hops) == 1)
    assert (network.hops[0]["serviceCode"], network.hops[0]["text"]) == (service, text)


@pytest.mark.parametrize("string", ["123", "*123", "+573001112233", "*#", "*123##"])
async def test_what_is_no_service_code_is_not_dialled(page: Page, network: PhoneNetwork, string: str) -> None:
    """The page says what is."""
    await page.get_by_label("Number to dial").fill(string)
    await page.keyboard.press("Enter")
    await expect(page.locator("#call-trouble")).to_have_text("This phone dials service codes only, such as *123#.")
    assert network.hops == []


async def test_escape_ends_the_session(page: Page, network: PhoneNetwork) -> None:
    """Also while an answer is on its way; the gateway is told once, and the phone can call again."""
    await page.get_by_role("button", name="Call *123#").click()
    await screen(page).to_have_text(network.menu, use_inner_text=True)
    await page.keyboard.type("8")
    await page.keyboard.press("Enter")
    await eventually(lambda: len(network.hops) == 2)
    await page.keyboard.press("Escape")
    await screen(page).to_have_text("Session cancelled.")
    assert await focused(page) == "code"
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")
    await screen(page).to_have_text(network.menu, use_inner_text=True)
    assert [(end["status"], end["input"]) for end in network.ends] == [("Incomplete", "8")]


async def test_leaving_the_page_hangs_up(page: Page, network: PhoneNetwork) -> None:
    """The gateway hears of the end even so."""
    await page.get_by_role("button", name="Call *123#").click()
    await screen(page).to_have_text(network.menu, use_inner_text=True)
    await page.goto("about:blank")
    await eventually(lambda: len(network.ends) == 1)
    assert network.ends[0]["status"] == "Incomplete"


async def test_an_answer_that_is_not_understood_ends_the_session(page: Page, network: PhoneNetwork) -> None:
    """In plain words, spoken as an alert."""
    await page.get_by_role("button", name="Call *123#").click()
    await screen(page).to_have_text(network.menu, use_inner_text=True)
    await page.keyboard.type("7")
    await page.keyboard.press("Enter")
    await expect(page.locator("#call-trouble")).to_have_text("The gateway’s answer begins with neither CON nor END.")
    await eventually(lambda: len(network.ends) == 1)
    assert (network.ends[0]["status"], network.ends[0]["lastAppResponse"]) == ("Failed", f"CON {network.menu}")


async def test_a_gateway_that_is_away_is_named(page: Page, network: PhoneNetwork) -> None:
    """For the call and for the texts; what was typed is kept."""
    await expect(page.locator("#log")).to_have_attribute("aria-live", "polite")
    await network.stop()
    away = "The gateway did not answer. Is it running?"
    await page.get_by_role("button", name="Call *123#").click()
    await expect(page.locator("#call-trouble")).to_have_text(away)
    await page.get_by_label(f"Text to {NUMBER}").fill("hola")
    await page.keyboard.press("Enter")
    await expect(page.locator("#texts-trouble")).to_have_text(away)
    await expect(page.get_by_label(f"Text to {NUMBER}")).to_have_value("hola")
    await expect(page.get_by_role("log").get_by_role("listitem")).to_have_count(0)


async def test_a_refusal_is_told_in_the_gateways_words(page: Page, network: PhoneNetwork) -> None:
    """A problem document's detail, or the status where there is none."""
    answers: list[dict[str, Any]] = [
        {"status": 403, "json": {"detail": "no door for this peer"}},
        {"status": 502, "body": "<html>"},
        {"status": 404},
    ]
    told = [
        "The gateway refused: no door for this peer",
        "The gateway refused (HTTP 502).",
        "The gateway has no such service here. Is a USSD service configured?",
    ]
    await page.route("**/ussd/africastalking", lambda route: route.fulfill(**answers.pop(0)))
    for words in told:
        await page.get_by_role("button", name="Call *123#").click()
        await expect(page.locator("#call-trouble")).to_have_text(words)


async def test_a_text_arrives_and_is_answered(page: Page, network: PhoneNetwork) -> None:
    """The offer comes over SMPP, the answer goes back, the confirmation follows; newest last."""
    await network.text_phone(ANA)
    messages = page.get_by_role("log").get_by_role("listitem")
    await expect(messages).to_have_count(1)
    await expect(messages.first).to_contain_text(network.offer)
    await tab_to(page, "text")
    await page.keyboard.type("1")
    await page.keyboard.press("Enter")
    await expect(messages).to_have_count(3)
    await expect(messages.nth(1)).to_contain_text(f"To {NUMBER}")
    await expect(messages.nth(2)).to_contain_text(network.confirmation)
    await expect(page.get_by_label(f"Text to {NUMBER}")).to_have_value("")


async def test_texts_that_were_there_are_not_read_out(browser: Browser, network: PhoneNetwork) -> None:
    """A screen reader speaks what comes from now on."""
    await network.text_phone(ANA)
    async with opened(browser, network) as page:
        assert await page.locator("#log").evaluate("log => log.getAttribute('aria-live')") in {"off", "polite"}
        await expect(page.get_by_role("log").get_by_role("listitem")).to_have_count(1)
        await expect(page.locator("#log")).to_have_attribute("aria-live", "polite")


async def test_another_number_has_texts_of_its_own(page: Page, network: PhoneNetwork) -> None:
    """It is remembered for the next visit, and a running session ends with the old one."""
    await network.text_phone(ANA)
    messages = page.get_by_role("log").get_by_role("listitem")
    await expect(messages).to_have_count(1)
    await page.get_by_role("button", name="Call *123#").click()
    await screen(page).to_have_text(network.menu, use_inner_text=True)
    await page.get_by_label("This phone’s number").fill("+57 300 999 8877")
    await page.keyboard.press("Tab")
    await expect(messages).to_have_count(0)
    await screen(page).to_have_text("Session cancelled.")
    await network.text_phone("573009998877")
    await expect(messages).to_have_count(1)
    await page.reload()
    await expect(messages).to_have_count(1)
    await expect(page.get_by_label("This phone’s number")).to_have_value("+573009998877")


async def test_an_incomplete_number_is_not_used(page: Page, network: PhoneNetwork) -> None:
    """Neither called from nor texted from, until it is mended."""
    await page.get_by_label("This phone’s number").fill("+57")
    await page.keyboard.press("Tab")
    await expect(page.locator("#msisdn-trouble")).to_contain_text("+573001112233")
    await page.get_by_role("button", name="Call *123#").click()
    await expect(page.locator("#call-trouble")).to_have_text("First correct this phone’s number.")
    assert network.hops == []
    await page.get_by_label("This phone’s number").fill(f"+{ANA}")
    await page.get_by_role("button", name="Call *123#").click()
    await screen(page).to_have_text(network.menu, use_inner_text=True)
    await expect(page.locator("#msisdn-trouble")).to_be_empty()


async def test_a_hidden_page_asks_ever_less(page: Page) -> None:
    """The pause doubles up to half a minute, and the page looks at once when it is seen again."""

    async def pauses(number: int) -> list[int]:
        """How long the page wanted to wait between its looks, once there are so many."""
        await page.wait_for_function("number => window.pauses.length === number", arg=number)
        found: list[int] = await page.evaluate("window.pauses")
        return found

    await page.add_init_script(HELD_TIMERS)
    await page.reload()
    assert await pauses(1) == [1000]
    await page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    for number in range(2, 8):
        await page.evaluate("window.due()")
        await pauses(number)
    assert await pauses(7) == [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]
    await page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    assert (await pauses(8))[-1] == 1000


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
    """Number, dial field, its buttons, the pad, the services, the messages, the reply."""
    order = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        order.append(await focused(page))
        if order[-1] == "Send text":
            break
    pad = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "* star", "0", "# hash"]
    services = ["Call *123#", "Call *123*9#"]
    assert order == ["msisdn", "code", "Delete", "Call", *pad, *services, "log", "text", "Send text"]


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


async def test_the_picture_in_the_documentation(browser: Browser, network: PhoneNetwork, tmp_path: Path) -> None:
    """Taken anew into the folder that CHASQUI_SCREENSHOTS names; always taken, so that it can be."""
    folder = Path(os.environ.get("CHASQUI_SCREENSHOTS") or tmp_path)
    await network.text_phone(ANA)
    viewport = {"width": 900, "height": 820}
    async with opened(browser, network, color_scheme="light", viewport=viewport, timezone_id="America/Bogota") as page:
        messages = page.get_by_role("log").get_by_role("listitem")
        await expect(messages).to_have_count(1)
        await page.get_by_label(f"Text to {NUMBER}").fill("1")
        await page.keyboard.press("Enter")
        await expect(messages).to_have_count(3)
        await page.get_by_role("button", name="Call *123#").click()
        await screen(page).to_have_text(network.menu, use_inner_text=True)
        picture = await page.screenshot(path=folder / "handset.png", full_page=True, animations="disabled")
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 150_000
