"""One SMPP connection, the same for both sides: reads, answers, correlates, keeps the link alive.

Theory of operation. The session is an ``asyncio.Protocol``: there is no reader task that could die.
Every PDU is handled by itself under a guard; whatever goes wrong with one is answered (a response
with a status, or generic_nack) and the next is read. Only a lost frame boundary ends a connection,
and only the owner (client or server) decides what comes after that.

When the peer unbinds, what is under way both ways has a moment to be answered before unbind_resp; nothing new is
written meanwhile. What waits for an answer is kept by ``outstanding``, what goes out by ``writing``.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol, cast

from flows.frozen import dataclass
from gateway.smpp.counters import SessionCounters
from gateway.smpp.framing import Framer
from gateway.smpp.outstanding import Answer, Answered, NoAnswer, Outstanding, guarded
from gateway.smpp.pdu import (
    HEADER,
    PduError,
    Plain,
    Request,
    format_pdu,
    parse_request,
    parse_response,
    response_to,
)
from gateway.smpp.reasons import why
from gateway.smpp.vocabulary import RESPONSE, Command, SmppSessionState, Status
from gateway.smpp.writing import Writer

__all__ = ["Answer", "Answered", "NoAnswer", "Session", "SessionCounters", "SessionOwner", "Timing", "ask"]

_LOG: Final = logging.getLogger(__name__)
_FAREWELL: Final = 1.0
"""Seconds that answers still have to go and come after the peer said unbind."""
_MOST_ASTRAY: Final = 100
"""PDUs on a connection that binds nothing, or lengths in a row that are none, after which it leads nowhere."""
_NEVER_ANSWERED: Final = frozenset({Command.ALERT_NOTIFICATION, Command.OUTBIND})
_BODIES_OF_ONE_ZERO: Final = frozenset(
    {Command.DELIVER_SM, Command.SUBMIT_SM, Command.DATA_SM, Command.SUBMIT_MULTI, Command.QUERY_SM}
)
"""Whose refusals have a message_id, which is then empty."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. response_timeout: for any request; enquire_interval: silence before enquire_link."""

    response_timeout: float = 30.0
    enquire_interval: float = 30.0

    @property
    def tick(self) -> float:
        """How often deadlines are looked at."""
        return max(0.01, min(1.0, self.response_timeout / 8, self.enquire_interval / 4))


class SessionOwner(Protocol):
    """Who decides for a session. Exceptions raised here are answered as system errors."""

    def opened(self, session: Session) -> None: ...

    def received(self, session: Session, request: Request) -> None:
        """A request other than enquire_link and unbind came; it must be answered by ``session.respond``.

        But for alert_notification and outbind, of which an answer that is no error is not written.
        """
        ...

    def writable(self, session: Session) -> None:
        """The peer reads again after it had stopped."""
        ...

    def leaving(self, session: Session) -> None:
        """The peer said unbind: nothing new can be written, and what is under way has a moment to end."""
        ...

    def closed(self, session: Session, reason: str) -> None: ...


