"""The SMSC simulator over HTTP: what phones got, what they send, what is to go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, Protocol

from aiohttp import web

from gateway.simulators.smsc_faults import BadFaults, Faults, parse_faults
from gateway.smpp.pdu import Response
from gateway.smpp.server import NoReceiver
from gateway.smpp.session import Answer
from gateway.smpp.text import TextTooLong
from gateway.smpp.vocabulary import status_name

_MAX_REPEAT: Final = 10_000
_MAX_WAIT: Final = 60.0


class Phones(Protocol):
    """What the control API asks of the simulator."""

    faults: Faults
    messages: list[dict[str, Any]]
    news: asyncio.Condition

    def binds(self) -> list[dict[str, str]]: ...

    def set_faults(self, faults: Faults) -> None: ...

    async def send_mo(self, sender: str, service: str, text: str, repeat: int = 1) -> list[Answer]: ...


def control_application(phones: Phones) -> web.Application:
    """``GET /messages``, ``POST /mo``, ``GET`` and ``PUT /faults``, ``GET /binds``."""
    control = _Control(phones)
    application = web.Application(middlewares=[_problems])
    application.add_routes(
        [
            web.get("/messages", control.get_messages),
            web.post("/mo", control.post_mo),
            web.get("/faults", control.get_faults),
            web.put("/faults", control.put_faults),
            web.get("/binds", control.get_binds),
        ]
    )
    return application


class _Problem(Exception):
    """An answer in application/problem+json."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class _Control:
    def __init__(self, phones: Phones) -> None:
        self._phones = phones

    async def get_messages(self, request: web.Request) -> web.Response:
        """All messages, or those after number ``after``, waiting at most ``timeout`` seconds for one."""
        messages, news = self._phones.messages, self._phones.news
        after, seconds = int(_number(request, "after")), min(_number(request, "timeout"), _MAX_WAIT)
        if seconds and len(messages) <= after:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds), news:
                    await news.wait_for(lambda: len(messages) > after)
        return web.json_response(messages[after:])

    async def post_mo(self, request: web.Request) -> web.Response:
        """Send a text from a phone; the answer tells how the ESME took it."""
        document = await _object(request)
        sender, service, text = (document.get(key) for key in ("from", "to", "text"))
        repeat = document.get("repeat", 1)
        if not (isinstance(sender, str) and isinstance(service, str) and isinstance(text, str)):
            raise _Problem(400, "from, to and text are wanted, as strings")
        if not isinstance(repeat, int) or isinstance(repeat, bool) or not 1 <= repeat <= _MAX_REPEAT:
            raise _Problem(400, f"repeat is a whole number from 1 to {_MAX_REPEAT}")
        try:
            answers = await self._phones.send_mo(sender, service, text, repeat)
        except NoReceiver as error:
            raise _Problem(503, str(error)) from error
        except TextTooLong as error:
            raise _Problem(400, str(error)) from error
        statuses = [answer_name(answer) for answer in answers]
        return web.json_response({"status": statuses[-1], "statuses": statuses}, status=202)

    async def get_faults(self, _: web.Request) -> web.Response:
        """The faults as they stand; counts go down as they are used up."""
        return web.json_response(_shown(self._phones.faults))

    async def put_faults(self, request: web.Request) -> web.Response:
        """Replace the faults."""
        try:
            self._phones.set_faults(parse_faults(await _object(request)))
        except BadFaults as error:
            raise _Problem(400, str(error)) from error
        return web.json_response(_shown(self._phones.faults))

    async def get_binds(self, _: web.Request) -> web.Response:
        """Who is bound."""
        return web.json_response(self._phones.binds())


def answer_name(answer: Answer) -> str:
    """How the ESME took a delivery: its command_status, or why there is none."""
    if isinstance(answer, Response):
        return status_name(answer.status)
    return "LINK_LOST" if answer.link_lost else "NO_ANSWER"


def _shown(faults: Faults) -> dict[str, Any]:
    """The lasting faults; ``drop`` and ``garbage`` are done when they are set."""
    return {
        "throttle": faults.throttle,
        "no_response": faults.no_response,
        "refuse_binds": faults.refuse_binds,
        "status": faults.status,
        "receipts": faults.receipts,
        "receipt_delay": faults.receipt_delay,
    }


@web.middleware
async def _problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Every error as application/problem+json (RFC 9457)."""
    try:
        return await handler(request)
    except _Problem as problem:
        return _as_problem(problem.status, str(problem))
    except web.HTTPException as error:
        return _as_problem(error.status, error.reason)


def _as_problem(status: int, detail: str) -> web.Response:
    body = {"type": "about:blank", "title": detail, "status": status}
    return web.json_response(body, status=status, content_type="application/problem+json")


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        document = await request.json()
    except ValueError:
        raise _Problem(400, "the body is not JSON") from None
    if not isinstance(document, dict):
        raise _Problem(400, "a JSON object is wanted")
    return document


def _number(request: web.Request, name: str) -> float:
    try:
        value = float(request.query.get(name, "0"))
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise _Problem(400, f"{name} is a number from 0")
    return value
