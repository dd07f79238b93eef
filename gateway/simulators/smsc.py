"""An SMSC for tests and demonstrations: SMPP on one port, a phone's view over HTTP on another."""

from __future__ import annotations

import asyncio
import errno
from collections import deque
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from gateway.core.long_texts import LongTexts
from gateway.core.ports import MobilePart
from gateway.errors import PortInUse
from gateway.simulators.smsc_control import control_application
from gateway.simulators.smsc_faults import Faults
from gateway.simulators.smsc_ussd import UssdPhones, is_screen
from gateway.smpp.incoming import join, read_text
from gateway.smpp.pdu import Bind, Message, Response
from gateway.smpp.server import Esme, NoReceiver, SmppServer, SubmitReply
from gateway.smpp.session import Answer, Timing
from gateway.smpp.text import UDHI, decode, encode, split_header
from gateway.smpp.vocabulary import NPI, TON, Command, Status

_RECEIPT: Final = 0x04
_RECEIPT_BITS: Final = 0x03
_REDELIVERY_PAUSE: Final = 0.5
_REDELIVERIES: Final = 20


class SmscSimulator:
    """Accepts binds and submits, sends receipts, and shows what a phone would have got.

    Ports: 0 takes a free one; the attributes then tell which. Any credentials are accepted unless
    ``system_id`` or ``password`` is given.
    """

    def __init__(
        self,
        port: int = 2775,
        control_port: int = 0,
        *,
        host: str = "127.0.0.1",
        system_id: str | None = None,
        password: str | None = None,
        timing: Timing | None = None,
    ) -> None:
        self.port = port
        self.control_port = control_port
        self.faults = Faults()
        self.messages: list[dict[str, Any]] = []
        self.news = asyncio.Condition()
        self._host = host
        self._system_id = system_id
        self._password = password
        self._server = SmppServer(
            host, port, self, self._authenticate, system_id="smsc", timing=timing, on_bound=self._bound
        )
        self.ussd = UssdPhones(self._server.deliver)
        self._long = LongTexts(timedelta(seconds=60))
        self._part_ids: dict[str, dict[int, str]] = {}
        self._last_id = 0
        self._last_reference = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._undelivered: deque[tuple[Message, str]] = deque(maxlen=100_000)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Open both ports. Raises PortInUse."""
        await self._server.start()
        self.port = self._server.port
        try:
            await self._start_control()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Unbind the ESMEs and close both ports."""
        await self.ussd.stop()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self._server.stop()

    def binds(self) -> list[dict[str, str]]:
        """Who is bound now, oldest first."""
        return [{"system_id": esme.system_id, "mode": esme.mode} for esme in self._server.esmes]

    def set_faults(self, faults: Faults) -> None:
        """Misbehave so from now on; what ``faults`` leaves out is as it should be."""
        self.faults = faults
        if faults.garbage:
            for esme in self._server.esmes:
                esme.session.write_raw(faults.garbage)
        if faults.drop:
            self._server.drop()
        faults.drop, faults.garbage = False, b""

    async def send_mo(self, sender: str, service: str, text: str, repeat: int = 1, *, bind: str = "") -> list[Answer]:
        """Deliver a text from a phone ``repeat`` times; how the ESME answered each. bind: its system_id, empty = any.

        Raises NoReceiver.
        """
        self._last_reference += 1
        parts = _originated(sender, service, text, self._last_reference)
        return list(await asyncio.gather(*(self._deliver_parts(parts, bind) for _ in range(repeat))))

    # ── the SMPP side ───────────────────────────────────────────────────────

    def submit(self, esme: Esme, message: Message) -> SubmitReply | None:
        """Take a submit_sm as the faults allow."""
        if self.faults.no_response:
            self.faults.no_response -= 1
            return None
        if self.faults.throttle:
            self.faults.throttle -= 1
            return Status.THROTTLED, ""
        if self.faults.status:
            return self.faults.status, ""
        self._last_id += 1
        message_id = f"{self._last_id:08x}"
        if is_screen(message):
            return self.ussd.submit(esme, message, self.faults.push_status), message_id
        self._record(esme, message, message_id)
        if self.faults.receipts and message.registered_delivery & _RECEIPT_BITS == 1:
            self._start(self._send_receipt(_receipt(message, message_id), esme.system_id))
        return Status.OK, message_id

    def _authenticate(self, bind: Bind) -> int:
        if self.faults.refuse_binds:
            return Status.BIND_FAILED
        if self._system_id not in {None, bind.system_id}:
            return Status.INVALID_SYSTEM_ID
        return Status.OK if self._password in {None, bind.password} else Status.INVALID_PASSWORD

    def _bound(self, esme: Esme) -> None:
        """Receipts that found nobody go to whoever binds."""
        if esme.receives:
            waiting, self._undelivered = self._undelivered, deque(maxlen=self._undelivered.maxlen)
            for message, system_id in waiting:
                self._start(self._send_receipt(message, system_id))

    def _record(self, esme: Esme, message: Message, message_id: str) -> None:
        said = read_text("", message)
        if not isinstance(said, MobilePart):
            self._list(esme, message, said.text, [message_id])
            return
        now = datetime.now(UTC)
        for late in self._long.late(now):
            self._long.settle(late, now)
            del self._part_ids[late.id]
        self._long.forget_old(now)
        again = self._long.find(said)  # a text that is repeated completes from the parts of both attempts
        text = self._long.add(said, now) if again is None or again.closed else again
        ids = self._part_ids.setdefault(text.id, {})
        ids[said.number] = message_id
        if text.whole:
            parts = text.in_order
            self._long.settle(text, now)
            del self._part_ids[text.id]
            self._list(esme, message, join(parts), [ids[number] for number in sorted(ids)])

    def _list(self, esme: Esme, message: Message, text: str, ids: list[str]) -> None:
        self.messages.append(
            {
                "n": len(self.messages) + 1,
                "id": ids[0],
                "ids": ids,
                "from": message.source,
                "to": message.destination,
                "text": text,
                "parts": len(ids),
                "data_coding": message.data_coding,
                "at": datetime.now(UTC).isoformat(),
                "source_ton": message.source_ton,
                "source_npi": message.source_npi,
                "validity_period": message.validity_period,
                "bind": esme.system_id,
            }
        )
        self._start(self._tell())

    async def _tell(self) -> None:
        async with self.news:
            self.news.notify_all()

    async def _send_receipt(self, receipt: Message, system_id: str) -> None:
        """Deliver, again while the ESME is away or answers that it cannot keep it."""
        if self.faults.receipt_delay:
            await asyncio.sleep(self.faults.receipt_delay)
        for _ in range(_REDELIVERIES):
            try:
                answer = await self._server.deliver(receipt, system_id)
            except NoReceiver:
                self._undelivered.append((receipt, system_id))
                return
            if isinstance(answer, Response) and answer.status == Status.OK:
                return
            await asyncio.sleep(_REDELIVERY_PAUSE)

    async def _deliver_parts(self, parts: list[Message], bind: str) -> Answer:
        """Deliver in order; the first part that is not taken ends it."""
        for part in parts[:-1]:
            answer = await self._server.deliver(part, bind)
            if not isinstance(answer, Response) or answer.status != Status.OK:
                return answer
        return await self._server.deliver(parts[-1], bind)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start_control(self) -> None:
        self._runner = web.AppRunner(control_application(self), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self.control_port).start()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(f"port {self.control_port} on {self._host} is in use (SMSC control)") from error
            raise
        self.control_port = self._runner.addresses[0][1]


