"""Service numbers: which registered template a text was made from."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.service_numbers import ServiceNumber, Template

WORDS = st.lists(st.text("ab. ", max_size=3), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("words", "text", "fits"),
    [
        (("Hello",), "Hello", True),
        (("Hello",), "Hello!", False),
        (("",), "", True),
        (("Your ", " has run out. ", ""), "Your pack has run out. Reply 1", True),
        (("Your ", " has run out. ", ""), "Your  has run out. ", True),
        (("Your ", " has run out."), "My pack has run out.", False),
        (("Rs ", " (1+1) [x] .*"), "Rs 9 (1+1) [x] .*", True),
        (("Rs ", " (1+1) [x] .*"), "Rs 9 111 x anything", False),
        (("", "."), "x" * 120 + ".", True),
        (("", "."), "x" * 121 + ".", False),
        (("", "", ""), "x" * 240, True),
        (("", "", ""), "x" * 241, False),
        (("a", "a"), "aaaa", True),
        (("a", "a"), "a", False),
        (("é", "\n", "😀"), "é uno\ndos 😀", True),
    ],
)
def test_a_text_fits_whose_words_stand_around_variables(words: tuple[str, ...], text: str, fits: bool) -> None:
    """To the letter, whatever stands for the variables, of up to 120 characters each."""
    assert Template("1107", words).fits(text) is fits


@given(WORDS, st.text("ab. x", max_size=30))
def test_what_fits_is_what_a_pattern_would_say(words: list[str], text: str) -> None:
    """Where a pattern comes to an end."""
    pattern = ".{0,120}".join(map(re.escape, words))
    assert Template("1107", tuple(words)).fits(text) is bool(re.fullmatch(pattern, text, re.DOTALL))


@given(WORDS, st.lists(st.text(max_size=120), min_size=4, max_size=4))
def test_whatever_is_made_from_a_template_fits_it(words: list[str], values: list[str]) -> None:
    """Also where a value holds the words around it."""
    text = words[0] + "".join(value + after for value, after in zip(values, words[1:], strict=False))
    assert Template("1107", tuple(words)).fits(text)


def test_hundreds_of_variables_cost_no_more_than_their_number() -> None:
    """The loop that carries all binds must not stand still for one text."""
    number = ServiceNumber("CHASQI", templates=(Template("1107", (" ",) * 300 + ("!",)),))
    began = time.process_time()
    assert number.template_of(" " * 2_000 + "?") is None
    assert time.process_time() - began < 1.0
