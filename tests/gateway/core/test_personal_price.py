"""Prices of one person: who gets one, how long it stands, and the budget that is never overdrawn."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import select

from fakes import ANAS, GIGABYTE, House, ana, offer, order, record_offer
from flows.catalogue import Bundle
from flows.effects import RecordOfferState, RecordOrder, RecordOrderState
from flows.personal_price import OwnPrices, PersonalPrice
from flows.records import Subscriber
from flows.values import Money, OfferId, OrderKey, SubscriptionId
from flows.values import Unit as UnitOf
from gateway.core.price_windows import PricePolicy, Wanted
from gateway.core.pricing import Prices
from scoring.pricing import Terms
from scoring.pricing import prices as worked_out
from store import prices as kept
from store.errors import StoreError
from store.prices import Risk
from store.record import write
from store.tables import personal_prices
from store.unit import Unit

LISTED, OFF = 300_000, 90_000
DATA = UnitOf.BYTE
TERMS = Terms(floor_permille=700, most=200_000, give_permille=100, step=5_000)


def bundle(house: House) -> Bundle:
    """A gigabyte, as it is on the list."""
    found = house.context.catalogue.get(GIGABYTE)
    assert found is not None
    return found


def prices(house: House, budget: int = 10 * OFF) -> Prices:
    """As a gateway has them after its start. A person who may leave puts enough at stake for the floor to decide."""
    policy = PricePolicy(TERMS, budget, timedelta(hours=72), usual_margin=20_000_000)
    context = house.context
    return Prices(
        policy, context.catalogue, context.zone, reader=house.reader, writer=house.writer, metrics=context.metrics
    )


async def may_leave(house: House, probability: float = 0.4, people: Sequence[SubscriptionId] = (ANAS,)) -> None:
    """It is known of them."""
    risk = Risk(probability, "porting.intent", house.clock())
    await house.writer.commit(Unit(ops=tuple(kept.put_risk(one, risk) for one in people)))


async def asked(house: House, desk: Prices, person: Subscriber | None = None) -> OwnPrices:
    """What everything of data would be offered at, below the list; nothing is taken by asking."""
    who, at = person or agreed(), house.clock()
    async with desk.quoting([who], at) as quotes:
        return quotes.of(who.id, house.context.offered(at, DATA))


def agreed(**changes: object) -> Subscriber:
    """Ana, who agreed to offers."""
    return ana(marketing=True, **changes)


async def taken(desk: Prices, wanted: Sequence[Wanted], at: datetime) -> list[PersonalPrice | None]:
    """What these are offered at, taken from the budget."""
    async with desk.quoting([one.person for one in wanted], at) as quotes:
        return await desk.taken(quotes, wanted)


async def quoted(
    house: House, desk: Prices, person: Subscriber | None = None, which: str = "off-1"
) -> PersonalPrice | None:
    """What a gigabyte is about to be offered at; the offer is made."""
    wanted = Wanted(person or agreed(), bundle(house), OfferId(which))
    (quote,) = await taken(desk, [wanted], house.clock())
    if quote is not None:
        made = record_offer(
            id=wanted.offer,
            subscription=wanted.person.id,
            price=quote.price,
            at=house.clock(),
            expires_at=quote.until,
        )
        await house.writer.commit(write([made]).unit)
    return quote


async def ended(house: House, state: str, which: str = "off-1") -> None:
    """The offer ends."""
    key = OrderKey(f"ord-{which}") if state == "accepted" else None
    effects = [RecordOfferState(OfferId(which), state, house.clock(), key)]
    await house.writer.commit(write(effects).unit)


async def bought(house: House, state: str, which: str = "off-1") -> None:
    """The offer is taken, and its order ends so."""
    await ended(house, "accepted", which)
    key = OrderKey(f"ord-{which}")
    made = RecordOrder(order(key=key, offer=OfferId(which), price=Money(LISTED - OFF, "COP")))
    await house.writer.commit(write([made]).unit)
    await house.writer.commit(write([RecordOrderState(key, state, house.clock(), settled=True)]).unit)


async def used(house: House) -> int:
    """What the ledger says."""
    return await kept.used(house.reader, "2026-11", house.clock())


async def test_who_may_leave_and_agreed_is_offered_less(house: House) -> None:
    """With all that it was worked out from, so that anybody can work it out again."""
    await may_leave(house)
    quote = await quoted(house, prices(house))
    assert quote is not None
    assert (quote.price, quote.listed) == (Money(210_000, "COP"), Money(LISTED, "COP"))
    assert quote.until == house.clock() + timedelta(hours=72)
    document = quote.document()
    assert (document["risk"], document["risk_from"], document["bound"]) == (0.4, "porting.intent", "floor")
    assert await used(house) == OFF


@pytest.mark.parametrize("marketing", [None, False])
async def test_who_did_not_agree_pays_the_list(house: House, marketing: bool | None) -> None:
    """Whatever is known of them."""
    await may_leave(house)
    assert await quoted(house, prices(house), ana(marketing=marketing)) is None


async def test_of_whom_nothing_is_known_the_list_is_asked(house: House) -> None:
    """Also when it was known long ago."""
    assert await quoted(house, prices(house)) is None
    await may_leave(house)
    house.clock.advance(days=46)
    assert await quoted(house, prices(house)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"language": "pt_BR"},
        {"segment": "gold"},
        {"circle": "bogota"},
        {"time_zone": "America/Bogota"},
        {"handset": "smart"},
    ],
)
async def test_who_somebody_is_changes_no_price(house: House, changes: dict[str, object]) -> None:
    """Neither language nor region nor anything else that describes them goes into it."""
    await may_leave(house)
    quote = await quoted(house, prices(house), agreed(**changes))
    assert quote is not None
    assert quote.price == Money(210_000, "COP")


async def test_a_price_stands_for_its_window_and_no_longer(house: House) -> None:
    """However the risk changes; after it another is worked out."""
    desk = prices(house)
    await may_leave(house)
    first = await quoted(house, desk)
    await ended(house, "expired")
    house.clock.advance(hours=71)
    await may_leave(house, 0.0001)
    again = await quoted(house, desk, which="off-2")
    assert again == first is not None
    await ended(house, "expired", "off-2")
    house.clock.advance(minutes=30)
    assert await quoted(house, desk, which="off-3") is None  # half an hour is no time to answer in
    house.clock.advance(hours=1)
    assert await quoted(house, desk, which="off-4") is None  # next to nothing is at stake any more


async def test_an_open_offer_at_another_price_stands(house: House) -> None:
    """What was told is not undercut from beside."""
    await may_leave(house)
    await house.writer.commit(write([record_offer(id=OfferId("off-0"), expires_at=offer().expires_at)]).unit)
    assert await quoted(house, prices(house)) is None


async def test_what_stands_is_read_until_it_ends(house: House) -> None:
    """By every channel, from the one open offer."""
    desk = prices(house)
    await may_leave(house)
    quote = await quoted(house, desk)
    assert quote is not None
    assert await desk.standing(agreed(), house.clock()) == {GIGABYTE: ("off-1", quote.price)}
    await ended(house, "declined")
    assert await desk.standing(agreed(), house.clock()) == {}


@pytest.mark.parametrize(("state", "taken"), [("confirmed", OFF), ("in_doubt", OFF), ("declined", 0), ("refunded", 0)])
async def test_what_is_bought_is_spent_and_what_is_not_comes_back(house: House, state: str, taken: int) -> None:
    """A doubt counts as spent: it may have been charged."""
    await may_leave(house)
    await quoted(house, prices(house))
    await bought(house, state)
    assert await used(house) == taken


async def test_an_offer_that_never_came_to_be_holds_its_share_for_an_hour(house: House) -> None:
    """As after a crash between the two commits."""
    await may_leave(house)
    wanted = Wanted(agreed(), bundle(house), OfferId("off-1"))
    await taken(prices(house), [wanted], house.clock())
    assert await used(house) == OFF
    house.clock.advance(hours=1, seconds=1)
    assert await used(house) == 0


async def test_however_many_ask_at_once_the_budget_is_never_overdrawn(house: House) -> None:
    """Forty people in batches at the same time, with enough for seven; a restart does not forget."""
    people = [SubscriptionId(f"01JD0000000000000000000{number:03}") for number in range(40)]
    await may_leave(house, people=people)
    desk = prices(house, budget=7 * OFF + OFF // 2)
    batches = [
        [Wanted(replace(agreed(), id=one), bundle(house), OfferId(f"off-{one}")) for one in people[at : at + 5]]
        for at in range(0, 40, 5)
    ]
    found = await asyncio.gather(*(taken(desk, batch, house.clock()) for batch in batches))
    assert sum(quote is not None for quotes in found for quote in quotes) == 7
    assert await used(house) == 7 * OFF
    other = SubscriptionId("01JD0000000000000000000999")
    await may_leave(house, people=[other])
    restarted = prices(house, budget=7 * OFF + OFF // 2)
    assert await quoted(house, restarted, replace(agreed(), id=other), "off-x") is None


async def test_what_comes_back_can_be_given_again(house: House) -> None:
    """Within a minute."""
    ben = SubscriptionId("01JD0000000000000000000002")
    await may_leave(house, people=[ANAS, ben])
    desk = prices(house, budget=OFF)
    assert await quoted(house, desk) is not None
    assert await quoted(house, desk, replace(agreed(), id=ben), "off-2") is None
    await ended(house, "declined")
    house.clock.advance(minutes=1)
    assert await quoted(house, desk, replace(agreed(), id=ben), "off-3") is not None
    assert await used(house) == OFF


async def test_one_person_never_has_more_than_their_share(house: House) -> None:
    """However much the budget has left; the next person is none the worse for it."""
    ben = SubscriptionId("01JD0000000000000000000002")
    await may_leave(house, people=[ANAS, ben])
    policy, context = prices(house).policy, house.context
    desk = Prices(
        replace(policy, most_a_person=OFF + 1),
        context.catalogue,
        context.zone,
        reader=house.reader,
        writer=house.writer,
        metrics=context.metrics,
    )
    assert await quoted(house, desk) is not None
    assert await quoted(house, desk, which="off-2") is None
    assert await quoted(house, desk, replace(agreed(), id=ben), "off-3") is not None
    await ended(house, "declined")
    assert await quoted(house, desk, which="off-4") is not None


async def test_another_month_has_a_budget_of_its_own(house: House) -> None:
    """By the market's calendar."""
    desk = prices(house, budget=OFF)
    await may_leave(house)
    assert await quoted(house, desk) is not None
    await ended(house, "expired")
    house.clock.advance(days=30)
    await may_leave(house)
    assert await quoted(house, desk, which="off-2") is not None


