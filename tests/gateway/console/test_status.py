"""The status page: well formed, harmless, and silent to strangers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fakes import ANA, BEN, NUMBER, eventually
from running import Town, town

_VOID = {"wbr", "meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """Reads a page strictly: every element is closed in its turn. cells: of all tables; names: elements seen.

    words: all that stands there, as it would be copied; links: where they lead.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.cells: list[str] = []
        self.links: list[str | None] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.links += [value for name, value in attrs if name == "href"]
        if tag == "td":
            self.cells.append("")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data
        if "td" in self._open:
            self.cells[-1] += data


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


async def test_the_page_tells_what_runs_before_anything_happened(it: Town) -> None:
    """Every part with its address, and what to try."""
    status, text, headers = await it.read(f"{it.url}/")
    page = Page(text)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert text.startswith("<!doctype html>")
    assert page.names.count("h1") == page.names.count("title") == page.names.count("main") == 1
    assert '<html lang="en">' in text
    for part in ("Gateway", "Metrics", "Store", "SMPP bind smsc-a", "Charging system"):
        assert part in page.cells
    for place in (it.url, f"127.0.0.1:{it.smsc.port}", it.ocs.url):
        assert place in page.cells
    assert "None yet" in text


async def test_the_commands_to_try_name_the_port_that_answers(it: Town) -> None:
    """Also when any free port was asked for."""
    words = Page((await it.read(f"{it.url}/"))[1]).words
    assert f"curl -s {it.url}/triggers" in words
    assert f"curl -s {it.url}/ussd/africastalking" in words


async def test_what_a_browser_can_look_at_is_a_link(it: Town) -> None:
    """An address of the page itself, whatever name it is reached by; none of a peer."""
    page = Page((await it.read(f"{it.url}/"))[1])
    assert "/" in page.links
    assert f"http://127.0.0.1:{it.gateway.metrics_port}/metrics" in page.links
    assert it.ocs.url not in page.links


async def test_a_hop_is_counted_on_the_page(it: Town) -> None:
    """As the command there sends it, or anybody else."""
    hop = {"sessionId": "s-1", "phoneNumber": f"+{ANA}", "serviceCode": "*123#", "text": ""}
    async with it.http.post(f"{it.url}/ussd/africastalking", data=hop) as answer:
        assert (await answer.text()).startswith("CON ")
    page = Page((await it.read(f"{it.url}/"))[1])
    assert page.cells[page.cells.index("USSD hops since the start") + 1] == "1"


async def test_the_page_lists_the_doors_and_no_token(tmp_path: Path, migrated: Path) -> None:
    """What each asks for; where this machine needs a token to dial, no command pretends that it could."""
    more = (
        '[[doors]]\nname = "at"\ndialect = "africastalking"\nallow = ["127.0.0.1"]\ntoken = "sesame"\n'
        '[[doors]]\nname = "phones"\ndialect = "smpp"\nbind = "smsc-a"\n'
        '[[doors]]\nname = "anybody"\ndialect = "nalo"\n'
    )
    async with town(tmp_path, migrated, more=more) as it:
        _, text, _ = await it.read(f"{it.url}/")
    cells = Page(text).cells
    for door in (
        ["at", "africastalking", "address in 127.0.0.1; token"],
        ["phones", "smpp", "bind smsc-a"],
        ["anybody", "nalo", "nothing"],
        ["–", "any other", "this machine"],
    ):
        start = next(number for number in range(len(cells)) if cells[number : number + 2] == door[:2])
        assert cells[start : start + 3] == door
    assert "sesame" not in text
    assert "/ussd/africastalking" not in text


async def test_the_page_says_who_is_away(it: Town) -> None:
    """In a word, not in a colour alone; of a bind also why."""

    async def stand(state: str) -> bool:
        cells = Page((await it.read(f"{it.url}/"))[1]).cells
        said = [cells[cells.index(part) + 1] for part in ("SMPP bind smsc-a", "Charging system")]
        return all(one.split()[0] == state for one in said)

    await eventually(partial(stand, "up"))
    await it.smsc.stop()
    await it.ocs.set_down(down=True)
    await eventually(partial(stand, "DOWN"))
    cells = Page((await it.read(f"{it.url}/"))[1]).cells
    assert len(cells[cells.index("SMPP bind smsc-a") + 1].split()) > 1  # and why


