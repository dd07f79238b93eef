"""The SMSC side: accepts binds, answers submits through a handler, delivers to bound receivers."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import Callable
from typing import Final, Protocol

from gateway.errors import GatewayError, listening
from gateway.smpp.pace import SlidingRate
from gateway.smpp.pdu import (
    Alert,
    Bind,
    Cancel,
    Message,
    MultiMessage,
    Outbind,
    Query,
    Replace,
    Request,
    Response,
    format_message,
    format_pdu,
    format_request,
    format_response,
    format_text,
    format_tlvs,
)
from gateway.smpp.sending import Job, SendQueue
from gateway.smpp.session import Answer, NoAnswer, Session, SessionCounters, Timing
from gateway.smpp.vocabulary import SC_INTERFACE_VERSION, Command, SmppSessionState, Status

_STATES: Final = {
    Command.BIND_TRANSMITTER: SmppSessionState.BOUND_TX,
    Command.BIND_RECEIVER: SmppSessionState.BOUND_RX,
    Command.BIND_TRANSCEIVER: SmppSessionState.BOUND_TRX,
}
_MODES: Final = {
    SmppSessionState.BOUND_TX: "transmitter",
    SmppSessionState.BOUND_RX: "receiver",
    SmppSessionState.BOUND_TRX: "transceiver",
}
_WITH_TLVS: Final = 0x34
"""The first interface_version that knows TLVs; they are not sent to older ones (SMPP 3.4 §1.3)."""
_OURS: Final = 0x50

Authenticator = Callable[[Bind], int]
"""Answers a bind with a command_status; 0 accepts it."""
SubmitReply = tuple[int, str]
"""command_status and message_id."""


class NoReceiver(GatewayError):
    """No ESME that can receive is bound."""

    code = "no-receiver"
    retryable = True


class SubmitHandler(Protocol):
    """Decides about submit_sm and data_sm."""

    def submit(self, esme: Esme, message: Message) -> SubmitReply | None:
        """The answer; None leaves the submit without one."""
        ...


Operation = Query | Cancel | Replace | MultiMessage


class OperationHandler(Protocol):
    """Decides about query_sm, cancel_sm, replace_sm and submit_multi."""

    def operation(self, esme: Esme, request: Operation) -> Response:
        """The answer; of its fields command and sequence do not count."""
        ...


class Esme:
    """One connected ESME."""

    def __init__(self, server: SmppServer) -> None:
        self.system_id = ""
        self.session: Session
        self.queue: SendQueue
        self._server = server

    @property
    def mode(self) -> str:
        """``transmitter``, ``receiver``, ``transceiver``, or empty while not bound."""
        return _MODES.get(self.session.state, "")

    @property
    def receives(self) -> bool:
        """Whether deliver_sm can go there."""
        return self.session.state in {SmppSessionState.BOUND_RX, SmppSessionState.BOUND_TRX}

    def opened(self, session: Session) -> None:
        self.session = session
        self.queue = self._server.join(self, session)

    def received(self, session: Session, request: Request) -> None:
        match request:
            case Bind():
                self._bind(session, request)
            case Message() if request.command != Command.DELIVER_SM:
                self._submit(session, request)
            case Query() | Cancel() | Replace() | MultiMessage():
                self._operate(session, request)
            case Alert():
                pass  # it has no answer
            case _:
                session.respond(request, Status.INVALID_COMMAND_ID)

    def writable(self, session: Session) -> None:
        self.queue.pump()

    def leaving(self, session: Session) -> None:
        self.queue.close()

    def closed(self, session: Session, reason: str) -> None:
        self.queue.close()
        self._server.leave(self)

    async def unbind(self, seconds: float) -> None:
        """Let what was delivered be answered, then unbind; at most ``seconds`` for each."""
        self.queue.close()
        await self.session.drained(seconds)
        await self.session.unbind(seconds)

    @property
    def _transmits(self) -> bool:
        return self.session.state in {SmppSessionState.BOUND_TX, SmppSessionState.BOUND_TRX}

    def _submit(self, session: Session, message: Message) -> None:
        if not self._transmits:
            session.respond(message, Status.INVALID_BIND_STATUS, b"\0")
            return
        reply = self._server.handler.submit(self, message)
        if reply is not None:
            session.respond(message, reply[0], format_text(reply[1]) if reply[0] == Status.OK else b"\0")

    def _operate(self, session: Session, request: Operation) -> None:
        operations = self._server.operations
        if not self._transmits:
            session.respond(request, Status.INVALID_BIND_STATUS)
        elif operations is None:
            session.respond(request, Status.INVALID_COMMAND_ID)
        else:
            answer = operations.operation(self, request)
            bodiless = isinstance(request, Cancel | Replace)
            session.respond(request, answer.status, b"" if bodiless else format_response(answer))

    def _bind(self, session: Session, bind: Bind) -> None:
        status = Status.ALREADY_BOUND if self.mode else self._server.authenticate(bind)
        if status != Status.OK:
            session.respond(bind, status, b"\0")
            if not self.mode:
                session.close("bind refused")
            return
        session.version = bind.interface_version
        version = bytes((min(_OURS, bind.interface_version),))
        tlvs = format_tlvs(((SC_INTERFACE_VERSION, version),)) if bind.interface_version >= _WITH_TLVS else b""
        session.respond(bind, Status.OK, format_text(self._server.system_id) + tlvs)
        self.system_id = bind.system_id
        session.state = _STATES[bind.command]
        self._server.announce(self)


class SmppServer:
    """Listens for ESMEs. ``port`` 0 takes a free one; the attribute then tells which.

    on_bound: called for every accepted bind. operations: without it they are answered with ESME_RINVCMDID.
    """

    def __init__(
        self,
        host: str,
        port: int,
        handler: SubmitHandler,
        authenticate: Authenticator = lambda _: Status.OK,
        *,
        system_id: str = "chasqui",
        timing: Timing | None = None,
        window: int = 50,
        on_bound: Callable[[Esme], None] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        operations: OperationHandler | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.handler = handler
        self.operations = operations
        self.authenticate = authenticate
        self.system_id = system_id
        self.counters = SessionCounters()
        self._timing = timing or Timing()
        self._window = window
        self._on_bound = on_bound
        self._ssl = ssl_context
        self._esmes: dict[Esme, None] = {}
        self._turn = itertools.count()
        self._listener: asyncio.Server | None = None

    @property
    def esmes(self) -> tuple[Esme, ...]:
        """Every bound ESME, oldest connection first."""
        return tuple(esme for esme in self._esmes if esme.mode)

    async def start(self) -> None:
        """Listen. Raises PortInUse, CannotListen."""
        loop = asyncio.get_running_loop()
        with listening(self.host, self.port, "SMPP"):
            self._listener = await loop.create_server(
                lambda: Session(Esme(self), self._timing, self.counters), self.host, self.port, ssl=self._ssl
            )
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self, seconds: float = 2.0) -> None:
        """Unbind every ESME, once it has answered what was delivered, and listen no longer."""
        if self._listener is None:
            return
        self._listener.close()
        await asyncio.gather(*(esme.unbind(seconds) for esme in tuple(self._esmes)))
        await self._listener.wait_closed()
        self._listener = None

    def drop(self) -> None:
        """Cut every connection."""
        for esme in tuple(self._esmes):
            esme.session.abort("dropped")

    async def outbind(
        self, host: str, port: int, system_id: str, password: str, *, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        """Connect to an ESME and ask it to bind there. Raises OSError."""
        _, session = await asyncio.get_running_loop().create_connection(
            lambda: Session(Esme(self), self._timing, self.counters), host, port, ssl=ssl_context
        )
        session.write_raw(format_pdu(Command.OUTBIND, 0, 1, format_request(Outbind(1, system_id, password))))

    async def deliver(self, message: Message, system_id: str = "", esme: Esme | None = None) -> Answer:
        """Send a deliver_sm to a bound receiver (of ``system_id`` if given, each in turn) and await its answer.

        esme: the receiver, if it is still bound. Raises NoReceiver.
        """
        if esme is None or esme not in self._esmes:
            able = [one for one in self._esmes if one.receives and system_id in {"", one.system_id}]
            if not able:
                raise NoReceiver(f"no receiver is bound{f' as {system_id}' if system_id else ''}")
            esme = able[next(self._turn) % len(able)]
        settled: asyncio.Future[tuple[Answer | None, ...]] = asyncio.get_running_loop().create_future()
        job = Job((format_message(message),), lambda answers: None if settled.done() else settled.set_result(answers))
        esme.queue.put(job)
        answer = (await settled)[0]
        return answer if answer is not None else NoAnswer(link_lost=True)

    # ── what an Esme tells ──────────────────────────────────────────────────

    def join(self, esme: Esme, session: Session) -> SendQueue:
        """A connection was made."""
        self._esmes[esme] = None
        return SendQueue(session, Command.DELIVER_SM, self._window, SlidingRate(0))

    def leave(self, esme: Esme) -> None:
        """A connection is gone."""
        self._esmes.pop(esme, None)

    def announce(self, esme: Esme) -> None:
        """A bind was accepted."""
        if self._on_bound is not None:
            self._on_bound(esme)
