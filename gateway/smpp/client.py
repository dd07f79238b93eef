"""The ESME: one bind to one SMSC that comes back by itself until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from flows.values import Purpose
from gateway.core.ports import InboundSms, ShortMessage, SubmitNotSent, SubmitOutcome, SubmitRefused
from gateway.core.service_numbers import ServiceNumber
from gateway.errors import BindRefused
from gateway.smpp.errors import UnfitText
from gateway.smpp.inbound import Inbound, InboundCounters
from gateway.smpp.outcomes import outcome
from gateway.smpp.pace import SlidingRate
from gateway.smpp.pdu import Bind, Message, Request, Response, format_bind
from gateway.smpp.sending import URGENT, Job, SendQueue
from gateway.smpp.session import Answer, Session, SessionCounters, Timing
from gateway.smpp.settings import SmppSettings
from gateway.smpp.submitting import submit_bodies
from gateway.smpp.ussd import UssdSide
from gateway.smpp.vocabulary import Command, SmppSessionState, Status, status_name

_LOG: Final = logging.getLogger(__name__)
_CONNECT_TIMEOUT: Final = 10.0
_FIRST_PAUSE: Final = 0.2
_STEADY: Final = 1.0
"""Seconds that a bind must hold before the next loss is met without back-off."""

_MODES: Final = {
    "transmitter": (Command.BIND_TRANSMITTER, SmppSessionState.BOUND_TX),
    "receiver": (Command.BIND_RECEIVER, SmppSessionState.BOUND_RX),
    "transceiver": (Command.BIND_TRANSCEIVER, SmppSessionState.BOUND_TRX),
}

_RANKS: Final = {Purpose.CONFIRMATION: 1, Purpose.REPLY: 2, Purpose.ALERT: 3, Purpose.MARKETING: 4}
"""In which order texts go that wait for window or rate; what is urgent goes before all of them."""

OnState = Callable[[str, bool, str], None]
"""Called with the bind's name, whether it is bound now, and why."""


@dataclass(slots=True)
class ClientCounters:
    """Plain totals since the start, for a metrics page."""

    session: SessionCounters = field(default_factory=SessionCounters)
    inbound: InboundCounters = field(default_factory=InboundCounters)
    binds: int = 0
    bind_failures: int = 0
    messages: int = 0
    segments: int = 0
    accepted: int = 0
    refused: int = 0
    throttled: int = 0


