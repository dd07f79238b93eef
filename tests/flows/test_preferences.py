"""A wish holds at once, is confirmed, and is noted."""

from __future__ import annotations

import pytest

from fakes import ANA, NUMBER, TUESDAY, ana
from flows.answering import Texter
from flows.effects import Effect, RecordAudit, RecordPreference, SendSms
from flows.keywords import Topic
from flows.preferences import change, speak, start, stop
from flows.records import Subscriber
from flows.texts import Voice
from flows.values import Purpose
from locales.catalogues import load_catalogues

CATALOGUES = load_catalogues()


def texter(person: Subscriber | None = None) -> Texter:
    """A person who has texted."""
    subscriber = person or ana()
    return Texter(TUESDAY, subscriber, Voice(CATALOGUES, subscriber.language), NUMBER, "reply:1")


def set_by(effects: tuple[Effect, ...]) -> dict[str, object]:
    """The preferences that were written, each with its note."""
    preferences = [one for one in effects if isinstance(one, RecordPreference)]
    notes = [one for one in effects if isinstance(one, RecordAudit)]
    assert [note.detail for note in notes] == [{"name": one.name, "value": one.value} for one in preferences]
    assert {(note.actor, note.action) for note in notes} <= {("sms", "preference.set")}
    return {one.name: one.value for one in preferences}


def told(effects: tuple[Effect, ...]) -> str:
    """The one answer."""
    (text,) = [one for one in effects if isinstance(one, SendSms)]
    assert (text.msisdn, text.source, text.key, text.purpose) == (ANA, NUMBER, "reply:1", Purpose.REPLY)
    assert (text.repeat_text, text.asks) == ("", False)
    return text.text


@pytest.mark.parametrize(
    ("topic", "written", "text"),
    [
        (
            Topic.OFFERS,
            {"marketing": False},
            "No recibirás más ofertas. Para recibirlas otra vez responde ALTA.",
        ),
        (
            Topic.ALERTS,
            {"alerts": False},
            "No recibirás más alertas sobre tus paquetes. Para recibirlas otra vez responde ALTA ALERTAS.",
        ),
        (
            Topic.ALL,
            {"alerts": False, "marketing": False},
            "No recibirás más ofertas ni alertas. Para recibirlas otra vez responde ALTA TODO.",
        ),
    ],
)
def test_who_wants_out_is_out_at_once(topic: Topic, written: dict[str, object], text: str) -> None:
    """Of offers, of alerts, or of both, and is told the way back."""
    effects = stop(texter(ana(marketing=True)), topic, alerts_mandatory=False)
    assert (set_by(effects), told(effects)) == (written, text)


@pytest.mark.parametrize(
    ("topic", "written", "text"),
    [
        (Topic.OFFERS, {"marketing": True}, "Recibirás ofertas otra vez. Para no recibirlas responde BAJA."),
        (
            Topic.ALERTS,
            {"alerts": True},
            "Recibirás otra vez alertas sobre tus paquetes. Para no recibirlas responde BAJA ALERTAS.",
        ),
        (
            Topic.ALL,
            {"alerts": True, "marketing": True},
            "Recibirás ofertas y alertas otra vez. Para no recibirlas responde BAJA TODO.",
        ),
    ],
)
def test_who_wants_in_is_in_at_once(topic: Topic, written: dict[str, object], text: str) -> None:
    """And is told the way out."""
    effects = start(texter(ana(marketing=False, alerts=False)), topic)
    assert (set_by(effects), told(effects)) == (written, text)


def test_a_person_never_asked_who_wants_out_has_said_no() -> None:
    """That is more than never having said yes."""
    assert set_by(stop(texter(), Topic.OFFERS, alerts_mandatory=False)) == {"marketing": False}


@pytest.mark.parametrize("topic", list(Topic))
def test_who_is_out_already_is_told_so_again(topic: Topic) -> None:
    """A repeated opt-out is confirmed each time and sets nothing new; so is an opt-in."""
    out, in_ = texter(ana(marketing=False, alerts=False)), texter(ana(marketing=True, alerts=True))
    for effects in (stop(out, topic, alerts_mandatory=False), start(in_, topic)):
        assert set_by(effects) == {}
        assert told(effects)


@pytest.mark.parametrize(
    ("topic", "written", "text"),
    [
        (Topic.OFFERS, {"marketing": False}, "No recibirás más ofertas. Para recibirlas otra vez responde ALTA."),
        (Topic.ALERTS, {}, "La ley nos pide las alertas sobre tus paquetes: siguen activas."),
        (
            Topic.ALL,
            {"marketing": False},
            "No recibirás más ofertas; con ALTA vuelven. Las alertas siguen: la ley las pide.",
        ),
    ],
)
def test_alerts_that_the_law_wants_stay(topic: Topic, written: dict[str, object], text: str) -> None:
    """Nobody is promised what is not done."""
    effects = stop(texter(ana(marketing=True)), topic, alerts_mandatory=True)
    assert (set_by(effects), told(effects)) == (written, text)


@pytest.mark.parametrize(
    ("language", "text"), [("en", "We now write to you in English."), ("es", "Ahora te escribimos en español.")]
)
def test_a_new_language_is_confirmed_in_itself(language: str, text: str) -> None:
    """Also the one that is spoken already."""
    effects = speak(texter(), language)
    assert (set_by(effects), told(effects)) == ({"language": language}, text)


def test_a_change_from_elsewhere_names_who_made_it() -> None:
    """The operator's own system is not the subscriber."""
    preference, noted = change(ana(), TUESDAY, "crm", "alerts", value=False)
    assert preference == RecordPreference(ana().id, "alerts", value=False)
    assert isinstance(noted, RecordAudit)
    assert noted.actor == "crm"
