"""Texts on the wire: data coding, parts with a concatenation header, and the way back.

An MT goes out as GSM-7 (unpacked, one septet per octet) when transliteration allows, else as
UCS-2; long ones in parts of 153 septets or 67 UTF-16 units (3GPP TS 23.040 §9.2.3.24.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.smpp.vocabulary import gsm_decode, gsm_encode
from menus.charset import transliterate

GSM7: Final = 0x00
UCS2: Final = 0x08
UDHI: Final = 0x40
"""The bit of esm_class that says: a user data header comes first."""
MAX_PARTS: Final = 255

_SINGLE: Final = {GSM7: 160, UCS2: 140}
_PART: Final = {GSM7: 153, UCS2: 134}
_ESCAPE: Final = 0x1B
_CONCAT_8: Final = 0x00
_CONCAT_16: Final = 0x08
_PORTS_8: Final = 0x04
_PORTS_16: Final = 0x05
_CHARSETS: Final = {
    0x01: "latin-1",
    0x02: "latin-1",
    0x03: "latin-1",
    0x04: "latin-1",
    0x05: "iso2022_jp",
    0x06: "iso8859_5",
    0x07: "iso8859_8",
    0x08: "utf-16-be",
    0x09: "shift_jis",
    0x0A: "iso2022_jp",
    0x0D: "iso2022_jp_2",
    0x0E: "euc_kr",
}


class TextTooLong(ValueError):
    """More than 255 parts."""


@dataclass(frozen=True, slots=True)
class EncodedText:
    """One text ready for the wire. parts: user data of each segment, header included."""

    data_coding: int
    esm_class: int
    parts: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Which part of which message. wide: a 16-bit reference, distinct from the 8-bit one of equal value."""

    reference: int
    total: int
    number: int
    wide: bool = False


@dataclass(frozen=True, slots=True)
class UserData:
    """User data without its header. ports: (destination, source) of a port-addressed message."""

    body: bytes
    concatenation: Concatenation | None = None
    ports: tuple[int, int] | None = None
    valid: bool = True


def encode(text: str, reference: int) -> EncodedText:
    """Encode ``text``, in parts if need be, as message ``reference`` (its low 8 bits). Raises TextTooLong."""
    try:
        return _in_parts(GSM7, gsm_encode(transliterate(text)), reference)
    except UnicodeEncodeError:
        return _in_parts(UCS2, text.encode("utf-16-be", "replace"), reference)


def _in_parts(coding: int, octets: bytes, reference: int) -> EncodedText:
    if len(octets) <= _SINGLE[coding]:
        return EncodedText(coding, 0, (octets,))
    bodies = segment(octets, _PART[coding], coding)
    if len(bodies) > MAX_PARTS:
        raise TextTooLong(f"{len(bodies)} parts, {MAX_PARTS} are possible")
    total = len(bodies)
    head = bytes((5, _CONCAT_8, 3, reference & 0xFF, total))
    return EncodedText(coding, UDHI, tuple(head + bytes((at,)) + body for at, body in enumerate(bodies, 1)))


def segment(octets: bytes, size: int, coding: int) -> list[bytes]:
    """Cut into pieces of at most ``size`` octets, never inside an escape pair or a surrogate pair."""
    pieces: list[bytes] = []
    start = 0
    while start < len(octets):
        end = min(start + size, len(octets))
        if end < len(octets):
            end -= _overhang(octets, end, coding)
        pieces.append(octets[start:end])
        start = end
    return pieces


def _overhang(octets: bytes, end: int, coding: int) -> int:
    """How many octets before ``end`` belong to a pair that goes on after it."""
    if coding == GSM7:
        return int(octets[end - 1] == _ESCAPE)
    return 2 if 0xD8 <= octets[end - 2] <= 0xDB else 0


def decode(octets: bytes, data_coding: int) -> str:
    """The text of ``octets``. Never raises: what cannot be read is replaced."""
    charset = _CHARSETS.get(data_coding) or _by_group(data_coding)
    return octets.decode(charset, "replace") if charset else gsm_decode(octets)


def _by_group(data_coding: int) -> str | None:
    """The charset by 3GPP TS 23.038 §4 and §5 coding groups, None for GSM-7 (0x00, 0x0F, 0xF0 among them)."""
    if data_coding < 0x10:
        return None
    group = data_coding >> 4
    if group < 0x8:
        return (None, "latin-1", "utf-16-be", None)[data_coding >> 2 & 3]
    if group == 0xE:
        return "utf-16-be"
    return "latin-1" if group == 0xF and data_coding & 0x04 else None


def split_header(octets: bytes) -> UserData:
    """Take the user data header off ``octets``.

    Subscribers can send any header: one that does not hold together is dropped where its length
    can be believed, and left in the body where it cannot. Never raises.
    """
    length = octets[0] + 1 if octets else 1
    if length > len(octets):
        return UserData(octets, valid=False)
    body, concatenation, ports = octets[length:], None, None
    at = 1
    while at < length:
        value = octets[at + 2 : at + 2 + octets[at + 1]] if at + 1 < length else b""
        if at + 1 >= length or at + 2 + octets[at + 1] > length:
            return UserData(body, concatenation, ports, valid=False)
        concatenation = _concatenation(octets[at], value) or concatenation
        ports = _ports(octets[at], value) or ports
        at += 2 + len(value)
    return UserData(body, concatenation, ports)


def _concatenation(element: int, value: bytes) -> Concatenation | None:
    if element == _CONCAT_8 and len(value) == 3:
        found = Concatenation(value[0], value[1], value[2])
    elif element == _CONCAT_16 and len(value) == 4:
        found = Concatenation(int.from_bytes(value[:2], "big"), value[2], value[3], wide=True)
    else:
        return None
    return found if 1 <= found.number <= found.total else None


def _ports(element: int, value: bytes) -> tuple[int, int] | None:
    if element == _PORTS_8 and len(value) == 2:
        return value[0], value[1]
    if element == _PORTS_16 and len(value) == 4:
        return int.from_bytes(value[:2], "big"), int.from_bytes(value[2:], "big")
    return None
