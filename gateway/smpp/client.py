"""The ESME: one bind to one SMSC that comes back by itself until it is stopped."""

from __future__ import annotations

import random
import ssl
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from flows.values import Msisdn, Purpose
from gateway.core.ports import (
    DeliveryReceipt,
    InboundSms,
    ShortMessage,
    SubmitNotSent,
    SubmitOutcome,
    SubmitRefused,
)
from gateway.core.service_numbers import ServiceNumber
from gateway.smpp import recall
from gateway.smpp.counters import SILENT
from gateway.smpp.errors import UnfitText
from gateway.smpp.links import ClientCounters, Links, OnState, Reaching
from gateway.smpp.outcomes import outcome
from gateway.smpp.pdu import Response
from gateway.smpp.sending import URGENT, Job, SendQueue
from gateway.smpp.session import Answer
from gateway.smpp.settings import SmppSettings
from gateway.smpp.submitting import submits
from gateway.smpp.ussd import UssdSide
from gateway.smpp.vocabulary import Status

_RANKS: Final = {Purpose.CONFIRMATION: 1, Purpose.REPLY: 2, Purpose.ALERT: 3, Purpose.MARKETING: 4}
"""In which order texts go that wait for window or rate; what is urgent goes before all of them."""


class SmppClient:
    """Satisfies ``SmsSender`` and ``SmsRecall``; hands what the SMSC delivers to an ``InboundSms``.

    ssl_context: used instead of the system's trust store when ``settings.tls`` is on; outbind_ssl: ours where the SMSC
    connects to us. jitter: 0.0 to 1.0, spreads the pauses between attempts to connect.
    """

    def __init__(
        self,
        settings: SmppSettings,
        inbound: InboundSms,
        *,
        on_state: OnState | None = None,
        ssl_context: ssl.SSLContext | None = None,
        outbind_ssl: ssl.SSLContext | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self.counters = ClientCounters()
        self._links = Links(settings, inbound, self.counters, Reaching(ssl_context, outbind_ssl, jitter), on_state)

    @property
    def name(self) -> str:
        """The bind's name."""
        return self.settings.name

    @property
    def numbers(self) -> Sequence[ServiceNumber]:
        return self.settings.numbers

    @property
    def slots(self) -> int:
        return self.settings.slots

    @property
    def ussd(self) -> UssdSide | None:
        """Who takes USSD, if a door names this bind; to be set before ``start``."""
        return self._links.ussd

    @ussd.setter
    def ussd(self, side: UssdSide | None) -> None:
        self._links.ussd = side

    @property
    def bound(self) -> bool:
        """Whether the SMSC has accepted the bind and the link is up."""
        return bool(self._links.up)

    @property
    def detail(self) -> str:
        """Why it is bound or not, in one line."""
        return self._links.detail

    @property
    def ready(self) -> bool:
        return self._links.ready.is_set()

    @property
    def outstanding(self) -> int:
        """Requests written and not yet answered."""
        return sum(link.session.outstanding for link in self._links.up)

    @property
    def queue(self) -> SendQueue | None:
        """What waits to be written; None while no bind that can transmit is up."""
        sending = self._links.sending
        return sending.queue if sending else None

    @property
    def outbind_port(self) -> int | None:
        """Where the SMSC may ask for a bind; None = nowhere."""
        return self._links.listener.port if self._links.listener else None

    async def wait_ready(self) -> None:
        """Return as soon as a bind that can transmit is up."""
        await self._links.ready.wait()

    def on_ready(self, call: Callable[[], object]) -> None:
        self._links.when_ready.append(call)

    async def start(self) -> None:
        """Begin to connect; returns at once, see ``wait_ready`` and ``on_state``. Raises PortInUse for outbind's."""
        await self._links.start()

    async def stop(self, seconds: float = 5.0) -> None:
        """Unbind: nothing new is written, what is outstanding both ways is waited for, at most ``seconds``."""
        await self._links.stop(seconds)

    def submit(self, message: ShortMessage, settled: Callable[[SubmitOutcome], None]) -> None:
        """Send every part, in order; see ``SmsSender``."""
        queue = self.queue
        if queue is None or not self.ready:
            settled(SubmitNotSent(f"{self.name} is not bound"))
            return
        try:
            bodies, segments = submits(message, self.settings)
        except UnfitText as error:
            settled(SubmitRefused(self.settings.smsc_name, error.status, str(error), "final"))
            return
        queue.put(Job(bodies, partial(self._settle, settled, segments), segments), rank=_RANKS[message.purpose])

    def submit_urgent(self, body: bytes, settled: Callable[[Answer | None], None]) -> Callable[[], bool]:
        """Write the body of a submit_sm before any text that waits.

        settled: called once, with None if it was never written. What comes back takes it back, if it still waits.
        """
        queue = self.queue
        if queue is None or not self.ready:
            settled(None)
            return _too_late
        job = Job((body,), partial(self._settle_urgent, settled))
        queue.put(job, rank=URGENT)
        return partial(queue.withdraw, job)

    async def query(self, message_id: str, source: str) -> DeliveryReceipt | None:
        """See ``SmsRecall``."""
        sending = self._links.sending
        if sending is None:
            return None
        return await recall.query(sending.session, self.settings, message_id, source)

    async def cancel(self, message_id: str, source: str, destination: Msisdn) -> bool:
        """See ``SmsRecall``."""
        sending = self._links.sending
        if sending is None:
            return False
        return await recall.cancel(sending.session, self.settings, message_id, source, destination)

    def _settle(
        self, settled: Callable[[SubmitOutcome], None], segments: int, answers: tuple[Answer | None, ...]
    ) -> None:
        result = outcome(self.settings.smsc_name, answers, self.settings.refusals)
        self._count_answers(answers, segments)
        self._count(result)
        settled(result)

    def _count(self, result: SubmitOutcome) -> None:
        counters = self.counters
        counters.messages += 1
        if not isinstance(result, SubmitNotSent):
            counters.accepted += len(result.message_ids)
        if isinstance(result, SubmitRefused):
            counters.refused += 1
            counters.throttled += result.status == Status.THROTTLED

    def _count_answers(self, answers: tuple[Answer | None, ...], segments: int = 1) -> None:
        """segments: of what each is the answer to."""
        for answer in answers:
            if answer is not None:
                self.counters.segments += segments
                self.counters.statuses.add(answer.status if isinstance(answer, Response) else SILENT)

    def _settle_urgent(self, settled: Callable[[Answer | None], None], answers: tuple[Answer | None, ...]) -> None:
        self._count_answers(answers)
        settled(answers[0])


def _too_late() -> bool:
    """Nothing waits that could be taken back."""
    return False
