"""What the SMSC delivers: receipts and texts, handed on and answered only when durable."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flows.values import Msisdn
from gateway.core.ports import Delivery, InboundSms, MobileOriginated
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


@dataclass(frozen=True, slots=True)
class _Held:
    """A delivery on its way to be durable, and what is answered then."""

    session: Session
    message: Message
    delivery: Delivery
    key: PartKey | None = None


class Inbound:
    """Hands deliver_sm and data_sm to the sink, all that came in one turn of the event loop together.

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
        self._batch: list[_Held] = []
        self._held = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def take(self, session: Session, message: Message) -> None:
        """Start on ``message``; it is answered on ``session`` when durable."""
        if self._held >= self._limit:
            self._counters.deferred += 1
            session.respond(message, Status.TEMPORARY_APP_ERROR, _EMPTY_ID)
        elif is_receipt(message):
            self._counters.receipts += 1
            self._hold(_Held(session, message, parse_receipt(self._smsc, message)))
        else:
            self._take_text(session, message)

    async def drain(self, seconds: float) -> None:
        """Wait for what is being made durable."""
        if self._timer is not None:
            self._timer.cancel()
        self._hand_over()
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
        self._hold(_Held(session, message, self._originated(message.source, message.destination, text), key))

    def _originated(self, source: str, destination: str, text: str) -> MobileOriginated:
        return MobileOriginated(self._smsc, Msisdn(source.lstrip("+")), destination.lstrip("+"), text)

    def _hold(self, held: _Held) -> None:
        if not self._batch:
            self._loop.call_soon(self._hand_over)
        self._batch.append(held)
        self._held += 1

    def _hand_over(self) -> None:
        batch, self._batch = self._batch, []
        if batch:
            self._start(self._keep(batch))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep(self, batch: Sequence[_Held]) -> None:
        statuses = await self._durable([held.delivery for held in batch])
        self._held -= len(batch)
        for held, status in zip(batch, statuses, strict=True):
            if held.key is not None and status == Status.OK:
                self._reassembly.settle(held.key)
            held.session.respond(held.message, status, _EMPTY_ID)

    async def _durable(self, deliveries: Sequence[Delivery]) -> list[int]:
        """The status to answer each with; whatever the sink does, the SMSC gets an answer."""
        try:
            outcomes = await self._sink.take(deliveries)
        except Exception as error:
            outcomes = [error] * len(deliveries)
        return [Status.OK if error is None else self._refusal(error) for error in outcomes]

    def _refusal(self, error: Exception) -> int:
        if isinstance(error, StoreUnavailable):
            self._counters.deferred += 1
            return Status.TEMPORARY_APP_ERROR
        self._counters.failed += 1
        _LOG.error("a delivery could not be handled", exc_info=error, extra={"smsc": self._smsc})
        return Status.SYSTEM_ERROR

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
        await self._durable([mo])


def _sar(message: Message) -> Concatenation | None:
    """The place of a part by the sar TLVs (SMPP 3.4 §5.3.2.22 to 24), of whatever length."""
    if not message.tlvs:
        return None
    tags = (SAR_MSG_REF_NUM, SAR_TOTAL_SEGMENTS, SAR_SEGMENT_SEQNUM)
    values = [tlv(message.tlvs, tag) for tag in tags]
    reference, total, number = (int.from_bytes(value or b"", "big") for value in values)
    usable = all(values) and 1 <= number <= total <= 255
    return Concatenation(reference, total, number, wide=True) if usable else None
