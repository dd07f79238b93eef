"""SMPP 3.4 PDUs as values: parsed, formatted. No socket anywhere.

A PDU is a header of four 32-bit integers and a body (§3.2). Requests are parsed strictly enough
to name what is wrong; responses leniently, because the answer to a submit must not be lost to a
sloppy peer. TLVs stay bytes, in order, known or not: whoever needs one interprets it.

One module for each kind (``pdu_binds``, ``pdu_messages``, ``pdu_operations``, ``pdu_responses``); here is what all
others use, and the two tables that find a kind by its command_id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from gateway.smpp.pdu_binds import BINDS, Bind, Outbind, format_bind, format_outbind, parse_bind, parse_outbind
from gateway.smpp.pdu_fields import (
    HEADER,
    HEADER_LENGTH,
    Address,
    BadBody,
    BadLength,
    PduError,
    Tlv,
    UnknownCommand,
    format_pdu,
    format_text,
    format_tlvs,
    tlv,
)
from gateway.smpp.pdu_messages import (
    Destination,
    Message,
    MultiMessage,
    format_message,
    format_multi,
    parse_data,
    parse_message,
    parse_multi,
)
from gateway.smpp.pdu_operations import (
    Alert,
    Cancel,
    Plain,
    Query,
    Replace,
    format_alert,
    format_cancel,
    format_query,
    format_replace,
    parse_alert,
    parse_cancel,
    parse_plain,
    parse_query,
    parse_replace,
)
from gateway.smpp.pdu_responses import MultiResponse, QueryResponse, Response, format_response, parse_response
from gateway.smpp.vocabulary import RESPONSE, Command, Status

__all__ = [
    "HEADER",
    "HEADER_LENGTH",
    "Address",
    "Alert",
    "BadBody",
    "BadLength",
    "Bind",
    "Cancel",
    "Destination",
    "Message",
    "MultiMessage",
    "MultiResponse",
    "Outbind",
    "PduError",
    "Plain",
    "Query",
    "QueryResponse",
    "Replace",
    "Request",
    "Response",
    "Tlv",
    "UnknownCommand",
    "format_bind",
    "format_cancel",
    "format_message",
    "format_pdu",
    "format_query",
    "format_request",
    "format_response",
    "format_text",
    "format_tlvs",
    "parse_request",
    "parse_response",
    "response_to",
    "tlv",
]

Request = Bind | Outbind | Message | MultiMessage | Query | Cancel | Replace | Alert | Plain

_PARSERS: Final[Mapping[int, Callable[[int, int, bytes], Request]]] = {
    **dict.fromkeys(BINDS, parse_bind),
    Command.OUTBIND: parse_outbind,
    Command.SUBMIT_SM: parse_message,
    Command.DELIVER_SM: parse_message,
    Command.DATA_SM: parse_data,
    Command.SUBMIT_MULTI: parse_multi,
    Command.QUERY_SM: parse_query,
    Command.CANCEL_SM: parse_cancel,
    Command.REPLACE_SM: parse_replace,
    Command.ALERT_NOTIFICATION: parse_alert,
    Command.ENQUIRE_LINK: parse_plain,
    Command.UNBIND: parse_plain,
}
_FORMATS: Final[Mapping[type[Request], Callable[[Any], bytes]]] = {
    Bind: format_bind,
    Outbind: format_outbind,
    Message: format_message,
    MultiMessage: format_multi,
    Query: format_query,
    Cancel: format_cancel,
    Replace: format_replace,
    Alert: format_alert,
    Plain: lambda _: b"",
}


def parse_request(command: int, sequence: int, frame: bytes) -> Request:
    """The request in ``frame``. Raises UnknownCommand or BadBody; the stream can go on after either."""
    parse = _PARSERS.get(command)
    if parse is None:
        raise UnknownCommand(f"command_id {command:#010x} is not spoken here", Status.INVALID_COMMAND_ID)
    return parse(command, sequence, frame)


def format_request(request: Request) -> bytes:
    """The body of any request."""
    return _FORMATS[type(request)](request)


def response_to(command: int) -> int:
    """The command_id of the response to ``command``."""
    return command | RESPONSE
