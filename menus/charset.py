"""What fits into a phone: the GSM default alphabet, counted in septets (3GPP TS 23.038 §6.2.1).

Texts are brought into the alphabet where that keeps them readable (``á`` becomes ``a``);
one character that cannot be brought in moves the whole text to UCS-2.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from menus.spellings import BY_LANGUAGE, EVERYWHERE

DEFAULT_ALPHABET: Final = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""In code order; the escape to the extension table stands at 0x1B."""

EXTENSION_TABLE: Final = "\f^{}\\[~]|€"
"""Each costs two septets: an escape and itself."""

_ONE_SEPTET: Final = frozenset(DEFAULT_ALPHABET) - {"\x1b"}
_TWO_SEPTETS: Final = frozenset(EXTENSION_TABLE)
_ALPHABET: Final = _ONE_SEPTET | _TWO_SEPTETS


def is_gsm7(text: str) -> bool:
    """Whether every character of ``text`` is in the default alphabet or its extension table."""
    return _ALPHABET.issuperset(text)


def septets(text: str) -> int:
    """How many septets ``text`` takes; a character outside the alphabet counts as one."""
    if _TWO_SEPTETS.isdisjoint(text):
        return len(text)
    return len(text) + sum(char in _TWO_SEPTETS for char in text)


def transliterate(text: str, language: str = "") -> str:
    """``text`` with everything brought into the alphabet that has a readable equal there.

    What the alphabet has (``é ñ ü à``) stays, and so does what has no equal (``🎉``, ``Ж``).
    language: of the text (``hu``, ``es_CO``), where it may have spellings of its own (``menus.spellings``).
    """
    if _ALPHABET.issuperset(text):
        return text
    own = _OWN.get(language.partition("_")[0])
    if own is not None:
        text = unicodedata.normalize("NFC", text).translate(own)
    plain = text.translate(_LATIN)
    if _ALPHABET.issuperset(plain):
        return plain
    composed = unicodedata.normalize("NFC", text)
    return "".join(char if char in _ALPHABET else _equal(char) for char in composed)


def forces_ucs2(text: str, language: str = "") -> str | None:
    """The first character that keeps ``text`` out of GSM-7 even after transliteration."""
    return next((char for char in transliterate(text, language) if char not in _ALPHABET), None)


def _equal(char: str) -> str:
    """A spelling of ``char`` inside the alphabet, or ``char`` itself when there is none."""
    replacement = EVERYWHERE.get(char)
    if replacement is not None:
        return replacement
    parts = (part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    bare = "".join(EVERYWHERE.get(part, part) for part in parts)
    return bare if bare and _ALPHABET.issuperset(bare) else char


_LATIN: Final = {
    code: _equal(chr(code)) for code in (*range(0x80, 0x180), *map(ord, EVERYWHERE)) if chr(code) not in _ALPHABET
}
"""What Spanish and Portuguese texts need, worked out once."""

_OWN: Final = {
    language: {ord(char): spelling for char, spelling in table.items() if char not in _ALPHABET}
    for language, table in BY_LANGUAGE.items()
}