async def test_the_page_says_what_is_stopped_apart_from_what_is_down(it: Town) -> None:
    """By whom, why and until when; of lists how many numbers there are, and none of them."""
    assert "Stopped and held back" not in (await it.read(f"{it.url}/"))[1]
    ends = (it.clock() + timedelta(hours=2)).isoformat()
    for path, body in (
        ("stop/marketing", {"message": "<prices> are wrong", "ends_at": ends}),
        ("dry_run/on", {}),
        (f"blackout/{BEN}", {}),
        (f"test/{ANA}", {}),
    ):
        assert (await it.call("PUT", f"controls/{path}", body, role="admin"))[0] == 200
    _, text, _ = await it.read(f"{it.url}/")
    cells = Page(text).cells
    start = cells.index("stop marketing")
    assert cells[start + 2 : start + 4] == ["<prices> are wrong", "2026-11-24 17:00 UTC"]
    assert "dry run: nothing is sent or charged" in cells
    assert "blackout: 1 number without anything that was not asked for" in cells
    assert "test: 1 number contacted and charged, nobody else" in cells
    assert "DOWN" not in text
    assert BEN[-4:] not in text


async def test_what_the_configuration_withholds_stands_there_too(tmp_path: Path, migrated: Path) -> None:
    """Else a staging system looks as if it had failed; of a list how many numbers there are, and none of them."""
    async with town(tmp_path, migrated, policy=f'dry_run = true\ntest_msisdns = ["+{BEN}"]') as it:
        _, text, _ = await it.read(f"{it.url}/")
    cells = Page(text).cells
    for what, key in (
        ("dry run: nothing is sent or charged", "policy.dry_run"),
        ("test: 1 number contacted and charged, nobody else", "policy.test_msisdns"),
    ):
        start = cells.index(what)
        assert cells[start + 1 : start + 4] == ["the configuration", key, "a start without it"]
    assert BEN not in text


async def test_the_page_lists_the_last_messages_newest_first(it: Town) -> None:
    """Both ways, with the end of the number only."""
    await it.offer(BEN)
    it.clock.advance(minutes=1)
    await it.smsc.send_mo(BEN, NUMBER, "1")
    await it.texts(BEN, 2)
    _, text, _ = await it.read(f"{it.url}/")
    page = Page(text)
    assert f"…{BEN[-4:]}" in page.cells
    assert BEN not in text
    newest = page.cells.index("15:01:00")
    assert newest < page.cells.index("15:00:00")
    assert {"from phone", "to phone", "1"} <= set(page.cells)
    for figure in ("Orders confirmed", "Offers open"):
        assert page.cells[page.cells.index(figure) + 1] == ("1" if "Orders" in figure else "0")


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "</td></table>", "{body}{market}{refresh}", "&lt; & \"'"]
)
async def test_a_text_is_shown_as_it_was_written(it: Town, text: str) -> None:
    """Whatever a subscriber writes is text on the page, and nothing else."""
    assert await it.smsc.send_mo(ANA, NUMBER, text)
    await it.texts()
    _, shown, _ = await it.read(f"{it.url}/")
    page = Page(shown)
    assert text in page.cells
    assert "script" not in page.names


async def test_the_browser_is_told_to_load_and_send_nothing(it: Town) -> None:
    """A policy that lets no script run, even one that came through."""
    _, text, headers = await it.read(f"{it.url}/?renew")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not {"script", "img", "link", "form"} & set(Page(text).names)


async def test_the_page_renews_itself_on_wish(it: Town) -> None:
    """And only then."""
    assert 'http-equiv="refresh"' in (await it.read(f"{it.url}/?renew"))[1]
    assert 'http-equiv="refresh"' not in (await it.read(f"{it.url}/"))[1]


async def test_strangers_see_no_texts(tmp_path: Path, migrated: Path) -> None:
    """Where others than this machine can look, neither texts nor numbers nor commands are shown."""
    async with town(tmp_path, migrated, host="0.0.0.0") as it:
        await it.offer()
        _, text, _ = await it.read(f"{it.url}/")
        page = Page(text)
        assert "SMPP bind smsc-a" in page.cells
        assert "Last messages" not in text
        assert "Try it" not in text
        assert "Doors" not in text
        assert "responde 1" not in text
        assert ANA[-4:] not in text
