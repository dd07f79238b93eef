"""The ESME: one bind to one SMSC that comes back by itself until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
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
from gateway.errors import BindRefused
from gateway.smpp import recall
from gateway.smpp.counters import SILENT, SessionCounters, Statuses
from gateway.smpp.errors import UnfitText
from gateway.smpp.inbound import Inbound, InboundCounters
from gateway.smpp.link import Link
from gateway.smpp.outbind import OutbindListener
from gateway.smpp.outcomes import outcome
from gateway.smpp.pace import SlidingRate
from gateway.smpp.pdu import Response
from gateway.smpp.reasons import why
from gateway.smpp.sending import URGENT, Job, SendQueue
from gateway.smpp.session import Answer, Session, Timing
from gateway.smpp.settings import SmppSettings
from gateway.smpp.submitting import submit_bodies
from gateway.smpp.ussd import UssdSide
from gateway.smpp.vocabulary import Command, Status

_LOG: Final = logging.getLogger(__name__)
_CONNECT_TIMEOUT: Final = 10.0
_FIRST_PAUSE: Final = 0.2
_STEADY: Final = 1.0
"""Seconds that a bind must hold before the next loss is met without back-off."""
_RANKS: Final = {Purpose.CONFIRMATION: 1, Purpose.REPLY: 2, Purpose.ALERT: 3, Purpose.MARKETING: 4}
"""In which order texts go that wait for window or rate; what is urgent goes before all of them."""

OnState = Callable[[str, bool, str], None]
"""Called with the bind's name, whether it is bound now, and why."""


@dataclass(slots=True)
class ClientCounters:
    """Plain totals since the start, for a metrics page. statuses: answers to segments."""

    session: SessionCounters = field(default_factory=SessionCounters)
    inbound: InboundCounters = field(default_factory=InboundCounters)
    statuses: Statuses = field(default_factory=Statuses)
    binds: int = 0
    bind_failures: int = 0
    alerts: int = 0
    messages: int = 0
    segments: int = 0
    accepted: int = 0
    refused: int = 0
    throttled: int = 0


