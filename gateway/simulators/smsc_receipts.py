"""The receipts of the SMSC simulator: sent when a text has reached its end, again until an ESME has kept them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final

from flows.frozen import dataclass
from gateway.simulators.smsc_book import Counts, Known
from gateway.simulators.smsc_messages import receipt
from gateway.smpp.pdu import Message, Response
from gateway.smpp.server import NoReceiver, SmppServer
from gateway.smpp.vocabulary import Status

_REDELIVERY_PAUSE: Final = 0.5
_REDELIVERIES: Final = 20
_MOST_WAITING: Final = 100_000


@dataclass(frozen=True, slots=True)
class Due:
    """A receipt that is to be sent ``after`` so many seconds to whoever is bound as ``system_id``.

    style: as what it is written; twice: whether it is sent twice.
    """

    system_id: str
    message: Message
    message_id: str
    known: Known
    style: str
    after: float
    twice: bool


class Receipts:
    """counts: what became of them."""

    def __init__(self, server: SmppServer, counts: Counts, start: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._server = server
        self._counts = counts
        self._start = start
        self._waiting: deque[tuple[Message, str]] = deque(maxlen=_MOST_WAITING)

    @property
    def waiting(self) -> int:
        """How many found nobody yet."""
        return len(self._waiting)

    def send(self, due: Due) -> None:
        """See ``Due``."""
        self._start(self._send(due))

    def somebody_bound(self) -> None:
        """Those that found nobody are tried again: whom they are for may be there now."""
        waiting, self._waiting = self._waiting, deque(maxlen=_MOST_WAITING)
        for written, system_id in waiting:
            self._start(self._deliver(written, system_id))

    async def _send(self, due: Due) -> None:
        if due.after:
            await asyncio.sleep(due.after)
        outcome = "cancelled" if due.known.cancelled else due.known.ending
        written = receipt(due.message, due.message_id, outcome, due.style)
        await self._deliver(written, due.system_id)
        if due.twice:
            self._counts.duplicates += 1
            await self._deliver(written, due.system_id)

    async def _deliver(self, written: Message, system_id: str) -> None:
        """Again while the ESME answers that it cannot keep it."""
        for _ in range(_REDELIVERIES):
            try:
                answer = await self._server.deliver(written, system_id)
            except NoReceiver:
                self._waiting.append((written, system_id))
                return
            if isinstance(answer, Response) and answer.status == Status.OK:
                self._counts.receipts += 1
                return
            await asyncio.sleep(_REDELIVERY_PAUSE)
        self._counts.receipts_given_up += 1
