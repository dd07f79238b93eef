"""One SMPP connection, the same for both sides: reads, answers, correlates, keeps the link alive.

Theory of operation. The session is an ``asyncio.Protocol``: there is no reader task that could die.
Every PDU is handled by itself under a guard; whatever goes wrong with one is answered (a response
with a status, or generic_nack) and the next is read. Only a lost frame boundary ends a connection,
and only the owner (client or server) decides what comes after that.

Requests going out are remembered by sequence number in the order of writing; as all have the same
time to be answered, one sweep from the front finds those that are late. Writes are collected during
one turn of the event loop and leave in one piece.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, ParamSpec, Protocol, cast

from gateway.smpp.framing import Framer
from gateway.smpp.pdu import (
    HEADER,
    PduError,
    Plain,
    Request,
    Response,
    format_pdu,
    parse_request,
    parse_response,
    response_to,
)
from gateway.smpp.vocabulary import RESPONSE, Command, SmppSessionState, Status

_LOG: Final = logging.getLogger(__name__)
_MAX_SEQUENCE: Final = 0x7FFFFFFF
_MAX_UNREAD_BY_PEER: Final = 4 * 1024 * 1024
"""Octets; a peer that sends but does not read is cut off beyond them."""


_Arguments = ParamSpec("_Arguments")


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A request was written and no response came. link_lost: because the connection ended."""

    link_lost: bool


Answer = Response | NoAnswer
Answered = Callable[[Answer], None]


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
        """A request other than enquire_link came; it must be answered by ``session.respond``."""
        ...

    def writable(self, session: Session) -> None:
        """The peer reads again after it had stopped."""
        ...

    def closed(self, session: Session, reason: str) -> None: ...


@dataclass(slots=True)
class SessionCounters:
    """What happened on a session, or on all sessions of one owner."""

    pdus_in: int = 0
    pdus_out: int = 0
    bad_pdus: int = 0
    late_answers: int = 0
    response_timeouts: int = 0


