"""The quick table of a business machine does what the machine does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from statemachine.exceptions import TransitionNotAllowed

from fakes import ANA, NUMBER, PRICE, TUESDAY, ana, offer, order
from flows.offer import OfferAnswered, OfferFlow, OfferTimedOut
from flows.purchase import PurchaseFlow
from flows.purchase_facts import (
    BundleActivated,
    BundleRefused,
    LeftToPerson,
    OutcomeWasUnknown,
    PurchaseNotSent,
    PurchaseSent,
)
from flows.step import Flow, Step
from flows.telling import Telling
from flows.texts import Voice
from flows.values import Channel
from locales.catalogues import Catalogues

OFFER, PURCHASE = OfferFlow(), PurchaseFlow()


def taken(flow: Flow, way: str, state: str, event: str, **facts: object) -> Step | str:
    """The step, or the name of the refusal."""
    try:
        return getattr(flow, way)(state, event, **facts)  # type: ignore[no-any-return]
    except TransitionNotAllowed as error:
        return type(error).__name__


@pytest.mark.parametrize("event", ["accept", "decline", "time_out"])
@pytest.mark.parametrize("state", ["open", "accepted", "declined", "expired"])
@pytest.mark.parametrize("hours", [0, 25])
@pytest.mark.parametrize("channel", [Channel.SMS, Channel.USSD])
def test_offers(catalogues: Catalogues, channel: Channel, hours: int, state: str, event: str) -> None:
    """In every state, in time and late."""
    at = TUESDAY + timedelta(hours=hours)
    voice = Voice(catalogues, "es")
    answered = OfferAnswered(at, channel, ana(), ANA, voice, "1 GB", NUMBER, "k", "confirmed")
    fact = OfferTimedOut(at) if event == "time_out" else answered
    steps = [taken(OFFER, way, state, event, offer=offer(), fact=fact) for way in ("step", "step_by_machine")]
    assert steps[0] == steps[1]


@pytest.mark.parametrize("event", ["send_out", "not_sent", "activate", "refuse", "lose_sight", "hand_over"])
@pytest.mark.parametrize("state", ["pending", "sent", "in_doubt", "confirmed", "declined"])
@pytest.mark.parametrize("queries", [0, 2])
def test_purchases(catalogues: Catalogues, queries: int, state: str, event: str) -> None:
    """In every state, also where the event is out of place."""
    telling = Telling(Voice(catalogues, "es"), "1 GB", NUMBER)
    fact = {
        "send_out": PurchaseSent(TUESDAY),
        "not_sent": PurchaseNotSent(TUESDAY, "no"),
        "activate": BundleActivated(TUESDAY, "r-1", PRICE, telling),
        "refuse": BundleRefused(TUESDAY, "rejected", "no", telling),
        "lose_sight": OutcomeWasUnknown(TUESDAY, "late", True, telling),
        "hand_over": LeftToPerson(TUESDAY, "late", telling),
    }[event]
    about = order(state=state, queries=queries)
    steps = [taken(PURCHASE, way, state, event, order=about, fact=fact) for way in ("step", "step_by_machine")]
    assert steps[0] == steps[1]
