"""USSD over SMPP: a deliver_sm or data_sm read as a hop, a reply said as a submit_sm. Pure (ADR 0014).

What identifies a turn: the subscriber's number and the session's id, where the vendor's profile says it stands; ids are
used again. Where the profile says that ``its_session_info`` counts, a hop's number is its count. Where it does not, a
repeated answer is told from the same answer given twice by time alone (``gateway.core.identity``), and by whether its
screen ever left (``gateway.ussd.smpp_door``). What stays ambiguous: a message without ussd_service_op begins a session
if its text is a service code, so whoever answers a menu with ``*123#`` on such a wire begins anew.
"""

from __future__ import annotations

from typing import Final, Literal

from flows.frozen import dataclass
from flows.values import Msisdn, parse_msisdn
from gateway.config.tree import UssdProfileConfig
from gateway.core.doors import Door
from gateway.core.ports import PushRequest
from gateway.core.turn import Input, Reply
from gateway.smpp.pdu import Message, Tlv, tlv
from gateway.smpp.vocabulary import NPI, TON, USSD_SERVICE_OP, Command, Status
from gateway.ussd.dialect import BadHop, Ended, Hop
from gateway.ussd.smpp_session import Info, SessionInfo
from gateway.ussd.smpp_text import read_text, written

_ASKS_FOR_RECEIPT: Final = 1
_MOST_OP_OCTETS: Final = 4

Address = tuple[int, int, str]
"""TON, NPI and address."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One session on the wire, as our messages repeat it.

    info: the session's TLV as it came last. opened: by the phone, by the phone for one screen only, or by us.
    """

    phone: Address
    own: Address
    service_type: str
    info: bytes
    opened: Literal["phone", "once", "us"] = "phone"


@dataclass(frozen=True, slots=True)
class Heard:
    """A hop, and where its answer goes."""

    hop: Hop
    leg: Leg

    @property
    def begins(self) -> bool:
        """Whether the phone opens a session with it."""
        return isinstance(self.hop.said, Input) and self.hop.said.begins is True


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The phone has shown a notification."""

    session: str


class SmppDialect:
    """The pair for one door: its vendor's profile, its charset, and the bind's own address."""

    def __init__(self, profile: UssdProfileConfig, door: Door, own: Address) -> None:
        self._profile = profile
        self._door = door
        self._own = own
        self.info = SessionInfo(profile)

    def is_ussd(self, message: Message) -> bool:
        """Whether a message belongs to a dialogue, by TLV or service_type."""
        if message.tlvs and tlv(message.tlvs, USSD_SERVICE_OP) is not None:
            return True
        return bool(message.service_type) and message.service_type == self._profile.service_type

    def parse(self, message: Message) -> Heard | Confirmed | Ended:
        """What the network says. Raises BadHop, whose status is the command status to answer with."""
        number = parse_msisdn(message.source)
        if number is None:
            raise BadHop("source_addr is not a number in E.164", Status.INVALID_SOURCE)
        info, text, profile = self.info.read(message.tlvs), read_text(message), self._profile
        session = wire_session(number, info.id)
        op = self._op(message, text)
        if op in profile.begin or op in profile.begin_once:
            service, behind = self._dialled(text, message.destination)
            said = Input(behind, begins=True, number=_zero(info), reuses=True)
            leg = self._leg(message, info, "once" if op in profile.begin_once else "phone")
            return Heard(Hop(session, number, service, "", said), leg)
        if op in profile.confirm:
            return Confirmed(session)
        if op in profile.answer and not info.over:
            said = Input(text, number=info.number, reuses=True)
            return Heard(Hop(session, number, "", "", said), self._leg(message, info, "phone"))
        if op in profile.abort or op == profile.end or info.over:
            return Ended(session, "incomplete")
        raise BadHop("ussd_service_op is none of the profile's", Status.INVALID_TLV_VALUE)

    def format(self, reply: Reply, leg: Leg) -> Message:
        """The screen. The same reply to the same hop is always the same octets."""
        ends = reply.ends or leg.opened == "once"
        tlvs = (
            (USSD_SERVICE_OP, bytes((self._reply_op(leg, ends=ends),))),
            *self.info.answering(leg.info, reply.number, ends=ends),
        )
        return self._message(leg, reply.text, tlvs)

    def push(self, request: PushRequest, session: str) -> Message:
        """The message that opens a session towards a phone. session: the wire's id of it."""
        value, info = self.info.opening(session, ends=not request.asks)
        phone = (int(TON.INTERNATIONAL), int(NPI.ISDN), str(request.msisdn))
        leg = Leg(phone, self._own, self._profile.service_type, value, "us")
        op = self._profile.ask if request.asks else self._profile.notify
        receipt = _ASKS_FOR_RECEIPT if self._profile.receipts else 0
        return self._message(leg, request.text, ((USSD_SERVICE_OP, bytes((op,))), *info), receipt)

    # ── reading ──

    def _op(self, message: Message, text: str) -> int:
        """ussd_service_op, whatever its length; where there is none, what the text looks like."""
        value = tlv(message.tlvs, USSD_SERVICE_OP) if message.tlvs else None
        if not value:
            begin, answer = self._profile.begin or self._profile.begin_once, self._profile.answer
            return begin[0] if _is_code(text) or not answer else answer[0]
        if len(value) > _MOST_OP_OCTETS:
            raise BadHop("ussd_service_op is no integer", Status.INVALID_TLV_VALUE)
        return int.from_bytes(value, "big")

    def _dialled(self, text: str, destination: str) -> tuple[str, str]:
        """The service code as far as the wire says it, and what was dialled behind it."""
        if _is_code(text):
            return text, ""
        if self._door.service:
            return self._door.service, text
        return destination if _is_code(destination) else f"*{destination}#", text

    def _leg(self, message: Message, info: Info, opened: Literal["phone", "once"]) -> Leg:
        return Leg(
            phone=(message.source_ton, message.source_npi, message.source),
            own=(message.destination_ton, message.destination_npi, message.destination),
            service_type=message.service_type or self._profile.service_type,
            info=info.value,
            opened=opened,
        )

    # ── writing ──

    def _reply_op(self, leg: Leg, *, ends: bool) -> int:
        if leg.opened == "once":
            return self._profile.end_once
        if not ends or self._profile.end_by == "bit":
            return self._profile.ask
        return self._profile.end_pushed if leg.opened == "us" else self._profile.end

    def _message(self, leg: Leg, text: str, tlvs: tuple[Tlv, ...], receipt: int = 0) -> Message:
        coding, octets = written(text, self._profile, self._door.budget.charset)
        return Message(
            Command.SUBMIT_SM,
            0,
            *leg.own,
            *leg.phone,
            short_message=octets,
            data_coding=coding,
            registered_delivery=receipt,
            service_type=leg.service_type,
            tlvs=tlvs,
        )


def wire_session(msisdn: Msisdn, session: str) -> str:
    """What names a session among all: ids are counted by subscriber, so the number belongs to it."""
    return f"{msisdn}-{session}" if session else str(msisdn)


def _is_code(text: str) -> bool:
    return text[:1] in ("*", "#") and text[-1:] == "#" and len(text) > 1


def _zero(info: Info) -> int | None:
    """A session's first hop is its number 0, where anything counts."""
    return None if info.number is None else 0
