"""What is written when a person gives or takes back a consent: one more record of the chain, and a line of the audit.

What is asked, how often and in which words is the business of each consent (``flows.porting``, ``flows.behaviour``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from flows.effects import Effect, RecordAudit, RecordConsent
from flows.records import Subscriber
from flows.values import Channel


class Answered(Protocol):
    """Who answered, when, and on which screen of which menu.

    session: the channel's own id of the session or message. jurisdiction: the market's code.
    """

    @property
    def at(self) -> datetime: ...

    @property
    def subscriber(self) -> Subscriber: ...

    @property
    def language(self) -> str: ...

    @property
    def menu(self) -> str: ...

    @property
    def menu_version(self) -> str: ...

    @property
    def channel(self) -> Channel: ...

    @property
    def session(self) -> str: ...

    @property
    def jurisdiction(self) -> str: ...

    @property
    def record_id(self) -> str: ...


def recorded(
    fact: Answered,
    event: Literal["given", "withdrawn"],
    purpose: str,
    prompts: tuple[str, ...],
    replies: tuple[str, ...],
) -> tuple[Effect, ...]:
    """The effects. prompts: the screens exactly as shown, in that order; replies: what was typed at each, raw."""
    person = fact.subscriber
    return (
        RecordConsent(
            record_id=fact.record_id,
            subscription=person.id,
            msisdn=person.msisdn,
            event=event,
            purpose=purpose,
            prompts=prompts,
            replies=replies,
            language=fact.language,
            menu=fact.menu,
            menu_version=fact.menu_version,
            channel=fact.channel,
            session=fact.session,
            jurisdiction=fact.jurisdiction,
            at=fact.at,
        ),
        RecordAudit(
            actor=fact.channel,
            action=f"consent.{event}",
            subscription=person.id,
            at=fact.at,
            detail={"record": fact.record_id, "purpose": purpose},
        ),
    )