class SmppClient:
    """Satisfies ``SmsSender``; hands what the SMSC delivers to an ``InboundSms``.

    ussd: who takes USSD, if a door names this bind; to be set before ``start``.
    ssl_context: used instead of the system's trust store when ``settings.tls`` is on.
    jitter: 0.0 to 1.0, spreads the pauses between attempts to connect.
    """

    def __init__(
        self,
        settings: SmppSettings,
        inbound: InboundSms,
        *,
        on_state: OnState | None = None,
        ssl_context: ssl.SSLContext | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self.counters = ClientCounters()
        self.ussd: UssdSide | None = None
        self._sink = inbound
        self._on_state = on_state
        self._ssl = ssl_context
        self._jitter = jitter
        self._rate = SlidingRate(settings.tps)
        self._throttles = frozenset(status for status, kind in settings.refusals.items() if kind == "throttled")
        self._ready = asyncio.Event()
        self._when_ready: list[Callable[[], object]] = []
        self._stopping = asyncio.Event()
        self._inbound: Inbound | None = None
        self._link: _Link | None = None
        self._life: asyncio.Task[None] | None = None

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
        return self._link is not None

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    @property
    def outstanding(self) -> int:
        """Requests written and not yet answered."""
        return self._link.session.outstanding if self._link else 0

    async def wait_ready(self) -> None:
        """Return as soon as a bind that can transmit is up."""
        await self._ready.wait()

    def on_ready(self, call: Callable[[], object]) -> None:
        self._when_ready.append(call)

    async def start(self) -> None:
        """Begin to connect; returns at once, see ``wait_ready`` and ``on_state``."""
        self._stopping.clear()
        self._inbound = Inbound(self.settings.smsc_name, self._sink, self.counters.inbound)
        self._life = asyncio.create_task(self._live(self._inbound), name=f"smpp {self.name}")

    async def stop(self, seconds: float = 5.0) -> None:
        """Unbind: nothing new is written, what is outstanding is waited for, at most ``seconds``."""
        deadline = asyncio.get_running_loop().time() + seconds
        self._stopping.set()
        self._ready.clear()
        if self._link is not None:
            self._link.stop_sending()
            await self._link.session.drained(seconds)
        if self._inbound is not None:
            await self._inbound.drain(_left(deadline))
        if self._link is not None:
            await self._link.session.unbind(max(0.1, _left(deadline)))
        if self._life is not None:
            self._life.cancel()
            with suppress(asyncio.CancelledError):
                await self._life
            self._life = None

    def submit(self, message: ShortMessage, settled: Callable[[SubmitOutcome], None]) -> None:
        """Send every part, in order; see ``SmsSender``."""
        link = self._link
        if link is None or link.queue is None or not self._ready.is_set():
            settled(SubmitNotSent(f"{self.name} is not bound"))
            return
        try:
            bodies = submit_bodies(message, self.settings)
        except UnfitText as error:
            settled(SubmitRefused(self.settings.smsc_name, error.status, str(error), "final"))
            return
        link.queue.put(Job(bodies, partial(self._settle, settled)), rank=_RANKS[message.purpose])

    def submit_urgent(self, body: bytes, settled: Callable[[Answer | None], None]) -> Callable[[], bool]:
        """Write the body of a submit_sm before any text that waits.

        settled: called once, with None if it was never written. What comes back takes it back, if it still waits.
        """
        link = self._link
        if link is None or link.queue is None or not self._ready.is_set():
            settled(None)
            return _too_late
        job = Job((body,), lambda answers: settled(answers[0]))
        link.queue.put(job, rank=URGENT)
        return partial(link.queue.withdraw, job)

    def _settle(self, settled: Callable[[SubmitOutcome], None], answers: tuple[Answer | None, ...]) -> None:
        result = outcome(self.settings.smsc_name, answers, self.settings.refusals)
        self._count(answers, result)
        settled(result)

    def _count(self, answers: tuple[Answer | None, ...], result: SubmitOutcome) -> None:
        counters = self.counters
        counters.messages += 1
        counters.segments += len(answers) - answers.count(None)
        if not isinstance(result, SubmitNotSent):
            counters.accepted += len(result.message_ids)
        if isinstance(result, SubmitRefused):
            counters.refused += 1
            counters.throttled += result.status == Status.THROTTLED

    # ── coming back ─────────────────────────────────────────────────────────

    async def _live(self, inbound: Inbound) -> None:
        """Bind, stay, come back: ends only when stopped."""
        loop = asyncio.get_running_loop()
        failures = 0
        while not self._stopping.is_set():
            since = loop.time()
            reason = await self._one_bind(inbound)
            self._report(bound=False, detail=reason)
            failures = 0 if loop.time() - since >= _STEADY else failures + 1
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_before(failures, self.settings.reconnect_max, self._jitter())):
                    await self._stopping.wait()

    async def _one_bind(self, inbound: Inbound) -> str:
        """From connecting to the end of the connection, and why it ended. Never raises."""
        link = _Link(self, inbound)
        try:
            await self._connect(link)
            await link.bind()
            await link.down.wait()
        except (OSError, TimeoutError, BindRefused) as error:
            self.counters.bind_failures += 1
            return f"{type(error).__name__}: {error}"
        except Exception as error:  # the loop that reconnects must not end (ADR 0004)
            self.counters.bind_failures += 1
            _LOG.exception("bind %s failed", self.name)
            return f"{type(error).__name__}: {error}"
        finally:
            link.close("given up")  # does nothing to a connection that is gone
        return link.reason

    async def _connect(self, link: _Link) -> None:
        settings = self.settings
        timing = Timing(settings.response_timeout, settings.enquire_interval)
        context = (self._ssl or ssl.create_default_context()) if settings.tls else None
        async with asyncio.timeout(min(_CONNECT_TIMEOUT, settings.response_timeout)):
            await asyncio.get_running_loop().create_connection(
                lambda: Session(link, timing, self.counters.session), settings.host, settings.port, ssl=context
            )

    def link_up(self, link: _Link) -> None:
        """``link`` is bound."""
        self._link = link
        self.counters.binds += 1
        if self.settings.bind != "receiver" and not self._stopping.is_set():
            self._ready.set()
            for call in self._when_ready:
                call()
        self._report(bound=True, detail="bound")

    def link_down(self, link: _Link) -> None:
        """``link`` is gone."""
        if self._link is link:
            self._link = None
            self._ready.clear()

    def new_queue(self, session: Session) -> SendQueue:
        """The queue of a new session; the rate goes on from the last one."""
        return SendQueue(session, Command.SUBMIT_SM, self.settings.window, self._rate, self._throttles)

    def _report(self, *, bound: bool, detail: str) -> None:
        _LOG.info("bind %s: %s", self.name, detail)
        if self._on_state is not None:
            try:
                self._on_state(self.name, bound, detail)
            except Exception:  # an observer must not end the loop
                _LOG.exception("on_state failed")


