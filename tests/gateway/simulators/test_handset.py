"""The handset's routes: what a phone gets and sends, and who is turned away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from fakes import ANA, BEN, NUMBER, NUMBERS, FakeInbox, submitted
from flows.values import Purpose
from gateway.core.ports import MobilePart, ShortMessage, Submitted
from gateway.core.problems import Handler, middleware
from gateway.simulators.handset import MOST_CHARACTERS, MOST_MESSAGES, HandsetPage
from gateway.simulators.smsc import SmscSimulator
from gateway.smpp.client import SmppClient
from gateway.smpp.incoming import join
from gateway.smpp.session import NoAnswer
from gateway.smpp.settings import SmppSettings
from gateway.telemetry import Metrics

FROM_ANA = {"from": f"+{ANA}", "text": "1"}


@dataclass(slots=True)
class Phone:
    """The page over a simulator to which nobody is bound, and a caller of its routes. remote: who seems to call."""

    url: str
    smsc: SmscSimulator
    http: aiohttp.ClientSession
    remote: str = "127.0.0.1"

    @property
    def origin(self) -> dict[str, str]:
        """What the page's own script sends along."""
        return {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}

    async def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and document."""
        async with self.http.get(f"{self.url}/handset/{path}", headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def page(self, path: str = "", headers: dict[str, str] | None = None) -> tuple[int, str, dict[str, str]]:
        """Status, text and headers."""
        async with self.http.get(f"{self.url}/handset/{path}", headers=headers) as answer:
            return answer.status, await answer.text(), dict(answer.headers)

    async def send(self, body: bytes | object, headers: dict[str, str] | None = None) -> tuple[int, str]:
        """Status, and the problem's code or the text's status."""
        how: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        if isinstance(body, bytes):
            headers = {"Content-Type": "application/json"} | (headers or {})
        async with self.http.post(f"{self.url}/handset/texts", headers=headers, **how) as answer:
            document = await answer.json(content_type=None)
            return answer.status, document["code"] if "code" in document else document["status"]

    def got(self, msisdn: str, text: str) -> None:
        """A phone got a text."""
        number = len(self.smsc.messages) + 1
        self.smsc.messages.append(
            {"n": number, "from": NUMBER, "to": msisdn, "text": text, "at": "2026-11-24T15:00:00+00:00", "parts": 1}
        )


@pytest.fixture
async def phone() -> AsyncIterator[Phone]:
    """The page on a free port."""
    smsc = SmscSimulator(0, 0)
    await smsc.start()
    it = Phone("", smsc, aiohttp.ClientSession())

    @web.middleware
    async def seeming(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(request.clone(remote=it.remote))

    app = web.Application(middlewares=[middleware(Metrics()), seeming])
    HandsetPage(smsc, ["*123#", "*1<2#"], NUMBER).add_to(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    it.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield it
    await it.http.close()
    await runner.cleanup()
    await smsc.stop()


@asynccontextmanager
async def bound(smsc: SmscSimulator) -> AsyncIterator[tuple[SmppClient, FakeInbox]]:
    """An ESME at the simulator, and what it takes in."""
    inbox = FakeInbox()
    client = SmppClient(
        SmppSettings(
            "a",
            "127.0.0.1",
            smsc.port,
            "chasqui",
            "secret",
            numbers=NUMBERS,
            tps=0,
            reconnect_max=0.05,
        ),
        inbox,
    )
    await client.start()
    try:
        await client.wait_ready()
        yield client, inbox
    finally:
        await client.stop(1.0)


async def test_the_page_is_filled_in_and_runs_nothing_of_others(phone: Phone) -> None:
    """Services and short code are escaped; the policy allows its own files alone."""
    status, text, headers = await phone.page()
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert f'data-number="{NUMBER}" data-services="*123# *1&lt;2#"' in text
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "{" not in text, "a placeholder was left"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("handset.css", "text/css"),
        ("handset.js", "text/javascript"),
        ("ussd.js", "text/javascript"),
        ("inbox.js", "text/javascript"),
        ("handset.svg", "image/svg+xml"),
    ],
)
async def test_its_files_are_served(phone: Phone, name: str, kind: str) -> None:
    """Each with its type, and asked for again when the page is."""
    status, text, headers = await phone.page(name)
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, f"{kind}; charset=utf-8", "no-cache")
    assert text


@pytest.mark.parametrize("path", ["handset.html", "..%2fsmsc.py", "%2e%2e%2fhandset.py", "other.js"])
async def test_no_other_file_is_served(phone: Phone, path: str) -> None:
    """A name that is not listed is not looked for."""
    assert (await phone.page(path))[0] == 404


async def test_the_slash_is_added(phone: Phone) -> None:
    """Relative addresses in the page need it."""
    async with phone.http.get(f"{phone.url}/handset", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (301, "/handset/")


async def test_a_phone_sees_its_own_texts_alone(phone: Phone) -> None:
    """In order, with or without the plus."""
    phone.got(ANA, "one")
    phone.got(BEN, "not hers")
    phone.got(ANA, "two")
    status, document = await phone.get(f"messages?msisdn=%2B{ANA}")
    assert status == 200
    assert [(one["n"], one["text"], one["from"]) for one in document["messages"]] == [
        (1, "one", NUMBER),
        (3, "two", NUMBER),
    ]
    assert set(document["messages"][0]) == {"n", "from", "text", "at"}
    assert document == (await phone.get(f"messages?msisdn={ANA}"))[1]


async def test_only_what_came_since_is_shown(phone: Phone) -> None:
    """``next`` moves on past what others got."""
    phone.got(ANA, "one")
    phone.got(BEN, "not hers")
    first = (await phone.get(f"messages?msisdn={ANA}"))[1]
    assert first["next"] == 2
    phone.got(ANA, "two")
    then = (await phone.get(f"messages?msisdn={ANA}&after={first['next']}"))[1]
    assert ([one["text"] for one in then["messages"]], then["next"]) == (["two"], 3)


async def test_a_number_that_got_nothing_has_no_texts(phone: Phone) -> None:
    """Also when asked past the end, as after a restart of the simulator."""
    phone.got(ANA, "one")
    assert await phone.get(f"messages?msisdn={BEN}") == (200, {"messages": [], "next": 1})
    assert await phone.get(f"messages?msisdn={ANA}&after=99") == (200, {"messages": [], "next": 1})


async def test_the_newest_texts_are_kept_when_there_are_many(phone: Phone) -> None:
    """The answer stays small."""
    for number in range(MOST_MESSAGES + 5):
        phone.got(ANA, str(number))
    shown = (await phone.get(f"messages?msisdn={ANA}"))[1]["messages"]
    assert [one["text"] for one in shown] == [str(number) for number in range(5, MOST_MESSAGES + 5)]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "bad-msisdn"),
        ("msisdn=ana", "bad-msisdn"),
        ("msisdn=0123456789", "bad-msisdn"),
        (f"msisdn={ANA}&after=-1", "bad-after"),
        (f"msisdn={ANA}&after=1.5", "bad-after"),
        (f"msisdn={ANA}&after=%D9%A1", "bad-after"),
        (f"msisdn={ANA}&after=99999999999", "bad-after"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(phone: Phone, query: str, code: str) -> None:
    """With a stable code."""
    status, problem = await phone.get(f"messages?{query}")
    assert (status, problem["code"]) == (422, code)


async def test_what_is_submitted_is_what_the_phone_shows(phone: Phone) -> None:
    """Over SMPP, line breaks and all."""
    async with bound(phone.smsc) as (client, _):
        message = ShortMessage("m-1", "", ANA, "Hola\n1. Sí", Purpose.REPLY)
        assert isinstance(await submitted(client, message), Submitted)
        (shown,) = (await phone.get(f"messages?msisdn={ANA}"))[1]["messages"]
        assert shown["text"] == "Hola\n1. Si"


@pytest.mark.parametrize("text", ["1", "  SÍ. ", "¿Qué? ✓", "x" * MOST_CHARACTERS])
async def test_a_text_reaches_the_esme_as_typed(phone: Phone, text: str) -> None:
    """From the phone to the short code, as deliver_sm."""
    async with bound(phone.smsc) as (_, inbox):
        assert await phone.send({"from": f"+{ANA}", "text": text}, phone.origin) == (202, "ESME_ROK")
        assert {(one.source, one.destination) for one in inbox.said} == {(ANA, NUMBER)}
        parts = [one for one in inbox.said if isinstance(one, MobilePart)]
        taken = join(parts) if parts else inbox.texts.get_nowait().text
        assert taken.replace("Í", "I") == text.replace("Í", "I")


async def test_half_a_character_is_replaced(phone: Phone) -> None:
    """JSON can hold a lone surrogate; a phone cannot send one."""
    async with bound(phone.smsc) as (_, inbox):
        body = b'{"from": "%s", "text": "a\\ud83d"}' % ANA.encode()
        assert await phone.send(body) == (202, "ESME_ROK")
        assert inbox.texts.get_nowait().text == "a?"


async def test_without_a_bind_the_text_is_refused(phone: Phone) -> None:
    """Nobody could get it."""
    assert await phone.send(FROM_ANA) == (503, "no-receiver")


async def test_a_text_that_the_gateway_did_not_take_is_not_called_sent(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The phone hears of it."""

    async def unanswered(*_: object) -> list[NoAnswer]:
        return [NoAnswer(link_lost=True)]

    monkeypatch.setattr(phone.smsc, "send_mo", unanswered)
    assert await phone.send(FROM_ANA) == (502, "not-taken")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad-json"),
        (b"{", 400, "bad-json"),
        (b"\xff", 400, "bad-json"),
        (b"[" * 10_000, 400, "bad-json"),
        (b"[]", 400, "bad-json"),
        (b"{}", 422, "bad-msisdn"),
        (b'{"from": 573001112233, "text": "1"}', 422, "bad-msisdn"),
        (b'{"from": "573001112233"}', 422, "bad-text"),
        (b'{"from": "573001112233", "text": ""}', 422, "bad-text"),
        (b'{"from": "573001112233", "text": 1}', 422, "bad-text"),
        (b'{"from": "573001112233", "text": "%s"}' % (b"x" * (MOST_CHARACTERS + 1)), 422, "bad-text"),
        (b'{"from": "573001112233", "text": "%s"}' % (b"x" * 20_000), 413, "too-large"),
    ],
)
async def test_a_text_that_makes_no_sense_is_refused(phone: Phone, body: bytes, status: int, code: str) -> None:
    """Before anything is sent."""
    async with bound(phone.smsc) as (_, inbox):
        assert await phone.send(body) == (status, code)
        assert inbox.texts.empty()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
