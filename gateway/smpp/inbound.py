"""What the SMSC delivers: receipts and texts, handed on and answered only when durable."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

from flows.values import Msisdn
from gateway.core.ports import InboundSms, MobileOriginated
from gateway.errors import StoreUnavailable
from gateway.smpp.pdu import Message, tlv
from gateway.smpp.reassembly import PartKey, Reassembly, Repeated, Waiting, Whole
from gateway.smpp.receipts import is_receipt, parse_receipt
from gateway.smpp.session import Session
from gateway.smpp.text import UDHI, Concatenation, UserData, decode, split_header
from gateway.smpp.vocabulary import SAR_MSG_REF_NUM, SAR_SEGMENT_SEQNUM, SAR_TOTAL_SEGMENTS, Status

_LOG: Final = logging.getLogger(__name__)
_EMPTY_ID: Final = b"\0"
_EXPIRY_CHECK: Final = 15.0
"""Seconds between looks at incomplete messages."""


@dataclass(slots=True)
class InboundCounters:
    """What came from the SMSC."""

    texts: int = 0
    receipts: int = 0
    parts: int = 0
    deferred: int = 0
    failed: int = 0
    incomplete: int = 0


class Inbound:
    """Hands deliver_sm and data_sm to the sink, many at a time.

    limit: how many may wait to be durable; beyond it the SMSC is told to come again, so that
    reading never stops and answers to submits are never held up.
    """

    def __init__(
        self,
        smsc: str,
        sink: InboundSms,
        counters: InboundCounters,
        reassembly: Reassembly,
        limit: int = 2000,
    ) -> None:
        self._smsc = smsc
        self._sink = sink
        self._counters = counters
        self._reassembly = reassembly
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def take(self, session: Session, message: Message) -> None:
        """Start on ``message``; it is answered on ``session`` when durable."""
        if len(self._tasks) >= self._limit:
            self._counters.deferred += 1
            session.respond(message, Status.TEMPORARY_APP_ERROR, _EMPTY_ID)
        elif is_receipt(message):
            self._counters.receipts += 1
            self._start(self._keep(session, message, self._sink.receipt(parse_receipt(self._smsc, message))))
        else:
            self._take_text(session, message)

    async def drain(self, seconds: float) -> None:
        """Wait for what is being made durable."""
        if self._timer is not None:
            self._timer.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def _take_text(self, session: Session, message: Message) -> None:
        data = split_header(message.user_data) if message.esm_class & UDHI else UserData(message.user_data)
        place = data.concatenation or _sar(message)
        if place is None or place.total == 1:
            self._start_text(session, message, decode(data.body, message.data_coding))
            return
        self._counters.parts += 1
        self._watch_expiry()
        part = (message.data_coding, data.body)
        match self._reassembly.add(message.source, message.destination, place, part, self._loop.time()):
            case Waiting() | Repeated():
                session.respond(message, Status.OK, _EMPTY_ID)
            case Whole(key, text):
                self._start_text(session, message, text, key)

    def _start_text(self, session: Session, message: Message, text: str, key: PartKey | None = None) -> None:
        self._counters.texts += 1
        mo = self._originated(message.source, message.destination, text)
        self._start(self._keep(session, message, self._sink.message(mo), key))

    def _originated(self, source: str, destination: str, text: str) -> MobileOriginated:
        return MobileOriginated(self._smsc, Msisdn(source.lstrip("+")), destination.lstrip("+"), text)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep(
        self, session: Session, message: Message, work: Coroutine[Any, Any, None], key: PartKey | None = None
    ) -> None:
        status = await self._durable(work)
        if key is not None and status == Status.OK:
            self._reassembly.settle(key)
        session.respond(message, status, _EMPTY_ID)

    async def _durable(self, work: Coroutine[Any, Any, None]) -> int:
        try:
            await work
        except StoreUnavailable:
            self._counters.deferred += 1
            return Status.TEMPORARY_APP_ERROR
        except Exception:  # whatever the sink does, the SMSC gets an answer
            self._counters.failed += 1
            _LOG.exception("deliver_sm could not be handled", extra={"smsc": self._smsc})
            return Status.SYSTEM_ERROR
        return Status.OK

    def _watch_expiry(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(_EXPIRY_CHECK, self._expire)

    def _expire(self) -> None:
        self._timer = None
        for late in self._reassembly.expire(self._loop.time()):
            self._counters.incomplete += 1
            _LOG.warning("parts missing, what came is passed on", extra={"smsc": self._smsc, "total": late.key.total})
            mo = self._originated(late.key.source, late.key.destination, late.text)
            self._start(self._pass_on(mo))
        if len(self._reassembly):
            self._watch_expiry()

    async def _pass_on(self, mo: MobileOriginated) -> None:
        await self._durable(self._sink.message(mo))


def _sar(message: Message) -> Concatenation | None:
    """The place of a part by the sar TLVs (SMPP 3.4 §5.3.2.22 to 24), of whatever length."""
    if not message.tlvs:
        return None
    tags = (SAR_MSG_REF_NUM, SAR_TOTAL_SEGMENTS, SAR_SEGMENT_SEQNUM)
    values = [tlv(message.tlvs, tag) for tag in tags]
    reference, total, number = (int.from_bytes(value or b"", "big") for value in values)
    usable = all(values) and 1 <= number <= total <= 255
    return Concatenation(reference, total, number, wide=True) if usable else None
