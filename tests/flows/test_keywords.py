"""Words mean the same in every market, however they are typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.keywords import ACCEPT_WORD, START_WORDS, STOP_WORDS, Intent, Meaning, understand

YES, NO, STOP, START = (Meaning(intent) for intent in (Intent.ACCEPT, Intent.DECLINE, Intent.STOP, Intent.START))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1", YES),
        (" 1 ", YES),
        ("1.", YES),
        ("\n1\r\n", YES),
        ("SI", YES),
        ("sí", YES),
        ("Sí.", YES),
        ("SI\u0301", YES),
        (" si ! ", YES),
        ("¡SÍ!", YES),
        ("Sim", YES),
        ("yes", YES),
        ("YES...", YES),
        ("\u00a0yes\u00a0", YES),
        ("１", YES),  # a full-width digit
        ("2", NO),
        ("no", NO),
        ("Não", NO),
        ("stop", STOP),
        ("STOP.", STOP),
        ("Sair", STOP),
        ("baja", STOP),
        ("PARAR", STOP),
        ("start", START),
        ("alta", START),
        ("voltar", START),
        ("help", Meaning(Intent.HELP)),
        ("Ayuda?", Meaning(Intent.HELP)),
        ("es", Meaning(Intent.LANGUAGE, "es")),
        ("Español", Meaning(Intent.LANGUAGE, "es")),
        ("PT", Meaning(Intent.LANGUAGE, "pt_BR")),
        ("português", Meaning(Intent.LANGUAGE, "pt_BR")),
        ("English", Meaning(Intent.LANGUAGE, "en")),
        ("", Meaning(Intent.UNKNOWN)),
        ("...", Meaning(Intent.UNKNOWN)),
        ("11", Meaning(Intent.UNKNOWN)),
        ("1 1", Meaning(Intent.UNKNOWN)),
        ("si quiero", Meaning(Intent.UNKNOWN)),
        ("siempre", Meaning(Intent.UNKNOWN)),
    ],
)
def test_a_text_means_what_its_word_means(text: str, meaning: Meaning) -> None:
    """Case, accents, blanks and full stops around a word do not matter; more than the word does."""
    assert understand(text) == meaning


def test_a_market_adds_its_own_words_to_those_of_all() -> None:
    """A stop word of the law counts even where it means something else, and takes nothing away."""
    own = frozenset({"ARRET", "NO"})
    assert understand("arrêt", own) == STOP
    assert understand("no", own) == STOP
    assert understand("stop", own) == STOP
    assert understand("arrêt") == Meaning(Intent.UNKNOWN)


@pytest.mark.parametrize("word", [ACCEPT_WORD, *STOP_WORDS.values(), *START_WORDS.values()])
def test_every_word_that_texts_ask_for_is_understood(word: str) -> None:
    """Nobody is asked for a word that is then not understood."""
    assert understand(word).intent in (Intent.ACCEPT, Intent.STOP, Intent.START)


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    """Whatever a phone can send has a meaning, and blanks and dots around it change nothing."""
    assert understand(f" . {text} . ") == understand(text)