class Session(asyncio.Protocol):
    """One connection and its bind state.

    version: interface_version of the peer, 0 while it has not told.
    """

    def __init__(self, owner: SessionOwner, timing: Timing, counters: SessionCounters) -> None:
        self.state: SmppSessionState = SmppSessionState.OPEN
        self.peer = ""
        self.version = 0
        self.can_write = False
        self._owner = owner
        self._timing = timing
        self._counters = counters
        self._loop = asyncio.get_running_loop()
        self._framer = Framer()
        self._writer = Writer(counters)
        self._pending = Outstanding(timing.response_timeout, counters, self._part_if_done)
        self._unanswered = 0
        self._since = self._last_heard = self._loop.time()
        self._enquiring = False
        self._unbinding = False
        self._astray = 0
        self._farewell: Plain | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._gone = asyncio.Event()

    # ── what the owner calls ────────────────────────────────────────────────

    @property
    def outstanding(self) -> int:
        """Requests written and not yet answered."""
        return len(self._pending)

    @property
    def open(self) -> bool:
        """Whether anything can still be written."""
        return self._writer.open

    def request(self, command: int, body: bytes, answered: Answered) -> None:
        """Write a request; ``answered`` is called exactly once, never from inside this call."""
        if not self._writer.open:
            self._loop.call_soon(answered, NoAnswer(link_lost=True))
            return
        sequence = self._pending.add(command, self._loop.time(), answered)
        self._writer.write(format_pdu(command, 0, sequence, body))

    def respond(self, request: Request, status: int, body: bytes = b"") -> None:
        """Answer ``request``."""
        if request.command not in _NEVER_ANSWERED:
            self._unanswered -= 1
            self._writer.write(format_pdu(response_to(request.command), status, request.sequence, body))
            self._part_if_done()
        elif status != Status.OK:
            self._writer.write(format_pdu(Command.GENERIC_NACK, status, request.sequence))

    def write_raw(self, octets: bytes) -> None:
        """Write anything, for the simulator's faults."""
        self._writer.write(octets)

    def close(self, reason: str) -> None:
        """End the connection once what is collected has been written."""
        self._writer.close(reason)

    def abort(self, reason: str) -> None:
        """End the connection at once."""
        self._writer.abort(reason)

    async def drained(self, seconds: float) -> bool:
        """Wait until every request is answered. False when time ran out before."""
        return await self._pending.drained(seconds)

    async def unbind(self, seconds: float) -> None:
        """Say unbind, wait for the answer at most ``seconds``, close. Safe on a closed session."""
        if self._writer.open:
            answer: asyncio.Future[Answer] = self._loop.create_future()
            self._unbinding = True
            self.request(Command.UNBIND, b"", _setting(answer))
            await asyncio.wait([answer], timeout=seconds)
            self.close("unbound")
        await self.wait_closed(seconds)

    async def wait_closed(self, seconds: float) -> None:
        """Wait for the connection to be gone; cut it when ``seconds`` have passed."""
        try:
            async with asyncio.timeout(seconds):
                await self._gone.wait()
        except TimeoutError:
            self.abort("did not close in time")

    # ── asyncio.Protocol ────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to read."""
        self._writer.made(cast("asyncio.Transport", transport))
        self.peer = str(transport.get_extra_info("peername") or "")
        self.can_write = True
        self._since = self._loop.time()
        self._timer = self._loop.call_later(self._timing.tick, self._tick)
        guarded(self._owner.opened, self)

    def data_received(self, data: bytes) -> None:
        """Handle every PDU that ``data`` completes."""
        self._last_heard = self._loop.time()
        frames, error = self._framer.feed(data)
        while True:
            for frame in frames:
                self._handle(frame)
            if frames:
                self._astray = self._astray + len(frames) if self.state == SmppSessionState.OPEN else 0
            if self._astray > _MOST_ASTRAY:
                self.close("too much was sent that binds nothing")
                return
            if error is None:
                return
            self._astray += 1
            self._counters.bad_pdus += 1
            self._writer.write(format_pdu(Command.GENERIC_NACK, error.status, 0))
            if error.fatal:
                self.close(f"frame boundary lost: {error}")
                return
            frames, error = self._framer.feed(b"")

    def eof_received(self) -> None:
        """The peer writes no more, and that is the end for both."""
        self._writer.cut_off_soon()

    def pause_writing(self) -> None:
        """Hold back new requests: the peer does not read."""
        self.can_write = False

    def resume_writing(self) -> None:
        """Let requests go again."""
        self.can_write = self._farewell is None
        guarded(self._owner.writable, self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everyone who waits."""
        if self._timer is not None:
            self._timer.cancel()
        self._writer.lost()
        self.can_write = False
        self.state = SmppSessionState.CLOSED
        self._pending.lose()
        reason = f"connection lost: {why(exc)}" if exc else self._writer.reason
        guarded(self._owner.closed, self, reason)
        self._gone.set()

    # ── reading ─────────────────────────────────────────────────────────────

    def _handle(self, frame: bytes) -> None:
        _, command, status, sequence = HEADER.unpack_from(frame)
        self._counters.pdus_in += 1
        try:
            if command & RESPONSE:
                self._pending.settle(parse_response(command, status, sequence, frame), self._last_heard)
            elif not self._writer.ended:  # what came with the last PDU could not be answered: the peer keeps it
                self._dispatch(parse_request(command, sequence, frame))
        except PduError as error:
            self._counters.bad_pdus += 1
            _LOG.warning("PDU refused: %s", error, extra={"peer": self.peer})
            self._refuse(command, error.status, sequence)
        except Exception:  # one PDU must never end a session (ADR 0004)
            self._counters.bad_pdus += 1
            _LOG.exception("PDU %#010x could not be handled", command)
            if not command & RESPONSE:
                self._refuse(command, Status.SYSTEM_ERROR, sequence)

    def _refuse(self, command: int, status: int, sequence: int) -> None:
        """A fitting response where the command is known, generic_nack where it is not (§4.3)."""
        known = status not in {Status.INVALID_COMMAND_ID, Status.INVALID_COMMAND_LENGTH}
        known = known and command not in _NEVER_ANSWERED
        body = b"\0" if command in _BODIES_OF_ONE_ZERO and known else b""
        self._writer.write(format_pdu(response_to(command) if known else Command.GENERIC_NACK, status, sequence, body))

    def _dispatch(self, request: Request) -> None:
        if isinstance(request, Plain):
            if request.command == Command.UNBIND:
                self._leave(request)
            else:
                self._writer.write(format_pdu(response_to(request.command), Status.OK, request.sequence))
            return
        before = self._unanswered
        if request.command not in _NEVER_ANSWERED:
            self._unanswered += 1
        try:
            self._owner.received(self, request)
        except Exception:
            self._unanswered = before  # it is refused by whoever catches this
            raise

    def _leave(self, request: Plain) -> None:
        """The peer unbinds: unbind_resp goes out once both sides have their answers, or after a moment (§4.2)."""
        if self._farewell is None:
            self._farewell = request
            self.can_write = False
            self._loop.call_later(_FAREWELL, self._part)
            guarded(self._owner.leaving, self)
        self._part_if_done()

    def _part_if_done(self) -> None:
        if self._farewell is not None and (self._unbinding or not (self._pending or self._unanswered > 0)):
            self._part()

    def _part(self) -> None:
        if self._farewell is not None and not self._writer.closing:
            self._writer.write(format_pdu(response_to(Command.UNBIND), Status.OK, self._farewell.sequence))
            self.close("unbound by the peer")

    # ── time ────────────────────────────────────────────────────────────────

    def _tick(self) -> None:
        now = self._loop.time()
        self._timer = self._loop.call_later(self._timing.tick, self._tick)
        self._pending.sweep(now)
        if self.state == SmppSessionState.OPEN:
            if not self._pending and now - self._since >= self._timing.response_timeout:
                self.close("nothing was bound in time")
            return
        quiet = now - self._last_heard >= self._timing.enquire_interval
        if quiet and not self._enquiring:
            self._enquiring = True
            self.request(Command.ENQUIRE_LINK, b"", self._enquired)

    def _enquired(self, answer: Answer) -> None:
        self._enquiring = False
        if isinstance(answer, NoAnswer) and not answer.link_lost:
            self.abort("enquire_link was not answered")


def _setting(future: asyncio.Future[Answer]) -> Answered:
    def answered(answer: Answer) -> None:
        if not future.done():
            future.set_result(answer)

    return answered


async def ask(session: Session, command: int, body: bytes) -> Answer:
    """Write a request outside any window and wait for its answer."""
    answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    session.request(command, body, _setting(answer))
    return await answer
