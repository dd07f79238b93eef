"""Lookup of texts, and the catalogues that come with the package."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import locales
from locales.catalogues import Catalogues, load_catalogues, placeholders
from locales.errors import CatalogueUnreadable, PlaceholderMismatch
from menus.charset import septets, transliterate

ROOT = Path(locales.__file__).parent
ONE_SMS = 160
LONG_FACTS = {
    "es": {"bundle": "paquete de datos", "time": "40 min", "left": "te quedan 1.023 MB", "name": "1,5 GB por 30 días"},
    "pt_BR": {"bundle": "pacote de dados", "time": "40 min", "left": "restam 1.023 MB", "name": "1,5 GB por 30 dias"},
    "en": {"bundle": "voice bundle", "time": "40 min", "left": "1,023 MB left", "name": "1.5 GB for 30 days"},
}
MORE_FACTS = {
    "amount": "1.023 MB",
    "price": "$120.000",
    "balance": "$120.000",
    "keyword": "PARAR",
    "optout": "PARAR",
    "accept": "1",
    "stop": "PARAR",
}
ALERTS = (
    "Your {bundle} runs out in about {time} ({left}).",
    "Your {bundle} is nearly used up: {left}.",
    "Your {bundle} expires in {time} ({left}).",
    "Your {bundle} has run out.",
    "Your {bundle} has expired.",
)
BESIDE = (
    "{name} for {price}: reply {keyword}. {optout} to stop offers.",
    "No bundle fits your balance of {balance}. Top up to stay connected.",
)


@pytest.fixture(scope="module")
def catalogues() -> Catalogues:
    """The catalogues that come with the package."""
    return load_catalogues()


def template() -> list[str]:
    """Every message id that the template lists."""
    return [str(message.id) for message in read_po(BytesIO((ROOT / "chasqui.pot").read_bytes())) if message.id]


def say(catalogues: Catalogues, language: str, message: str) -> str:
    """A text with the longest facts that are usual."""
    facts = {**LONG_FACTS[language], **MORE_FACTS}
    return catalogues.text(language, message, **{name: facts[name] for name in placeholders(message)})


def test_every_language_has_a_catalogue(catalogues: Catalogues) -> None:
    """Spanish, Brazilian Portuguese and English come with the package."""
    assert set(catalogues.languages) == {"es", "pt_BR", "en"}


@pytest.mark.parametrize("language", ["es", "pt_BR", "en"])
def test_every_message_is_translated(language: str) -> None:
    """A catalogue has exactly the template's messages, none empty, none fuzzy."""
    catalogue = read_po(BytesIO((ROOT / language / "LC_MESSAGES" / "chasqui.po").read_bytes()))
    done = {str(message.id) for message in catalogue if message.id and message.string and not message.fuzzy}
    assert done == set(template())
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", ["es", "pt_BR", "en"])
def test_catalogues_are_sorted(language: str) -> None:
    """Entries stand in the order of their ids, so that differences stay small."""
    catalogue = read_po(BytesIO((ROOT / language / "LC_MESSAGES" / "chasqui.po").read_bytes()))
    ids = [str(message.id) for message in catalogue if message.id]
    assert ids == sorted(ids)


@pytest.mark.parametrize("language", ["es", "pt_BR", "en"])
def test_every_text_fits_one_sms(catalogues: Catalogues, language: str) -> None:
    """Each text alone takes at most 160 septets once transliterated."""
    for message in template():
        if placeholders(message) <= LONG_FACTS[language].keys() | MORE_FACTS.keys():
            text = transliterate(say(catalogues, language, message))
            assert septets(text) <= ONE_SMS, text


@pytest.mark.parametrize("language", ["es", "pt_BR", "en"])
@pytest.mark.parametrize("alert", ALERTS)
@pytest.mark.parametrize("beside", BESIDE)
def test_an_alert_with_its_offer_fits_one_sms(catalogues: Catalogues, language: str, alert: str, beside: str) -> None:
    """Alert and offer joined by a blank take at most 160 septets, also with long facts."""
    text = transliterate(f"{say(catalogues, language, alert)} {say(catalogues, language, beside)}")
    assert septets(text) <= ONE_SMS, text


def test_english_is_the_source_text(catalogues: Catalogues) -> None:
    """English reads as the ids are written."""
    for message in template():
        assert catalogues.translation("en", message) == message


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("es", "Tu paquete de datos se acabó."),
        ("es_CO", "Tu paquete de datos se acabó."),
        ("es-MX", "Tu paquete de datos se acabó."),
        ("pt_BR", "Seu paquete de datos acabou."),
        ("pt", "Seu paquete de datos acabou."),
        ("en_ZA", "Your paquete de datos has run out."),
        ("fr", "Your paquete de datos has run out."),
    ],
)
def test_a_language_falls_back_to_its_nearest(catalogues: Catalogues, language: str, expected: str) -> None:
    """A territory falls back to its language, an unknown language to English."""
    assert catalogues.text(language, "Your {bundle} has run out.", bundle="paquete de datos") == expected


def test_a_message_without_translation_stays_as_it_is(catalogues: Catalogues) -> None:
    """An operator's own text is no error."""
    assert catalogues.text("es", "Hola") == "Hola"


@pytest.mark.parametrize(
    "values",
    [{}, {"bundel": "x"}, {"bundle": "x", "more": "y"}],
    ids=["missing", "misspelt", "unknown"],
)
def test_values_must_match_placeholders(catalogues: Catalogues, values: dict[str, str]) -> None:
    """A value too few or too many is an error, not a half-filled text."""
    with pytest.raises(PlaceholderMismatch, match=r"Your \{bundle\} has run out"):
        catalogues.text("en", "Your {bundle} has run out.", **values)


@pytest.mark.parametrize("value", ["{bundle}", "{0.__class__}", "{}", "\\1", "%s"])
def test_a_value_is_never_interpreted(catalogues: Catalogues, value: str) -> None:
    """Braces, back-references and percent signs in a value arrive as they are."""
    assert catalogues.text("en", "Your {bundle} has run out.", bundle=value) == f"Your {value} has run out."


def test_a_translation_with_other_placeholders_is_refused(tmp_path: Path) -> None:
    """A translator's slip is found when the catalogue is read, with file and message."""
    file = tmp_path / "es" / "LC_MESSAGES" / "chasqui.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid "Hi {name}"\nmsgstr "Hola {nombre}"\n', encoding="utf-8")
    with pytest.raises(CatalogueUnreadable, match=r"chasqui\.po: 'Hi {name}'"):
        load_catalogues(tmp_path)


@pytest.mark.parametrize("content", [b'msgid "a\n', b'msgid "a"\nmsgstr "\xff"\n'], ids=["broken", "not utf-8"])
def test_an_unreadable_catalogue_is_named(tmp_path: Path, content: bytes) -> None:
    """A file that is not a catalogue stops the start with its name."""
    file = tmp_path / "es" / "LC_MESSAGES" / "chasqui.po"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(CatalogueUnreadable, match=r"chasqui\.po"):
        load_catalogues(tmp_path)


def test_a_folder_without_catalogues_is_an_error(tmp_path: Path) -> None:
    """Nothing found is told, not taken for English only."""
    with pytest.raises(CatalogueUnreadable, match=r"no chasqui\.po"):
        load_catalogues(tmp_path)