class SmppClient:
    """Satisfies ``SmsSender`` and ``SmsRecall``; hands what the SMSC delivers to an ``InboundSms``.

    ussd: who takes USSD, if a door names this bind; to be set before ``start``.
    ssl_context: used instead of the system's trust store when ``settings.tls`` is on; outbind_ssl: ours where the SMSC
    connects to us. jitter: 0.0 to 1.0, spreads the pauses between attempts to connect.
    detail: why it is bound or not, in one line.
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
        self.detail = "not started"
        self.ussd: UssdSide | None = None
        self._sink = inbound
        self._on_state = on_state
        self._ssl = ssl_context
        self._outbind_ssl = outbind_ssl
        self._jitter = jitter
        self._rate = SlidingRate(settings.tps)
        self._throttles = frozenset(status for status, kind in settings.refusals.items() if kind == "throttled")
        self._ready = asyncio.Event()
        self._when_ready: list[Callable[[], object]] = []
        self._stopping = asyncio.Event()
        self._inbound: Inbound | None = None
        self._links: list[Link] = []
        self._sending: Link | None = None
        self._listener: OutbindListener | None = None
        self._life: asyncio.Task[None] | None = None
        self._asked: set[asyncio.Task[None]] = set()

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
    def bound(self) -> bool:
        """Whether the SMSC has accepted the bind and the link is up."""
        return bool(self._links)

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    @property
    def outstanding(self) -> int:
        """Requests written and not yet answered."""
        return sum(link.session.outstanding for link in self._links)

    @property
    def queue(self) -> SendQueue | None:
        """What waits to be written; None while no bind that can transmit is up."""
        return self._sending.queue if self._sending else None

    @property
    def outbind_port(self) -> int | None:
        """Where the SMSC may ask for a bind; None = nowhere."""
        return self._listener.port if self._listener else None

    async def wait_ready(self) -> None:
        """Return as soon as a bind that can transmit is up."""
        await self._ready.wait()

    def on_ready(self, call: Callable[[], object]) -> None:
        self._when_ready.append(call)

    async def start(self) -> None:
        """Begin to connect; returns at once, see ``wait_ready`` and ``on_state``. Raises PortInUse for outbind's."""
        self._stopping.clear()
        self._inbound = inbound = Inbound(self.settings.smsc_name, self._sink, self.counters.inbound)
        if self.settings.outbind_port is not None:
            await self._listen(inbound)
        if self._dials:
            self._life = asyncio.create_task(self._live(inbound), name=f"smpp {self.name}")

    async def stop(self, seconds: float = 5.0) -> None:
        """Unbind: nothing new is written, what is outstanding both ways is waited for, at most ``seconds``."""
        deadline = asyncio.get_running_loop().time() + seconds
        self._stopping.set()
        self._ready.clear()
        links = tuple(self._links)
        for link in links:
            link.stop_sending()
        await asyncio.gather(*(link.session.drained(seconds) for link in links))
        for link in links:
            link.closing = True
        if self._inbound is not None:
            await self._inbound.drain(_left(deadline))
        await asyncio.gather(*(link.session.unbind(max(0.1, _left(deadline))) for link in links))
        if self._listener is not None:
            await self._listener.stop()
            self._listener = None
        for task in (*self._asked, *([self._life] if self._life else [])):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._life = None

    def submit(self, message: ShortMessage, settled: Callable[[SubmitOutcome], None]) -> None:
        """Send every part, in order; see ``SmsSender``."""
        queue = self.queue
        if queue is None or not self._ready.is_set():
            settled(SubmitNotSent(f"{self.name} is not bound"))
            return
        try:
            bodies = submit_bodies(message, self.settings)
        except UnfitText as error:
            settled(SubmitRefused(self.settings.smsc_name, error.status, str(error), "final"))
            return
        queue.put(Job(bodies, partial(self._settle, settled)), rank=_RANKS[message.purpose])

    def submit_urgent(self, body: bytes, settled: Callable[[Answer | None], None]) -> Callable[[], bool]:
        """Write the body of a submit_sm before any text that waits.

        settled: called once, with None if it was never written. What comes back takes it back, if it still waits.
        """
        queue = self.queue
        if queue is None or not self._ready.is_set():
            settled(None)
            return _too_late
        job = Job((body,), partial(self._settle_urgent, settled))
        queue.put(job, rank=URGENT)
        return partial(queue.withdraw, job)

    async def query(self, message_id: str, source: str) -> DeliveryReceipt | None:
        """See ``SmsRecall``."""
        if self._sending is None:
            return None
        return await recall.query(self._sending.session, self.settings, message_id, source)

    async def cancel(self, message_id: str, source: str, destination: Msisdn) -> bool:
        """See ``SmsRecall``."""
        if self._sending is None:
            return False
        return await recall.cancel(self._sending.session, self.settings, message_id, source, destination)

    def _settle(self, settled: Callable[[SubmitOutcome], None], answers: tuple[Answer | None, ...]) -> None:
        result = outcome(self.settings.smsc_name, answers, self.settings.refusals)
        self._count(answers, result)
        settled(result)

    def _count(self, answers: tuple[Answer | None, ...], result: SubmitOutcome) -> None:
        counters = self.counters
        counters.messages += 1
        self._count_segments(answers)
        if not isinstance(result, SubmitNotSent):
            counters.accepted += len(result.message_ids)
        if isinstance(result, SubmitRefused):
            counters.refused += 1
            counters.throttled += result.status == Status.THROTTLED

    def _count_segments(self, answers: tuple[Answer | None, ...]) -> None:
        for answer in answers:
            if answer is not None:
                self.counters.segments += 1
                self.counters.statuses.add(answer.status if isinstance(answer, Response) else SILENT)

    def _settle_urgent(self, settled: Callable[[Answer | None], None], answers: tuple[Answer | None, ...]) -> None:
        self._count_segments(answers)
        settled(answers[0])

    # ── coming back ─────────────────────────────────────────────────────────

    @property
    def _dials(self) -> bool:
        """Whether it connects by itself; a receiver that the SMSC asks by outbind waits to be asked."""
        return self.settings.outbind_port is None or self.settings.bind != "receiver"

    async def _live(self, inbound: Inbound) -> None:
        """Bind, stay, come back: ends only when stopped."""
        loop = asyncio.get_running_loop()
        failures = 0
        while not self._stopping.is_set():
            since = loop.time()
            reason = await self._served(Link(self, inbound, self.settings.bind), self._connect)
            self._report(bound=self.bound, detail=reason)
            failures = 0 if loop.time() - since >= _STEADY else failures + 1
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_before(failures, self.settings.reconnect_max, self._jitter())):
                    await self._stopping.wait()

    async def _served(self, link: Link, connect: Callable[[Link], Awaitable[None]] | None = None) -> str:
        """From connecting to the end of the connection, and why it ended. Never raises."""
        try:
            if connect is not None:
                await connect(link)
            await link.bind()
            await link.down.wait()
        except (OSError, TimeoutError, BindRefused) as error:
            self.counters.bind_failures += 1
            return why(error)
        except Exception as error:  # the loop that reconnects must not end (ADR 0004)
            self.counters.bind_failures += 1
            _LOG.exception("bind %s failed", self.name)
            return why(error)
        finally:
            link.close("given up")  # does nothing to a connection that is gone
        return link.reason

    async def _connect(self, link: Link) -> None:
        settings = self.settings
        timing = Timing(settings.response_timeout, settings.enquire_interval)
        context = (self._ssl or ssl.create_default_context()) if settings.tls else None
        async with asyncio.timeout(min(_CONNECT_TIMEOUT, settings.response_timeout)):
            await asyncio.get_running_loop().create_connection(
                lambda: Session(link, timing, self.counters.session), settings.host, settings.port, ssl=context
            )

    async def _listen(self, inbound: Inbound) -> None:
        mode = "transceiver" if self.settings.bind == "transceiver" else "receiver"
        self._listener = OutbindListener(
            self.settings,
            self.counters.session,
            partial(Link, self, inbound, mode),
            self._bind_as_asked,
            self._outbind_ssl,
        )
        await self._listener.start()

    def _bind_as_asked(self, link: Link) -> None:
        """The SMSC asked for a bind on its own connection."""

        async def serve() -> None:
            self._report(bound=self.bound, detail=f"outbind: {await self._served(link)}")

        task = asyncio.create_task(serve(), name=f"smpp {self.name} outbind")
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    def link_up(self, link: Link) -> None:
        """See ``LinkHolder``."""
        self._links.append(link)
        self.counters.binds += 1
        self._choose()
        self._report(bound=True, detail="bound")

    def link_leaving(self, link: Link) -> None:
        """See ``LinkHolder``."""
        if self._sending is link:
            self._choose(besides=link)

    def link_down(self, link: Link) -> None:
        """See ``LinkHolder``."""
        if link in self._links:
            self._links.remove(link)
            self._choose()

    def phone_is_back(self) -> None:
        """See ``LinkHolder``."""
        self.counters.alerts += 1

    def new_queue(self, session: Session) -> SendQueue:
        """See ``LinkHolder``. The rate goes on from the last one."""
        return SendQueue(session, Command.SUBMIT_SM, self.settings.window, self._rate, self._throttles)

    def _choose(self, besides: Link | None = None) -> None:
        """By which connection texts leave: by the one that they left by, while it is there."""
        able = [link for link in self._links if link.transmits and link is not besides]
        if self._sending not in able:
            self._sending = able[0] if able else None
        if self._sending is None or self._stopping.is_set():
            self._ready.clear()
        elif not self._ready.is_set():
            self._ready.set()
            for call in self._when_ready:
                call()

    def _report(self, *, bound: bool, detail: str) -> None:
        self.detail = detail
        _LOG.info("bind %s: %s", self.name, detail)
        if self._on_state is not None:
            try:
                self._on_state(self.name, bound, detail)
            except Exception:  # an observer must not end the loop
                _LOG.exception("on_state failed")


def pause_before(failures: int, longest: float, jitter: float) -> float:
    """Seconds before the next attempt: doubling up to ``longest``, spread over its upper half by ``jitter``."""
    full: float = min(longest, _FIRST_PAUSE * 2.0 ** min(failures, 30))
    return full * (0.5 + 0.5 * jitter)


def _too_late() -> bool:
    """Nothing waits that could be taken back."""
    return False


def _left(deadline: float) -> float:
    return max(0.0, deadline - asyncio.get_running_loop().time())
