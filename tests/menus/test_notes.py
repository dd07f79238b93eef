"""What is no problem and yet worth a look."""

from __future__ import annotations

import pytest
from menu_samples import SMALL, VOCABULARY

from menus.loader import load_menu
from menus.notes import notes_of


def noted(old: str, new: str) -> list[str]:
    """The notes on the small menu with something else in it."""
    assert old in SMALL
    return notes_of(load_menu(SMALL.replace(old, new), "small.yaml", VOCABULARY), VOCABULARY)


@pytest.mark.parametrize(
    ("old", "new", "notes"),
    [
        ("Listo.", "Listo.", []),
        ("Listo.", '"Listó ✓ ✓"', ["small.yaml:40: page done: '✓' in es is shown as '?' on a GSM-7 screen"]),
        ("es: Adiós.", 'es: "Adiós 🎉"', ["small.yaml:10: texts: '🎉' in es is shown as '?'"]),
        ("en: Turn on", 'en: "Turn on ✓"', ["small.yaml:46: page alerts: '✓' in en is shown as"]),
    ],
)
def test_a_character_that_phones_do_not_show_is_noted(old: str, new: str, notes: list[str]) -> None:
    """With page, language and character, once; not where the page says that it is shown in UCS-2."""
    found = noted(old, new)
    assert len(found) == len(notes)
    assert all(one.startswith(note) for one, note in zip(found, notes, strict=True))


def test_a_page_in_ucs2_has_every_character() -> None:
    """Its own, whatever the others have."""
    assert noted("{es: Listo., en: Done.}", '{es: "Listo ✓", en: Done.}\n    profile: {charset: ucs2}') == []


def test_a_page_of_many_screens_is_noted() -> None:
    """Once, in the language in which it is longest."""
    (note,) = noted("No bundles.", " ".join(["There are no bundles for you now."] * 20))
    assert note == (
        "small.yaml:38: page none: takes 5 screens in en with the longest facts; shorten it, or split it in two"
    )
