"""What SMPP PDUs are made of: the header (SMPP 3.4 §3.2), C-octet strings, integers, TLVs (§3.2.4.1)."""

from __future__ import annotations

from struct import Struct
from typing import Final

from flows.frozen import dataclass
from gateway.errors import GatewayError
from gateway.smpp.vocabulary import Status

HEADER: Final = Struct(">IIII")
HEADER_LENGTH: Final = 16
_TLV: Final = Struct(">HH")

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
class Address:
    """A number with its type and plan (§5.2.5, §5.2.6)."""

    ton: int
    npi: int
    address: str

    def __repr__(self) -> str:
        return f"Address(ton={self.ton}, npi={self.npi})"


def tlv(tlvs: tuple[Tlv, ...], tag: int) -> bytes | None:
    """The value of the first TLV with ``tag``."""
    for found, value in tlvs:
        if found == tag:
            return value
    return None


def format_pdu(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    """A whole PDU."""
    return HEADER.pack(HEADER_LENGTH + len(body), command, status, sequence) + body


def format_tlvs(tlvs: tuple[Tlv, ...]) -> bytes:
    """TLVs on the wire."""
    return b"".join(_TLV.pack(tag, len(value)) + value for tag, value in tlvs)


def format_text(text: str) -> bytes:
    """A C-octet string; alone it is the body of a response with a system_id or a message_id."""
    return text.encode("latin-1", "replace").replace(b"\0", b"") + b"\0" if text else b"\0"


def format_address(address: Address) -> bytes:
    """Type, plan and number."""
    return bytes((address.ton, address.npi)) + format_text(address.address)


def read_text(frame: bytes, start: int) -> tuple[str, int]:
    """A C-octet string, and where the next field starts. Raises BadBody."""
    end = frame.find(b"\0", start)
    if end == start:
        return "", start + 1
    if end < 0:
        raise BadBody(f"string at octet {start} has no end", Status.INVALID_COMMAND_LENGTH)
    return frame[start:end].decode("latin-1"), end + 1


def read_octets(frame: bytes, start: int, count: int) -> bytes:
    """So many octets, each an integer. Raises BadBody."""
    found = frame[start : start + count]
    if len(found) < count:
        raise BadBody(f"{count} octets wanted at {start}, {len(found)} there", Status.INVALID_COMMAND_LENGTH)
    return found


def read_address(frame: bytes, start: int) -> tuple[Address, int]:
    """Type, plan and number, and where the next field starts. Raises BadBody."""
    ton, npi = read_octets(frame, start, 2)
    address, at = read_text(frame, start + 2)
    return Address(ton, npi, address), at


def read_sized(frame: bytes, start: int, length: int) -> tuple[bytes, int]:
    """short_message, whose length stands before it, and where the next field starts. Raises BadBody."""
    found = frame[start : start + length]
    if len(found) < length:
        raise BadBody(f"sm_length {length}, {len(found)} octets there", Status.INVALID_MESSAGE_LENGTH)
    return found, start + length


def read_tlvs(frame: bytes, at: int) -> tuple[Tlv, ...]:
    """Everything up to the end of the PDU. Raises BadBody."""
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
