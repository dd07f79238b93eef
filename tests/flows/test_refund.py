"""A refund goes the way of a purchase; its payer hears of it when the money is there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes import ANA, NUMBER, TUESDAY, order
from flows.effects import Effect, RecordAudit, RecordOrderState, RecordRefunded, SendSms
from flows.purchase import NEEDS_PERSON
from flows.purchase_facts import BundleActivated, BundleRefused, OutcomeWasUnknown
from flows.refund import RefundFlow
from flows.telling import Telling
from flows.texts import Voice
from flows.values import Money, OfferId, OrderKey, OrderKind
from locales.catalogues import load_catalogues

FLOW = RefundFlow()
TELLING = Telling(Voice(load_catalogues(), "en"), "1 GB", NUMBER)
BACK = BundleActivated(TUESDAY, "ocs-r1", None, TELLING)
REFUND = replace(
    order(),
    key=OrderKey("ref-off-1"),
    offer=OfferId("ref-off-1"),
    gives_back=OrderKey("ord-off-1"),
    kind=OrderKind.REFUND,
    state="sent",
)


def states(effects: tuple[Effect, ...]) -> list[RecordOrderState]:
    """The states among the effects."""
    return [effect for effect in effects if isinstance(effect, RecordOrderState)]


@pytest.mark.parametrize("state", ["sent", "in_doubt"])
def test_the_payer_is_told_when_the_money_is_back_and_the_order_says_so(state: str) -> None:
    """In one step."""
    effects = FLOW.step(state, "activate", order=replace(REFUND, state=state), fact=BACK).effects
    (told,) = (effect for effect in effects if isinstance(effect, SendSms))
    assert (told.msisdn, told.key) == (ANA, "ref-off-1:refunded")
    assert told.text == "We have given you back COP 3,000 for 1 GB."
    assert RecordRefunded(OrderKey("ord-off-1"), "refunded", TUESDAY) in effects
    assert [(one.key, one.state, one.settled) for one in states(effects)] == [("ref-off-1", "confirmed", True)]


def test_a_part_that_is_back_leaves_the_order_as_it_is() -> None:
    """Only who got all of it back has bought nothing."""
    part = replace(REFUND, key=OrderKey("ref-dis-1"), offer=OfferId("ref-dis-1"), price=Money(1_000, "COP"))
    effects = FLOW.step("sent", "activate", order=part, fact=BACK).effects
    assert not any(isinstance(effect, RecordRefunded) for effect in effects)
    (told,) = (effect for effect in effects if isinstance(effect, SendSms))
    assert (told.key, told.text) == ("ref-dis-1:refunded", "We have given you back COP 10 for 1 GB.")


def test_a_refund_that_is_refused_is_a_persons_business() -> None:
    """Nobody is told anything that is not so."""
    refused = BundleRefused(TUESDAY, "rejected", "account closed", TELLING)
    effects = FLOW.step("sent", "refuse", order=REFUND, fact=refused).effects
    assert [(one.key, one.state, one.reason) for one in states(effects)] == [
        ("ref-off-1", "declined", "rejected"),
        ("ord-off-1", "in_doubt", NEEDS_PERSON),
    ]
    assert not any(isinstance(effect, SendSms) for effect in effects)
    (line,) = (effect for effect in effects if isinstance(effect, RecordAudit))
    assert line.action == "order.refund_refused"


def test_a_doubt_about_a_refund_is_told_to_nobody() -> None:
    """However long it lasts."""
    doubt = OutcomeWasUnknown(TUESDAY, "time-out", queried=True, telling=TELLING)
    for queries in range(6):
        effects = FLOW.step("sent", "lose_sight", order=replace(REFUND, queries=queries), fact=doubt).effects
        assert [type(effect) for effect in effects] == [RecordOrderState]
