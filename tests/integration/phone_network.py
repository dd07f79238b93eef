"""What the handset page talks to: the real page, SMSC simulator and SMPP bind around a stand-in for the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import web

from fakes import NUMBER, NUMBERS, FakeInbox, submitted
from flows.values import Msisdn, Purpose
from gateway.core.ports import Delivery, MobileOriginated, ShortMessage, Submitted
from gateway.core.problems import middleware
from gateway.simulators.handset import HandsetPage
from gateway.simulators.smsc import SmscSimulator
from gateway.smpp.client import SmppClient
from gateway.smpp.settings import SmppSettings
from gateway.telemetry import Metrics

SERVICES = ("*123#", "*123*9#")
Fields = dict[str, str]


@dataclass(slots=True)
class PhoneNetwork:
    """A gateway that serves the handset page, and what a person at the phone will see of it.

    menu: the first screen. bought: the screen after ``1``, with which the session ends. offer: what ``text_phone``
    makes the phone get. confirmation: the answer to the text ``1``. hops, ends: what came over the USSD wire.
    """

    url: str
    menu: str
    bought: str
    offer: str
    confirmation: str
    text_phone: Callable[[str], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]
    hops: list[Fields] = field(default_factory=list)
    ends: list[Fields] = field(default_factory=list)


class AnsweringEsme:
    """Takes texts as the gateway does, and answers each over the same bind."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self._inbox = FakeInbox()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent = 0
        self.client: SmppClient

    async def take(self, deliveries: Sequence[Delivery]) -> Sequence[Exception | None]:
        """See ``InboundSms``."""
        for one in deliveries:
            if isinstance(one, MobileOriginated) and one.text.strip() == "1":
                task = asyncio.create_task(self.send(one.source, self.answer))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        return await self._inbox.take(deliveries)

    async def send(self, msisdn: str, text: str) -> None:
        """Submit a text to a phone."""
        self._sent += 1
        message = ShortMessage(f"m-{self._sent}", "", Msisdn(msisdn.lstrip("+")), text, Purpose.REPLY)
        assert isinstance(await submitted(self.client, message), Submitted)


class StandIn:
    """The gateway's ``/ussd/africastalking`` for one small menu; ``8`` is never answered, ``7`` is not understood."""

    def __init__(self, menu: str, bought: str) -> None:
        self.menu = menu
        self.bought = bought
        self.hops: list[Fields] = []
        self.ends: list[Fields] = []

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post("/ussd/africastalking", self._hop)
        app.router.add_post("/ussd/africastalking/events", self._end)

    async def _hop(self, request: web.Request) -> web.Response:
        hop = await _form(request)
        self.hops.append(hop)
        inputs = [one for one in hop["text"].split("*") if one]
        match inputs:
            case []:
                answer = f"CON {self.menu}"
            case [*_, "1"]:
                answer = f"END {self.bought}"
            case [*_, "7"]:
                answer = "???"
            case [*_, "8"]:
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
                raise web.HTTPServiceUnavailable
            case _:
                answer = f"CON {len(inputs)}: {inputs[-1]}"
        return web.Response(text=answer)

    async def _end(self, request: web.Request) -> web.Response:
        self.ends.append(await _form(request))
        return web.Response()


@asynccontextmanager
async def stand_in() -> AsyncIterator[PhoneNetwork]:
    """The page, a simulator, a bind, and the stand-in, on free ports."""
    ussd = StandIn("Hola. ¿Qué quieres?\n1. 1 GB por $3.000\n2. Mi saldo", "Listo: 1 GB ya está activo.\nSaldo $2.000.")
    esme = AnsweringEsme("Listo: 1 GB por 7 dias ya esta activo. Cobramos $3.000. Saldo $2.000.")
    offer = "Tu 1 GB se acaba en aprox. 11 h. 1 GB por 7 dias por $3.000: responde 1. BAJA: no mas ofertas."
    async with AsyncExitStack() as stack:
        smsc = SmscSimulator(0, 0)
        await smsc.start()
        stack.push_async_callback(smsc.stop)
        settings = SmppSettings("a", "127.0.0.1", smsc.port, "chasqui", "secret", numbers=NUMBERS, tps=0)
        esme.client = SmppClient(settings, esme)
        await esme.client.start()
        stack.push_async_callback(esme.client.stop)
        await esme.client.wait_ready()
        app = web.Application(middlewares=[middleware(Metrics())])
        ussd.add_to(app)
        HandsetPage(smsc, SERVICES, NUMBER).add_to(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield PhoneNetwork(
            url=f"http://127.0.0.1:{runner.addresses[0][1]}",
            menu=ussd.menu,
            bought=ussd.bought,
            offer=offer,
            confirmation=esme.answer,
            text_phone=lambda msisdn: esme.send(msisdn, offer),
            stop=runner.cleanup,
            hops=ussd.hops,
            ends=ussd.ends,
        )


async def _form(request: web.Request) -> Fields:
    assert request.content_type == "application/x-www-form-urlencoded"
    return {name: str(value) for name, value in (await request.post()).items()}
