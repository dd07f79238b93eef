"""GSM-7: what fits, what it costs, what is brought in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus.charset import DEFAULT_ALPHABET, EXTENSION_TABLE, forces_ucs2, is_gsm7, septets, transliterate


def test_the_default_alphabet_has_128_places() -> None:
    """Every code from 0x00 to 0x7F has exactly one character."""
    assert len(DEFAULT_ALPHABET) == len(set(DEFAULT_ALPHABET)) == 128


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("hola", 4), ("€", 2), ("[1] 5€", 9), ("ñéü", 3), ("^{}\\[~]|€\f", 20), ("\n", 1)]
)
def test_extension_characters_cost_two_septets(text: str, count: int) -> None:
    """The euro sign and the brackets count twice."""
    assert septets(text) == count


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("á í ó ú Á Í Ó Ú", "a i o u A I O U"),
        ("ção, você, português", "cao, voce, portugues"),
        ("ñ Ñ é É ü Ü à Ç ¿ ¡ ß", "ñ Ñ é É ü Ü à Ç ¿ ¡ ß"),
        ("1º 2ª", "1o 2a"),
        ("“hola” ‘x’ «y»", '"hola" \'x\' "y"'),
        ("a – b — c…", "a - b - c..."),
        ("R$\u00a05,00 1\u202f000", "R$ 5,00 1 000"),
        ("n\u0303 e\u0301 a\u0301", "ñ é a"),
        ("🎉 Ж", "🎉 Ж"),
    ],
)
def test_texts_are_brought_into_the_alphabet_where_they_stay_readable(text: str, plain: str) -> None:
    """What the alphabet has stays; what it lacks gets its nearest spelling, or stays for UCS-2."""
    assert transliterate(text) == plain


@pytest.mark.parametrize(
    ("text", "char"), [("mañana á", None), ("hola 🎉 Ж", "🎉"), ("да", "д"), ("", None), ("\x1b", "\x1b")]
)
def test_the_first_character_that_forces_ucs2_is_named(text: str, char: str | None) -> None:
    """The counter can say which character costs the page its room."""
    assert forces_ucs2(text) == char


@given(st.text())
def test_transliteration_settles_at_once(text: str) -> None:
    """Doing it twice changes nothing, and a text without an offender is GSM-7."""
    plain = transliterate(text)
    assert transliterate(plain) == plain
    assert (forces_ucs2(text) is None) == is_gsm7(plain)


@given(st.text(st.sampled_from(DEFAULT_ALPHABET.replace("\x1b", "") + EXTENSION_TABLE)))
def test_a_text_of_the_alphabet_is_left_alone(text: str) -> None:
    """Nothing is lost that a phone can show."""
    assert is_gsm7(text)
    assert transliterate(text) == text


@pytest.mark.parametrize(
    ("language", "text", "plain"),
    [
        ("hu", "ő Ű á", "ö Ü a"),
        ("es", "ő Ű á", "o U a"),
        ("hr", "Đuro, đak", "Djuro, djak"),
        ("vi", "đ", "d"),
        ("it", "così perchó íù", "così perchò ìù"),
        ("el", "Καλημέρα Άννας", "KAΛHMEPA ANNAΣ"),
        ("el_GR", "Ξ ω", "Ξ Ω"),
        ("", "Þór ŀ ½", "THor l. 1/2"),
    ],
)
def test_a_language_may_spell_in_its_own_way(language: str, text: str, plain: str) -> None:
    """Where its readers expect something else than a bare letter."""
    assert transliterate(text, language) == plain


@given(st.text(), st.sampled_from(["hu", "hr", "it", "el_GR"]))
def test_the_spellings_of_a_language_settle_at_once(text: str, language: str) -> None:
    """And never bring in less than those of everybody."""
    plain = transliterate(text, language)
    assert transliterate(plain, language) == plain
    assert is_gsm7(plain) or not is_gsm7(transliterate(text))
