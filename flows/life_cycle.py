"""What becomes of a subscription when its SIM or number does.

A recycled or ported-out number brings a new person: offers, language and preferences end with the old
subscription, and the next event about that number opens a new one.
"""

from __future__ import annotations

from datetime import datetime

from flows.effects import Effect, RecordAudit, RecordPointless, RecordPreference, RecordSubscriptionState
from flows.events import LifeCycle, LifeCycleChanged
from flows.records import Subscriber


def change(subscriber: Subscriber, event: LifeCycleChanged, at: datetime) -> tuple[Effect, ...]:
    """The effects of a life-cycle event on the subscription that holds the number."""
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
    if state == "ended":  # the number may be somebody else's by the time that a text arrives
        effects.append(RecordPointless(subscriber.id, at, "subscription_ended"))
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
