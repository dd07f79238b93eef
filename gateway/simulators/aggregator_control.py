"""The aggregator simulator over HTTP: what phones got, what they send, whom it calls, what is to go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

import aiohttp
from aiohttp import web
from yarl import URL

from gateway.simulators.aggregator_faults import AggregatorFaults, parse_faults
from gateway.simulators.aggregator_wires import SIDES, Taken
from gateway.simulators.control_requests import ControlProblem, awaited, json_object, problems
from gateway.simulators.fault_values import BadFault


class Simulated(Protocol):
    """What the control API asks of the simulator. messages: what phones would have got, news: told of each."""

    faults: AggregatorFaults
    messages: list[Taken]
    news: asyncio.Condition

    def call_at(self, gateway: str, token: str = "", secret: str = "") -> None: ...

    async def send_mo(self, kind: str, sender: str, service: str, text: str, ident: str = "") -> tuple[int, str]: ...


def control_application(phones: Simulated, kind: str) -> web.Application:
    """``/messages``, ``/mo``, ``/gateway``, ``/faults``. kind: of a text from a phone that names none."""
    control = _Control(phones, kind)
    application = web.Application(middlewares=[problems])
    application.add_routes(
        [
            web.get("/messages", control.get_messages),
            web.post("/mo", control.post_mo),
            web.put("/gateway", control.put_gateway),
            web.put("/faults", control.put_faults),
        ]
    )
    return application


class _Control:
    def __init__(self, phones: Simulated, kind: str) -> None:
        self._phones = phones
        self._kind = kind

    async def get_messages(self, request: web.Request) -> web.Response:
        """All messages, or those after number ``after``, waiting at most ``timeout`` seconds for one."""
        messages = self._phones.messages
        after = await awaited(request, self._phones.news, lambda: len(messages))
        return web.json_response([_shown(n, one) for n, one in enumerate(messages, 1) if n > after])

    async def post_mo(self, request: web.Request) -> web.Response:
        """Bring a text from a phone; the answer tells how the gateway took it. id: the same again is the same text."""
        document = await json_object(request)
        sender, service, text = (document.get(key) for key in ("from", "to", "text"))
        kind, ident = document.get("kind", self._kind), document.get("id", "")
        if not (isinstance(sender, str) and isinstance(service, str) and isinstance(text, str)):
            raise ControlProblem(400, "from, to and text are wanted, as strings")
        if not (isinstance(kind, str) and kind in SIDES and isinstance(ident, str)):
            raise ControlProblem(400, f"kind is one of {', '.join(SIDES)}, and id a string")
        try:
            status, body = await self._phones.send_mo(kind, sender, service, text, ident)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ControlProblem(503, f"the gateway does not answer: {error or type(error).__name__}") from error
        return web.json_response({"status": status, "body": body}, status=202)

    async def put_gateway(self, request: web.Request) -> web.Response:
        """Call this gateway from now on."""
        document = await json_object(request)
        url, token, secret = (document.get(key, "") for key in ("url", "token", "secret"))
        if not (isinstance(url, str) and isinstance(token, str) and isinstance(secret, str) and is_address(url)):
            raise ControlProblem(400, "url is where the gateway answers, token and secret are strings")
        self._phones.call_at(url, token, secret)
        return web.json_response({})

    async def put_faults(self, request: web.Request) -> web.Response:
        """Replace the faults."""
        try:
            self._phones.faults = parse_faults(await json_object(request))
        except BadFault as error:
            raise ControlProblem(400, str(error)) from error
        return web.json_response({})


def is_address(url: str) -> bool:
    """Whether a gateway can be called there."""
    try:
        parsed = URL(url)
    except ValueError:
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)


def _shown(n: int, one: Taken) -> Mapping[str, Any]:
    return {
        "n": n,
        "id": one.id,
        "kind": one.kind,
        "from": one.source,
        "to": one.destination,
        "text": one.text,
    }
