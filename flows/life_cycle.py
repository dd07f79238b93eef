"""What becomes of a subscription when its SIM or number does.

A recycled or ported-out number brings a new person: offers, consents, language, preferences, behaviour and SIM end with
the old subscription, and the next event about that number opens a new one. Who is suspended is told and offered nothing
until they are active again. A new SIM may be in somebody else's hands: what was offered to the old one is not for sale
to it.
"""

from __future__ import annotations

from datetime import datetime

from flows.behaviour import Source
from flows.effects import (
    Effect,
    RecordAudit,
    RecordBehaviourOver,
    RecordBundlesOver,
    RecordOffersOver,
    RecordPointless,
    RecordPreference,
    RecordSimsOver,
    RecordSimSwapped,
    RecordSubscriptionState,
)
from flows.events import LifeCycle, LifeCycleChanged
from flows.records import Subscriber
from flows.values import OfferId


def change(
    subscriber: Subscriber, event: LifeCycleChanged, at: datetime, open_offers: tuple[OfferId, ...] = ()
) -> tuple[Effect, ...]:
    """The effects of a life-cycle event on the subscription that holds the number. open_offers: of it."""
    state = {
        LifeCycle.ACTIVATED: "active",
        LifeCycle.SUSPENDED: "suspended",
        LifeCycle.RECYCLED: "ended",
        LifeCycle.PORTED_OUT: "ended",
        LifeCycle.SIM_SWAPPED: subscriber.state,
    }[event.change]
    effects: list[Effect] = [
        RecordAudit(actor="ocs", action=event.change.value, subscription=subscriber.id, at=at),
    ]
    if state != subscriber.state:
        effects.append(RecordSubscriptionState(subscription=subscriber.id, state=state, at=at))
    if state in ("ended", "suspended"):  # the number may be somebody else's by the time that a text arrives
        effects += [RecordPointless(subscriber.id, at, f"subscription_{state}"), RecordBundlesOver(subscriber.id)]
    if state in ("ended", "suspended") or event.change is LifeCycle.SIM_SWAPPED:
        effects.append(RecordOffersOver(subscriber.id, at, open_offers))
    if state == "ended" or event.change is LifeCycle.SIM_SWAPPED:
        effects.append(RecordSimsOver(subscriber.id, at))
    if state == "ended":
        effects.append(RecordBehaviourOver(subscriber.id, tuple(map(str, Source))))
    if event.change is LifeCycle.SIM_SWAPPED:
        effects.append(RecordSimSwapped(subscriber.id, at))
    if event.change is LifeCycle.ACTIVATED:
        effects += [
            RecordPreference(subscription=subscriber.id, name=name, value=value)
            for name, value in (
                ("language", event.language),
                ("time_zone", event.time_zone),
                ("segment", event.segment),
                ("circle", event.circle),
            )
            if value
        ]
    if event.handset and state != "ended":
        effects.append(RecordPreference(subscription=subscriber.id, name="handset", value=event.handset))
    return tuple(effects)
