"""What fits into a phone: the GSM default alphabet, counted in septets (3GPP TS 23.038 §6.2.1).

Texts are brought into the alphabet where that keeps them readable (``á`` becomes ``a``);
one character that cannot be brought in moves the whole text to UCS-2.
"""

from __future__ import annotations

import unicodedata
from typing import Final

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

_REPLACEMENTS: Final = {
    "º": "o",
    "ª": "a",
    "°": "o",
    "‘": "'",
    "’": "'",
    "‚": "'",
    "‛": "'",
    "´": "'",
    "`": "'",
    "′": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "″": '"',
    "«": '"',
    "»": '"',
    "‹": "'",
    "›": "'",
    "‐": "-",
    "‑": "-",
    "‒": "-",
    "–": "-",
    "—": "-",
    "―": "-",
    "−": "-",
    "…": "...",
    "•": "-",
    "·": ".",
    "×": "x",
    "\t": " ",
    "\u00a0": " ",
    "\u2002": " ",
    "\u2003": " ",
    "\u2007": " ",
    "\u2009": " ",
    "\u202f": " ",
    "\u00ad": "",
    "\u200b": "",
    "\u200e": "",
    "\u200f": "",
    "\u2060": "",
    "\ufeff": "",
    "œ": "oe",
    "Œ": "OE",
    "Ł": "L",
    "ł": "l",
    "ı": "i",
}


def is_gsm7(text: str) -> bool:
    """Whether every character of ``text`` is in the default alphabet or its extension table."""
    return _ALPHABET.issuperset(text)


def septets(text: str) -> int:
    """How many septets ``text`` takes; a character outside the alphabet counts as one."""
    if _TWO_SEPTETS.isdisjoint(text):
        return len(text)
    return len(text) + sum(char in _TWO_SEPTETS for char in text)


def transliterate(text: str) -> str:
    """``text`` with everything brought into the alphabet that has a readable equal there.

    What the alphabet has (``é ñ ü à``) stays, and so does what has no equal (``🎉``, ``Ж``).
    """
    if _ALPHABET.issuperset(text):
        return text
    plain = text.translate(_LATIN)
    if _ALPHABET.issuperset(plain):
        return plain
    composed = unicodedata.normalize("NFC", text)
    return "".join(char if char in _ALPHABET else _equal(char) for char in composed)


def forces_ucs2(text: str) -> str | None:
    """The first character that keeps ``text`` out of GSM-7 even after transliteration."""
    return next((char for char in transliterate(text) if char not in _ALPHABET), None)


def _equal(char: str) -> str:
    """A spelling of ``char`` inside the alphabet, or ``char`` itself when there is none."""
    replacement = _REPLACEMENTS.get(char)
    if replacement is not None:
        return replacement
    bare = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    return bare if bare and _ALPHABET.issuperset(bare) else char


_LATIN: Final = {
    code: _equal(chr(code)) for code in (*range(0x80, 0x180), *map(ord, _REPLACEMENTS)) if chr(code) not in _ALPHABET
}
"""What Spanish and Portuguese texts need, worked out once."""
