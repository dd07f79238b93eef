"""A price of one's own is known before it is decided what to offer: who can pay it, what it earns, what is kept."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from deciding import learning

from fakes import ANA, BEN, GIGABYTE, House
from flows.documents import decode
from flows.effects import RecordDecision, RecordPreference
from flows.events import BundleChange, BundleReported, Trigger
from flows.records import Offer
from flows.values import Bucket, Money, Msisdn, Unit, Wallet
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.price_windows import PricePolicy
from gateway.core.pricing import Prices
from gateway.core.recommending import Occasion, Recommender
from gateway.core.replaying import Replayed, replay
from gateway.core.triggers import TriggerDesk, Triggered
from gateway.jobs.ranking_learner import ranker_of
from scoring import packed
from scoring.offer_features import FEATURES
from scoring.pricing import Terms
from store import decisions, inbox, offers, ranking_states, subscriptions
from store import prices as kept
from store.errors import StoreError
from store.ids import new_id
from store.inbox import Entry
from store.prices import Risk
from store.record import write
from store.tables import incentives
from store.unit import Unit as Written

LISTED, PRICE = 300_000, 210_000
"""Of a gigabyte: with so much at stake the floor decides."""
BALANCE = Money(250_000, "COP")
"""Which does not pay a gigabyte at the list's price."""


@pytest.fixture
def desk(house: House, committer: Committer, facts: Facts) -> TriggerDesk:
    """The desk of the test at any hour, with prices for who may leave, and a budget that is enough for everybody."""
    random.seed(5)
    house.context.switches = replace(house.context.switches, quiet_hours="off")
    priced(house)
    house.ocs.otherwise = Wallet(BALANCE)
    return TriggerDesk(house.context, facts, committer)


def priced(house: House, budget: int = 10_000_000) -> None:
    """From now on with this budget."""
    policy = PricePolicy(Terms(700, 400_000, 100, 5_000), budget, timedelta(hours=72), usual_margin=20_000_000)
    context = house.context
    context.prices = Prices(
        policy, context.catalogue, context.zone, reader=house.reader, writer=house.writer, metrics=context.metrics
    )


async def may_leave(house: House, *people: Msisdn) -> None:
    """These agreed to offers, and it is known that they may leave."""
    at = house.clock()
    for msisdn in people:
        person = subscriptions.begin(msisdn, "es", at)
        await house.writer.commit(subscriptions.create(person, at))
        await house.writer.commit(write([RecordPreference(person.id, "marketing", value=True)]).unit)
        await house.writer.commit(Written(ops=(kept.put_risk(person.id, Risk(0.4, "model", at)),)))


async def run_low_at_once(house: House, desk: TriggerDesk, *people: Msisdn) -> list[Offer | None]:
    """What each of these is offered, in order, when their bundles run low in one batch."""
    at = house.clock()
    work = []
    for msisdn in people:
        bundle = Bucket(new_id(at), Unit.BYTE, 90 * 2**20, 2**30, at + timedelta(days=2))
        event = BundleReported(BundleChange.DEPLETING, bundle, GIGABYTE, at - timedelta(days=5), threshold=0.1)
        entry = Entry(new_id(at), "trigger", "ocs", new_id(at), msisdn, "{}", at)
        await house.writer.commit(inbox.take_in(entry))
        work.append(Triggered(entry, Trigger(msisdn, at, event)))
    assert await desk.work(work) == []
    found = await subscriptions.by_msisdn(house.reader, people)
    made = [await offers.open_of(house.reader, found[msisdn].id, at) for msisdn in people]
    return [one[0] if one else None for one in made]


async def again(house: House, offer: Offer) -> tuple[RecordDecision, Replayed]:
    """The decision on an offer, and the same made once more from what is in the store."""
    decision = await decisions.by_id(house.reader, offer.id)
    assert decision is not None
    on_sale = await decisions.on_sale(house.reader, decision.offers)
    assert on_sale is not None
    state = await ranking_states.by_id(house.reader, decision.state) if decision.state else None
    return decision, replay(decision, on_sale, ranker_of(state) if state else None)


async def test_who_can_pay_their_own_price_is_offered_what_the_list_makes_too_dear(
    house: House, desk: TriggerDesk
) -> None:
    """At the margin that is left; the decision keeps the price, and comes out the same again with its reasons."""
    await may_leave(house, ANA)
    offer, other = await run_low_at_once(house, desk, ANA, BEN)
    assert offer is not None
    assert (offer.bundle, offer.price) == (GIGABYTE, Money(PRICE, "COP"))
    _, found = await again(house, offer)
    assert found.same
    assert found.own[GIGABYTE] == PRICE
    assert decode(offer.decision)["reasons"] == found.reasons
    assert {name: found.reasons[name] for name in ("price", "listed", "currency", "margin")} == {
        "price": PRICE,
        "listed": LISTED,
        "currency": "COP",
        "margin": 180_000 - (LISTED - PRICE),
    }
    assert other is not None  # who has no price of their own, and the same balance
    assert (other.bundle, other.price.amount) == ("data-500mb-3d", 200_000)


