"""Why an offer was made, in words."""

from __future__ import annotations

from typing import Any

import pytest

from flows import decision_words
from flows.texts import Voice
from locales.catalogues import Catalogues

NONE_LEFT_OUT = {"dear": 0, "barred": 0, "refused": 0}
OF_ONE = {"bundle": "b", "fit": 0.5, "margin": 100, "content": False, "size": False}


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        (
            {"by": "rule", "of": 5, **NONE_LEFT_OUT, **OF_ONE},
            ["Chosen by margin and fit among 5 that could be paid: fit 50 %"],
        ),
        (
            {"by": "held_out", "of": 5, **NONE_LEFT_OUT, **OF_ONE},
            ["Chosen by margin and fit among 5 that could be paid, to compare with: fit 50 %"],
        ),
        (
            {"by": "learned", "of": 3, **NONE_LEFT_OUT, **OF_ONE, "acceptance": 0.123, "chance": 0.66, "size": True},
            [
                "Chosen among 3 that could be paid: about 12 % accept it, fit 50 %, drawn with 66 %",
                "Its size and validity are those that fit this person best",
            ],
        ),
        (
            {"by": "learned", "of": 1, **OF_ONE, "acceptance": 1, "chance": 1}
            | {"content": True, "dear": 4, "barred": 1, "refused": 2},
            [
                "Chosen among 1 that could be paid: about 100 % accept it, fit 50 %, drawn with 100 %",
                "It is content, since nothing else could be paid",
                "Left out as too dear for the balance: 4",
                "Left out as refused lately: 2",
                "Left out as not for this person: 1",
            ],
        ),
        (
            {"by": "rule", "of": 5, **NONE_LEFT_OUT, **OF_ONE, "price": 210_000, "listed": 300_000, "currency": "COP"},
            [
                "Chosen by margin and fit among 5 that could be paid: fit 50 %",
                "At a price of their own: COP 2,100 instead of COP 3,000",
            ],
        ),
        (
            {"by": "rule", "of": 0, "dear": 6, "barred": 0, "refused": 0},
            ["Nothing could be offered", "Left out as too dear for the balance: 6"],
        ),
        ({}, []),
    ],
)
def test_reasons_are_said_in_words(catalogues: Catalogues, reasons: dict[str, Any], words: list[str]) -> None:
    """What was chosen and how, then what was left out; nothing where none were kept."""
    assert list(decision_words.lines(reasons, Voice(catalogues, "en"))) == words


@pytest.mark.parametrize("language", ["es", "pt_BR"])
@pytest.mark.parametrize("by", ["rule", "learned", "held_out"])
def test_reasons_are_said_in_each_language(catalogues: Catalogues, language: str, by: str) -> None:
    """Nothing is left in English."""
    reasons = {"by": by, "of": 2, **OF_ONE, "acceptance": 0.1, "chance": 0.5} | {
        "content": True, "size": True, "dear": 1, "barred": 1, "refused": 1,
        "price": 70_000, "listed": 90_000, "currency": "COP",
    }  # fmt: skip
    if by != "learned":
        reasons = {name: value for name, value in reasons.items() if name not in ("acceptance", "chance")}
    said, english = (list(decision_words.lines(reasons, Voice(catalogues, one))) for one in (language, "en"))
    assert not set(said) & set(english)
