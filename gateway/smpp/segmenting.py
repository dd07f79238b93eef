"""How much goes into one segment, and where a text is cut (3GPP TS 23.040 §9.2.3.24.1)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from gateway.smpp.national import DEFAULT, ESCAPE, Tables

GSM7: Final = 0x00
LATIN1: Final = 0x03
UCS2: Final = 0x08
MAX_PARTS: Final = 255

_AIR: Final = 140
"""Octets of user data in one segment."""
_NARROW: Final = 5
_WIDE: Final = 6
_SHIFT: Final = 3
"""Octets of an element: its place with an 8-bit or 16-bit reference, a table."""
_HIGH_SURROGATES: Final = range(0xD8, 0xDC)


@lru_cache(maxsize=64)
def room(coding: int, tables: Tables, place: int = 0) -> int:
    """Octets that ``short_message`` takes beside the header. place: of the element that tells the part's place."""
    elements = place + _SHIFT * (bool(tables.locking) + bool(tables.single))
    left = _AIR - (elements + 1 if elements else 0)
    if coding == GSM7:
        return left * 8 // 7
    return left & ~1 if coding == UCS2 else left


def in_one(coding: int, octets: bytes, tables: Tables = DEFAULT) -> bool:
    """Whether it goes in one segment."""
    return len(octets) <= room(coding, tables)


def pieces(coding: int, octets: bytes, tables: Tables = DEFAULT, *, wide: bool = False) -> list[bytes]:
    """One for each segment; wide: of those that carry a 16-bit reference."""
    if in_one(coding, octets, tables):
        return [octets]
    return cut(octets, room(coding, tables, _WIDE if wide else _NARROW), coding)


def cut(octets: bytes, size: int, coding: int) -> list[bytes]:
    """Pieces of at most ``size`` octets, never cut inside an escape pair or a surrogate pair."""
    found: list[bytes] = []
    start = 0
    while start < len(octets):
        end = min(start + size, len(octets))
        if end < len(octets):
            end -= _overhang(octets, end, coding)
        found.append(octets[start:end])
        start = end
    return found


def _overhang(octets: bytes, end: int, coding: int) -> int:
    """How many octets before ``end`` belong to a pair that goes on after it."""
    if coding == GSM7:
        return int(octets[end - 1] == ESCAPE)
    return 2 if coding == UCS2 and octets[end - 2] in _HIGH_SURROGATES else 0
