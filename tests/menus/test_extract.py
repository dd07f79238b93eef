"""Texts of menus to translators and back: what is found, what is put in, and that nothing else changes."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from menu_samples import SMALL, VOCABULARY

from flows.menu_vocabulary import LANGUAGES
from menus.errors import MenuError
from menus.extract import SOURCE_LANGUAGE, babel_texts, texts_of
from menus.loader import LIBRARY, load_menu
from menus.translate import translated

LOCALES = Path(__file__).parents[2] / "locales"
LIBRARY_FILES = sorted(LIBRARY.glob("*.yaml"))


def test_every_text_is_found_with_its_place() -> None:
    """In the order of the file."""
    found = [(text.line, text.where, text.said("en")) for text in texts_of(SMALL, "small.yaml")]
    assert found[:2] == [(5, "menu small, navigation: back", "Back"), (6, "menu small, navigation: home", "Home")]
    assert (9, "menu small, texts: wrong", "Not a choice.") in found
    assert (17, "menu small, page home, option 2", "Alerts") in found
    assert (24, "menu small, page buy, list", "{name} {price}") in found
    assert len(found) == SMALL.count(" en: ") + SMALL.count("{en: ")


def test_what_a_wrong_input_is_told_is_found() -> None:
    """It stands deeper than the others; a file that is only included has no menu to name."""
    text = "pages:\n  p:\n    text: {en: Say}\n    input:\n      wrong: {en: No number., es: No es un número.}\n"
    assert [(text.where, text.said("en")) for text in texts_of(text, "x.yaml")] == [
        ("page p", "Say"),
        ("page p, a wrong input", "No number."),
    ]


def test_babel_finds_the_method_by_its_name() -> None:
    """The entry point that setup.cfg gives."""
    called = [(line, said, comments) for line, _, said, comments in babel_texts(io.BytesIO(SMALL.encode()), {}, (), {})]
    assert [found[:3] for found in extract("menus", io.BytesIO(SMALL.encode()))] == called
    line, message, comments, context = next(iter(extract("menus", io.BytesIO(SMALL.encode()))))
    assert (line, message, comments, context) == (5, "Back", ["menu small, navigation: back"], None)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != SOURCE_LANGUAGE])
@pytest.mark.parametrize("path", LIBRARY_FILES, ids=lambda path: path.name)
def test_the_catalogues_say_what_the_starter_menu_says(path: Path, language: str) -> None:
    """``make texts`` after a change of the menu."""
    with (LOCALES / language / "LC_MESSAGES" / "menus.po").open("rb") as file:
        catalogue = {str(message.id): str(message.string) for message in read_po(file) if message.id}
    content = path.read_text(encoding="utf-8")
    assert translated(content, path.name, language, catalogue) == content


SPANISH_GONE = SMALL.replace("es: ", "es: x")
TRANSLATIONS = {text.said("en"): text.said("es") for text in texts_of(SMALL, "small.yaml")}


def test_a_language_is_put_in_and_all_else_stays() -> None:
    """A regional one is put in before the English text, bare or in quotes as it needs."""
    own = {**TRANSLATIONS, "Not now.": "Ahorita no.", "No bundles.": "No: nada", "No": "No"}
    text = translated(f"# kept\n{SMALL}", "small.yaml", "es_CO", own)
    assert "    text: {es: Ahora no., es_CO: Ahorita no., en: Not now.}\n" in text
    assert '{es: No hay paquetes., es_CO: "No: nada", en: No bundles.}' in text
    assert '{es: No, es_CO: "No", en: No}' in text
    assert text.startswith("# kept\nmenu: small\n")
    menu = load_menu(text, "small.yaml", VOCABULARY)
    assert menu.languages == ("es", "en", "es_CO")
    assert menu.pages["none"].text["es_CO"].fill(str) == "No: nada"


def test_a_text_that_is_there_is_replaced() -> None:
    """Whatever way it is written in; and put in once more it changes nothing."""
    block = SMALL.replace(
        "    text: {es: Listo., en: Done.}\n", "    text:\n      es: |\n        Uno\n        dos\n\n      en: Done.\n"
    )
    text = translated(block, "small.yaml", "es", {**TRANSLATIONS, "Done.": "Ya está."})
    assert "    text:\n      es: Ya está.\n\n      en: Done.\n" in text.replace('"', "")
    assert translated(text, "small.yaml", "es", {**TRANSLATIONS, "Done.": "Ya está."}) == text
    fresh = translated(block.replace("      es: |\n        Uno\n        dos\n\n", ""), "small.yaml", "es", TRANSLATIONS)
    assert "    text:\n      es: Listo.\n      en: Done.\n" in fresh


@pytest.mark.parametrize(
    ("translation", "problem"),
    [
        ("", "small.yaml:13: menu small, page home: 'Balance {balance}' is not translated"),
        ("Saldo", "the translation has no placeholder where the text has {balance}"),
        ("Saldo {balanc}", "the translation has {balanc} where the text has {balance}"),
        ("Saldo {", "the translation has a single '{'"),
        ("Saldo\n{balance}", "the translation must be on one line"),
    ],
)
def test_a_translation_that_would_break_the_menu_is_refused(translation: str, problem: str) -> None:
    """With the line of the text."""
    with pytest.raises(MenuError) as error:
        translated(SMALL, "small.yaml", "es_CO", {**TRANSLATIONS, "Balance {balance}": translation})
    assert len(error.value.problems) == 1
    assert problem in error.value.problems[0]


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1).map(str.strip)


@given(words.filter(bool), words.filter(bool))
def test_whatever_a_translator_writes_is_read_back(one: str, other: str) -> None:
    """Colons, quotes and signs that YAML takes for its own among it; a brace is written twice."""
    kept = {"Done.": one.replace("{", "{{").replace("}", "}}"), "Not now.": other.replace("{", "{{").replace("}", "}}")}
    text = translated(SMALL, "small.yaml", "es_CO", {**TRANSLATIONS, **kept})
    said = {text.said("en"): text.said("es_CO") for text in texts_of(text, "small.yaml")}
    assert {name: said[name] for name in kept} == kept
