"""How one text is answered: to whom, from which number, under which key; and how many answers an hour there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from flows.effects import Effect, RecordAnswered, SendSms
from flows.frozen import dataclass
from flows.records import Subscriber
from flows.texts import Voice
from flows.values import OfferId, Purpose

MOST_ANSWERS = 20
"""In one hour to one person: beyond that a machine is at the other end, or somebody who plays."""
WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Texter:
    """Who has texted. source: the service number to answer from; reply_key: from the message.

    operator: the name that people know us by, empty for none.
    """

    at: datetime
    subscriber: Subscriber
    voice: Voice
    source: str
    reply_key: str
    operator: str = ""

    def speaking(self, language: str) -> Texter:
        """The same person, in another language."""
        return replace(self, voice=replace(self.voice, language=language))

    def answer(self, text: str, *, asks: bool = False, names: tuple[OfferId, ...] = ()) -> SendSms:
        """The one answer. asks: it wants one in turn. names: see ``SendSms``."""
        return SendSms(
            key=self.reply_key,
            subscription=self.subscriber.id,
            msisdn=self.subscriber.msisdn,
            source=self.source,
            text=text,
            purpose=Purpose.REPLY,
            at=self.at,
            asks=asks,
            names=names,
        )


def capped(effects: Iterable[Effect], person: Subscriber, at: datetime) -> tuple[tuple[Effect, ...], bool]:
    """The effects with their answer counted, or without it where there were too many; and whether it was left out.

    What was wished for still holds then. An answer that asks for another takes all along with it: what nobody was asked
    must not be waiting for a yes.
    """
    wanted = tuple(effects)
    answers = [one for one in wanted if isinstance(one, SendSms)]
    if not answers:
        return wanted, False
    since = person.answers_since
    fresh = since is None or not since <= at < since + WITHIN
    count = 0 if fresh else person.answers_count
    if count < MOST_ANSWERS:
        begun = at if since is None or fresh else since
        return (*wanted, RecordAnswered(person.id, begun, count + 1)), False
    if any(one.asks for one in answers):
        return (), True
    return tuple(one for one in wanted if not isinstance(one, SendSms)), True
