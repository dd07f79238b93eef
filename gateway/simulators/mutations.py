"""Real PDUs, and what bad lines, bad peers and people with bad intentions make of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from struct import Struct
from typing import Final

from gateway.smpp.pdu import (
    HEADER_LENGTH,
    Address,
    Alert,
    Bind,
    Cancel,
    Message,
    MultiMessage,
    MultiResponse,
    Outbind,
    Plain,
    Query,
    QueryResponse,
    Replace,
    Request,
    Response,
    format_pdu,
    format_request,
    format_response,
)
from gateway.smpp.vocabulary import (
    ITS_SESSION_INFO,
    MESSAGE_PAYLOAD,
    MESSAGE_STATE,
    RECEIPTED_MESSAGE_ID,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
    USSD_SERVICE_OP,
    Command,
)

_LENGTH: Final = Struct(">I")
_SHORT: Final = Struct(">H")
_UDHI: Final = 0x40
_RECEIPT: Final = 0x04
_PHONE, _SERVICE = Address(1, 1, "573001112233"), Address(3, 0, "12345")
_CLASSIC: Final = (
    b"id:0000002a sub:001 dlvrd:001 submit date:2611221020 done date:2611221021 stat:DELIVRD err:000 text:hola"
)


def _to_phone(command: int, text: bytes = b"hola", **fields: object) -> Message:
    return Message(command, 7, 3, 0, "12345", 1, 1, "573001112233", text, **fields)  # type: ignore[arg-type]


def _from_phone(text: bytes = b"1", **fields: object) -> Message:
    return Message(Command.DELIVER_SM, 7, 1, 1, "573001112233", 3, 0, "12345", text, **fields)  # type: ignore[arg-type]


_SAR: Final = ((SAR_MSG_REF_NUM, b"\0\x07"), (SAR_TOTAL_SEGMENTS, b"\2"), (SAR_SEGMENT_SEQNUM, b"\1"))
_USSD: Final = ((USSD_SERVICE_OP, b"\1"), (ITS_SESSION_INFO, b"\x05\0"))
_REQUESTS: Final[Sequence[Request]] = (
    _from_phone(),
    _from_phone("mañana".encode("utf-16-be"), data_coding=8),
    _from_phone(b"\x05\0\x03\x2a\2\1part", esm_class=_UDHI),
    _from_phone(b"\x06\x08\4\0\x2a\2\1part", esm_class=_UDHI),
    _from_phone(b"\x06\x05\4\x23\xf0\x23\xf1hola", esm_class=_UDHI),
    _from_phone(b"part", tlvs=_SAR),
    _from_phone(b"", tlvs=((MESSAGE_PAYLOAD, b"hola"),)),
    _from_phone(b"*123#", data_coding=0x0F, service_type="USSD", tlvs=_USSD),
    _from_phone(_CLASSIC, esm_class=_RECEIPT),
    _from_phone(b"", esm_class=_RECEIPT, tlvs=((RECEIPTED_MESSAGE_ID, b"2a\0"), (MESSAGE_STATE, b"\2"))),
    Message(Command.DATA_SM, 7, 1, 1, "573001112233", 3, 0, "12345", b"hola"),
    _to_phone(Command.SUBMIT_SM, registered_delivery=1, validity_period="000000010000000R"),
    _to_phone(Command.SUBMIT_SM, b"\x05\0\x03\x2a\2\1part", esm_class=_UDHI),
    _to_phone(Command.SUBMIT_SM, tlvs=((0x1400, b"1101234"), (0x1401, b"1207161"))),
    MultiMessage(Message(Command.SUBMIT_MULTI, 7, 3, 0, "12345", 0, 0, "", b"hola"), (_PHONE, "list")),
    Query(7, "0000002a", _SERVICE),
    Cancel(7, "0000002a", _SERVICE, _PHONE),
    Replace(7, "0000002a", _SERVICE, b"otra"),
    Alert(7, _PHONE, _SERVICE, ((0x0422, b"\0"),)),
    Bind(Command.BIND_TRANSCEIVER, 7, "chasqui", "secret"),
    Outbind(7, "smsc", "secret"),
    Plain(Command.ENQUIRE_LINK, 7),
)
_RESPONSES: Final[Sequence[Response]] = (
    Response(Command.SUBMIT_SM_RESP, 0, 1, "0000002a"),
    Response(Command.SUBMIT_SM_RESP, 0x58, 1, "", ((0x0428, b"\x5a"),)),
    Response(Command.DELIVER_SM_RESP, 0, 1),
    QueryResponse(Command.QUERY_SM_RESP, 0, 1, "0000002a", (), "261122102100000+", 2),
    MultiResponse(Command.SUBMIT_MULTI_RESP, 0, 1, "0000002a", (), ((_PHONE, 0x0B),)),
    Response(Command.GENERIC_NACK, 3, 1),
)
REAL: Final[Sequence[bytes]] = (
    *(format_pdu(one.command, 0, one.sequence, format_request(one)) for one in _REQUESTS),
    *(format_pdu(one.command, one.status, one.sequence, format_response(one)) for one in _RESPONSES),
)
"""One of each kind that goes over a bind, but unbind, which is obeyed."""

Mutation = Callable[[Random, bytearray], None]


def mutated(chance: Random, lies: float = 0.005) -> bytes:
    """A real PDU with one to three things wrong. lies: the share whose command_length is not its length."""
    pdu = bytearray(chance.choice(REAL))
    for _ in range(chance.choice((1, 1, 2, 3))):
        chance.choice(_MUTATIONS)(chance, pdu)
    length = len(pdu)
    if chance.random() < lies:
        length = chance.choice((0, 3, 15, length - 1, length + 1, length + 40, 65_536, 0xFFFFFFFF))
    pdu[:4] = _LENGTH.pack(max(0, length))
    return bytes(pdu)


def _flip(chance: Random, pdu: bytearray) -> None:
    """Bits anywhere behind the length."""
    for _ in range(chance.randint(1, 8)):
        pdu[chance.randrange(4, len(pdu))] ^= 1 << chance.randrange(8)


def _truncate(chance: Random, pdu: bytearray) -> None:
    del pdu[chance.randint(HEADER_LENGTH, len(pdu)) :]


def _number(chance: Random, pdu: bytearray) -> None:
    """Two octets that may be the length of a TLV, or a tag."""
    if len(pdu) > HEADER_LENGTH + 2:
        at = chance.randrange(HEADER_LENGTH, len(pdu) - 1)
        pdu[at : at + 2] = _SHORT.pack(chance.choice((0, 1, 0x7F, 0xFF, 0x100, 0x7FFF, 0xFFFF, len(pdu))))


def _repeat(chance: Random, pdu: bytearray) -> None:
    """A piece of the body stands twice."""
    start = chance.randint(HEADER_LENGTH, len(pdu))
    end = chance.randint(start, len(pdu))
    pdu[end:end] = pdu[start:end]


def _swap(chance: Random, pdu: bytearray) -> None:
    """Two neighbouring pieces of the body change places."""
    first, middle, last = sorted(chance.randint(HEADER_LENGTH, len(pdu)) for _ in range(3))
    pdu[first:last] = pdu[middle:last] + pdu[first:middle]


def _fill(chance: Random, pdu: bytearray) -> None:
    """Octets from nowhere."""
    at = chance.randint(HEADER_LENGTH, len(pdu))
    pdu[at:at] = chance.choice((b"\0", b"\xff", chance.randbytes(8))) * chance.choice((1, 2, 40, 250))


_MUTATIONS: Final[Sequence[Mutation]] = (_flip, _flip, _truncate, _number, _repeat, _swap, _fill)
