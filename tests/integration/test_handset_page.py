"""The handset page in a real browser: dial, read, answer, text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from fakes import ANA, NUMBER, eventually
from handset_browser import NETWORK, chromium, focused, opened, screen, tab_to
from phone_network import PhoneNetwork

pytestmark = [pytest.mark.peer, pytest.mark.asyncio(loop_scope="module")]
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


async def test_what_is_typed_before_the_screen_comes_is_kept(page: Page, network: PhoneNetwork) -> None:
    """Whoever knows the menu types ahead; Enter sends it once the screen is there."""
    comes = asyncio.Event()

    async def held(route: Route) -> None:
        await comes.wait()
        await route.continue_()

    await page.route("**/ussd/africastalking", held)
    await page.get_by_label("Number to dial").fill("*123#")
    await page.keyboard.press("Enter")
    await page.get_by_label("Your answer").fill("1")
    comes.set()
    await screen(page).to_have_text(network.menu, use_inner_text=True)
    await expect(page.get_by_label("Your answer")).to_have_value("1")
    await page.keyboard.press("Enter")
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
