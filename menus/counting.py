"""How much room a text takes, and which of its characters cost more than they seem to."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from menus.charset import EXTENSION_TABLE, is_gsm7, transliterate
from menus.paging import units
from menus.values import Charset


@dataclass(frozen=True, slots=True)
class Sign:
    """A character worth a word. at: its position, from 1. sent: what goes out in its place."""

    char: str
    at: int
    sent: str

    @property
    def name(self) -> str:
        """``U+00C1 LATIN CAPITAL LETTER A WITH ACUTE``."""
        name = unicodedata.name(self.char, unicodedata.category(self.char))
        return f"U+{ord(self.char):04X} {name}"


@dataclass(frozen=True, slots=True)
class Count:
    """What a text takes. sent: as the phone gets it; size: its septets, or UTF-16 code units for ucs2.

    forcing: the characters that need UCS-2; replaced: those with an equal in GSM-7, as long as nothing forces;
    doubled: those of the extension table, which cost two septets.
    """

    sent: str
    charset: Charset
    size: int
    forcing: Sequence[Sign] = ()
    replaced: Sequence[Sign] = ()
    doubled: Sequence[Sign] = ()


def count(text: str, language: str = "") -> Count:
    """The room that ``text`` takes, in GSM-7 if it can be brought in, else in UCS-2."""
    composed = unicodedata.normalize("NFC", text)
    signs = [Sign(char, at, transliterate(char, language)) for at, char in enumerate(composed, 1)]
    forcing = [sign for sign in signs if not is_gsm7(sign.sent)]
    if forcing:
        return Count(composed, "ucs2", units(composed, "ucs2"), forcing=forcing)
    sent = transliterate(composed, language)
    return Count(
        sent=sent,
        charset="gsm7",
        size=units(sent, "gsm7"),
        replaced=[sign for sign in signs if sign.sent != sign.char],
        doubled=[Sign(char, at, char) for at, char in enumerate(sent, 1) if char in EXTENSION_TABLE],
    )
