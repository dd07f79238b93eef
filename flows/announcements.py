"""What the operator's own systems hear of a step: offers, orders and consents, as events with what they knew then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flows.effects import (
    Effect,
    RecordConsent,
    RecordDropped,
    RecordOffer,
    RecordOffersOver,
    RecordOfferState,
    RecordOrderState,
    RecordRefunded,
)
from flows.frozen import dataclass

EVENTS: Mapping[str, tuple[str, ...]] = {
    "offers": ("offer.made", "offer.accepted", "offer.declined", "offer.expired"),
    "orders": ("order.confirmed", "order.declined", "order.in_doubt", "order.refunded"),
    "consents": ("consent.recorded",),
}
"""Every event, by what it is about."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """One event. about: the offer's id, the order's key or the consent record's id.

    facts: what may be otherwise by the time it is told; no MSISDN: where people are is read then.
    """

    event: str
    about: str
    at: datetime
    facts: Mapping[str, Any]


def announcements(effect: Effect) -> tuple[Announcement, ...]:
    """What is told of an effect; nothing of most."""
    if isinstance(effect, RecordOffersOver):
        expired = {"state": "expired", "order": None}
        return tuple(Announcement("offer.expired", offer, effect.at, expired) for offer in effect.offers)
    told = _announcement(effect)
    return () if told is None else (told,)


def _announcement(effect: Effect) -> Announcement | None:
    """An offer that is born accepted was never made to anybody."""
    match effect:
        case RecordOffer(accepted=None):
            return Announcement("offer.made", effect.id, effect.at, {"state": "open"})
        case RecordOfferState():
            facts = {"state": effect.state, "order": effect.order}
            return Announcement(f"offer.{effect.state}", effect.id, effect.at, facts)
        case RecordDropped():
            return Announcement("offer.declined", effect.id, effect.at, {"state": "declined"})
        case RecordOrderState():
            return _of_order(effect)
        case RecordRefunded():
            facts = {"state": "refunded", "reason": effect.reason, "detail": None, "reference": None}
            return Announcement("order.refunded", effect.key, effect.at, facts)
        case RecordConsent():
            facts = {
                "subscription": effect.subscription,
                "event": effect.event,
                "purpose": effect.purpose,
                "language": effect.language,
                "channel": effect.channel,
            }
            return Announcement("consent.recorded", effect.record_id, effect.at, facts)
        case _:
            return None


def _of_order(effect: RecordOrderState) -> Announcement | None:
    """Of a doubt its begin, and that a person must look; not each question that left it open."""
    event = f"order.{effect.state}"
    if event not in EVENTS["orders"] or effect.queried:
        return None
    facts = {"state": effect.state, "reason": effect.reason, "detail": effect.detail, "reference": effect.reference}
    return Announcement(event, effect.key, effect.at, facts)
