"""How people type: what of a text are words, and which words were nearly typed.

A text is its runs of letters and digits, in capitals and without accents. Everything else parts them: blanks, full
stops, quotes, brackets, emoji. Digits count as digits in every dress (``１``, ``①``, ``❶``, ``1️⃣``, ``١``).
"""

from __future__ import annotations

import re
import unicodedata

_DRESSING = frozenset({"Mn", "Me", "Cf"})
"""Accents, keycaps and variation selectors, joiners and marks of direction: what a character wears."""
_MOST_LOOKED_AT = 1_000
"""Characters: nothing that anybody asks for is longer."""
_DRAWN_OUT = 3
_ASCII = re.compile("[A-Z0-9]+")


def words(text: str) -> tuple[str, ...]:
    """The words of a text, in capitals without accents."""
    if text.isascii():  # most are, and the long way does the same
        return tuple(_ASCII.findall(text[:_MOST_LOOKED_AT].upper()))
    plain = "".join(map(_plain, unicodedata.normalize("NFKD", text[:_MOST_LOOKED_AT]))).upper()
    return tuple("".join(char if char.isalnum() else " " for char in plain).split())


def _plain(char: str) -> str:
    if unicodedata.category(char) in _DRESSING:
        return ""
    digit = unicodedata.digit(char, None)
    return char if digit is None else str(digit)


def undrawn(word: str) -> str:
    """A word whose last letter was drawn out (``SIIII``, ``NOOO``), as it is written; any other as it is.

    Three of a letter are emphasis; two are a slip, and digits are never drawn out.
    """
    last = word[-1:]
    bare = word.rstrip(last) if last.isalpha() else word
    return bare + last if len(word) - len(bare) >= _DRAWN_OUT else word


def one_slip_apart(one: str, other: str) -> bool:
    """Whether a letter was left out, added, replaced, or exchanged with its neighbour (Damerau); not the same word."""
    shorter, longer = sorted((one, other), key=len)
    if len(longer) - len(shorter) > 1 or one == other:
        return False
    start = next((at for at, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if len(shorter) < len(longer):
        return shorter[start:] == longer[start + 1 :]
    swapped = shorter[start : start + 2][::-1] + shorter[start + 2 :]
    return longer[start:] == swapped or longer[start + 1 :] == shorter[start + 1 :]
