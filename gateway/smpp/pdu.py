"""SMPP 3.4 PDUs as values: parsed, formatted. No socket anywhere.

A PDU is a header of four 32-bit integers and a body (§3.2). Requests are parsed strictly enough
to name what is wrong; responses leniently, because the answer to a submit must not be lost to a
sloppy peer. TLVs stay bytes, in order, known or not: whoever needs one interprets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import Final

from gateway.errors import GatewayError
from gateway.smpp.vocabulary import MESSAGE_PAYLOAD, RESPONSE, Command, Status

HEADER: Final = Struct(">IIII")
HEADER_LENGTH: Final = 16
_TLV: Final = Struct(">HH")
_FLAGS: Final = Struct(">BBB")

Tlv = tuple[int, bytes]


class PduError(GatewayError):
    """A PDU cannot be used.

    status: what to answer. fatal: the frame boundaries are lost, the connection must go.
    """

    code = "smpp-pdu"

    def __init__(self, detail: str, status: int, *, fatal: bool = False) -> None:
        super().__init__(detail)
        self.status = status
        self.fatal = fatal


class BadLength(PduError):
    """command_length is impossible."""

    code = "smpp-length"


class UnknownCommand(PduError):
    """command_id is none that is spoken here."""

    code = "smpp-command"


class BadBody(PduError):
    """A field or a TLV runs over the end."""

    code = "smpp-body"


@dataclass(frozen=True, slots=True)
class Bind:
    """bind_transmitter, bind_receiver or bind_transceiver (§4.1)."""

    command: int
    sequence: int
    system_id: str
    password: str
    system_type: str = ""
    interface_version: int = 0x34
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""

    def __repr__(self) -> str:
        return f"Bind(command={self.command:#x}, sequence={self.sequence}, system_id={self.system_id!r})"


@dataclass(frozen=True, slots=True)
class Message:
    """submit_sm (§4.4.1), deliver_sm (§4.6.1) or data_sm (§4.7.1)."""

    command: int
    sequence: int
    source_ton: int
    source_npi: int
    source: str
    destination_ton: int
    destination_npi: int
    destination: str
    short_message: bytes = b""
    data_coding: int = 0
    esm_class: int = 0
    registered_delivery: int = 0
    validity_period: str = ""
    schedule_delivery_time: str = ""
    service_type: str = ""
    protocol_id: int = 0
    priority_flag: int = 0
    replace_if_present: int = 0
    sm_default_msg_id: int = 0
    tlvs: tuple[Tlv, ...] = ()

    def __repr__(self) -> str:
        return f"Message(command={self.command:#x}, sequence={self.sequence}, octets={len(self.user_data)})"

    @property
    def user_data(self) -> bytes:
        """short_message, or message_payload where that is used instead (§5.3.2.32)."""
        return self.short_message or (tlv(self.tlvs, MESSAGE_PAYLOAD) or b"" if self.tlvs else b"")


@dataclass(frozen=True, slots=True)
class Plain:
    """A request without fields of interest: enquire_link, unbind, alert_notification."""

    command: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Response:
    """Any response. text: system_id of a bind, message_id of a submit; status: also a vendor's own."""

    command: int
    status: int
    sequence: int
    text: str = ""
    tlvs: tuple[Tlv, ...] = ()


Request = Bind | Message | Plain

_BINDS: Final = frozenset({Command.BIND_RECEIVER, Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER})
_PLAIN: Final = frozenset({Command.ENQUIRE_LINK, Command.UNBIND, Command.ALERT_NOTIFICATION})


def tlv(tlvs: tuple[Tlv, ...], tag: int) -> bytes | None:
    """The value of the first TLV with ``tag``."""
    for found, value in tlvs:
        if found == tag:
            return value
    return None


def parse_request(command: int, sequence: int, frame: bytes) -> Request:
    """The request in ``frame``. Raises UnknownCommand or BadBody; the stream can go on after either."""
    if command in (Command.DELIVER_SM, Command.SUBMIT_SM):
        return _parse_message(command, sequence, frame)
    if command in _PLAIN:
        return Plain(command, sequence)
    if command in _BINDS:
        return _parse_bind(command, sequence, frame)
    if command == Command.DATA_SM:
        return _parse_data(sequence, frame)
    raise UnknownCommand(f"command_id {command:#010x} is not spoken here", Status.INVALID_COMMAND_ID)


def parse_response(command: int, status: int, sequence: int, frame: bytes) -> Response:
    """The response in ``frame``; whatever in its body does not parse is left out. Never raises."""
    end = frame.find(b"\0", HEADER_LENGTH)
    if end < 0:
        return Response(command, status, sequence, frame[HEADER_LENGTH:].decode("latin-1"))
    text = frame[HEADER_LENGTH:end].decode("latin-1")
    if end + 1 == len(frame):
        return Response(command, status, sequence, text)
    try:
        tlvs = _parse_tlvs(frame, end + 1)
    except BadBody:
        tlvs = ()
    return Response(command, status, sequence, text, tlvs)