def _receipt(message: Message, message_id: str) -> Message:
    """A delivery receipt in the format of SMPP 3.4 Appendix B."""
    stamp = datetime.now(UTC).strftime("%y%m%d%H%M")
    data = split_header(message.user_data).body if message.esm_class & UDHI else message.user_data
    text = (
        f"id:{message_id} sub:001 dlvrd:001 submit date:{stamp} done date:{stamp} stat:DELIVRD err:000 "
        f"text:{decode(data, message.data_coding)[:20]}"
    )
    return Message(
        Command.DELIVER_SM,
        0,
        message.destination_ton,
        message.destination_npi,
        message.destination,
        message.source_ton,
        message.source_npi,
        message.source,
        text.encode("latin-1", "replace"),
        0x03,
        _RECEIPT,
    )


def _originated(sender: str, service: str, text: str, reference: int) -> list[Message]:
    """The deliver_sm of a text that a subscriber sends, in parts if it is long."""
    encoded = encode(text, reference)
    return [
        Message(
            Command.DELIVER_SM,
            0,
            int(TON.INTERNATIONAL),
            int(NPI.ISDN),
            sender.lstrip("+"),
            int(TON.NETWORK_SPECIFIC),
            int(NPI.UNKNOWN),
            service,
            part,
            encoded.data_coding,
            encoded.esm_class,
        )
        for part in encoded.parts
    ]
