"""Counting a text: its units, and the characters that cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus.counting import count
from menus.paging import units


@pytest.mark.parametrize(
    ("text", "charset", "size"),
    [("", "gsm7", 0), ("hola", "gsm7", 4), ("5€", "gsm7", 3), ("Á…", "gsm7", 4), ("да", "ucs2", 2), ("a🎉", "ucs2", 3)],
)
def test_a_text_takes_septets_or_units(text: str, charset: str, size: int) -> None:
    """Two septets for the extension table, two units beyond U+FFFF."""
    found = count(text)
    assert (found.charset, found.size) == (charset, size)


def test_characters_that_cost_are_named_with_their_place() -> None:
    """From 1, with what is sent instead."""
    found = count("ÁrA\u00a0[")
    assert found.sent == "ArA ["
    assert [(sign.at, sign.name, sign.sent) for sign in found.replaced] == [
        (1, "U+00C1 LATIN CAPITAL LETTER A WITH ACUTE", "A"),
        (4, "U+00A0 NO-BREAK SPACE", " "),
    ]
    assert [(sign.char, sign.at) for sign in found.doubled] == [("[", 5)]
    forced = count("hola 🎉 Á\x07")
    assert [(sign.char, sign.at) for sign in forced.forcing] == [("🎉", 6), ("\x07", 9)]
    assert forced.forcing[1].name == "U+0007 Cc"
    assert (forced.replaced, forced.doubled) == ((), ())


def test_a_language_counts_in_its_own_spelling() -> None:
    """One letter may be two."""
    assert (count("đ").size, count("đ", "hr").size) == (1, 2)


@given(st.text())
def test_what_is_counted_is_what_is_sent(text: str) -> None:
    """And UCS-2 has a reason."""
    found = count(text)
    assert found.size == units(found.sent, found.charset)
    assert (found.charset == "ucs2") == bool(found.forcing)
