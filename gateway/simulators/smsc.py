"""An SMSC for tests and demonstrations: SMPP on one port, a phone's view over HTTP on another."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection, Coroutine
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from gateway.errors import listening
from gateway.simulators.mutations import mutated
from gateway.simulators.smsc_book import Book, Journal, Known, entry
from gateway.simulators.smsc_chance import SILENCE, Chance
from gateway.simulators.smsc_control import NoSuchPart, control_application
from gateway.simulators.smsc_faults import Faults
from gateway.simulators.smsc_messages import originated
from gateway.simulators.smsc_operations import Operations
from gateway.simulators.smsc_phones import Phones
from gateway.simulators.smsc_receipts import Due, Receipts
from gateway.simulators.smsc_ussd import UssdPhones, is_screen
from gateway.smpp.pdu import Bind, Message, Response, format_text, format_tlvs
from gateway.smpp.server import Esme, SmppServer, SubmitReply
from gateway.smpp.session import Answer, Timing
from gateway.smpp.vocabulary import CONGESTION_STATE, Status

_RECEIPT_BITS: Final = 0x03
_THROTTLES: Final = frozenset({Status.THROTTLED, Status.QUEUE_FULL})


class SmscSimulator:
    """Accepts binds and submits, sends receipts, and shows what a phone would have got.

    Ports: 0 takes a free one; the attributes then tell which. Any credentials are accepted unless
    ``system_id`` or ``password`` is given. keep: how many of the last texts are remembered, None = all. journal: a file
    that each accepted submit is appended to; ids go on from what it holds. ssl_context: for TLS.
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
        keep: int | None = None,
        journal: Path | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.port = port
        self.control_port = control_port
        self.book = Book(keep)
        self._host = host
        self._system_id = system_id
        self._password = password
        self._server = SmppServer(
            host,
            port,
            self,
            self._authenticate,
            system_id="smsc",
            timing=timing,
            ssl_context=ssl_context,
            on_bound=self._bound,
            operations=Operations(self.book, self._new_id, self._accept),
        )
        self._chance = Chance(Faults())
        self._journal = Journal(journal) if journal is not None else None
        self.ussd = UssdPhones(self._server.deliver)
        self._phones = Phones(self.book, self._start)
        self._receipts = Receipts(self._server, self.book.counts, self._start)
        self._last_id = self._journal.last_id if self._journal else 0
        self._last_reference = 0
        self._cut: Esme | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None

    @property
    def faults(self) -> Faults:
        """How it misbehaves now."""
        return self._chance.faults

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What phones got, oldest first."""
        return self.book.messages

    @property
    def news(self) -> asyncio.Condition:
        """Told of each text."""
        return self._phones.news

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
        if self._journal is not None:
            self._journal.close()

    def binds(self) -> list[dict[str, str]]:
        """Who is bound now, oldest first."""
        return [{"system_id": esme.system_id, "mode": esme.mode} for esme in self._server.esmes]

    def set_faults(self, faults: Faults) -> None:
        """Misbehave so from now on; what ``faults`` leaves out is as it should be."""
        self._chance = chance = Chance(faults)
        for esme in self._server.esmes:
            if isinstance(faults.garbage, bytes):
                esme.session.write_raw(faults.garbage)
            else:
                for _ in range(faults.garbage):
                    esme.session.write_raw(mutated(chance.random()))
        if faults.drop:
            self._server.drop()
        if faults.restart:
            self._start(self._restart())
        faults.drop, faults.restart, faults.garbage = False, False, b""

    def counts(self) -> dict[str, int]:
        """Totals since the start."""
        self.book.counts.undelivered = self._receipts.waiting
        return self.book.totals()

    async def outbind(self, host: str, port: int, system_id: str, password: str) -> None:
        """Connect to an ESME and ask it to bind there. Raises OSError."""
        await self._server.outbind(host, port, system_id, password)

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
    ) -> list[Answer]:
        """Deliver a text from a phone ``repeat`` times; how the ESME answered each. bind: its system_id, empty = any.

        only: these parts of a long one, empty = all; reference: that all of its parts have, 0 = the next. Raises
        NoReceiver, NoSuchPart.
        """
        if not reference:
            self._last_reference += 1
        all_parts = originated(sender, service, text, reference or self._last_reference)
        parts = [part for number, part in enumerate(all_parts, 1) if not only or number in only]
        if not parts:
            raise NoSuchPart(f"the text has {len(all_parts)} part{'s' if len(all_parts) > 1 else ''}")
        if self._chance.strikes(self.faults.duplicate):
            self.book.counts.duplicates += 1
            repeat += 1
        answers = list(await asyncio.gather(*(self._deliver_parts(parts, bind) for _ in range(repeat))))
        self.book.counts.texts_in += len(answers)
        return answers

    # ── the SMPP side ───────────────────────────────────────────────────────

    def submit(self, esme: Esme, message: Message) -> SubmitReply | None:
        """Take a submit_sm or data_sm as the faults allow; nothing of what came with the one that cut the link."""
        if esme is self._cut:
            return None
        counts = self.book.counts
        counts.submits += 1
        status = self._chance.verdict()
        if status == SILENCE:
            counts.unanswered += 1
            return None
        if status != Status.OK:
            counts.throttled += status in _THROTTLES
            counts.refused += status not in _THROTTLES
            return self._answer(esme, message, status, "")
        message_id = self._new_id()
        if is_screen(message):
            return self._answer(esme, message, self.ussd.submit(esme, message, self.faults.push_status), message_id)
        self._accept(esme, message, message_id)
        if not self._chance.drops():
            return self._answer(esme, message, Status.OK, message_id)
        counts.drops += 1
        self._cut = esme
        if not self.faults.drop_before_answer:
            esme.session.respond(message, Status.OK, format_text(message_id))
            esme.session.close("dropped after the answer")
        else:
            esme.session.abort("dropped before the answer")
        return None

    def _answer(self, esme: Esme, message: Message, status: int, message_id: str) -> SubmitReply | None:
        """At once, or by itself later."""
        after, congestion = self._chance.answer_after(), self.faults.congestion
        if not after and congestion < 0:
            return status, message_id
        body = format_text(message_id)
        if congestion >= 0:
            body += format_tlvs(((CONGESTION_STATE, bytes((congestion,))),))
        respond = partial(esme.session.respond, message, status, body)
        if after:
            asyncio.get_running_loop().call_later(after, respond)
        else:
            respond()
        return None

    def _new_id(self) -> str:
        self._last_id += 1
        return f"{self._last_id:08x}"

    def _accept(self, esme: Esme, message: Message, message_id: str) -> None:
        chance, wanted = self._chance, message.registered_delivery & _RECEIPT_BITS == 1
        after = chance.receipt_after()
        known = Known(
            message.source,
            message.destination,
            chance.ending(),
            asyncio.get_running_loop().time() + after,
            datetime.now(UTC) + timedelta(seconds=after),
        )
        self.book.accept(message, message_id, known)
        if self._journal is not None:
            self._journal.write(entry(esme.system_id, message, message_id))
        if known.ending == "delivered":
            self._phones.show(esme.system_id, message, message_id)
        if not (self.faults.receipts and wanted):
            return
        if chance.strikes(self.faults.receipt_loss):
            self.book.counts.receipts_lost += 1
            return
        style, twice = self.faults.receipt_style, chance.strikes(self.faults.duplicate)
        self._receipts.send(Due(esme.system_id, message, message_id, known, style, after, twice))

    def _authenticate(self, bind: Bind) -> int:
        if self.faults.refuse_binds:
            return Status.BIND_FAILED
        if self._system_id not in {None, bind.system_id}:
            return Status.INVALID_SYSTEM_ID
        return Status.OK if self._password in {None, bind.password} else Status.INVALID_PASSWORD

    def _bound(self, esme: Esme) -> None:
        """Receipts that found nobody are tried again."""
        if esme.receives:
            self._receipts.somebody_bound()

    async def _restart(self) -> None:
        """Say unbind to all, and take binds again on the same port."""
        await self._server.stop()
        await self._server.start()

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
        with listening(self._host, self.control_port, "SMSC control"):
            await web.TCPSite(self._runner, self._host, self.control_port).start()
        self.control_port = self._runner.addresses[0][1]