async def test_a_form_of_another_site_cannot_send(phone: Phone, kind: str) -> None:
    """The types that a browser sends without asking first."""
    body = b'{"from": "573001112233", "text": "1"}'
    assert await phone.send(body, {"Content-Type": kind}) == (415, "unsupported-media-type")


@pytest.mark.parametrize("path", ["", "handset.js", f"messages?msisdn={ANA}"])
@pytest.mark.parametrize("remote", ["10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1", ""])
async def test_another_machine_is_turned_away(phone: Phone, path: str, remote: str) -> None:
    """Whatever it asks for."""
    phone.remote = remote
    status, problem = await phone.get(path)
    assert (status, problem["code"]) == (403, "loopback-only")
    assert await phone.send(FROM_ANA) == (403, "loopback-only")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Host": "evil.example"}, "wrong-host"),
        ({"Host": "127.0.0.1.evil.example:8080"}, "wrong-host"),
        ({"Host": "[::1"}, "wrong-host"),
        ({"Origin": "http://evil.example"}, "cross-site"),
        ({"Origin": "null"}, "cross-site"),
        ({"Origin": "http://127.0.0.1:1"}, "cross-site"),
        ({"Sec-Fetch-Site": "cross-site"}, "cross-site"),
        ({"Sec-Fetch-Site": "same-site"}, "cross-site"),
    ],
)
async def test_another_site_is_turned_away(phone: Phone, headers: dict[str, str], code: str) -> None:
    """It can neither read nor send, not even under a name that leads here."""
    phone.got(ANA, "secret")
    status, problem = await phone.get(f"messages?msisdn={ANA}", headers)
    assert (status, problem["code"]) == (403, code)
    async with bound(phone.smsc) as (_, inbox):
        assert await phone.send(FROM_ANA, headers) == (403, code)
        assert inbox.texts.empty()


async def test_a_link_from_another_site_may_open_the_page_but_not_send(phone: Phone) -> None:
    """Opening it does nothing."""
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert (await phone.page("", followed))[0] == 200
    assert await phone.send(FROM_ANA, followed) == (403, "cross-site")


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
async def test_this_machine_may_use_any_of_its_names(phone: Phone, name: str) -> None:
    """Whichever the person typed."""
    host = f"{name}:{phone.url.rpartition(':')[2]}"
    assert (await phone.page("", {"Host": host, "Origin": f"http://{host}"}))[0] == 200
