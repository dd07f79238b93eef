"""In which alphabet a text is written: the cheapest that keeps its characters, and never two segments for want of one.

What fits one segment once it is transliterated is not sent in two, whatever the alphabet would have kept.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Sequence
from typing import Final, NamedTuple

from gateway.smpp.national import DEFAULT, PORTUGUESE, SPANISH, Septets, Tables
from gateway.smpp.segmenting import GSM7, LATIN1, UCS2, in_one, pieces
from gateway.smpp.settings import Alphabet
from menus.charset import transliterate

_PLAIN: Final = Septets(DEFAULT)
_NATIONAL: Final = {
    "gsm7-es": (Septets(Tables(single=SPANISH)),),
    "gsm7-pt": (
        Septets(Tables(locking=PORTUGUESE)),
        Septets(Tables(single=PORTUGUESE)),
        Septets(Tables(PORTUGUESE, PORTUGUESE)),
    ),
}
_ALL_OF: Final = {
    alphabet: _PLAIN.writes.union(*(tables.writes for tables in choice)) for alphabet, choice in _NATIONAL.items()
}
_LATIN1: Final = frozenset(map(chr, range(0x100)))


class Written(NamedTuple):
    """A text in octets, one for a septet. coding: the data_coding; tables: what its septets are read with."""

    coding: int
    octets: bytes
    tables: Tables = DEFAULT

    @property
    def segments(self) -> int:
        """How many it takes, with 8-bit references."""
        return len(pieces(self.coding, self.octets, self.tables))


def write(text: str, alphabet: Alphabet) -> Written:
    """``text`` as this alphabet has it, else in UCS-2."""
    if alphabet == "ucs2":
        return _ucs2(text)
    if alphabet == "gsm7" and not text.isascii():
        return _transliterated(text) or _ucs2(text)
    plain = _PLAIN.write(text)
    if plain is not None and alphabet != "latin1":
        return Written(GSM7, plain)
    if alphabet == "gsm7":
        return _transliterated(text) or _ucs2(text)
    kept = _kept(text, alphabet, plain)
    if in_one(kept.coding, kept.octets, kept.tables):
        return kept
    bare = _transliterated(text)
    return bare if bare is not None and in_one(bare.coding, bare.octets) else kept


def _kept(text: str, alphabet: Alphabet, plain: bytes | None) -> Written:
    """With as many characters as the alphabet has."""
    if alphabet != "latin1":
        return _national(text, alphabet) or _ucs2(text)
    found = _latin1(text)
    if found is None and plain is not None:
        found = Written(GSM7, plain)
    return found or _ucs2(text)


def _national(text: str, alphabet: Alphabet) -> Written | None:
    """By national tables where the default ones do not do; of those that do, the cheapest."""
    choice = _NATIONAL[alphabet]
    kept = _bring_into(_ALL_OF[alphabet], text)
    plain = _PLAIN.write(kept)
    if plain is not None:
        return Written(GSM7, plain)
    written = _by_each(choice, kept)
    if not written:  # no two tables have it all, and the single shift keeps the default alphabet
        single = [tables for tables in choice if not tables.tables.locking]
        written = _by_each(single, _bring_into(single[0].writes, text))
    return min(written, key=_cost) if written else None


def _by_each(choice: Sequence[Septets], text: str) -> list[Written]:
    tried = ((tables.write(text), tables.tables) for tables in choice)
    return [Written(GSM7, octets, tables) for octets, tables in tried if octets is not None]


def _cost(written: Written) -> tuple[int, int]:
    return written.segments, len(written.octets) + 3 * (bool(written.tables.locking) + bool(written.tables.single))


def _latin1(text: str) -> Written | None:
    """What it has not goes by transliteration, where there is one."""
    kept = text if _LATIN1.issuperset(text) else _bring_into(_LATIN1, text)
    return Written(LATIN1, kept.encode("latin-1")) if _LATIN1.issuperset(kept) else None


def _bring_into(known: Container[str], text: str) -> str:
    return "".join(char if char in known else transliterate(char) for char in unicodedata.normalize("NFC", text))


def _transliterated(text: str) -> Written | None:
    octets = _PLAIN.write(transliterate(text))
    return None if octets is None else Written(GSM7, octets)


def _ucs2(text: str) -> Written:
    return Written(UCS2, text.encode("utf-16-be", "replace"))
