"""What the SMSC delivers: receipts and texts, handed on and answered only when durable."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from flows.frozen import dataclass
from gateway.core.ports import Delivery, InboundSms, MobilePart
from gateway.errors import StoreUnavailable
from gateway.smpp.incoming import read_text
from gateway.smpp.pdu import Message
from gateway.smpp.receipts import is_receipt, parse_receipt
from gateway.smpp.session import Session
from gateway.smpp.vocabulary import Status

_LOG: Final = logging.getLogger(__name__)
_EMPTY_ID: Final = b"\0"


@dataclass(slots=True)
class InboundCounters:
    """What came from the SMSC. texts: that came whole; parts: of those that did not."""

    texts: int = 0
    receipts: int = 0
    parts: int = 0
    deferred: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class _Held:
    """A delivery on its way to be durable, and what is answered then."""

    session: Session
    message: Message
    delivery: Delivery


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
        limit: int = 2000,
    ) -> None:
        self._smsc = smsc
        self._sink = sink
        self._counters = counters
        self._limit = limit
        self._batch: list[_Held] = []
        self._held = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

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
        self._hand_over()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def _take_text(self, session: Session, message: Message) -> None:
        delivery = read_text(self._smsc, message)
        if isinstance(delivery, MobilePart):
            self._counters.parts += 1
        else:
            self._counters.texts += 1
        self._hold(_Held(session, message, delivery))

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
