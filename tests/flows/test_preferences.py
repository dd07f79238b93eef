"""A wish holds at once, is confirmed, and is noted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fakes import ANA, NUMBER, TUESDAY, ana
from flows.effects import RecordAudit, RecordHelpGiven, RecordPreference, SendSms
from flows.keywords import Intent, Meaning
from flows.preferences import HELP_EVERY, WishTexted, change, fulfil
from flows.records import Subscriber
from flows.texts import Voice
from flows.values import Purpose
from locales.catalogues import load_catalogues

CATALOGUES = load_catalogues()
UNKNOWN = Meaning(Intent.UNKNOWN)


def wish(meaning: Meaning, subscriber: Subscriber | None = None) -> WishTexted:
    """A text that a person sent."""
    person = subscriber or ana()
    return WishTexted(TUESDAY, person, Voice(CATALOGUES, person.language), meaning, NUMBER, "reply:1")


@pytest.mark.parametrize(
    ("meaning", "name", "value", "text"),
    [
        (
            Meaning(Intent.STOP),
            "marketing",
            False,
            "No recibirás más ofertas. Para recibirlas otra vez responde ALTA.",
        ),
        (Meaning(Intent.START), "marketing", True, "Recibirás ofertas otra vez. Para no recibirlas responde BAJA."),
        (Meaning(Intent.LANGUAGE, "en"), "language", "en", "We now write to you in English."),
        (Meaning(Intent.LANGUAGE, "es"), "language", "es", "Ahora te escribimos en español."),
    ],
)
def test_a_wish_is_written_noted_and_confirmed(meaning: Meaning, name: str, value: object, text: str) -> None:
    """A new language is confirmed in that language."""
    preference, noted, told = fulfil(wish(meaning))
    assert isinstance(preference, RecordPreference)
    assert isinstance(noted, RecordAudit)
    assert isinstance(told, SendSms)
    assert (preference.subscription, preference.name, preference.value) == (ana().id, name, value)
    assert (noted.actor, noted.action, noted.detail) == ("sms", "preference.set", {"name": name, "value": value})
    assert (told.text, told.msisdn, told.source, told.key) == (text, ANA, NUMBER, "reply:1")
    assert (told.purpose, told.repeat_text) == (Purpose.REPLY, "")


def test_who_asks_for_help_always_gets_it() -> None:
    """Asking is not a text that nobody understands, so it is not counted."""
    (told,) = fulfil(wish(Meaning(Intent.HELP), ana(help_at=TUESDAY)))
    assert isinstance(told, SendSms)
    assert told.text.startswith("Responde 1 para comprar la última oferta, BAJA")


def test_what_nobody_understands_is_answered_with_help_and_that_is_noted() -> None:
    """So that it comes once."""
    noted, told = fulfil(wish(UNKNOWN))
    assert noted == RecordHelpGiven(ana().id, TUESDAY)
    assert isinstance(told, SendSms)


@pytest.mark.parametrize("intent", [Intent.ACCEPT, Intent.DECLINE])
def test_an_answer_to_no_offer_hears_that_there_is_none(intent: Intent) -> None:
    """It was understood, so it is no case for help, and nothing is noted."""
    (told,) = fulfil(wish(Meaning(intent), ana(help_at=TUESDAY)))
    assert isinstance(told, SendSms)
    assert told.text == "Ahora no tienes ofertas abiertas."


@pytest.mark.parametrize(
    ("since", "answers"), [(timedelta(0), 0), (HELP_EVERY - timedelta(microseconds=1), 0), (HELP_EVERY, 2)]
)
def test_help_for_an_unknown_text_comes_once_a_day(since: timedelta, answers: int) -> None:
    """Two machines never talk to each other forever."""
    assert len(fulfil(wish(UNKNOWN, ana(help_at=TUESDAY - since)))) == answers


def test_a_change_from_elsewhere_names_who_made_it() -> None:
    """The operator's own system is not the subscriber."""
    preference, noted = change(ana(), TUESDAY, "crm", "alerts", value=False)
    assert preference == RecordPreference(ana().id, "alerts", value=False)
    assert isinstance(noted, RecordAudit)
    assert noted.actor == "crm"
