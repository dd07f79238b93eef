"""Both ends of a bind over loopback: a real client, a real server, a fake store and a fake SMSC mind."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from fakes import NUMBERS, FakeInbox
from flows.values import Msisdn, Purpose
from gateway.core.ports import Delivery, ShortMessage
from gateway.smpp.client import SmppClient
from gateway.smpp.pdu import Bind, Message, Response, Tlv, format_message
from gateway.smpp.server import Esme, SmppServer, SubmitReply
from gateway.smpp.session import Answer, ask
from gateway.smpp.settings import SmppSettings
from gateway.smpp.vocabulary import Command, Status

_T = TypeVar("_T")


async def within(work: Awaitable[_T], seconds: float = 5.0) -> _T:
    """The result of ``work``; fails the test when it takes too long."""
    async with asyncio.timeout(seconds):
        return await work


class Store(FakeInbox):
    """Takes texts and receipts; ``failure`` comes back instead while set, ``gate`` holds them while clear."""

    def __init__(self) -> None:
        super().__init__()
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def take(self, deliveries: Sequence[Delivery]) -> Sequence[Exception | None]:
        """See ``InboundSms``."""
        await self.gate.wait()
        if self.failure is not None:
            return [self.failure] * len(deliveries)
        return await super().take(deliveries)


class Smsc:
    """Records submits, tells each to ``arrived``, answers what ``answer`` says."""

    def __init__(self) -> None:
        self.submits: list[tuple[float, Message]] = []
        self.arrived: asyncio.Queue[tuple[Esme, Message]] = asyncio.Queue()
        self.answer: Callable[[Esme, Message], SubmitReply | None] = self.accept
        self.bind_status: int = Status.OK
        self.bound: asyncio.Queue[Esme] = asyncio.Queue()

    def accept(self, esme: Esme, message: Message) -> SubmitReply | None:
        """Take it, numbering from 1."""
        return Status.OK, str(len(self.submits))

    def submit(self, esme: Esme, message: Message) -> SubmitReply | None:
        """See ``SubmitHandler``."""
        self.submits.append((asyncio.get_running_loop().time(), message))
        self.arrived.put_nowait((esme, message))
        return self.answer(esme, message)

    def authenticate(self, bind: Bind) -> int:
        """See ``Authenticator``."""
        return self.bind_status


@dataclass(frozen=True, slots=True)
class Wire:
    """A client bound to a server."""

    client: SmppClient
    server: SmppServer
    store: Store
    smsc: Smsc

    async def deliver(self, octets: bytes = b"1", *, command: int = Command.DELIVER_SM, **fields: Any) -> int:
        """The status with which the client answers a delivery."""
        answer: Answer = await within(ask(self.esme.session, command, format_message(mo(octets, command, **fields))))
        assert isinstance(answer, Response)
        return answer.status

    @property
    def esme(self) -> Esme:
        """The one bind, as the server sees it."""
        (only,) = self.server.esmes
        return only


def mo(octets: bytes, command: int = Command.DELIVER_SM, *, tlvs: tuple[Tlv, ...] = (), **fields: Any) -> Message:
    """A text from a subscriber."""
    return replace(Message(command, 0, 1, 1, "573001112233", 3, 0, "12345", octets, tlvs=tlvs), **fields)


def mt(text: str = "hola", message_id: str = "m-1", **fields: Any) -> ShortMessage:
    """A text to a subscriber."""
    return replace(ShortMessage(message_id, "", Msisdn("573001112233"), text, Purpose.ALERT), **fields)


def settings_for(server: SmppServer, **changes: Any) -> SmppSettings:
    """Settings of a quick client."""
    settings = SmppSettings("smsc-a", "127.0.0.1", server.port, "chasqui", "secret", numbers=NUMBERS, tps=0)
    return replace(settings, reconnect_max=0.05, **changes)


@asynccontextmanager
async def listening(smsc: Smsc | None = None, **options: Any) -> AsyncIterator[tuple[SmppServer, Smsc]]:
    """A server on a free port."""
    smsc = smsc or Smsc()
    server = SmppServer("127.0.0.1", 0, smsc, smsc.authenticate, on_bound=smsc.bound.put_nowait, **options)
    await server.start()
    try:
        yield server, smsc
    finally:
        await server.stop()


@asynccontextmanager
async def wired(server: Mapping[str, Any] | None = None, **changes: Any) -> AsyncIterator[Wire]:
    """A bound client and its server (with these options); ``changes`` go into the client's settings."""
    store, options = Store(), server or {}
    async with listening(**options) as (listener, smsc):
        client = SmppClient(settings_for(listener, **changes), store)
        await client.start()
        try:
            await within(smsc.bound.get())
            if changes.get("bind") != "receiver":
                await within(client.wait_ready())
            yield Wire(client, listener, store, smsc)
        finally:
            store.gate.set()
            await client.stop(1.0)


@asynccontextmanager
async def asked(
    outbind_ssl: ssl.SSLContext | None = None, **changes: Any
) -> AsyncIterator[tuple[SmppServer, Smsc, SmppClient, Store]]:
    """A client that listens for outbind, and an SMSC that may ask it."""
    store = Store()
    async with listening() as (server, smsc):
        client = SmppClient(settings_for(server, outbind_port=0, **changes), store, outbind_ssl=outbind_ssl)
        await client.start()
        try:
            yield server, smsc, client, store
        finally:
            await client.stop(1.0)
