"""Consent to number porting: asked for explicitly, given twice, withdrawn at once (ADR 0009).

    none ──agree──▶ agreed ──confirm──▶ given ──withdraw──▶ withdrawn ──agree──▶ agreed …

The first yes is remembered by the session alone, as the screen that was shown and what was typed at it: a record
holds both screens, so that a consent without its first yes cannot be written. Withdrawing takes one answer, which
is never more than giving took (GDPR art. 7(3), LGPD art. 8 §5).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flows.consent_record import recorded
from flows.effects import Effect
from flows.frozen import dataclass
from flows.records import Subscriber
from flows.values import Channel

PURPOSE = "number_porting"
"""The one purpose that is asked for; another purpose needs another consent (LGPD art. 8 §4)."""
LAWFUL_BASIS = "consent"
CONFIRMATIONS = 2
"""Answers that make a consent."""


@dataclass(frozen=True, slots=True)
class ConsentAnswered:
    """A person answered a screen about porting consent.

    prompts, replies: every consent screen that they answered in this session, exactly as rendered, with what they
    typed at it, oldest first and this answer last. in_force: whether a consent stands now.
    record_id: for the record that may follow.
    """

    at: datetime
    subscriber: Subscriber
    language: str
    prompts: tuple[str, ...]
    replies: tuple[str, ...]
    menu: str
    menu_version: str
    channel: Channel
    session: str
    jurisdiction: str
    in_force: bool
    record_id: str


@dataclass(frozen=True, slots=True)
class ConsentOutcome:
    """What came of an answer, in a word that a menu can branch on, and the effects to carry out."""

    word: Literal["agreed", "given", "missing", "withdrawn", "none"]
    effects: tuple[Effect, ...] = ()


def agree(fact: ConsentAnswered) -> ConsentOutcome:
    """The first yes: ``agreed``. It counts for nothing yet, so nothing is written."""
    return ConsentOutcome("agreed")


def confirm(fact: ConsentAnswered) -> ConsentOutcome:
    """The second yes: ``given``, or ``missing`` when this session holds no first one.

    A consent that stands is not written again.
    """
    if fact.in_force:
        return ConsentOutcome("given")
    if len(fact.prompts) < CONFIRMATIONS or len(fact.replies) != len(fact.prompts):
        return ConsentOutcome("missing")
    return ConsentOutcome("given", _recorded(fact, "given"))


def withdraw(fact: ConsentAnswered) -> ConsentOutcome:
    """The consent ends at once: ``withdrawn``, or ``none`` when there is nothing to withdraw."""
    if not fact.in_force:
        return ConsentOutcome("none")
    return ConsentOutcome("withdrawn", _recorded(fact, "withdrawn"))


def _recorded(fact: ConsentAnswered, event: Literal["given", "withdrawn"]) -> tuple[Effect, ...]:
    return recorded(fact, event, PURPOSE, fact.prompts, fact.replies)
