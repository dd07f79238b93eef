"""One connection of an ESME, whoever opened it: it binds, sends, and takes what the SMSC delivers."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from gateway.errors import BindRefused
from gateway.smpp.inbound import Inbound
from gateway.smpp.pdu import Alert, Bind, Message, Outbind, Request, Response, format_bind, tlv
from gateway.smpp.reasons import refusal, unanswered
from gateway.smpp.sending import SendQueue
from gateway.smpp.session import Answer, Session
from gateway.smpp.settings import SmppSettings
from gateway.smpp.ussd import UssdSide
from gateway.smpp.vocabulary import SC_INTERFACE_VERSION, Command, SmppSessionState, Status

_MODES: Final = {
    "transmitter": (Command.BIND_TRANSMITTER, SmppSessionState.BOUND_TX),
    "receiver": (Command.BIND_RECEIVER, SmppSessionState.BOUND_RX),
    "transceiver": (Command.BIND_TRANSCEIVER, SmppSessionState.BOUND_TRX),
}
_RECEIVING: Final = frozenset({SmppSessionState.BOUND_RX, SmppSessionState.BOUND_TRX})


class LinkHolder(Protocol):
    """The ESME that a connection belongs to."""

    settings: SmppSettings
    ussd: UssdSide | None

    def new_queue(self, session: Session) -> SendQueue:
        """What waits to be written to it."""
        ...

    def link_up(self, link: Link) -> None:
        """``link`` is bound."""
        ...

    def link_leaving(self, link: Link) -> None:
        """The SMSC wants ``link`` to end; nothing can be sent by it any more."""
        ...

    def link_down(self, link: Link) -> None:
        """``link`` is gone."""
        ...

    def phone_is_back(self) -> None:
        """The SMSC told that a phone can be reached again (alert_notification)."""
        ...


class OutbindHearer(Protocol):
    """Who waits for an SMSC that connects to us."""

    def connected(self, link: Link) -> None:
        """An SMSC, or a stranger, has connected."""
        ...

    def asked(self, link: Link, outbind: Outbind) -> None:
        """It sent outbind, which is taken once."""
        ...


class Link:
    """mode: as what it binds. hearer: told when the SMSC has connected and sends outbind; without it none is taken."""

    def __init__(self, holder: LinkHolder, inbound: Inbound, mode: str, hearer: OutbindHearer | None = None) -> None:
        self.mode = mode
        self.queue: SendQueue | None = None
        self.down = asyncio.Event()
        self.reason = ""
        self.session: Session
        self.closing = False
        self._holder = holder
        self._inbound = inbound
        self._hearer = hearer
        self._bound_at: float | None = None

    @property
    def transmits(self) -> bool:
        """Whether texts can leave by it, once it is bound."""
        return self.mode != "receiver"

    @property
    def held(self) -> float:
        """Seconds since it was bound; 0 if it never was."""
        return 0.0 if self._bound_at is None else asyncio.get_running_loop().time() - self._bound_at

    async def bind(self) -> None:
        """Bind. Raises BindRefused, ConnectionError, or TimeoutError when no answer comes."""
        settings = self._holder.settings
        command, state = _MODES[self.mode]
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def bound(answer: Answer) -> None:
            if isinstance(answer, Response) and answer.status == Status.OK:
                self._bound_at = asyncio.get_running_loop().time()
                self.session.state = state  # before the next PDU of the same read is looked at
                version = tlv(answer.tlvs, SC_INTERFACE_VERSION)
                self.session.version = version[0] if version else 0
                self._holder.link_up(self)
            if not answered.done():  # stopped while the bind was on its way
                answered.set_result(answer)

        wanted = Bind(
            command, 0, settings.system_id, settings.password, settings.system_type, settings.interface_version
        )
        self.session.request(command, format_bind(wanted), bound)
        answer = await answered
        if not isinstance(answer, Response):
            if answer.link_lost:
                raise ConnectionError(unanswered(self.reason, tls=settings.tls))
            raise TimeoutError("the bind was not answered")
        if answer.status != Status.OK:
            raise BindRefused(refusal(settings.name, answer.status))

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
        self.queue = self._holder.new_queue(session)
        if self._hearer is not None:
            self._hearer.connected(self)

    def received(self, session: Session, request: Request) -> None:
        match request:
            case Message() if request.command != Command.SUBMIT_SM:
                self._take(session, request)
            case Alert():
                self._holder.phone_is_back()
            case Outbind() if self._hearer is not None and session.state == SmppSessionState.OPEN:
                hearer, self._hearer = self._hearer, None
                hearer.asked(self, request)
            case _:
                session.respond(request, Status.INVALID_COMMAND_ID)

    def writable(self, session: Session) -> None:
        if self.queue is not None and session.open:
            self.queue.pump()

    def leaving(self, session: Session) -> None:
        self._holder.link_leaving(self)
        self.stop_sending()

    def closed(self, session: Session, reason: str) -> None:
        self._holder.link_down(self)
        self.reason = reason
        self.stop_sending()
        self.down.set()
        if self._bound_at is not None and self._holder.ussd is not None:
            self._holder.ussd.link_lost()

    def _take(self, session: Session, message: Message) -> None:
        """A text, a receipt or a hop. While we leave, nothing new is begun: the SMSC keeps it for another bind."""
        if session.state not in _RECEIVING:
            session.respond(message, Status.INVALID_BIND_STATUS, b"\0")
        elif self.closing:
            session.respond(message, Status.TEMPORARY_APP_ERROR, b"\0")
        elif (ussd := self._holder.ussd) is not None and ussd.takes(message):
            ussd.take(session, message)
        else:
            self._inbound.take(session, message)
