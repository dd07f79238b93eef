"""How characters that GSM-7 lacks are spelled with those that it has: everywhere, and where a language has its own way.

Letters with marks lose them (Unicode's compatibility decompositions) unless a table says otherwise. Of the languages
of the starter menu none needs a table: Spanish, Portuguese and English lose nothing but accents.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EVERYWHERE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "º": "o",
        "ª": "a",
        "°": "o",
        "‘": "'",
        "’": "'",
        "‚": "'",
        "‛": "'",
        "ʼ": "'",
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
        "⁄": "/",
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
        "µ": "u",
        # letters without a decomposition: ICAO Doc 9303-3 §6, table of transliterations
        "œ": "oe",
        "Œ": "OE",
        "ẞ": "SS",
        "Ł": "L",
        "ł": "l",
        "ı": "i",
        "Đ": "D",
        "đ": "d",
        "Ð": "D",
        "ð": "d",
        "Þ": "TH",
        "þ": "th",
        "Ŋ": "N",
        "ŋ": "n",
        "Ħ": "H",
        "ħ": "h",
        "Ŧ": "T",
        "ŧ": "t",
    }
)

_DJ: Final = {"đ": "dj", "Đ": "Dj"}
_GREEK_TWINS: Final = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True))
"""Capitals that look like Latin ones; the alphabet has the other ten (3GPP TS 23.038 §6.2.1)."""


def _greek() -> Mapping[str, str]:
    """Every Greek letter as a capital without its accent, as texts in Greek have been sent in GSM-7 from the first."""
    letters = (chr(code) for code in (*range(0x386, 0x3CF), *range(0x1F00, 0x2000)))
    bare = {letter: unicodedata.normalize("NFD", letter)[0].upper() for letter in letters if letter.isalpha()}
    return {letter: _GREEK_TWINS.get(capital, capital) for letter, capital in bare.items()}


BY_LANGUAGE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        # the long vowels are sorted and read as the short ones that the alphabet has (CLDR collation hu)
        "hu": {"ő": "ö", "Ő": "Ö", "ű": "ü", "Ű": "Ü"},
        # the letter stands for the digraph that it replaced (Daničić, Rječnik JAZU, 1880)
        "hr": _DJ,
        "bs": _DJ,
        "sr": _DJ,
        # which way an accent leans tells nothing on these vowels, and the alphabet has the grave ones (UNI 6015:1967)
        "it": {"á": "à", "í": "ì", "ó": "ò", "ú": "ù"},
        "el": _greek(),
    }
)
"""By the language without its region."""