class _Link:
    """One connection of the client: what its session reports, and its queue."""

    def __init__(self, client: SmppClient, inbound: Inbound) -> None:
        self._client = client
        self._inbound = inbound
        self.queue: SendQueue | None = None
        self.down = asyncio.Event()
        self.reason = ""
        self.session: Session

    async def bind(self) -> None:
        """Bind. Raises BindRefused, or TimeoutError when no answer comes."""
        settings = self._client.settings
        command, state = _MODES[settings.bind]
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def bound(answer: Answer) -> None:
            if isinstance(answer, Response) and answer.status == Status.OK:
                self.session.state = state  # before the next PDU of the same read is looked at
                self._client.link_up(self)
            if not answered.done():  # stopped while the bind was on its way
                answered.set_result(answer)

        body = format_bind(Bind(command, 0, settings.system_id, settings.password, settings.system_type))
        self.session.request(command, body, bound)
        answer = await answered
        if not isinstance(answer, Response):
            raise TimeoutError("the bind was not answered")
        if answer.status != Status.OK:
            raise BindRefused(f"{settings.name} answered the bind with {status_name(answer.status)}")

    def stop_sending(self) -> None:
        """Settle what waits as not sent."""
        if self.queue is not None:
            self.queue.close()

    def close(self, reason: str) -> None:
        """Close the connection, if there is one."""
        if self.queue is not None:
            self.session.close(reason)

    def opened(self, session: Session) -> None:
        self.session = session
        self.queue = self._client.new_queue(session)

    def received(self, session: Session, request: Request) -> None:
        if not isinstance(request, Message) or request.command == Command.SUBMIT_SM:
            session.respond(request, Status.INVALID_COMMAND_ID)
        elif session.state in {SmppSessionState.BOUND_RX, SmppSessionState.BOUND_TRX}:
            ussd = self._client.ussd
            if ussd is not None and ussd.takes(request):
                ussd.take(session, request)
            else:
                self._inbound.take(session, request)
        else:
            session.respond(request, Status.INVALID_BIND_STATUS, b"\0")

    def writable(self, session: Session) -> None:
        if self.queue is not None and session.open:
            self.queue.pump()

    def closed(self, session: Session, reason: str) -> None:
        self._client.link_down(self)
        self.reason = reason
        self.stop_sending()
        self.down.set()
        if self._client.ussd is not None:
            self._client.ussd.link_lost()


def pause_before(failures: int, longest: float, jitter: float) -> float:
    """Seconds before the next attempt: doubling up to ``longest``, spread over its upper half by ``jitter``."""
    full: float = min(longest, _FIRST_PAUSE * 2.0 ** min(failures, 30))
    return full * (0.5 + 0.5 * jitter)


def _too_late() -> bool:
    """Nothing waits that could be taken back."""
    return False


def _left(deadline: float) -> float:
    return max(0.0, deadline - asyncio.get_running_loop().time())
