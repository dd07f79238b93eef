"""Every text that leaves fits one SMS in GSM-7, in every language, with every bundle that is sold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from fakes import ANA
from flows.catalogue import Bundle, load_starter
from flows.texts import Voice
from flows.values import Money, Unit
from locales.catalogues import load_catalogues
from menus.charset import forces_ucs2, septets, transliterate

CATALOGUES = load_catalogues()
LANGUAGES = ("es", "pt_BR", "en")
BUNDLES = [bundle for code in ("br", "co", "gh", "in", "mx", "za") for bundle in load_starter(code).bundles]
PER_BUNDLE: dict[str, Callable[[Voice, str, Money], str]] = {
    "confirmation": lambda voice, name, price: voice.confirmation(name, price, Money(99_999_900, price.currency)),
    "confirmation without balance": lambda voice, name, price: voice.confirmation(name, price, None),
    "gift": lambda voice, name, price: voice.gift(name, ANA),
    "gift confirmed": lambda voice, name, price: voice.gift_confirmation(name, ANA, price, price),
    "gift confirmed without balance": lambda voice, name, price: voice.gift_confirmation(name, ANA, price, None),
    "no funds": lambda voice, name, price: voice.declined(name, price, "insufficient_funds"),
    "declined": lambda voice, name, price: voice.declined(name, price, "rejected"),
    "being checked": lambda voice, name, price: voice.being_checked(name),
    "already bought": lambda voice, name, price: voice.already_bought(name),
    "in progress": lambda voice, name, price: voice.in_progress(name),
    "alert": lambda voice, name, price: voice.expires(name, Unit.BYTE, 999 * 1024**2, timedelta(hours=47)),
    "too low": lambda voice, name, price: f"{voice.has_run_out(name)} {voice.balance_too_low(price)}",
}
FIXED: dict[str, Callable[[Voice], str]] = {
    "offer expired": Voice.offer_expired,
    "no offer": Voice.no_offer,
    "not bought": Voice.not_bought,
    "language set": Voice.language_set,
    "report noted": lambda voice: voice.report_noted("7KQ2MX"),
    "call asked": lambda voice: voice.call_asked(ANA),
}


def one_sms(text: str) -> bool:
    """Whether a text goes out as one SMS of 160 septets."""
    return forces_ucs2(text) is None and septets(transliterate(text)) <= 160


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", sorted(PER_BUNDLE))
def test_a_text_about_a_bundle_fits(what: str, language: str) -> None:
    """The longest name and price of the starter catalogues included."""
    voice = Voice(CATALOGUES, language)

    def said(bundle: Bundle) -> str:
        return PER_BUNDLE[what](voice, bundle.name(language), bundle.price)

    assert [text for text in map(said, BUNDLES) if not one_sms(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", sorted(FIXED))
def test_a_fixed_text_fits(what: str, language: str) -> None:
    """Nobody gets half a sentence."""
    assert one_sms(FIXED[what](Voice(CATALOGUES, language)))


@pytest.mark.parametrize("what", sorted(FIXED))
def test_every_language_has_words_of_its_own(what: str) -> None:
    """No text falls back to English unseen."""
    assert len({FIXED[what](Voice(CATALOGUES, language)) for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_bundle_without_a_name_is_called_by_what_it_holds(unit: Unit, language: str) -> None:
    """A product that left the catalogue still has a word."""
    voice = Voice(CATALOGUES, language)
    word = voice.bundle_word(unit)
    assert word
    assert word in voice.has_run_out(word)
    assert len({voice.bundle_word(one) for one in Unit}) == len(Unit)