async def test_who_agreed_and_stays_is_decided_on_by_the_list(house: House, desk: TriggerDesk) -> None:
    """In the same batch, as if nobody had a price of their own: the same bytes are kept."""
    await may_leave(house, ANA, BEN)
    ben = (await subscriptions.by_msisdn(house.reader, [BEN]))[BEN]
    await house.writer.commit(Written(ops=(kept.put_risk(ben.id, Risk(0.0, "model", house.clock())),)))
    _, offer = await run_low_at_once(house, desk, ANA, BEN)
    assert offer is not None
    assert offer.price.amount <= BALANCE.amount < LISTED
    beside, found = await again(house, offer)
    assert found.same
    assert found.own == {}
    assert "price" not in found.reasons
    house.context.prices = None
    (alone,) = await run_low_at_once(house, desk, Msisdn("573001110077"))
    assert alone is not None
    assert (await again(house, alone))[0].inputs == beside.inputs


async def test_the_ranking_that_learns_sees_the_price_of_a_person(
    house: House, desk: TriggerDesk, tmp_path: Path
) -> None:
    """In what can be paid, and in what the offer looks like: that is what an answer teaches."""
    await learning(house, tmp_path)
    people = [Msisdn(f"57300111{number:04d}") for number in range(20)]
    await may_leave(house, *people)
    made = [one for one in await run_low_at_once(house, desk, *people) if one is not None]
    assert len(made) == len(people)
    dear = [one for one in made if one.bundle == GIGABYTE]
    assert dear  # the list's price would be too much for each of them
    for one in made:
        decision, found = await again(house, one)
        assert found.same
        assert one.price.amount == found.own[one.bundle] == found.reasons["price"]
        _, row = packed.outputs(decision.outputs)
        assert row[FEATURES.index("share_of_balance")] == one.price.amount / BALANCE.amount


async def test_whom_the_budget_does_not_reach_any_more_is_decided_on_by_the_list(
    house: House, desk: TriggerDesk
) -> None:
    """Two at once, enough for one: what is kept of the other is what was told."""
    priced(house, budget=LISTED - PRICE)
    await may_leave(house, ANA, BEN)
    first, second = await run_low_at_once(house, desk, ANA, BEN)
    assert first is not None
    assert second is not None
    assert first.price == Money(PRICE, "COP")
    listed = house.context.catalogue.get(second.bundle)
    assert listed is not None
    assert second.price == listed.price
    assert second.price.amount <= BALANCE.amount
    _, found = await again(house, second)
    assert found.same
    assert (found.own, "price" in found.reasons) == ({}, False)
    assert decode(second.decision)["reasons"] == found.reasons
    assert "personal_price" not in decode(second.decision)


async def test_a_price_that_cannot_be_made_durable_is_no_price(
    house: House, desk: TriggerDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody is decided on by the list, and what is kept says so."""
    await may_leave(house, ANA)
    submit = house.writer.commit

    async def commit(unit: Written) -> bool:
        if any(op.statement.table is incentives for op in unit.ops):
            raise StoreError("away")
        return await submit(unit)

    monkeypatch.setattr(house.writer, "commit", commit)
    (offer,) = await run_low_at_once(house, desk, ANA)
    assert offer is not None
    assert offer.price.amount <= BALANCE.amount < LISTED
    _, found = await again(house, offer)
    assert (found.same, found.own) == (True, {})
    counted = house.context.metrics.registry.get_sample_value("chasqui_failures_total", {"where": "pricing"})
    assert counted == 1


async def test_whoever_has_an_offer_of_their_own_finds_it_among_what_they_can_pay(
    house: House, desk: TriggerDesk, facts: Facts
) -> None:
    """At its price, in the app; who has none does not find it."""
    await may_leave(house, ANA, BEN)
    await run_low_at_once(house, desk, ANA)
    recommender = Recommender(house.context, facts)
    people = await subscriptions.by_msisdn(house.reader, [ANA, BEN])
    told = [await recommender.recommend(people[one], Occasion.NEW_ORDER) for one in (ANA, BEN)]
    at = [{bundle.id: bundle.price.amount for bundle in found or ()} for found in told]
    assert at[0][GIGABYTE] == PRICE
    assert GIGABYTE not in at[1]
    assert {**at[1], GIGABYTE: PRICE} == at[0]
