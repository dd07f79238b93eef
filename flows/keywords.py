"""What a text means: the words of all languages count in every market."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Intent(StrEnum):
    """What a person asks for with one word."""

    ACCEPT = "accept"
    DECLINE = "decline"
    STOP = "stop"
    START = "start"
    HELP = "help"
    LANGUAGE = "language"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Meaning:
    """An intent and, for LANGUAGE, the language asked for."""

    intent: Intent
    language: str = ""


_UNKNOWN = Meaning(Intent.UNKNOWN)
_WORDS: dict[str, Meaning] = {
    **dict.fromkeys(("1", "SI", "SIM", "YES"), Meaning(Intent.ACCEPT)),
    **dict.fromkeys(("2", "NO", "NAO"), Meaning(Intent.DECLINE)),
    **dict.fromkeys(("STOP", "SAIR", "BAJA", "PARAR", "CANCELAR", "SALIR", "ALTO"), Meaning(Intent.STOP)),
    **dict.fromkeys(("START", "ALTA", "VOLTAR"), Meaning(Intent.START)),
    **dict.fromkeys(("HELP", "AYUDA", "AJUDA", "INFO"), Meaning(Intent.HELP)),
    **dict.fromkeys(("ES", "ESPANOL"), Meaning(Intent.LANGUAGE, "es")),
    **dict.fromkeys(("PT", "PORTUGUES"), Meaning(Intent.LANGUAGE, "pt_BR")),
    **dict.fromkeys(("EN", "ENGLISH"), Meaning(Intent.LANGUAGE, "en")),
}

ACCEPT_WORD = "1"
"""The word that every offer asks for: the shortest on a feature phone."""
STOP_WORDS = {"es": "BAJA", "pt_BR": "SAIR", "en": "STOP"}
"""The opt-out word that texts of a language name."""
START_WORDS = {"es": "ALTA", "pt_BR": "VOLTAR", "en": "START"}


def normalise(text: str) -> str:
    """Upper case, without accents, and without what is not a letter or digit around the word."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    start, end = 0, len(plain)
    while start < end and not plain[start].isalnum():
        start += 1
    while end > start and not plain[end - 1].isalnum():
        end -= 1
    return plain[start:end].upper()


def understand(text: str, stop_words: frozenset[str] = frozenset()) -> Meaning:
    """The meaning of a text. stop_words: the market's own opt-out words, beside those of all languages."""
    word = normalise(text)
    if word in stop_words:
        return Meaning(Intent.STOP)
    return _WORDS.get(word, _UNKNOWN)
