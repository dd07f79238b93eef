"""What of a step the operator's own systems hear."""

from __future__ import annotations

from itertools import chain

import pytest

from fakes import ANA, ANAS, TUESDAY, consent, record_offer, sms
from flows.announcements import EVENTS, announcements
from flows.effects import Effect, RecordDropped, RecordOffersOver, RecordOfferState, RecordOrderState, RecordRefunded
from flows.purchase import NEEDS_PERSON
from flows.values import OfferId, OrderKey

_OFFER, _ORDER = OfferId("off-1"), OrderKey("ord-off-1")


def _moved(state: str, *, settled: bool = False, queried: bool = False, reason: str | None = None) -> RecordOrderState:
    return RecordOrderState(_ORDER, state, TUESDAY, settled=settled, queried=queried, reason=reason)


@pytest.mark.parametrize(
    ("effect", "event", "about"),
    [
        (record_offer(), "offer.made", "off-1"),
        (RecordOfferState(_OFFER, "accepted", TUESDAY, _ORDER), "offer.accepted", "off-1"),
        (RecordOfferState(_OFFER, "declined", TUESDAY), "offer.declined", "off-1"),
        (RecordOfferState(_OFFER, "expired", TUESDAY), "offer.expired", "off-1"),
        (RecordDropped(_OFFER, TUESDAY), "offer.declined", "off-1"),
        (_moved("confirmed", settled=True), "order.confirmed", "ord-off-1"),
        (_moved("declined", settled=True), "order.declined", "ord-off-1"),
        (_moved("in_doubt"), "order.in_doubt", "ord-off-1"),
        (_moved("in_doubt", reason=NEEDS_PERSON), "order.in_doubt", "ord-off-1"),
        (RecordRefunded(_ORDER, "refunded", TUESDAY), "order.refunded", "ord-off-1"),
        (consent(), "consent.recorded", "con-1"),
    ],
)
def test_what_happens_to_offers_orders_and_consents_is_told(effect: Effect, event: str, about: str) -> None:
    """Under a name that endpoints can ask for, with nobody's number in it."""
    (told,) = announcements(effect)
    assert (told.event, told.about, told.at) == (event, about, TUESDAY)
    assert event in chain.from_iterable(EVENTS.values())
    assert ANA not in str(told.facts)


def test_each_offer_that_ends_with_a_subscription_is_told() -> None:
    """As one whose time is over."""
    told = announcements(RecordOffersOver(ANAS, TUESDAY, (_OFFER, OfferId("off-2"))))
    assert [(one.event, one.about, one.at) for one in told] == [
        ("offer.expired", "off-1", TUESDAY),
        ("offer.expired", "off-2", TUESDAY),
    ]


@pytest.mark.parametrize(
    "effect",
    [
        sms(),
        RecordOffersOver(ANAS, TUESDAY),
        record_offer(accepted=_ORDER),
        _moved("sent"),
        _moved("pending"),
        _moved("in_doubt", queried=True),
    ],
    ids=["a text", "nothing was open", "a sale from the menu is no offer", "sent", "pending", "one more question"],
)
def test_what_is_on_its_way_is_not_told(effect: Effect) -> None:
    """Nor each question that leaves a doubt open."""
    assert announcements(effect) == ()
