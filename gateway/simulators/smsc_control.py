"""The SMSC simulator over HTTP: what phones got, what they send, what is to go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final, Protocol

from aiohttp import web

from gateway.errors import GatewayError
from gateway.simulators.control_requests import ControlProblem, answer_name, awaited, json_object, problems, times
from gateway.simulators.fault_values import BadFault
from gateway.simulators.smsc_book import Book
from gateway.simulators.smsc_faults import Faults, parse_faults, shown
from gateway.simulators.smsc_ussd import UssdPhones
from gateway.simulators.smsc_ussd_control import UssdControl
from gateway.smpp.server import NoReceiver
from gateway.smpp.session import Answer
from gateway.smpp.text import TextTooLong

_MOST_PORT: Final = 65_535
_MOST_REFERENCE: Final = 255


class NoSuchPart(GatewayError):
    """A text is not so long."""

    code = "no-such-part"


class Simulated(Protocol):
    """What the control API asks of the simulator."""

    ussd: UssdPhones
    book: Book

    @property
    def faults(self) -> Faults: ...

    @property
    def news(self) -> asyncio.Condition: ...

    def binds(self) -> list[dict[str, str]]: ...

    def set_faults(self, faults: Faults) -> None: ...

    def counts(self) -> dict[str, int]: ...

    async def outbind(self, host: str, port: int, system_id: str, password: str) -> None: ...

    async def send_mo(
        self,
        sender: str,
        service: str,
        text: str,
        repeat: int = 1,
        *,
        bind: str = "",
        only: Collection[int] = (),
        reference: int = 0,
    ) -> list[Answer]: ...


def control_application(phones: Simulated) -> web.Application:
    """``/messages``, ``/mo``, ``/faults``, ``/binds``, ``/counts``, ``/outbind``, and the phones of ``/ussd``."""
    control = _Control(phones)
    application = web.Application(middlewares=[problems])
    application.add_routes(
        [
            web.get("/messages", control.get_messages),
            web.post("/mo", control.post_mo),
            web.get("/faults", control.get_faults),
            web.put("/faults", control.put_faults),
            web.get("/binds", control.get_binds),
            web.get("/counts", control.get_counts),
            web.post("/outbind", control.post_outbind),
            *UssdControl(phones.ussd).routes(),
        ]
    )
    return application


class _Control:
    def __init__(self, phones: Simulated) -> None:
        self._phones = phones

    async def get_messages(self, request: web.Request) -> web.Response:
        """All messages, or those after number ``after``, waiting at most ``timeout`` seconds for one."""
        book = self._phones.book
        after = await awaited(request, self._phones.news, lambda: book.total)
        return web.json_response(book.since(after))

    async def post_mo(self, request: web.Request) -> web.Response:
        """Send a text from a phone, to ``bind`` if that is given; the answer tells how the ESME took it.

        parts: these of a long text alone; reference: that all of them have.
        """
        document = await json_object(request)
        sender, service, text = (document.get(key) for key in ("from", "to", "text"))
        bind, repeat = document.get("bind", ""), times(document)
        if not (isinstance(sender, str) and isinstance(service, str) and isinstance(text, str)):
            raise ControlProblem(400, "from, to and text are wanted, as strings")
        if not isinstance(bind, str):
            raise ControlProblem(400, "bind is a string")
        only, reference = document.get("parts", []), document.get("reference", 0)
        if not (isinstance(only, list) and all(type(one) is int for one in only)):
            raise ControlProblem(400, "parts is a list of whole numbers from 1")
        if type(reference) is not int or not 0 <= reference <= _MOST_REFERENCE:
            raise ControlProblem(400, f"reference is a whole number from 1 to {_MOST_REFERENCE}")
        try:
            answers = await self._phones.send_mo(
                sender, service, text, repeat, bind=bind, only=only, reference=reference
            )
        except NoReceiver as error:
            raise ControlProblem(503, str(error)) from error
        except (TextTooLong, NoSuchPart) as error:
            raise ControlProblem(400, str(error)) from error
        statuses = [answer_name(answer) for answer in answers]
        return web.json_response({"status": statuses[-1], "statuses": statuses}, status=202)

    async def get_faults(self, _: web.Request) -> web.Response:
        """The faults as they stand; counts go down as they are used up."""
        return web.json_response(shown(self._phones.faults))

    async def put_faults(self, request: web.Request) -> web.Response:
        """Replace the faults."""
        try:
            self._phones.set_faults(parse_faults(await json_object(request)))
        except BadFault as error:
            raise ControlProblem(400, str(error)) from error
        return web.json_response(shown(self._phones.faults))

    async def get_binds(self, _: web.Request) -> web.Response:
        """Who is bound."""
        return web.json_response(self._phones.binds())

    async def get_counts(self, _: web.Request) -> web.Response:
        """Totals since the start."""
        return web.json_response(self._phones.counts())

    async def post_outbind(self, request: web.Request) -> web.Response:
        """Connect to an ESME at ``host`` and ``port``, and ask it to bind."""
        document = await json_object(request)
        host, port = document.get("host", "127.0.0.1"), document.get("port")
        system_id, password = document.get("system_id", ""), document.get("password", "")
        if not (isinstance(host, str) and isinstance(system_id, str) and isinstance(password, str)):
            raise ControlProblem(400, "host, system_id and password are strings")
        if not isinstance(port, int) or isinstance(port, bool) or not 0 < port <= _MOST_PORT:
            raise ControlProblem(400, f"port is wanted, from 1 to {_MOST_PORT}")
        try:
            await self._phones.outbind(host, port, system_id, password)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise ControlProblem(503, f"nobody at {host}:{port}: {why}") from error
        return web.json_response({"status": "asked"}, status=202)
