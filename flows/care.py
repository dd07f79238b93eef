"""What a person asks of other people: that a problem is looked at, that somebody calls them back.

Each a few times a day and no more, so that nobody is pestered. The text's key is made from the day and the count: two
sessions at once cannot both be the third.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from hashlib import blake2b

from flows.effects import Effect, RecordAudit, SendSms
from flows.frozen import dataclass
from flows.records import Subscriber
from flows.texts import Voice
from flows.values import Channel, Msisdn, Purpose, SubscriptionId

MOST_A_DAY = 3
REPORTED = "care.reported"
CALL_ASKED = "care.call_asked"
ACTIONS: Mapping[str, str] = {"report_problem": REPORTED, "call_me": CALL_ASKED}
"""By command what the audit calls it, and what is counted."""
_CALL_WITHIN = timedelta(hours=6)
"""After that a request to call back is no longer wanted."""
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without those that are taken for another one when they are read out."""
_REFERENCE_LENGTH = 6


@dataclass(frozen=True, slots=True)
class CareAsked:
    """A person asks for something.

    key: identifies the turn. day: the person's; so_far: what they asked for of this kind on it, this one not counted.
    source: the service number.
    """

    at: datetime
    subscriber: Subscriber
    key: str
    day: date
    so_far: int
    source: str

    @property
    def too_many(self) -> bool:
        """Whether the day's share is used up."""
        return self.so_far >= MOST_A_DAY


@dataclass(frozen=True, slots=True)
class Called:
    """Who is asked to call. subscription: theirs, or the caller's for somebody we do not know."""

    msisdn: Msisdn
    subscription: SubscriptionId
    voice: Voice


def reference(key: str) -> str:
    """The short name of a report, for a call to customer care; the same turn has the same."""
    number = int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")
    return "".join(_LETTERS[number >> (5 * at) & 31] for at in range(_REFERENCE_LENGTH))


def report(asked: CareAsked, kind: str, voice: Voice) -> tuple[Effect, ...]:
    """A problem of this kind is noted, and its reference texted."""
    name, person = reference(asked.key), asked.subscriber
    return (
        _noted(asked, REPORTED, {"kind": kind, "reference": name}),
        SendSms(
            key=_key(asked, REPORTED),
            subscription=person.id,
            msisdn=person.msisdn,
            source=asked.source,
            text=voice.report_noted(name),
            purpose=Purpose.REPLY,
            at=asked.at,
        ),
    )


def ask_for_call(asked: CareAsked, called: Called) -> tuple[Effect, ...]:
    """One text to whoever shall call, never repeated."""
    return (
        _noted(asked, CALL_ASKED, {}),
        SendSms(
            key=_key(asked, CALL_ASKED),
            subscription=called.subscription,
            msisdn=called.msisdn,
            source=asked.source,
            text=called.voice.call_asked(asked.subscriber.msisdn),
            purpose=Purpose.REPLY,
            at=asked.at,
            expires_at=asked.at + _CALL_WITHIN,
        ),
    )


def _noted(asked: CareAsked, action: str, detail: dict[str, str]) -> RecordAudit:
    return RecordAudit(actor=Channel.USSD, action=action, subscription=asked.subscriber.id, at=asked.at, detail=detail)


def _key(asked: CareAsked, action: str) -> str:
    return f"{action}:{asked.subscriber.id}:{asked.day}:{asked.so_far + 1}"
