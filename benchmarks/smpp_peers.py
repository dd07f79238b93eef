"""The far side of the bind, and a bind with nothing behind it: the floor that the gateway is held against."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from flows.values import Msisdn, Purpose
from gateway.core.ports import Delivery, MobileOriginated, ShortMessage, SubmitOutcome
from gateway.core.service_numbers import ServiceNumber
from gateway.smpp.client import SmppClient
from gateway.smpp.pdu import Message, format_message
from gateway.smpp.sending import Job
from gateway.smpp.server import Esme, SmppServer, SubmitReply
from gateway.smpp.settings import SmppSettings
from gateway.smpp.vocabulary import NPI, TON, Command, Status

_WINDOW = 200
_RECEIPT = 0x04
_STAMP = "2611220900"


class Smsc:
    """Answers every submit and sends its receipt at once."""

    def __init__(self) -> None:
        self._server = SmppServer(
            "127.0.0.1", 0, self, lambda _: self._bind_status, window=_WINDOW, on_bound=self._bound
        )
        self._bind_status = int(Status.BIND_FAILED)
        self._last_id = 0
        self._someone = asyncio.Event()
        self._delivered = asyncio.Event()
        self._left = 0

    @property
    def port(self) -> int:
        return self._server.port

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(0.1)

    async def accept(self) -> dict[str, Any]:
        """Let binds in; answers as soon as somebody is bound."""
        self._someone.clear()
        self._bind_status = Status.OK
        await self._someone.wait()
        return {}

    async def refuse(self) -> dict[str, Any]:
        """Let no more binds in."""
        self._bind_status = Status.BIND_FAILED
        return {}

    async def deliver(self, first: int, count: int, text: str) -> dict[str, Any]:
        """Texts from ``count`` subscribers to whoever is bound; answers when all are acknowledged."""
        [esme] = self._server.esmes
        self._left, self._delivered = count, asyncio.Event()
        for msisdn in range(first, first + count):
            body = _deliver(str(msisdn), "12345", text.encode("ascii"), 0)
            esme.queue.put(Job((body,), lambda _: self._acknowledged()))
        await self._delivered.wait()
        return {}

    def submit(self, esme: Esme, message: Message) -> SubmitReply:
        self._last_id += 1
        message_id = f"m{self._last_id:08}"  # reads one way only: digits alone could be hex or decimal
        receipt = (
            f"id:{message_id} sub:001 dlvrd:001 submit date:{_STAMP} done date:{_STAMP} stat:DELIVRD err:000 text:"
        )
        body = _deliver(message.destination, message.source, receipt.encode("ascii"), _RECEIPT)
        asyncio.get_running_loop().call_soon(esme.queue.put, Job((body,), lambda _: None))  # after the answer
        return Status.OK, message_id

    def _bound(self, _: Esme) -> None:
        self._someone.set()

    def _acknowledged(self) -> None:
        self._left -= 1
        if not self._left:
            self._delivered.set()


class BareEsme:
    """Sends and receives as the gateway does, and keeps nothing."""

    def __init__(self, port: int) -> None:
        settings = SmppSettings(
            "bare",
            "127.0.0.1",
            port,
            "bare",
            "",
            window=50,
            tps=0,
            numbers=(ServiceNumber("12345"),),
            reconnect_max=0.1,
        )
        self._client = SmppClient(settings, self)
        self._texts = self._receipts = 0
        self._news = asyncio.Event()

    async def start(self) -> None:
        await self._client.start()

    async def stop(self) -> None:
        await self._client.stop(0.1)

    async def send(self, first: int, count: int, text: str) -> dict[str, Any]:
        """Send, a hundred at a time, and wait for every receipt."""
        await self._client.wait_ready()
        wanted, numbers = self._receipts + count, iter(range(first, first + count))

        def one_more(_: SubmitOutcome | None = None) -> None:
            msisdn = next(numbers, None)
            if msisdn is not None:
                message = ShortMessage(str(msisdn), "12345", Msisdn(str(msisdn)), text, Purpose.ALERT, 3600)
                self._client.submit(message, one_more)

        for _ in range(100):
            one_more()
        await self._until(lambda: self._receipts >= wanted)
        return {}

    async def await_texts(self, count: int) -> dict[str, Any]:
        """Wait until so many texts have come in since the start."""
        await self._until(lambda: self._texts >= count)
        return {}

    async def take(self, deliveries: Sequence[Delivery]) -> Sequence[Exception | None]:
        texts = sum(isinstance(one, MobileOriginated) for one in deliveries)
        self._texts += texts
        self._receipts += len(deliveries) - texts
        self._news.set()
        return [None] * len(deliveries)

    async def _until(self, true: Any) -> None:
        while not true():
            self._news.clear()
            await self._news.wait()


def _deliver(source: str, destination: str, user_data: bytes, esm_class: int) -> bytes:
    return format_message(
        Message(
            Command.DELIVER_SM,
            0,
            int(TON.INTERNATIONAL),
            int(NPI.ISDN),
            source,
            int(TON.NETWORK_SPECIFIC),
            int(NPI.UNKNOWN),
            destination,
            user_data,
            0,
            esm_class,
        )
    )