async def test_the_same_bundle_twice_in_one_batch_has_one_price(house: House) -> None:
    """Two bundles of one person end at once."""
    await may_leave(house)
    wanted = [Wanted(agreed(), bundle(house), OfferId(which)) for which in ("off-1", "off-2")]
    first, second = await taken(prices(house), wanted, house.clock())
    assert first == second is not None
    assert len(await house.reader.rows(select(personal_prices))) == 1
    assert await used(house) == 2 * OFF


async def test_a_store_that_is_away_leaves_the_list_and_is_counted(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a price."""

    async def away(*_: object) -> None:
        raise StoreError("away")

    monkeypatch.setattr(kept, "risks", away)
    monkeypatch.setattr(kept, "standing", away)
    desk = prices(house)
    assert await quoted(house, desk) is None
    assert await desk.standing(agreed(), house.clock()) == {}
    counted = house.context.metrics.registry.get_sample_value("chasqui_failures_total", {"where": "pricing"})
    assert counted == 2


async def test_the_newest_word_on_a_risk_counts(house: House) -> None:
    """Whichever arrives last."""
    now = house.clock()
    new, old = Risk(0.4, "model", now), Risk(0.1, "porting.intent", now - timedelta(days=1))
    for risk in (new, old):
        await house.writer.commit(Unit(ops=(kept.put_risk(ANAS, risk),)))
    assert await kept.risks(house.reader, [ANAS], now - timedelta(days=45)) == {ANAS: new}


async def test_a_price_can_be_worked_out_again_from_what_the_offer_keeps(house: House) -> None:
    """Its inputs and the operator's bounds, as they were."""
    await may_leave(house)
    quote = await quoted(house, prices(house))
    assert quote is not None
    told = quote.document()
    again = worked_out(
        np.array([told["list"]]), np.array([told["cost"]]), np.array([told["at_stake"]]), Terms(*told["terms"])
    )
    assert again.price[0] == quote.price.amount


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_becomes_of_offers_the_ledger_says_what_is_promised_and_paid(house: House, seed: int) -> None:
    """Five people, a hundred steps of any kind and restarts between: never more than the budget."""
    drawn, budget = random.Random(seed), 3 * OFF
    people = [SubscriptionId(f"01JD0000000000000000000{number:03}") for number in range(5)]
    await may_leave(house, people=people)
    desk, live, done = prices(house, budget), list[str](), list[str]()
    for step in range(100):
        match drawn.choice(["quote", "quote", "expired", "declined", "buy", "refuse", "restart", "wait"]):
            case "quote":
                who, which = replace(agreed(), id=drawn.choice(people)), f"off-{step:03}"
                if await quoted(house, desk, who, which) is not None:
                    live.append(which)
            case "expired" | "declined" as state if live:
                await ended(house, state, live.pop(drawn.randrange(len(live))))
            case "buy" if live:
                done.append(live.pop(drawn.randrange(len(live))))
                await bought(house, "confirmed", done[-1])
            case "refuse" if live:
                await bought(house, "declined", live.pop(drawn.randrange(len(live))))
            case "restart":
                desk = prices(house, budget)
            case "wait":
                house.clock.advance(seconds=drawn.randrange(90))
            case _:
                continue
        assert await used(house) == OFF * (len(live) + len(done)) <= budget


# ── what would be asked, before anything is offered ──


@pytest.mark.parametrize("probability", [0.4, 0.02, 0.004, 0.0001])
async def test_what_is_asked_of_everything_is_what_is_taken_of_each(house: House, probability: float) -> None:
    """To the minor unit, whatever bounds the price; and asking takes nothing."""
    await may_leave(house, probability)
    desk = prices(house)
    own = await asked(house, desk)
    assert await used(house) == 0
    for number, one in enumerate(house.context.offered(house.clock(), DATA).bundles):
        wanted = Wanted(agreed(), one, OfferId(f"off-{number}"))
        async with desk.quoting([wanted.person], house.clock()) as quotes:
            quote = quotes.take(wanted)  # not made durable: each is asked of the same budget
        assert (quote.price if quote else None) == own.get(one.id)
    assert bool(own) is (probability > 0.0001)


async def test_within_a_window_the_price_of_the_window_is_asked(house: House) -> None:
    """However the risk changes; of bundles that have none it is worked out anew."""
    desk = prices(house)
    await may_leave(house)
    before = await asked(house, desk)
    await quoted(house, desk)
    await may_leave(house, 0.0001)
    assert await asked(house, desk) == {GIGABYTE: before[GIGABYTE]}


async def test_nothing_is_asked_that_the_budget_does_not_have(house: House) -> None:
    """What is dearer than what is left is asked at the list's price, what is cheaper is not."""
    await may_leave(house)
    desk = prices(house, budget=OFF - 1)
    own = await asked(house, desk)
    listed = {one.id: one.price.amount for one in house.context.catalogue.bundles}
    assert GIGABYTE not in own
    assert own
    assert all(0 < listed[one] - price.amount < OFF for one, price in own.items())


async def test_an_open_offer_at_another_price_is_what_is_asked(house: House) -> None:
    """What was told is not undercut from beside."""
    await may_leave(house)
    await house.writer.commit(write([record_offer(id=OfferId("off-0"), expires_at=offer().expires_at)]).unit)
    assert GIGABYTE not in await asked(house, prices(house))
