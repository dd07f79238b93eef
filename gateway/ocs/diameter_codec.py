"""Diameter packets as octets (RFC 6733 §3, §4): what the connection and the credit-control wire are written in.

The one module that imports ``diameter`` (python-diameter), for its dictionary and the codec of AVPs. Its node is not
used (ADR 22). An AVP is the library's; what is read of one is a plain value. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from diameter.message import Avp, Message, MessageHeader

from flows.frozen import dataclass

CAPABILITIES, CREDIT_CONTROL, WATCHDOG, DISCONNECT = 257, 272, 280, 282
BASE, CREDIT_CONTROL_APPLICATION, RELAY = 0, 4, 0xFFFFFFFF
SUCCESS, COMMAND_UNSUPPORTED = 2001, 3001
SESSION_ID, ORIGIN_HOST, ORIGIN_REALM, RESULT_CODE, ERROR_MESSAGE = 263, 264, 296, 268, 281
DESTINATION_HOST, DESTINATION_REALM, PROXY_INFO = 293, 283, 284
AUTH_APPLICATION, VENDOR_SPECIFIC_APPLICATION = 258, 260
HOST_IP_ADDRESS, VENDOR_ID, PRODUCT_NAME, ORIGIN_STATE_ID, SUPPORTED_VENDOR = 257, 266, 269, 278, 265
DISCONNECT_CAUSE, REBOOTING = 273, 0
HEADER_OCTETS, LENGTH_OCTETS = 20, 4
MOST_OCTETS = 1 << 20
_VERSION = 1
_REQUEST, _PROXIABLE, _ERROR, _RESENT = 0x80, 0x40, 0x20, 0x10


class UnreadablePacket(ValueError):
    """Octets that are no Diameter packet, or an AVP that is not what the dictionary says; never quotes a value."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One message. error: the E flag of an answer; resent: the T flag of a request (RFC 6733 §3)."""

    command: int
    application: int
    avps: tuple[Any, ...]
    request: bool = True
    proxiable: bool = False
    error: bool = False
    resent: bool = False
    hop_by_hop: int = 0
    end_to_end: int = 0

    def answer(self, avps: Iterable[Any], *, error: bool = False) -> Packet:
        """The answer to this request: the same identifiers, and what proxies on the way have left in it."""
        left = (one for one in self.avps if one.code == PROXY_INFO)
        return Packet(
            command=self.command,
            application=self.application,
            avps=(*avps, *left),
            request=False,
            proxiable=self.proxiable,
            error=error,
            hop_by_hop=self.hop_by_hop,
            end_to_end=self.end_to_end,
        )


@dataclass(frozen=True, slots=True)
class Header:
    """What can be told of a packet before its AVPs are read."""

    request: bool
    command: int
    hop_by_hop: int


def avp(code: int, value: object, vendor: int = 0) -> Any:
    """An AVP with the flags that the dictionary gives it; a group's value is a list of AVPs."""
    return Avp.new(code, vendor, value=value)


def encode(packet: Packet) -> bytes:
    """The octets of a packet."""
    flags = (
        _REQUEST * packet.request
        | _PROXIABLE * packet.proxiable
        | _ERROR * packet.error
        | _RESENT * (packet.resent and packet.request)
    )
    header = MessageHeader(
        version=_VERSION,
        command_flags=flags,
        command_code=packet.command,
        application_id=packet.application,
        hop_by_hop_identifier=packet.hop_by_hop,
        end_to_end_identifier=packet.end_to_end,
    )
    octets: bytes = Message(header, list(packet.avps)).as_bytes()
    return octets


def length_of(start: bytes) -> int:
    """How many octets a packet has, from its first four. Raises UnreadablePacket where the stream cannot go on."""
    length = int.from_bytes(start[1:LENGTH_OCTETS], "big")
    if start[0] != _VERSION or length % 4 or not HEADER_OCTETS <= length <= MOST_OCTETS:
        raise UnreadablePacket("what came is not Diameter")
    return length


def header_of(octets: bytes) -> Header:
    """The header of whole packet."""
    header = MessageHeader.from_bytes(octets)
    return Header(header.is_request, header.command_code, header.hop_by_hop_identifier)


def decode(octets: bytes) -> Packet:
    """A whole packet. Raises UnreadablePacket."""
    try:
        message = Message.from_bytes(octets, plain_msg=True)
    except Exception as error:  # the library lets pass whatever its parts raise
        raise UnreadablePacket(f"the AVPs of a packet cannot be read ({type(error).__name__})") from None
    header = message.header
    return Packet(
        command=header.command_code,
        application=header.application_id,
        avps=tuple(message.avps),
        request=header.is_request,
        proxiable=header.is_proxyable,
        error=header.is_error,
        resent=header.is_retransmit,
        hop_by_hop=header.hop_by_hop_identifier,
        end_to_end=header.end_to_end_identifier,
    )


def values(avps: Iterable[Any], code: int, vendor: int = 0) -> list[Any]:
    """The value of every such AVP, in order. Raises UnreadablePacket."""
    try:
        return [one.value for one in avps if one.code == code and one.vendor_id == vendor]
    except Exception as error:  # as above; its own text quotes the value
        raise UnreadablePacket(f"AVP {code} cannot be read ({type(error).__name__})") from None


def number(avps: Iterable[Any], code: int, vendor: int = 0) -> int | None:
    """The first such AVP as a number. Raises UnreadablePacket."""
    found = next(iter(values(avps, code, vendor)), None)
    if found is not None and not isinstance(found, int):
        raise UnreadablePacket(f"AVP {code} is no number")
    return found


def text(avps: Iterable[Any], code: int, vendor: int = 0) -> str:
    """The first such AVP as text; empty where there is none."""
    found = next(iter(values(avps, code, vendor)), "")
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)


def group(avps: Iterable[Any], code: int, vendor: int = 0) -> Sequence[Any]:
    """The AVPs within the first such group; none where there is no group. Raises UnreadablePacket."""
    found: Any = next(iter(values(avps, code, vendor)), [])
    if not isinstance(found, list):
        raise UnreadablePacket(f"AVP {code} is no group")
    return found
