"""A text that the operator's own systems ask for: now or at a time, alone or as part of a campaign."""

from __future__ import annotations

from datetime import datetime

from flows import contact_policy
from flows.contact_policy import Allowed, ContactSwitches
from flows.effects import Effect, RecordAudit, RecordMarketingContact, SendSms
from flows.frozen import dataclass
from flows.market import MarketRules
from flows.records import Subscriber
from flows.values import Channel, Purpose


@dataclass(frozen=True, slots=True)
class TextAsked:
    """Somebody wants a text to be sent.

    key: idempotency key. actor: who asks. send_at: None = at once; until: after that it is pointless.
    """

    at: datetime
    actor: str
    key: str
    subscriber: Subscriber
    text: str
    purpose: Purpose
    source: str
    campaign: str
    asks: bool
    send_at: datetime | None
    until: datetime
    rules: MarketRules
    switches: ContactSwitches


def send(asked: TextAsked) -> tuple[Effect, ...]:
    """The text; kept and not sent where the person may not be contacted for this purpose at that time."""
    goes_at = asked.send_at or asked.at
    decision = contact_policy.decide(
        rules=asked.rules,
        purpose=asked.purpose,
        subscriber=asked.subscriber,
        at=goes_at,
        channel=Channel.SMS,
        switches=asked.switches,
    )
    text = SendSms(
        key=asked.key,
        subscription=asked.subscriber.id,
        msisdn=asked.subscriber.msisdn,
        source=asked.source,
        text=asked.text,
        purpose=asked.purpose,
        at=asked.at,
        repeat_text=asked.text if asked.purpose in (Purpose.ALERT, Purpose.CONFIRMATION) else "",
        expires_at=asked.until,
        suppressed="" if isinstance(decision, Allowed) else decision.reason,
        not_before=asked.send_at,
        asks=asked.asks,
        campaign=asked.campaign,
    )
    noted = RecordAudit(
        actor=asked.actor,
        action="text.asked",
        subscription=asked.subscriber.id,
        at=asked.at,
        detail={"purpose": asked.purpose, "campaign": asked.campaign},
    )
    at_once = asked.send_at is None  # what goes later counts when it goes
    if asked.purpose is not Purpose.MARKETING or not at_once or not isinstance(decision, Allowed):
        return text, noted
    contact = RecordMarketingContact(asked.subscriber.id, asked.at, Channel.SMS, decision.count_today + 1)
    return text, noted, contact
