"""What is known of how people live with their phone, source by source, each kept only while its own consent stands.

A source is a purpose of its own in the consent ledger (ADR 33). One yes on a screen that says what is kept gives it,
one answer takes it back, and with it everything that was kept of that source goes. Somebody who was never asked is as
the market's law has it: nothing is kept of the sources that want a yes beforehand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from flows.consent_record import recorded
from flows.effects import Effect, RecordBehaviourOver
from flows.frozen import dataclass
from flows.records import Subscriber
from flows.values import Channel

_PURPOSE = "behaviour_"


class Source(StrEnum):
    """Where behaviour is known from."""

    SESSIONS = "sessions"
    RECHARGES = "recharges"
    CATEGORIES = "categories"
    PLACES = "places"
    DEVICE = "device"
    SUPPORT = "support"
    SOCIAL = "social"

    @property
    def purpose(self) -> str:
        """Its purpose in the consent ledger."""
        return _PURPOSE + self.value


PURPOSES: Mapping[str, Source] = {source.purpose: source for source in Source}


@dataclass(frozen=True, slots=True)
class BehaviourRecord:
    """One thing that was told of somebody.

    values: by source: ``bytes``; ``amount``, ``currency``; ``category``, ``bytes``; ``place``; ``battery``,
    ``storage_free``, ``crashes``; ``topic``; ``sentiment``.
    """

    source: Source
    at: datetime
    values: Mapping[str, Any]


def stands(source: Source, latest: str | None, prior: Collection[str]) -> bool:
    """Whether it may be kept. latest: of the consent records, ``given`` or ``withdrawn``, None for never asked.

    prior: the sources for which the market wants a yes beforehand.
    """
    return source not in prior if latest is None else latest == "given"


@dataclass(frozen=True, slots=True)
class SourceAnswered:
    """A person said whether a source may be kept.

    prompt: the screen that said what is kept, exactly as shown; reply: what was typed or tapped at it.
    latest: as for ``stands``. record_id: for the record that may follow.
    """

    at: datetime
    subscriber: Subscriber
    source: Source
    keep: bool
    prompt: str
    reply: str
    language: str
    menu: str
    menu_version: str
    channel: Channel
    session: str
    jurisdiction: str
    latest: str | None
    record_id: str


def answer(fact: SourceAnswered) -> tuple[Effect, ...]:
    """The effects of an answer; none where it says what the newest record says already."""
    event: Literal["given", "withdrawn"] = "given" if fact.keep else "withdrawn"
    if fact.latest == event:
        return ()
    effects = recorded(fact, event, fact.source.purpose, (fact.prompt,), (fact.reply,))
    return effects if fact.keep else (*effects, RecordBehaviourOver(fact.subscriber.id, (fact.source.value,)))
