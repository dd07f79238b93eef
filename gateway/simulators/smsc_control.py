"""The SMSC simulator over HTTP: what phones got, what they send, what is to go wrong."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final, Protocol

from aiohttp import web

from gateway.simulators.control_requests import ControlProblem, answer_name, json_object, number, problems, times
from gateway.simulators.smsc_faults import BadFaults, Faults, parse_faults
from gateway.simulators.smsc_ussd import UssdPhones
from gateway.simulators.smsc_ussd_control import UssdControl
from gateway.smpp.server import NoReceiver
from gateway.smpp.session import Answer
from gateway.smpp.text import TextTooLong

_MAX_WAIT: Final = 60.0


class Phones(Protocol):
    """What the control API asks of the simulator."""

    faults: Faults
    ussd: UssdPhones
    messages: list[dict[str, Any]]
    news: asyncio.Condition

    def binds(self) -> list[dict[str, str]]: ...

    def set_faults(self, faults: Faults) -> None: ...

    async def send_mo(
        self, sender: str, service: str, text: str, repeat: int = 1, *, bind: str = ""
    ) -> list[Answer]: ...


def control_application(phones: Phones) -> web.Application:
    """``GET /messages``, ``POST /mo``, ``GET`` and ``PUT /faults``, ``GET /binds``, ``GET`` and ``POST /ussd``."""
    control = _Control(phones)
    application = web.Application(middlewares=[problems])
    application.add_routes(
        [
            web.get("/messages", control.get_messages),
            web.post("/mo", control.post_mo),
            web.get("/faults", control.get_faults),
            web.put("/faults", control.put_faults),
            web.get("/binds", control.get_binds),
            *UssdControl(phones.ussd).routes(),
        ]
    )
    return application


class _Control:
    def __init__(self, phones: Phones) -> None:
        self._phones = phones

    async def get_messages(self, request: web.Request) -> web.Response:
        """All messages, or those after number ``after``, waiting at most ``timeout`` seconds for one."""
        messages, news = self._phones.messages, self._phones.news
        after, seconds = int(number(request, "after")), min(number(request, "timeout"), _MAX_WAIT)
        if seconds and len(messages) <= after:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds), news:
                    await news.wait_for(lambda: len(messages) > after)
        return web.json_response(messages[after:])

    async def post_mo(self, request: web.Request) -> web.Response:
        """Send a text from a phone, to ``bind`` if that is given; the answer tells how the ESME took it."""
        document = await json_object(request)
        sender, service, text = (document.get(key) for key in ("from", "to", "text"))
        bind, repeat = document.get("bind", ""), times(document)
        if not (isinstance(sender, str) and isinstance(service, str) and isinstance(text, str)):
            raise ControlProblem(400, "from, to and text are wanted, as strings")
        if not isinstance(bind, str):
            raise ControlProblem(400, "bind is a string")
        try:
            answers = await self._phones.send_mo(sender, service, text, repeat, bind=bind)
        except NoReceiver as error:
            raise ControlProblem(503, str(error)) from error
        except TextTooLong as error:
            raise ControlProblem(400, str(error)) from error
        statuses = [answer_name(answer) for answer in answers]
        return web.json_response({"status": statuses[-1], "statuses": statuses}, status=202)

    async def get_faults(self, _: web.Request) -> web.Response:
        """The faults as they stand; counts go down as they are used up."""
        return web.json_response(_shown(self._phones.faults))

    async def put_faults(self, request: web.Request) -> web.Response:
        """Replace the faults."""
        try:
            self._phones.set_faults(parse_faults(await json_object(request)))
        except BadFaults as error:
            raise ControlProblem(400, str(error)) from error
        return web.json_response(_shown(self._phones.faults))

    async def get_binds(self, _: web.Request) -> web.Response:
        """Who is bound."""
        return web.json_response(self._phones.binds())


def _shown(faults: Faults) -> dict[str, Any]:
    """The lasting faults; ``drop`` and ``garbage`` are done when they are set."""
    return {
        "throttle": faults.throttle,
        "no_response": faults.no_response,
        "refuse_binds": faults.refuse_binds,
        "status": faults.status,
        "push_status": faults.push_status,
        "receipts": faults.receipts,
        "receipt_delay": faults.receipt_delay,
    }
