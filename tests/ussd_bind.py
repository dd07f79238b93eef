"""A bind that carries USSD: a real client and server over loopback, a door, and both minds at its ends as fakes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from fakes import NUMBERS, FakeInbox
from gateway.config.tree import UssdProfileConfig
from gateway.core.doors import Door
from gateway.core.turn import Reply
from gateway.smpp.client import SmppClient
from gateway.smpp.pdu import Bind, Message, Response, Tlv, format_message, tlv
from gateway.smpp.server import Esme, SmppServer, SubmitReply
from gateway.smpp.session import Answer, ask
from gateway.smpp.settings import SmppSettings
from gateway.smpp.vocabulary import ITS_SESSION_INFO, USSD_SERVICE_OP, Command, Status
from gateway.ussd.dialect import Ended, Hop
from gateway.ussd.smpp_door import SmppDoor

ANA = "573001112233"
_T = TypeVar("_T")


async def within(work: Awaitable[_T], seconds: float = 20.0) -> _T:
    """The result of ``work``; fails the test when it takes too long."""
    async with asyncio.timeout(seconds):
        return await work


@dataclass(slots=True)
class FakeDesk:
    """Answers each hop with its number, once ``gate`` is open. last: from which on the session ends."""

    hops: list[Hop] = field(default_factory=list)
    ends: list[Ended] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Exception | None = None
    last: int = 1_000_000
    asked: asyncio.Queue[Hop] = field(default_factory=asyncio.Queue)

    async def answer(self, hop: Hop, door: Door) -> Reply:
        """See ``Desk``."""
        self.hops.append(hop)
        number = len(self.hops)
        self.asked.put_nowait(hop)
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return Reply(f"screen {number}", ends=number >= self.last)

    async def ended(self, ended: Ended, door: Door) -> None:
        """See ``Desk``."""
        self.ends.append(ended)

    def count(self, door: Door, outcome: str) -> None:
        """See ``Desk``."""
        self.counted.append(outcome)


class Silence:
    """The end of a wait for a phone, which comes when a test says so."""

    def __init__(self) -> None:
        self._set: asyncio.Queue[Callable[[], None]] = asyncio.Queue()

    def later(self, seconds: float, call: Callable[[], None]) -> Silence:
        """See ``Later``."""
        self._set.put_nowait(call)
        return self

    def cancel(self) -> None:
        """See ``Timer``: what is settled is so for good."""

    async def comes(self) -> None:
        """Nothing came in time, once somebody waits."""
        (await within(self._set.get()))()


class Network:
    """An SMSC that keeps what it is given, and answers as ``answer`` says."""

    def __init__(self) -> None:
        self.submits: asyncio.Queue[Message] = asyncio.Queue()
        self.answer: Callable[[Message], SubmitReply | None] = lambda _: (Status.OK, "id-1")
        self.bound: asyncio.Queue[Esme] = asyncio.Queue()

    def submit(self, esme: Esme, message: Message) -> SubmitReply | None:
        """See ``SubmitHandler``."""
        self.submits.put_nowait(message)
        return self.answer(message)

    def authenticate(self, bind: Bind) -> int:
        """See ``Authenticator``."""
        return Status.OK


@dataclass(frozen=True, slots=True)
class UssdBind:
    """Everything at once."""

    client: SmppClient
    server: SmppServer
    network: Network
    desk: FakeDesk
    door: SmppDoor
    inbox: FakeInbox
    silence: Silence

    def give_up(self) -> None:
        """The client waits no longer for answers to what it has written."""
        for link in self.client._links.up:
            link.session._pending.sweep(math.inf)

    async def deliver(self, message: Message) -> int:
        """The status with which a delivery is answered."""
        (esme,) = self.server.esmes
        answer: Answer = await within(ask(esme.session, message.command, format_message(message)))
        assert isinstance(answer, Response)
        return answer.status

    async def screen(self) -> Message:
        """The next submit_sm."""
        return await within(self.network.submits.get())

    async def drop(self) -> None:
        """Cut the connection, and wait until the client is back."""
        while not self.network.bound.empty():
            self.network.bound.get_nowait()
        self.server.drop()
        await within(self.network.bound.get())
        await within(self.client.wait_ready())


def said(text: str = "1", op: int = 18, info: bytes = b"\x07\x00", **fields: Any) -> Message:
    """A deliver_sm from Ana's phone."""
    tlvs: tuple[Tlv, ...] = ((USSD_SERVICE_OP, bytes((op,))), (ITS_SESSION_INFO, info))
    message = Message(Command.DELIVER_SM, 0, 1, 1, ANA, 3, 0, "*123#", text.encode(), 0x0F, tlvs=tlvs)
    return replace(message, **fields)


def dialled(**fields: Any) -> Message:
    """A session's first."""
    return said("*123#", 1, **fields)


def op_of(message: Message) -> int:
    """Its ussd_service_op."""
    return int.from_bytes(tlv(message.tlvs, USSD_SERVICE_OP) or b"\xff", "big")


def info_of(message: Message) -> bytes:
    """Its its_session_info."""
    return tlv(message.tlvs, ITS_SESSION_INFO) or b""


@asynccontextmanager
async def ussd_bind(
    *, profile: UssdProfileConfig | None = None, limit: int = 2000, total: float = 180.0, **changes: Any
) -> AsyncIterator[UssdBind]:
    """A door behind a bound client. total: seconds that a session lasts; changes: of the client's settings."""
    network, desk, inbox, silence = Network(), FakeDesk(), FakeInbox(), Silence()
    desk.gate.set()
    server = SmppServer("127.0.0.1", 0, network, on_bound=network.bound.put_nowait)
    await server.start()
    door = Door("claro", "smpp", total_seconds=total)
    usual = SmppSettings("smsc-a", "127.0.0.1", server.port, "chasqui", "secret", numbers=NUMBERS, tps=0)
    client = SmppClient(replace(usual, reconnect_max=0.05, **changes), inbox)
    own = (client.settings.own.ton, client.settings.own.npi, client.settings.own.address)
    named = profile or UssdProfileConfig("standard")
    behind = SmppDoor(client, desk, door, named, own, limit=limit, later=silence.later)
    client.ussd = behind
    await client.start()
    try:
        await within(client.wait_ready())
        behind.open()
        yield UssdBind(client, server, network, desk, behind, inbox, silence)
    finally:
        desk.gate.set()
        await behind.close()
        await client.stop(1.0)
        await server.stop()