class Session(asyncio.Protocol):
    """One connection and its bind state."""

    def __init__(self, owner: SessionOwner, timing: Timing, counters: SessionCounters) -> None:
        self.state: SmppSessionState = SmppSessionState.OPEN
        self.peer = ""
        self.can_write = False
        self._owner = owner
        self._timing = timing
        self._counters = counters
        self._loop = asyncio.get_running_loop()
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._pending: dict[int, tuple[int, float, Answered]] = {}
        self._sequence = 0
        self._last_heard = self._loop.time()
        self._enquiring = False
        self._reason = "connection closed by the peer"
        self._timer: asyncio.TimerHandle | None = None
        self._all_answered: asyncio.Event | None = None
        self._gone = asyncio.Event()

    # ── what the owner calls ────────────────────────────────────────────────

    @property
    def outstanding(self) -> int:
        """Requests written and not yet answered."""
        return len(self._pending)

    @property
    def open(self) -> bool:
        """Whether anything can still be written."""
        return self._transport is not None

    def request(self, command: int, body: bytes, answered: Answered) -> None:
        """Write a request; ``answered`` is called exactly once, never from inside this call."""
        if self._transport is None:
            self._loop.call_soon(answered, NoAnswer(link_lost=True))
            return
        sequence = self._next_sequence()
        self._pending[sequence] = (command, self._loop.time() + self._timing.response_timeout, answered)
        self._write(format_pdu(command, 0, sequence, body))

    def respond(self, request: Request, status: int, body: bytes = b"") -> None:
        """Answer ``request``."""
        self._write(format_pdu(response_to(request.command), status, request.sequence, body))

    def write_raw(self, octets: bytes) -> None:
        """Write anything, for the simulator's faults."""
        self._write(octets)

    def close(self, reason: str) -> None:
        """End the connection once what is collected has been written."""
        if self._transport is not None and not self._transport.is_closing():
            self._reason = reason
            self._flush()
            self._transport.close()

    def abort(self, reason: str) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._reason = reason
            self._transport.abort()

    async def drained(self, seconds: float) -> bool:
        """Wait until every request is answered. False when time ran out before."""
        if not self._pending:
            return True
        self._all_answered = asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await self._all_answered.wait()
        except TimeoutError:
            return False
        return True

    async def unbind(self, seconds: float) -> None:
        """Say unbind, wait for the answer at most ``seconds``, close. Safe on a closed session."""
        if self._transport is not None:
            answer: asyncio.Future[Answer] = self._loop.create_future()
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
        self._transport = cast("asyncio.Transport", transport)
        self.peer = str(transport.get_extra_info("peername") or "")
        self.can_write = True
        self._timer = self._loop.call_later(self._timing.tick, self._tick)
        self._guarded(self._owner.opened, self)

    def data_received(self, data: bytes) -> None:
        """Handle every PDU that ``data`` completes."""
        self._last_heard = self._loop.time()
        frames, error = self._framer.feed(data)
        while True:
            for frame in frames:
                self._handle(frame)
            if error is None:
                return
            self._counters.bad_pdus += 1
            self._write(format_pdu(Command.GENERIC_NACK, error.status, 0))
            if error.fatal:
                self.close(f"frame boundary lost: {error}")
                return
            frames, error = self._framer.feed(b"")

    def pause_writing(self) -> None:
        """Hold back new requests: the peer does not read."""
        self.can_write = False

    def resume_writing(self) -> None:
        """Let requests go again."""
        self.can_write = True
        self._guarded(self._owner.writable, self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everyone who waits."""
        if self._timer is not None:
            self._timer.cancel()
        self._transport = None
        self.can_write = False
        self.state = SmppSessionState.CLOSED
        self._out.clear()
        pending, self._pending = self._pending, {}
        for _, _, answered in pending.values():
            self._guarded(answered, NoAnswer(link_lost=True))
        self._note_answered()
        reason = f"connection lost: {type(exc).__name__}" if exc else self._reason
        self._guarded(self._owner.closed, self, reason)
        self._gone.set()

    # ── reading ─────────────────────────────────────────────────────────────

    def _handle(self, frame: bytes) -> None:
        _, command, status, sequence = HEADER.unpack_from(frame)
        self._counters.pdus_in += 1
        try:
            if command & RESPONSE:
                self._settle(parse_response(command, status, sequence, frame))
            else:
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
        body = b"\0" if command in {Command.DELIVER_SM, Command.SUBMIT_SM, Command.DATA_SM} and known else b""
        self._write(format_pdu(response_to(command) if known else Command.GENERIC_NACK, status, sequence, body))

    def _dispatch(self, request: Request) -> None:
        if isinstance(request, Plain):
            if request.command == Command.ENQUIRE_LINK:
                self.respond(request, Status.OK)
                return
            if request.command == Command.UNBIND:
                self.respond(request, Status.OK)
                self.close("unbound by the peer")
                return
            if request.command == Command.ALERT_NOTIFICATION:  # §4.12: has no response
                return
        self._owner.received(self, request)

    def _settle(self, response: Response) -> None:
        found = self._pending.get(response.sequence)
        fits = found is not None and response.command in {response_to(found[0]), Command.GENERIC_NACK}
        if found is None or not fits:
            self._counters.late_answers += 1
            return
        del self._pending[response.sequence]
        if response.command == Command.GENERIC_NACK and response.status == Status.OK:
            response = Response(response.command, Status.UNKNOWN_ERROR, response.sequence)
        found[2](response)
        self._note_answered()

    # ── writing ─────────────────────────────────────────────────────────────

    def _write(self, pdu: bytes) -> None:
        if self._transport is None:
            return
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(pdu)
        self._counters.pdus_out += 1

    def _flush(self) -> None:
        if not self._out or self._transport is None:
            return
        octets = b"".join(self._out) if len(self._out) > 1 else self._out[0]
        self._out.clear()
        self._transport.write(octets)
        if self._transport.get_write_buffer_size() > _MAX_UNREAD_BY_PEER:
            self.abort("the peer does not read")

    def _next_sequence(self) -> int:
        while True:
            self._sequence = self._sequence % _MAX_SEQUENCE + 1
            if self._sequence not in self._pending:
                return self._sequence

    # ── time ────────────────────────────────────────────────────────────────

    def _tick(self) -> None:
        now = self._loop.time()
        self._timer = self._loop.call_later(self._timing.tick, self._tick)
        self._sweep(now)
        quiet = now - self._last_heard >= self._timing.enquire_interval
        if quiet and not self._enquiring and self.state != SmppSessionState.OPEN:
            self._enquiring = True
            self.request(Command.ENQUIRE_LINK, b"", self._enquired)

    def _sweep(self, now: float) -> None:
        while self._pending:
            sequence, (_, deadline, answered) = next(iter(self._pending.items()))
            if deadline > now:
                break
            del self._pending[sequence]
            self._counters.response_timeouts += 1
            self._guarded(answered, NoAnswer(link_lost=False))
        self._note_answered()

    def _enquired(self, answer: Answer) -> None:
        self._enquiring = False
        if isinstance(answer, NoAnswer) and not answer.link_lost:
            self.abort("enquire_link was not answered")

    def _note_answered(self) -> None:
        if self._all_answered is not None and not self._pending:
            self._all_answered.set()

    def _guarded(self, call: Callable[_Arguments, None], *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
        try:
            call(*args, **kwargs)
        except Exception:  # the owner's mistake must not stop the session's own bookkeeping
            _LOG.exception("session owner failed")


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
