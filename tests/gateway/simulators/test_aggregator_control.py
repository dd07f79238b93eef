"""The control port of the aggregator simulator, as somebody with curl uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from gateway.errors import PortInUse
from gateway.simulators.aggregator import AggregatorSimulator

ANA, NUMBER = "573001112233", "12345"
TEXT = {"from": ANA, "to": NUMBER, "text": "1"}


@dataclass(slots=True)
class Here:
    """The simulator, a gateway that says yes, and what this was told: path and form."""

    aggregator: AggregatorSimulator
    http: aiohttp.ClientSession
    gateway: str
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and document of a request to the control port."""
        async with self.http.request(method, f"{self.aggregator.control_url}{path}", json=body) as answer:
            return answer.status, await answer.json(content_type=None)

    async def submit(self, text: str) -> None:
        """The gateway hands a text over, as Africa's Talking takes it."""
        form = {"username": "chasqui", "from": NUMBER, "to": f"+{ANA}", "message": text}
        async with self.http.post(f"{self.aggregator.url}/version1/messaging", data=form) as answer:
            assert answer.status == 201


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    """Everything up."""
    async with AsyncExitStack() as stack:
        aggregator = AggregatorSimulator()
        await aggregator.start()
        stack.push_async_callback(aggregator.stop)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        it = Here(aggregator, http, "")

        async def taken(request: web.Request) -> web.Response:
            it.told.append((request.path, {**request.query, **await request.post()}))
            return web.Response()

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", taken)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        it.gateway = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield it


@pytest.mark.parametrize("kind", ["", "africastalking", "twilio", "kannel"])
async def test_a_text_from_a_phone_comes_to_the_gateway_at_the_door_of_its_kind(here: Here, kind: str) -> None:
    """With the door's token in the path; without a kind, as the simulator was started."""
    assert await here.call("PUT", "/gateway", {"url": f"{here.gateway}/", "token": "t0k3n"}) == (200, {})
    said = {**TEXT, "kind": kind} if kind else TEXT
    assert await here.call("POST", "/mo", said) == (202, {"status": 200, "body": ""})
    [(path, form)] = here.told
    assert path == f"/sms/{kind or 'africastalking'}/t0k3n"
    assert "1" in form.values()


async def test_a_text_with_a_name_of_its_own_keeps_it(here: Here) -> None:
    """So that the same can come again."""
    await here.call("PUT", "/gateway", {"url": here.gateway})
    for _ in range(2):
        await here.call("POST", "/mo", {**TEXT, "id": "MO-7"})
    assert [form["id"] for _, form in here.told] == ["MO-7", "MO-7"]


async def test_texts_that_reached_phones_are_waited_for(here: Here) -> None:
    """Those after a number alone; nothing if none comes in time."""
    await here.submit("Hola")
    assert (await here.call("GET", "/messages?after=1&timeout=0"))[1] == []
    await here.submit("Adios")
    status, [message] = await here.call("GET", "/messages?after=1&timeout=20")
    assert (status, message["n"], message["text"], message["to"]) == (200, 2, "Adios", f"+{ANA}")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/mo", {"from": ANA, "to": NUMBER}, 400),
        ("POST", "/mo", {**TEXT, "kind": "pigeon"}, 400),
        ("POST", "/mo", {**TEXT, "kind": []}, 400),
        ("POST", "/mo", {**TEXT, "text": "\ud800"}, 400),
        ("POST", "/mo", {**TEXT, "id": 7}, 400),
        ("POST", "/mo", [], 400),
        ("PUT", "/gateway", {"url": "here"}, 400),
        ("PUT", "/gateway", {"url": 7}, 400),
        ("PUT", "/gateway", {"url": "http://a", "token": 7}, 400),
        ("PUT", "/faults", {"bad": 1}, 400),
        ("GET", "/messages?after=x", None, 400),
        ("GET", "/nothing", None, 404),
    ],
)
async def test_what_is_wrong_is_a_problem_of_one_line(
    here: Here, method: str, path: str, body: object, status: int
) -> None:
    """And nothing is done."""
    await here.call("PUT", "/gateway", {"url": here.gateway})
    found, problem = await here.call(method, path, body)
    assert (found, problem["status"]) == (status, status)
    assert "\n" not in problem["title"]
    assert here.told == []


@pytest.mark.parametrize(
    ("fault", "title"),
    [
        ({"bad": 1}, "unknown fault 'bad'; known are body, code, content_type"),
        ({"count": "3"}, 'count must be a whole number from 0 to 1000000, not "3"'),
        ({"count": True}, "count must be a whole number from 0 to 1000000, not true"),
        ({"delay": -1}, "delay must be seconds from 0 to 1000000, not -1"),
        ({"taken": 1}, "taken must be true or false, not 1"),
        ({"retry_after": 5}, "retry_after must be a text in quotes, not 5"),
        ({"ending": "bang"}, 'ending must be close, reset, silence or empty, not "bang"'),
        ({"status": 99}, "status must be from 200 to 599, or 0 for its own, not 99"),
    ],
)
async def test_a_fault_that_cannot_be_is_told_what_it_may_be(here: Here, fault: dict[str, Any], title: str) -> None:
    """Type and range, and what it was."""
    status, problem = await here.call("PUT", "/faults", fault)
    assert (status, problem["title"][: len(title)]) == (400, title)


async def test_nobody_at_the_gateway_is_said(here: Here) -> None:
    """As a 503."""
    await here.call("PUT", "/gateway", {"url": "http://127.0.0.1:1"})
    status, problem = await here.call("POST", "/mo", TEXT)
    assert (status, problem["title"][:31]) == (503, "the gateway does not answer: Ca")


async def test_a_control_port_that_is_in_use_closes_the_other(here: Here) -> None:
    """Nothing is left open."""
    second = AggregatorSimulator(0, here.aggregator.control_port)
    with pytest.raises(PortInUse, match="control"):
        await second.start()
    with pytest.raises(aiohttp.ClientError):
        await here.http.get(second.url)
