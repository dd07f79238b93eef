"""What a person wants to get, and in which language. Each wish holds at once and is confirmed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flows.effects import Effect, RecordAudit, RecordHelpGiven, RecordPreference, SendSms
from flows.keywords import Intent, Meaning
from flows.records import Subscriber
from flows.texts import Voice
from flows.values import Purpose

HELP_EVERY = timedelta(hours=24)
"""Help for a text that nobody understands comes once in this time, so that two machines never talk forever."""


@dataclass(frozen=True, slots=True)
class WishTexted:
    """A text that is not about an offer that we made.

    reply_key: from the message; source: the service number to answer from.
    """

    at: datetime
    subscriber: Subscriber
    voice: Voice
    meaning: Meaning
    source: str
    reply_key: str


def fulfil(wish: WishTexted) -> tuple[Effect, ...]:
    """The effects of a wish; none for a text that was already answered with help."""
    match wish.meaning.intent:
        case Intent.STOP:
            return (*change(wish.subscriber, wish.at, "sms", "marketing", value=False), _say(wish, "offers_stopped"))
        case Intent.START:
            return (*change(wish.subscriber, wish.at, "sms", "marketing", value=True), _say(wish, "offers_started"))
        case Intent.LANGUAGE:
            language = wish.meaning.language
            spoken = replace(wish, voice=replace(wish.voice, language=language))
            return (*change(wish.subscriber, wish.at, "sms", "language", value=language), _say(spoken, "language_set"))
        case Intent.ACCEPT | Intent.DECLINE:
            return (_say(wish, "no_offer"),)
        case Intent.HELP:
            return (_say(wish, "help"),)
        case _:
            return _help_once(wish)


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


def _help_once(wish: WishTexted) -> tuple[Effect, ...]:
    last = wish.subscriber.help_at
    if last is not None and wish.at - last < HELP_EVERY:
        return ()
    return (RecordHelpGiven(subscription=wish.subscriber.id, at=wish.at), _say(wish, "help"))


def _say(wish: WishTexted, what: str) -> SendSms:
    text = {
        "offers_stopped": wish.voice.offers_stopped,
        "offers_started": wish.voice.offers_started,
        "language_set": wish.voice.language_set,
        "no_offer": wish.voice.no_offer,
        "help": wish.voice.help,
    }[what]()
    return SendSms(
        key=wish.reply_key,
        subscription=wish.subscriber.id,
        msisdn=wish.subscriber.msisdn,
        source=wish.source,
        text=text,
        purpose=Purpose.REPLY,
        at=wish.at,
    )
