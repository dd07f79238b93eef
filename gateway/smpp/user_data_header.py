"""The user data header in front of a text (3GPP TS 23.040 §9.2.3.24): which part it is, its ports, its tables."""

from __future__ import annotations

from typing import Final

from flows.frozen import dataclass
from gateway.smpp.national import DEFAULT, Tables

UDHI: Final = 0x40
"""The bit of esm_class that says: a user data header comes first."""

_CONCAT_8: Final = 0x00
_PORTS_8: Final = 0x04
_PORTS_16: Final = 0x05
_CONCAT_16: Final = 0x08
_SINGLE_SHIFT: Final = 0x24
_LOCKING_SHIFT: Final = 0x25


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
    tables: Tables = DEFAULT
    valid: bool = True


def split_header(octets: bytes) -> UserData:
    """Take the user data header off ``octets``.

    Subscribers can send any header: one that does not hold together is dropped where its length
    can be believed, and left in the body where it cannot. Never raises.
    """
    length = octets[0] + 1 if octets else 1
    if length > len(octets):
        return UserData(octets, valid=False)
    elements, valid = _elements(octets[1:length])
    concatenation, ports, locking, single = None, None, 0, 0
    for element, value in elements:
        concatenation = _concatenation(element, value) or concatenation
        ports = _ports(element, value) or ports
        if element == _LOCKING_SHIFT and len(value) == 1:
            locking = value[0]
        if element == _SINGLE_SHIFT and len(value) == 1:
            single = value[0]
    return UserData(octets[length:], concatenation, ports, Tables(locking, single), valid)


def _elements(header: bytes) -> tuple[list[tuple[int, bytes]], bool]:
    """The information elements up to the first that runs over the end, and whether none does."""
    elements: list[tuple[int, bytes]] = []
    at = 0
    while at < len(header):
        end = at + 2 + header[at + 1] if at + 1 < len(header) else len(header) + 1
        if end > len(header):
            return elements, False
        elements.append((header[at], header[at + 2 : end]))
        at = end
    return elements, True


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


def place_element(reference: int, total: int, number: int, *, wide: bool) -> bytes:
    """The element that tells a part's place."""
    if wide:
        return bytes((_CONCAT_16, 4, reference >> 8, reference & 0xFF, total, number))
    return bytes((_CONCAT_8, 3, reference, total, number))


def tables_elements(tables: Tables) -> bytes:
    """The elements that name the tables; none for the default ones."""
    single = bytes((_SINGLE_SHIFT, 1, tables.single)) if tables.single else b""
    return single + bytes((_LOCKING_SHIFT, 1, tables.locking)) if tables.locking else single


def header(elements: bytes) -> bytes:
    """A header of these elements; nothing for none."""
    return bytes((len(elements),)) + elements if elements else b""
