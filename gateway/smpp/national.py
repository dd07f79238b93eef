"""GSM 7-bit with national tables (3GPP TS 23.038 Annex A), one septet an octet.

A locking shift table stands in for the default alphabet, a single shift table for its extension table.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from gateway.smpp.vocabulary import spelled_as_in_ascii
from menus.charset import DEFAULT_ALPHABET, EXTENSION_TABLE

ESCAPE: Final = 0x1B
SPANISH: Final = 2
PORTUGUESE: Final = 3
"""National language identifiers (§6.2.1.2.4)."""

_EXTENSION: Final = dict(
    zip((0x0A, 0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65), EXTENSION_TABLE, strict=True)
)
_VOWELS: Final = {0x49: "Í", 0x4F: "Ó", 0x55: "Ú", 0x69: "í", 0x6F: "ó", 0x75: "ú"}
_LOCKING: Final = {
    0: DEFAULT_ALPHABET,
    PORTUGUESE: (
        "@£$¥êéúíóç\nÔô\rÁá"
        "Δ_ªÇÀ∞^\\€Ó|\x1bÂâÊÉ"
        " !\"#º%&'()*+,-./0123456789:;<=>?"
        "ÍABCDEFGHIJKLMNOPQRSTUVWXYZÃÕÚÜ§"
        "~abcdefghijklmnopqrstuvwxyzãõ`üà"
    ),
}
_SINGLE: Final = {
    0: _EXTENSION,
    SPANISH: _EXTENSION | _VOWELS | {0x09: "ç", 0x41: "Á", 0x61: "á"},
    PORTUGUESE: _EXTENSION
    | _VOWELS
    | {0x05: "ê", 0x09: "ç", 0x0B: "Ô", 0x0C: "ô", 0x0E: "Á", 0x0F: "á"}
    | dict(zip((0x12, 0x13, 0x15, 0x16, 0x17, 0x18, 0x19), "ΦΓΩΠΨΣΘ", strict=True))
    | {0x1F: "Ê", 0x41: "À", 0x5B: "Ã", 0x5C: "Õ", 0x61: "Â", 0x7B: "ã", 0x7C: "õ", 0x7F: "â"},
}


class Tables(NamedTuple):
    """Which tables a text is written with, by language; 0 is the default. What is not known is read as 0."""

    locking: int = 0
    single: int = 0


DEFAULT: Final = Tables()


class Septets:
    """How texts are written with these tables. writes: every character that can be."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        septets = {char: "\x1b" + chr(code) for code, char in _SINGLE[tables.single].items()}
        septets |= {char: chr(code) for code, char in enumerate(_LOCKING[tables.locking]) if code != ESCAPE}
        self.writes = frozenset(septets)
        self._septets = {ord(char): written for char, written in septets.items()}

    def write(self, text: str) -> bytes | None:
        """The septets of ``text``, None if a character has none."""
        spelled = spelled_as_in_ascii(text)
        if spelled is not None:
            return spelled
        if not self.writes.issuperset(text):
            return None
        return text.translate(self._septets).encode("latin-1")


def read_septets(octets: bytes, tables: Tables) -> str:
    """The text of ``octets``. Never raises: an octet that is no septet reads ``?``.

    A code that the single shift table lacks is the locking table's own (§6.2.1.2.2).
    """
    locking, single = _LOCKING.get(tables.locking, DEFAULT_ALPHABET), _SINGLE.get(tables.single, _EXTENSION)
    text: list[str] = []
    escaped = False
    for octet in octets:
        if octet == ESCAPE:
            escaped = True
            continue
        char = locking[octet] if octet < 0x80 else "?"
        text.append(single.get(octet, char) if escaped else char)
        escaped = False
    return "".join(text)
