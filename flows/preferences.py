"""What a person wants to get, and in which language. Each wish holds at once and is confirmed.

Whoever wants what they have already is told so, and nothing is written. Where the market's law asks for alerts, a text
does not end them: the switch in the menu does.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flows import reply_texts
from flows.answering import Texter
from flows.effects import Effect, RecordAudit, RecordPreference, SendSms
from flows.keywords import Topic
from flows.records import Subscriber


def stop(texter: Texter, topic: Topic, *, alerts_mandatory: bool) -> tuple[Effect, ...]:
    """No more offers, alerts, or either."""
    wanted = [name for name in _SWITCHES[topic] if name != "alerts" or not alerts_mandatory]
    text = reply_texts.stopped(texter.voice, topic, alerts_stay=alerts_mandatory)
    return (*_switched(texter, wanted, value=False), _answer(texter, text))


def start(texter: Texter, topic: Topic) -> tuple[Effect, ...]:
    """Offers, alerts, or both again. To marketing this is the express consent that some markets want beforehand."""
    text = reply_texts.started(texter.voice, topic)
    return (*_switched(texter, _SWITCHES[topic], value=True), _answer(texter, text))


def speak(texter: Texter, language: str) -> tuple[Effect, ...]:
    """Another language, confirmed in it."""
    spoken = texter.speaking(language)
    text = spoken.voice.language_set()
    return (*change(texter.subscriber, texter.at, "sms", "language", value=language), spoken.answer(text))


def change(subscriber: Subscriber, at: datetime, actor: str, name: str, *, value: str | bool) -> tuple[Effect, ...]:
    """Set one preference and note who did."""
    return (
        RecordPreference(subscription=subscriber.id, name=name, value=value),
        RecordAudit(
            actor=actor,
            action="preference.set",
            subscription=subscriber.id,
            at=at,
            detail={"name": name, "value": value},
        ),
    )


_SWITCHES = {Topic.OFFERS: ("marketing",), Topic.ALERTS: ("alerts",), Topic.ALL: ("alerts", "marketing")}


def _answer(texter: Texter, text: str) -> SendSms:
    """Whoever opts out or in is told of whom."""
    return texter.answer(reply_texts.signed(texter.voice, texter.operator, text))


def _switched(texter: Texter, names: Iterable[str], *, value: bool) -> tuple[Effect, ...]:
    person = texter.subscriber
    now = {"marketing": person.marketing, "alerts": person.alerts}
    return tuple(
        effect
        for name in names
        if now[name] is not value
        for effect in change(person, texter.at, "sms", name, value=value)
    )
