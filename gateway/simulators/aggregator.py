"""An aggregator for tests and demonstrations: the wires of Africa's Talking, Twilio and Kannel on one port.

What phones see and do is on another, as the SMSC simulator has it.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from gateway.errors import listening
from gateway.simulators.aggregator_control import control_application
from gateway.simulators.aggregator_faults import AggregatorFaults
from gateway.simulators.aggregator_wires import SIDES, Call, Reply, Sent, Taken

_TRIES = 20
_PAUSE = 0.5
_NOW = struct.pack("ii", 1, 0)
"""SO_LINGER so that a close is a reset."""


@dataclass(slots=True)
class Callbacks:
    """Where one kind calls with texts, and with receipts where no request says. secret: what Twilio signs by."""

    texts: str = ""
    receipts: str = ""
    secret: str = ""


class AggregatorSimulator:
    """Takes texts, tells what became of them, and brings texts from phones. A port of 0 takes a free one.

    kind: of a text from a phone that names none. messages: what phones would have got; news: told of each;
    requests: how many came, whatever was answered.
    """

    def __init__(
        self, port: int = 0, control_port: int = 0, *, host: str = "127.0.0.1", kind: str = "africastalking"
    ) -> None:
        self.port = port
        self.control_port = control_port
        self.faults = AggregatorFaults()
        self.callbacks = {kind: Callbacks() for kind in SIDES}
        self.messages: list[Taken] = []
        self.news = asyncio.Condition()
        self.requests = 0
        self._host = host
        self._kind = kind
        self._last = 0
        self._calling: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self._http: aiohttp.ClientSession | None = None
        self._runners: list[web.AppRunner] = []

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self._host}:{self.port}"

    @property
    def control_url(self) -> str:
        """Where phones see and do what they do."""
        return f"http://{self._host}:{self.control_port}"

    def call_at(self, gateway: str, token: str = "", secret: str = "") -> None:
        """Call this gateway for every kind. gateway: its base URL; token: of its door; secret: what Twilio signs by."""
        for kind in SIDES:
            texts = f"{gateway.rstrip('/')}/sms/{kind}" + (f"/{token}" if token else "")
            self.callbacks[kind] = Callbacks(texts, f"{texts}/receipts", secret)

    async def start(self) -> None:
        """Open both ports. Raises PortInUse."""
        app = web.Application()
        app.add_routes(
            [
                web.post("/version1/messaging", partial(self._submit, "africastalking")),
                web.post("/2010-04-01/Accounts/{AccountSid}/Messages.json", partial(self._submit, "twilio")),
                web.get("/cgi-bin/sendsms", partial(self._submit, "kannel")),
            ]
        )
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        try:
            self.port = await self._listen(app, self.port, "aggregator")
            control = control_application(self, self._kind)
            self.control_port = await self._listen(control, self.control_port, "aggregator's control")
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Call nobody any more, and close both ports."""
        self._over.set()
        for task in self._calling:
            task.cancel()
        await asyncio.gather(*self._calling, return_exceptions=True)
        if self._http is not None:
            await self._http.close()
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()

    async def send_mo(self, kind: str, sender: str, service: str, text: str, ident: str = "") -> tuple[int, str]:
        """Bring a text from a phone once; status and body of the answer. ident: its name, empty = a new one."""
        self._last += 1
        to, sent = self.callbacks[kind], Sent(sender, service, text, ident or f"MO{self._last}")
        return await self._call(SIDES[kind].text(to.texts, sent, to.secret))

    # ── its wires ──

    async def _submit(self, kind: str, request: web.Request) -> web.StreamResponse:
        fields = {**request.query, **await request.post(), **request.match_info}
        faults, side = self._befalls(), SIDES[kind]
        taken = side.take({name: str(value) for name, value in fields.items()}, self._number())
        if not faults.answers or faults.taken:
            self.messages.append(taken)
            async with self.news:
                self.news.notify_all()
            if faults.receipts:
                self._start(self._tell(kind, taken, faults))
        await asyncio.sleep(faults.delay)
        if faults.ending:
            return await self._break_off(request, faults.ending)
        if faults.status:
            headers = {"Retry-After": faults.retry_after} if faults.retry_after else {}
            return web.Response(
                status=faults.status, text=faults.body, content_type=faults.content_type, headers=headers
            )
        return _response(side.no(faults.code) if faults.code else side.yes(taken))

    async def _break_off(self, request: web.Request, ending: str) -> web.StreamResponse:
        """End the connection without an answer, or say nothing as long as this runs."""
        transport = request.transport
        assert transport is not None, "the request has just come"
        if ending == "silence":
            await self._over.wait()
        elif ending == "reset":
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOW)
            transport.abort()
        else:
            transport.close()
        return web.Response()

    def _number(self) -> int:
        self.requests += 1
        return self.requests

    def _befalls(self) -> AggregatorFaults:
        """The faults of this request; those that are counted end with the last."""
        faults = self.faults
        if faults.count:
            faults.count -= 1
            if not faults.count:
                self.faults = AggregatorFaults()
        return faults

    async def _tell(self, kind: str, taken: Taken, faults: AggregatorFaults) -> None:
        """Tell what became of a text, again while it is not taken."""
        for _ in range(_TRIES):
            to = self.callbacks[kind]
            if not (url := taken.told or to.receipts):
                return
            with suppress(aiohttp.ClientError, TimeoutError):
                if (await self._call(SIDES[kind].receipt(taken, url, faults, to.secret)))[0] < 300:
                    return
            await asyncio.sleep(_PAUSE)

    async def _call(self, call: Call) -> tuple[int, str]:
        assert self._http is not None, "it is started"
        url = URL(call.url, encoded=call.method == "POST" or not call.form)
        query = call.form if call.method == "GET" else ()
        data = aiohttp.FormData(call.form) if call.method == "POST" else None
        async with self._http.request(
            call.method, url.extend_query(query) if query else url, data=data, headers=call.headers
        ) as answer:
            return answer.status, await answer.text()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._calling.add(task)
        task.add_done_callback(self._calling.discard)

    async def _listen(self, app: web.Application, port: int, what: str) -> int:
        """Open a port; which it is."""
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._runners.append(runner)
        with listening(self._host, port, what):
            await web.TCPSite(runner, self._host, port).start()
        return int(runner.addresses[0][1])


def _response(reply: Reply) -> web.Response:
    if isinstance(reply.document, str):
        return web.Response(status=reply.status, text=reply.document)
    return web.json_response(reply.document, status=reply.status)