def format_pdu(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    """A whole PDU."""
    return HEADER.pack(HEADER_LENGTH + len(body), command, status, sequence) + body


def format_bind(bind: Bind) -> bytes:
    """The body of a bind; passwords go out as long as they are."""
    strings = _cstring(bind.system_id) + _cstring(bind.password) + _cstring(bind.system_type)
    return strings + _FLAGS.pack(bind.interface_version, bind.addr_ton, bind.addr_npi) + _cstring(bind.address_range)


def format_message(message: Message) -> bytes:
    """The body of a submit_sm, deliver_sm or data_sm; a text over 254 octets goes into message_payload."""
    if message.command == Command.DATA_SM:
        return _format_data(message)
    tlvs, text = message.tlvs, message.short_message
    if len(text) > 254:
        tlvs, text = (*tlvs, (MESSAGE_PAYLOAD, text)), b""
    body = b"".join(
        (
            _cstring(message.service_type),
            bytes((message.source_ton, message.source_npi)),
            _cstring(message.source),
            bytes((message.destination_ton, message.destination_npi)),
            _cstring(message.destination),
            bytes((message.esm_class, message.protocol_id, message.priority_flag)),
            _cstring(message.schedule_delivery_time),
            _cstring(message.validity_period),
            bytes(
                (
                    message.registered_delivery,
                    message.replace_if_present,
                    message.data_coding,
                    message.sm_default_msg_id,
                    len(text),
                )
            ),
            text,
        )
    )
    return body + format_tlvs(tlvs) if tlvs else body


def format_text(text: str) -> bytes:
    """The body of a response that is one C-octet string: a system_id or a message_id."""
    return _cstring(text)


def format_tlvs(tlvs: tuple[Tlv, ...]) -> bytes:
    """TLVs on the wire (§3.2.4.1)."""
    return b"".join(_TLV.pack(tag, len(value)) + value for tag, value in tlvs)


def _cstring(text: str) -> bytes:
    return text.encode("latin-1", "replace").replace(b"\0", b"") + b"\0" if text else b"\0"


def _format_data(message: Message) -> bytes:
    tlvs = message.tlvs
    if message.short_message:
        tlvs = (*tlvs, (MESSAGE_PAYLOAD, message.short_message))
    return b"".join(
        (
            _cstring(message.service_type),
            bytes((message.source_ton, message.source_npi)),
            _cstring(message.source),
            bytes((message.destination_ton, message.destination_npi)),
            _cstring(message.destination),
            bytes((message.esm_class, message.registered_delivery, message.data_coding)),
            format_tlvs(tlvs),
        )
    )


def _text(frame: bytes, start: int) -> tuple[str, int]:
    end = frame.find(b"\0", start)
    if end == start:
        return "", start + 1
    if end < 0:
        raise BadBody(f"string at octet {start} has no end", Status.INVALID_COMMAND_LENGTH)
    return frame[start:end].decode("latin-1"), end + 1


def _octets(frame: bytes, start: int, count: int) -> bytes:
    found = frame[start : start + count]
    if len(found) < count:
        raise BadBody(f"{count} octets wanted at {start}, {len(found)} there", Status.INVALID_COMMAND_LENGTH)
    return found


def _parse_bind(command: int, sequence: int, frame: bytes) -> Bind:
    system_id, at = _text(frame, HEADER_LENGTH)
    password, at = _text(frame, at)
    system_type, at = _text(frame, at)
    version, ton, npi = _octets(frame, at, 3)
    address_range, _ = _text(frame, at + 3)
    return Bind(command, sequence, system_id, password, system_type, version, ton, npi, address_range)


def _parse_addresses(frame: bytes) -> tuple[str, tuple[int, int, str, int, int, str], int]:
    service_type, at = _text(frame, HEADER_LENGTH)
    source_ton, source_npi = _octets(frame, at, 2)
    source, at = _text(frame, at + 2)
    ton, npi = _octets(frame, at, 2)
    destination, at = _text(frame, at + 2)
    return service_type, (source_ton, source_npi, source, ton, npi, destination), at


def _parse_message(command: int, sequence: int, frame: bytes) -> Message:
    service_type, addresses, at = _parse_addresses(frame)
    esm_class, protocol_id, priority = _octets(frame, at, 3)
    schedule, at = _text(frame, at + 3)
    validity, at = _text(frame, at)
    registered, replace, coding, default_id, length = _octets(frame, at, 5)
    at += 5
    text = frame[at : at + length]
    if len(text) < length:
        raise BadBody(f"sm_length {length}, {len(text)} octets there", Status.INVALID_MESSAGE_LENGTH)
    at += length
    tlvs = _parse_tlvs(frame, at) if at < len(frame) else ()
    return Message(
        command,
        sequence,
        *addresses,
        text,
        coding,
        esm_class,
        registered,
        validity,
        schedule,
        service_type,
        protocol_id,
        priority,
        replace,
        default_id,
        tlvs,
    )


def _parse_data(sequence: int, frame: bytes) -> Message:
    service_type, addresses, at = _parse_addresses(frame)
    esm_class, registered, coding = _octets(frame, at, 3)
    return Message(
        Command.DATA_SM,
        sequence,
        *addresses,
        data_coding=coding,
        esm_class=esm_class,
        registered_delivery=registered,
        service_type=service_type,
        tlvs=_parse_tlvs(frame, at + 3),
    )


def _parse_tlvs(frame: bytes, at: int) -> tuple[Tlv, ...]:
    tlvs: list[Tlv] = []
    while at < len(frame):
        if len(frame) - at < _TLV.size:
            raise BadBody(f"TLV at octet {at} has no header", Status.INVALID_TLV_STREAM)
        tag, length = _TLV.unpack_from(frame, at)
        at += _TLV.size + length
        if at > len(frame):
            raise BadBody(f"TLV {tag:#06x} runs over the end", Status.INVALID_TLV_STREAM)
        tlvs.append((tag, frame[at - length : at]))
    return tuple(tlvs)


def response_to(command: int) -> int:
    """The command_id of the response to ``command``."""
    return command | RESPONSE
