"""Responses as values. They are parsed leniently: the answer to a submit must not be lost to a sloppy peer."""

from __future__ import annotations

from struct import Struct
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
    read_text,
    read_tlvs,
)
from gateway.smpp.vocabulary import RESPONSE, Command

_STATUS: Final = Struct(">I")
_QUERY_RESPONSE: Final = Command.QUERY_SM | RESPONSE


@dataclass(frozen=True, slots=True)
class Response:
    """Any response. text: system_id of a bind, message_id of a submit; status: also a vendor's own."""

    command: int
    status: int
    sequence: int
    text: str = ""
    tlvs: tuple[Tlv, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryResponse(Response):
    """query_sm_resp (§4.8.2). text: the message_id; message_state: §5.2.28, 0 where the peer left it out."""

    final_date: str = ""
    message_state: int = 0
    error_code: int = 0


@dataclass(frozen=True, slots=True)
class MultiResponse(Response):
    """submit_multi_resp (§4.5.2). failed: where it could not go, each with its status."""

    failed: tuple[tuple[Address, int], ...] = ()


def parse_response(command: int, status: int, sequence: int, frame: bytes) -> Response:
    """The response in ``frame``; whatever in its body does not parse is left out. Never raises."""
    end = frame.find(b"\0", HEADER_LENGTH)
    if end < 0:
        return Response(command, status, sequence, frame[HEADER_LENGTH:].decode("latin-1"))
    text = frame[HEADER_LENGTH:end].decode("latin-1")
    if end + 1 == len(frame):
        return Response(command, status, sequence, text)
    try:
        if command == _QUERY_RESPONSE:
            return _query_response(status, sequence, text, frame, end + 1)
        if command == Command.SUBMIT_MULTI_RESP:
            return _multi_response(status, sequence, text, frame, end + 1)
        tlvs = read_tlvs(frame, end + 1)
    except BadBody:
        tlvs = ()
    return Response(command, status, sequence, text, tlvs)


def format_response(response: Response) -> bytes:
    """The body."""
    body = format_text(response.text)
    if isinstance(response, QueryResponse):
        body += format_text(response.final_date) + bytes((response.message_state, response.error_code))
    elif isinstance(response, MultiResponse):
        failed = (format_address(address) + _STATUS.pack(status) for address, status in response.failed)
        body += bytes((len(response.failed),)) + b"".join(failed)
    return body + format_tlvs(response.tlvs)


def _query_response(status: int, sequence: int, text: str, frame: bytes, at: int) -> Response:
    final_date, at = read_text(frame, at)
    state, error = read_octets(frame, at, 2)
    return QueryResponse(_QUERY_RESPONSE, status, sequence, text, read_tlvs(frame, at + 2), final_date, state, error)


def _multi_response(status: int, sequence: int, text: str, frame: bytes, at: int) -> Response:
    (count,) = read_octets(frame, at, 1)
    at, failed = at + 1, []
    for _ in range(count):
        address, at = read_address(frame, at)
        (code,) = _STATUS.unpack(read_octets(frame, at, _STATUS.size))
        failed.append((address, code))
        at += _STATUS.size
    tlvs = read_tlvs(frame, at)
    return MultiResponse(Command.SUBMIT_MULTI_RESP, status, sequence, text, tlvs, tuple(failed))
