"""What a text is answered with fits one SMS in GSM-7, in every language, with the longest names and prices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from fakes import TUESDAY
from flows import reply_texts
from flows.catalogue import Bundle, load_starter
from flows.keywords import Topic
from flows.market import load_market, market_codes
from flows.reply_texts import Listed, Running
from flows.texts import Voice
from flows.values import Money, Unit, Wallet
from locales.catalogues import load_catalogues
from menus.charset import forces_ucs2, septets, transliterate

CATALOGUES = load_catalogues()
LANGUAGES = ("es", "pt_BR", "en")
BOGOTA = ZoneInfo("America/Bogota")
BUNDLES = [bundle for code in market_codes() for bundle in load_starter(code).bundles]
CONTACTS = ["", *sorted({load_market(code).at(TUESDAY.date()).complaints for code in market_codes()}), "x" * 30]
FIXED: dict[str, Callable[[Voice], str]] = {
    "nothing more": reply_texts.nothing_more,
    "try later": reply_texts.try_later,
    "dial": partial(reply_texts.dial, code="*123*4567#"),
    "help": partial(reply_texts.help_, menu=True, offered=True),
    "help without a menu": partial(reply_texts.help_, menu=False, offered=True),
    "help without an offer": partial(reply_texts.help_, menu=True, offered=False),
    "which language": reply_texts.which_language,
    "proof noted": reply_texts.proof_noted,
    **{f"stopped {topic}": partial(reply_texts.stopped, topic=topic, alerts_stay=False) for topic in Topic},
    **{f"stopped {topic}, alerts stay": partial(reply_texts.stopped, topic=topic, alerts_stay=True) for topic in Topic},
    **{f"started {topic}": partial(reply_texts.started, topic=topic) for topic in Topic},
}
PER_BUNDLE: dict[str, Callable[[Voice, str, Money], str]] = {
    "confirm": lambda voice, name, price: reply_texts.confirm(voice, name, price, "YES"),
    "almost": lambda voice, name, price: reply_texts.almost(voice, name, price, "YES"),
    "list of one": lambda voice, name, price: reply_texts.offers_list(voice, [Listed("9", name, price)])[0],
    "list of four": lambda voice, name, price: reply_texts.offers_list(voice, [Listed("9", name, price)] * 4)[0],
}


def length(text: str) -> int:
    """Septets of a text that goes out in GSM-7."""
    assert forces_ucs2(text) is None, text
    return septets(transliterate(text))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", sorted(FIXED))
def test_a_fixed_answer_fits(what: str, language: str) -> None:
    """Nobody gets half a sentence."""
    assert length(FIXED[what](Voice(CATALOGUES, language))) <= reply_texts.ONE_SMS


@pytest.mark.parametrize("what", sorted(FIXED))
def test_every_language_has_answers_of_its_own(what: str) -> None:
    """No answer falls back to English unseen."""
    assert len({FIXED[what](Voice(CATALOGUES, language)) for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", sorted(PER_BUNDLE))
def test_an_answer_about_a_bundle_fits(what: str, language: str) -> None:
    """The longest name and price of the starter catalogues included."""
    voice = Voice(CATALOGUES, language)

    def said(bundle: Bundle) -> str:
        return PER_BUNDLE[what](voice, bundle.name(language), bundle.price)

    assert [text for text in map(said, BUNDLES) if length(text) > reply_texts.ONE_SMS] == []


@pytest.mark.parametrize("operator", ["", "N" * 20])
@pytest.mark.parametrize("contact", CONTACTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_who_we_are_fits_with_every_place_to_complain(language: str, contact: str, operator: str) -> None:
    """The longest that a market pack and the configuration may name included; it says what stops us."""
    text = reply_texts.who(Voice(CATALOGUES, language), contact, operator)
    assert operator in text
    assert length(text) <= reply_texts.ONE_SMS
    assert contact in text


@pytest.mark.parametrize("operator", ["", "Andes", "N" * 20])
@pytest.mark.parametrize("what", sorted(FIXED))
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_operators_name_stands_before_a_text_that_has_room_for_it(language: str, what: str, operator: str) -> None:
    """A text that has none goes as it is."""
    voice = Voice(CATALOGUES, language)
    text = FIXED[what](voice)
    signed = reply_texts.signed(voice, operator, text)
    assert length(signed) <= reply_texts.ONE_SMS
    assert signed in (text, f"{operator}: {text}")
    assert signed != text or not operator or length(f"{operator}: {text}") > reply_texts.ONE_SMS


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_names_as_many_offers_as_fit(language: str) -> None:
    """And says how many they are, so that no offer is made that nobody reads."""
    voice, name = Voice(CATALOGUES, language), "A bundle with quite a long name"
    price = Money(300_000, "COP")
    text, fitting = reply_texts.offers_list(voice, [Listed(str(code), name, price) for code in range(1, 9)])
    assert text.count(name) == fitting
    longer, _ = reply_texts.offers_list(voice, [Listed("1", name, price)] * (fitting + 1))
    assert 1 < fitting < 8
    assert longer.count(name) == fitting


def test_a_list_of_names_outside_the_alphabet_is_counted_in_its_own_way() -> None:
    """One sign that GSM-7 lacks makes an SMS 70 characters long."""
    text, fitting = reply_texts.offers_list(Voice(CATALOGUES, "en"), [Listed("1", "🎉 1 GB", Money(100, "ZAR"))] * 4)
    assert len(text.encode("utf-16-be")) // 2 <= 70
    assert fitting == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_balance_tells_what_fits_two_messages(language: str) -> None:
    """Money first, then as many bundles as there is room for."""
    voice = Voice(CATALOGUES, language)
    running = [Running(f"Bundle number {n}", Unit.BYTE, 512 * 1024**2, TUESDAY + timedelta(days=n)) for n in range(30)]
    text = reply_texts.balance(voice, Wallet(Money(99_999_900, "COP")), running, BOGOTA)
    assert 200 < length(text) <= reply_texts.TWO_SMS
    assert voice.money(Money(99_999_900, "COP")) in text


@pytest.mark.parametrize(
    ("money", "running", "said"),
    [
        (Money(200_000, "COP"), (), "Saldo $2.000. No tienes paquetes activos."),
        (None, (), "No tienes paquetes activos."),
        (
            Money(0, "COP"),
            (Running("1 GB por 7 días", Unit.BYTE, 500 * 1024**2, TUESDAY), Running("voz", Unit.SECOND, 120, None)),
            "Saldo $0. 1 GB por 7 días: te quedan 500 MB hasta el 24 nov. voz: te quedan 2 min.",
        ),
    ],
)
def test_a_balance_says_what_is_left_of_what(money: Money | None, running: tuple[Running, ...], said: str) -> None:
    """Only what is known."""
    assert reply_texts.balance(Voice(CATALOGUES, "es"), Wallet(money), running, BOGOTA) == said
