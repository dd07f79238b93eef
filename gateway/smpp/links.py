"""The connections of one ESME to its SMSC: made, kept, made again, and those that the SMSC asks for."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import field
from functools import partial
from typing import Final

from flows.frozen import dataclass
from gateway.core.ports import InboundSms
from gateway.errors import BindRefused
from gateway.smpp.counters import SessionCounters, Statuses
from gateway.smpp.inbound import Inbound, InboundCounters
from gateway.smpp.link import Link
from gateway.smpp.outbind import OutbindListener
from gateway.smpp.pace import SlidingRate
from gateway.smpp.reasons import why
from gateway.smpp.sending import SendQueue
from gateway.smpp.session import Session, Timing
from gateway.smpp.settings import SmppSettings
from gateway.smpp.ussd import UssdSide
from gateway.smpp.vocabulary import Command

_LOG: Final = logging.getLogger(__name__)
_NOT_STARTED: Final = "not started"
_CONNECT_TIMEOUT: Final = 10.0
_FIRST_PAUSE: Final = 0.2
_STEADY: Final = 1.0
"""Seconds that a bind must hold before the next loss is met without back-off."""

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


@dataclass(frozen=True, slots=True)
class Reaching:
    """How an SMSC is reached, beside its settings.

    client_tls: used instead of the system's trust store when ``settings.tls`` is on; outbind_tls: ours where the SMSC
    connects to us. jitter: 0.0 to 1.0, spreads the pauses between attempts to connect.
    """

    client_tls: ssl.SSLContext | None = None
    outbind_tls: ssl.SSLContext | None = None
    jitter: Callable[[], float] = random.random


class Links:
    """Satisfies ``LinkHolder``. up: those that are bound; sending: the one that texts leave by.

    detail: why it is bound or not, in one line.
    """

    def __init__(
        self,
        settings: SmppSettings,
        sink: InboundSms,
        counters: ClientCounters,
        reaching: Reaching,
        on_state: OnState | None,
    ) -> None:
        self.settings = settings
        self.ussd: UssdSide | None = None
        self.detail = _NOT_STARTED
        self.up: list[Link] = []
        self.sending: Link | None = None
        self.ready = asyncio.Event()
        self.when_ready: list[Callable[[], object]] = []
        self.listener: OutbindListener | None = None
        self._sink = sink
        self._counters = counters
        self._reaching = reaching
        self._on_state = on_state
        self._rate = SlidingRate(settings.tps)
        self._throttles = frozenset(status for status, kind in settings.refusals.items() if kind == "throttled")
        self._stopping = asyncio.Event()
        self._inbound: Inbound | None = None
        self._life: asyncio.Task[None] | None = None
        self._asked: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to connect. Raises PortInUse for outbind's port."""
        self._stopping.clear()
        self._inbound = inbound = Inbound(self.settings.smsc_name, self._sink, self._counters.inbound)
        if self.settings.outbind_port is not None:
            await self._listen(inbound)
        if self._dials:
            self._life = asyncio.create_task(self._live(inbound), name=f"smpp {self.settings.name}")

    async def stop(self, seconds: float) -> None:
        """Unbind: nothing new is written, what is outstanding both ways is waited for, at most ``seconds``."""
        deadline = asyncio.get_running_loop().time() + seconds
        self._stopping.set()
        self.ready.clear()
        links = tuple(self.up)
        for link in links:
            link.stop_sending()
        await asyncio.gather(*(link.session.drained(seconds) for link in links))
        for link in links:
            link.closing = True
        if self._inbound is not None:
            await self._inbound.drain(_left(deadline))
        await asyncio.gather(*(link.session.unbind(max(0.1, _left(deadline))) for link in links))
        if self.listener is not None:
            await self.listener.stop()
            self.listener = None
        for task in (*self._asked, *([self._life] if self._life else [])):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._life = None

    @property
    def _dials(self) -> bool:
        """Whether it connects by itself; a receiver that the SMSC asks by outbind waits to be asked."""
        return self.settings.outbind_port is None or self.settings.bind != "receiver"

    async def _live(self, inbound: Inbound) -> None:
        """Bind, stay, come back: ends only when stopped."""
        failures = 0
        while not self._stopping.is_set():
            link = Link(self, inbound, self.settings.bind)
            reason = await self._served(link, self._connect)
            self._report(bound=bool(self.up), detail=reason)
            failures = 0 if link.held >= _STEADY else failures + 1
            with suppress(TimeoutError):
                async with asyncio.timeout(
                    pause_before(failures, self.settings.reconnect_max, self._reaching.jitter())
                ):
                    await self._stopping.wait()

    async def _served(self, link: Link, connect: Callable[[Link], Awaitable[None]] | None = None) -> str:
        """From connecting to the end of the connection, and why it ended. Never raises."""
        try:
            if connect is not None:
                await connect(link)
            await link.bind()
            await link.down.wait()
        except (OSError, TimeoutError, BindRefused) as error:
            self._counters.bind_failures += 1
            return why(error)
        except Exception as error:  # the loop that reconnects must not end (ADR 0004)
            self._counters.bind_failures += 1
            _LOG.exception("bind %s failed", self.settings.name)
            return why(error)
        finally:
            link.close("given up")  # does nothing to a connection that is gone
        return link.reason

    async def _connect(self, link: Link) -> None:
        settings = self.settings
        timing = Timing(settings.response_timeout, settings.enquire_interval)
        context = (self._reaching.client_tls or ssl.create_default_context()) if settings.tls else None
        async with asyncio.timeout(min(_CONNECT_TIMEOUT, settings.response_timeout)):
            await asyncio.get_running_loop().create_connection(
                lambda: Session(link, timing, self._counters.session), settings.host, settings.port, ssl=context
            )

    async def _listen(self, inbound: Inbound) -> None:
        mode = "transceiver" if self.settings.bind == "transceiver" else "receiver"
        self.listener = OutbindListener(
            self.settings,
            self._counters.session,
            partial(Link, self, inbound, mode),
            self._bind_as_asked,
            self._reaching.outbind_tls,
        )
        await self.listener.start()

    def _bind_as_asked(self, link: Link) -> None:
        """The SMSC asked for a bind on its own connection."""

        async def serve() -> None:
            self._report(bound=bool(self.up), detail=f"outbind: {await self._served(link)}")

        task = asyncio.create_task(serve(), name=f"smpp {self.settings.name} outbind")
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    def link_up(self, link: Link) -> None:
        """See ``LinkHolder``."""
        self.up.append(link)
        self._counters.binds += 1
        self._choose()
        self._report(bound=True, detail="bound")

    def link_leaving(self, link: Link) -> None:
        """See ``LinkHolder``."""
        if self.sending is link:
            self._choose(besides=link)

    def link_down(self, link: Link) -> None:
        """See ``LinkHolder``."""
        if link in self.up:
            self.up.remove(link)
            self._choose()

    def phone_is_back(self) -> None:
        """See ``LinkHolder``."""
        self._counters.alerts += 1

    def new_queue(self, session: Session) -> SendQueue:
        """See ``LinkHolder``. The rate goes on from the last one."""
        return SendQueue(session, Command.SUBMIT_SM, self.settings.window, self._rate, self._throttles)

    def _choose(self, besides: Link | None = None) -> None:
        """By which connection texts leave: by the one that they left by, while it is there."""
        able = [link for link in self.up if link.transmits and link is not besides]
        if self.sending not in able:
            self.sending = able[0] if able else None
        if self.sending is None or self._stopping.is_set():
            self.ready.clear()
        elif not self.ready.is_set():
            self.ready.set()
            for call in self.when_ready:
                call()

    def _report(self, *, bound: bool, detail: str) -> None:
        first = self.detail == _NOT_STARTED and bound
        news = detail != self.detail and not first and not self._stopping.is_set()
        self.detail = detail  # what is said again and again while an SMSC is away is a warning once
        _LOG.log(logging.WARNING if news else logging.INFO, "bind %s: %s", self.settings.name, detail)
        if self._on_state is None:
            return
        try:
            self._on_state(self.settings.name, bound, detail)
        except Exception:  # an observer must not end the loop
            _LOG.exception("on_state failed")


def pause_before(failures: int, longest: float, jitter: float) -> float:
    """Seconds before the next attempt: doubling up to ``longest``, spread over its upper half by ``jitter``."""
    full: float = min(longest, _FIRST_PAUSE * 2.0 ** min(failures, 30))
    return full * (0.5 + 0.5 * jitter)


def _left(deadline: float) -> float:
    return max(0.0, deadline - asyncio.get_running_loop().time())
