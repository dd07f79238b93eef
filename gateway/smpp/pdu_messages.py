"""The PDUs that carry a message: submit_sm, deliver_sm, data_sm, submit_multi (SMPP 3.4 §4.4 to §4.7)."""

from __future__ import annotations

from typing import Final

from flows.frozen import dataclass
from gateway.smpp.pdu_fields import (
    HEADER_LENGTH,
    Address,
    BadBody,
    Tlv,
    format_address,
    format_text,
    format_tlvs,
    read_address,
    read_octets,
    read_sized,
    read_text,
    read_tlvs,
    tlv,
)
from gateway.smpp.vocabulary import MESSAGE_PAYLOAD, Command, Status

_MOST_SHORT: Final = 254
_TO_PHONE, _TO_LIST = 1, 2
"""dest_flag (§5.2.25)."""

Destination = Address | str
"""A phone, or the name of a distribution list."""
_Addresses = tuple[int, int, str, int, int, str]
_Head = tuple[int, int, int, int, str, int, int, str]
"""command_id, sequence_number, and the addresses."""


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
class MultiMessage:
    """submit_multi (§4.5.1): ``message`` (whose own destination is empty) to each of ``destinations``."""

    message: Message
    destinations: tuple[Destination, ...]

    @property
    def command(self) -> int:
        """Its command_id."""
        return Command.SUBMIT_MULTI

    @property
    def sequence(self) -> int:
        """Its sequence_number."""
        return self.message.sequence


def parse_message(command: int, sequence: int, frame: bytes) -> Message:
    """A submit_sm or deliver_sm. Raises BadBody."""
    service_type, addresses, at = _addresses(frame)
    return _whole((command, sequence, *addresses), service_type, frame, at)


def parse_data(command: int, sequence: int, frame: bytes) -> Message:
    """A data_sm. Raises BadBody."""
    service_type, addresses, at = _addresses(frame)
    esm_class, registered, coding = read_octets(frame, at, 3)
    return Message(
        command,
        sequence,
        *addresses,
        data_coding=coding,
        esm_class=esm_class,
        registered_delivery=registered,
        service_type=service_type,
        tlvs=read_tlvs(frame, at + 3),
    )


def parse_multi(command: int, sequence: int, frame: bytes) -> MultiMessage:
    """A submit_multi. Raises BadBody."""
    service_type, at = read_text(frame, HEADER_LENGTH)
    source, at = read_address(frame, at)
    (count,) = read_octets(frame, at, 1)
    at += 1
    destinations: list[Destination] = []
    for _ in range(count):
        destination, at = _destination(frame, at)
        destinations.append(destination)
    head = (command, sequence, source.ton, source.npi, source.address, 0, 0, "")
    return MultiMessage(_whole(head, service_type, frame, at), tuple(destinations))


def format_message(message: Message) -> bytes:
    """The body of a submit_sm, deliver_sm or data_sm; a text over 254 octets goes into message_payload."""
    if message.command == Command.DATA_SM:
        return _format_data(message)
    tlvs, text = _fitted(message)
    body = _format_addresses(message) + _format_content(message, text)
    return body + format_tlvs(tlvs) if tlvs else body


def format_multi(multi: MultiMessage) -> bytes:
    """The body of a submit_multi to at most 255 destinations (§5.2.24 allows 254)."""
    message = multi.message
    tlvs, text = _fitted(message)
    return b"".join(
        (
            format_text(message.service_type),
            bytes((message.source_ton, message.source_npi)),
            format_text(message.source),
            bytes((len(multi.destinations),)),
            *(_format_destination(one) for one in multi.destinations),
            _format_content(message, text),
            format_tlvs(tlvs),
        )
    )


def _addresses(frame: bytes) -> tuple[str, _Addresses, int]:
    service_type, at = read_text(frame, HEADER_LENGTH)
    source_ton, source_npi = read_octets(frame, at, 2)
    source, at = read_text(frame, at + 2)
    ton, npi = read_octets(frame, at, 2)
    destination, at = read_text(frame, at + 2)
    return service_type, (source_ton, source_npi, source, ton, npi, destination), at


def _destination(frame: bytes, at: int) -> tuple[Destination, int]:
    (flag,) = read_octets(frame, at, 1)
    if flag == _TO_PHONE:
        return read_address(frame, at + 1)
    if flag == _TO_LIST:
        return read_text(frame, at + 1)
    raise BadBody(f"dest_flag {flag} is neither phone nor list", Status.INVALID_DESTINATION_FLAG)


def _whole(head: _Head, service_type: str, frame: bytes, at: int) -> Message:
    """With everything that stands behind the addresses."""
    esm_class, protocol_id, priority = read_octets(frame, at, 3)
    schedule, at = read_text(frame, at + 3)
    validity, at = read_text(frame, at)
    registered, replace, coding, default_id, length = read_octets(frame, at, 5)
    text, at = read_sized(frame, at + 5, length)
    tlvs = read_tlvs(frame, at) if at < len(frame) else ()
    return Message(
        *head,
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


def _fitted(message: Message) -> tuple[tuple[Tlv, ...], bytes]:
    """TLVs and short_message, the text in whichever of them holds it."""
    if len(message.short_message) <= _MOST_SHORT:
        return message.tlvs, message.short_message
    return (*message.tlvs, (MESSAGE_PAYLOAD, message.short_message)), b""


def _format_addresses(message: Message) -> bytes:
    """With service_type, which stands before them."""
    return b"".join(
        (
            format_text(message.service_type),
            bytes((message.source_ton, message.source_npi)),
            format_text(message.source),
            bytes((message.destination_ton, message.destination_npi)),
            format_text(message.destination),
        )
    )


def _format_content(message: Message, text: bytes) -> bytes:
    return b"".join(
        (
            bytes((message.esm_class, message.protocol_id, message.priority_flag)),
            format_text(message.schedule_delivery_time),
            format_text(message.validity_period),
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


def _format_data(message: Message) -> bytes:
    tlvs = message.tlvs
    if message.short_message:
        tlvs = (*tlvs, (MESSAGE_PAYLOAD, message.short_message))
    content = bytes((message.esm_class, message.registered_delivery, message.data_coding))
    return _format_addresses(message) + content + format_tlvs(tlvs)


def _format_destination(destination: Destination) -> bytes:
    if isinstance(destination, Address):
        return bytes((_TO_PHONE,)) + format_address(destination)
    return bytes((_TO_LIST,)) + format_text(destination)
