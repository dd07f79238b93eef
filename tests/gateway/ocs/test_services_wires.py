"""Advances, vouchers, transfers and switches over each wire, against the simulator that speaks it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from fakes import ANA, BEN, GIGABYTE, PRICE, TUESDAY, FakeClock, FakeTraits
from flows.catalogue import load_starter
from flows.catalogue_services import OUT_OF_BUNDLE_OFF, OUT_OF_BUNDLE_ON, Services
from flows.values import BundleId, Money, OrderKey, OrderKind
from gateway.config.ocs_sections import UcipConfig
from gateway.core.ports import (
    Activated,
    ChargingSystem,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PurchaseRequest,
    Refused,
    ServiceRequest,
    service_of,
)
from gateway.errors import ConfigError
from gateway.ocs.cgrates import CgratesChargingSystem, CgratesSettings
from gateway.ocs.cgrates_sets import Terms
from gateway.ocs.cgrates_units import grants as cgrates_grants
from gateway.ocs.diameter import DiameterChargingSystem
from gateway.ocs.diameter_wire import ChargedService, Sender
from gateway.ocs.tmf import TmfChargingSystem
from gateway.ocs.ucip import UcipChargingSystem
from gateway.ocs.ucip_sales import sales_of
from gateway.ocs.ucip_services_wire import ucip_services
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.ocs_faults import Faults, parse_faults
from gateway.simulators.ocs_services import Voucher

CATALOGUE = load_starter("co")
SMALL = CATALOGUE.services.advances[0]
OPENING = 1_000_000
PIN, WORTH = "123456789012", 500_000
NOTHING = Money(0, "COP")
KINDS = (OrderKind.ADVANCE, OrderKind.TOP_UP, OrderKind.TRANSFER, OrderKind.OUT_OF_BUNDLE)


def asked(kind: OrderKind, key: str = "ord-srv-1") -> ServiceRequest:
    """One request of each kind, by Ana."""
    base = ServiceRequest(kind, OrderKey(key), ANA, ANA, BundleId(kind), NOTHING, "ussd", TUESDAY)
    match kind:
        case OrderKind.ADVANCE:
            return replace(base, product=SMALL.id, price=SMALL.debt, credit=SMALL.amount)
        case OrderKind.TOP_UP:
            return replace(base, pin=PIN)
        case OrderKind.TRANSFER:
            return replace(base, beneficiary=BEN, price=Money(210_000, "COP"), credit=Money(200_000, "COP"))
        case _:
            return replace(base, product=OUT_OF_BUNDLE_ON)


@pytest.fixture
async def simulator() -> AsyncIterator[OcsSimulator]:
    """A charging system with a voucher."""
    async with OcsSimulator(CATALOGUE, "COP") as running:
        running.services.vouchers[PIN] = Voucher(WORTH)
        yield running


@pytest.fixture(params=["tmf", "ucip"])
async def ocs(request: pytest.FixtureRequest, simulator: OcsSimulator) -> AsyncIterator[ChargingSystem]:
    """Each adapter that can do some of it."""
    charging: ChargingSystem = tmf(simulator.url) if request.param == "tmf" else ucip(simulator.url)
    yield charging
    await charging.close()


def tmf(url: str, traits: FakeTraits | None = None) -> TmfChargingSystem:
    """Over TM Forum. traits: left out, of a server whose lists have shown our keys."""
    return TmfChargingSystem(
        url,
        timeout=2,
        settle_seconds=1,
        currency="COP",
        offerings=CATALOGUE.tmf_offerings(),
        traits=traits or FakeTraits("orders", "top-ups", "transfers"),
        services=CATALOGUE.services,
    )


def ucip(url: str, **config: bool) -> UcipChargingSystem:
    """Over UCIP."""
    return UcipChargingSystem(
        url,
        UcipConfig(user="", password="", **config),  # type: ignore[arg-type]
        timeout=2,
        settle_seconds=1,
        currency="COP",
        sales=sales_of(CATALOGUE),
        services=ucip_services(CATALOGUE.services),
        now=FakeClock(TUESDAY + timedelta(seconds=1)),
    )


async def test_an_advance_is_credited_and_owed_and_taken_back_from_the_next_top_up(
    ocs: ChargingSystem, simulator: OcsSimulator
) -> None:
    """What it costs is not charged now: the charging system takes all of it from what comes in next."""
    assert isinstance(await ocs.serve(asked(OrderKind.ADVANCE)), Activated)
    account = simulator.ledger.account(ANA)
    assert (account.balance, account.debt) == (OPENING + 200_000, 220_000)
    assert isinstance(await ocs.serve(asked(OrderKind.TOP_UP, "ord-srv-2")), Activated)
    assert (account.balance, account.debt) == (OPENING + 200_000 + WORTH - 220_000, 0)
    assert [item.kind for item in simulator.ledger.items] == ["advance", "top_up", "recovery"]


async def test_what_is_owed_stands_in_the_wallet(simulator: OcsSimulator) -> None:
    """Over TM Forum, where there is a bucket for it."""
    charging = tmf(simulator.url)
    await charging.serve(asked(OrderKind.ADVANCE))
    wallet = await charging.wallet(ANA)
    await charging.close()
    assert wallet.debt == SMALL.debt
    assert wallet.spendable == Money(OPENING + 200_000 - 220_000, "COP")


async def test_a_voucher_tells_what_it_was_worth_and_is_used_once(ocs: ChargingSystem, simulator: OcsSimulator) -> None:
    """A second try with it, and one with a PIN that there is not, are wrong ones, and move nothing."""
    first = await ocs.serve(asked(OrderKind.TOP_UP))
    assert isinstance(first, Activated)
    assert first.credit == Money(WORTH, "COP")
    for one in (asked(OrderKind.TOP_UP, "ord-srv-2"), replace(asked(OrderKind.TOP_UP, "ord-srv-3"), pin="99999999")):
        refused = await ocs.serve(one)
        assert isinstance(refused, Refused)
        assert refused.reason == "wrong_voucher"
        assert one.pin not in repr((refused, one))
    assert simulator.ledger.account(ANA).balance == OPENING + WORTH


async def test_a_lost_answer_to_a_voucher_is_found(ocs: ChargingSystem, simulator: OcsSimulator) -> None:
    """In the history of the account, or by the same message again, which cannot credit twice."""
    simulator._desk.set_faults(Faults(drop_answer=1))
    assert isinstance(await ocs.serve(asked(OrderKind.TOP_UP)), OutcomeUnknown)
    assert isinstance(await ocs.find_service(asked(OrderKind.TOP_UP)), Activated)
    assert simulator.ledger.account(ANA).balance == OPENING + WORTH


async def test_a_switch_is_set_both_ways_and_can_be_asked_about(ocs: ChargingSystem, simulator: OcsSimulator) -> None:
    """Off is the absence of what on gives."""
    on, off = asked(OrderKind.OUT_OF_BUNDLE), asked(OrderKind.OUT_OF_BUNDLE, "ord-srv-2")
    off = replace(off, product=OUT_OF_BUNDLE_OFF)
    assert await ocs.find_service(on) == NotFound()
    assert isinstance(await ocs.serve(on), Activated)
    assert simulator.ledger.account(ANA).out_of_bundle
    assert isinstance(await ocs.find_service(on), Activated)
    assert isinstance(await ocs.serve(off), Activated)
    assert not simulator.ledger.account(ANA).out_of_bundle
    assert simulator.ledger.items == []


async def test_a_transfer_moves_money_once_and_its_sender_pays_the_fee(simulator: OcsSimulator) -> None:
    """Over TM Forum; both accounts are told under the same key, and the sender's history knows it."""
    charging, request = tmf(simulator.url), asked(OrderKind.TRANSFER)
    assert await charging.find_service(request) == NotFound()
    assert isinstance(await charging.serve(request), Activated)
    assert isinstance(await charging.find_service(request), Activated)
    assert simulator.ledger.account(ANA).balance == OPENING - 210_000
    assert simulator.ledger.account(BEN).balance == OPENING + 200_000
    simulator.ledger.account(ANA).balance = 0
    poor = await charging.serve(replace(request, key=OrderKey("ord-srv-2")))
    await charging.close()
    assert isinstance(poor, Refused)
    assert poor.reason == "insufficient_funds"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", [{"drop_answer": 1}, {"lose": 1}])
async def test_over_tm_forum_a_lost_answer_is_asked_about(
    simulator: OcsSimulator, kind: OrderKind, fault: dict[str, int]
) -> None:
    """Every kind is found by its key if it was carried out, and is not if it was not."""
    charging = tmf(simulator.url)
    simulator._desk.set_faults(parse_faults(fault))
    assert isinstance(await charging.serve(asked(kind)), OutcomeUnknown)
    found = await charging.find_service(asked(kind))
    await charging.close()
    assert isinstance(found, Activated if "drop_answer" in fault else NotFound)


LISTS = {
    OrderKind.ADVANCE: "orders",
    OrderKind.OUT_OF_BUNDLE: "orders",
    OrderKind.TOP_UP: "top-ups",
    OrderKind.TRANSFER: "transfers",
}


@pytest.mark.parametrize("kind", KINDS)
async def test_over_tm_forum_what_is_not_listed_was_not_done_only_where_its_kind_is_listed(
    simulator: OcsSimulator, kind: OrderKind
) -> None:
    """A list that may hide the key says nothing: what may have been done goes to a person."""
    charging = tmf(simulator.url, FakeTraits(*(set(LISTS.values()) - {LISTS[kind]})))
    simulator._desk.set_faults(Faults(hide_keys=True, drop_answer=1))
    assert isinstance(await charging.serve(asked(kind)), OutcomeUnknown)
    found = await charging.find_service(asked(kind))
    await charging.close()
    assert isinstance(found, OutcomeUnknown)
    assert (found.silent, found.asking_helps) == (False, False)


@pytest.mark.parametrize("kind", KINDS)
async def test_over_tm_forum_each_list_is_learnt_from_an_order_that_was_carried_out(
    simulator: OcsSimulator, kind: OrderKind
) -> None:
    """And by a later one that was asked about, where the list did not show the first."""
    traits, late = FakeTraits(), FakeTraits()
    charging, again = tmf(simulator.url, traits), tmf(simulator.url, late)
    assert isinstance(await charging.serve(asked(kind)), Activated)
    assert traits.known == {LISTS[kind]: "ord-srv-1"}
    assert await charging.find_service(replace(asked(kind, "ord-srv-9"), pin="")) == NotFound()
    assert isinstance(await again.find_service(asked(kind)), Activated)
    assert late.known == traits.known
    for one in (charging, again):
        await one.close()


async def test_an_advance_over_ucip_is_repeated_only_where_repeats_are_recognised(simulator: OcsSimulator) -> None:
    """Elsewhere only a person can tell."""
    careful, trusting = ucip(simulator.url), ucip(simulator.url, repeats_are_recognised=True)
    simulator._desk.set_faults(Faults(drop_answer=1, recognise_repeats=True))
    assert isinstance(await careful.serve(asked(OrderKind.ADVANCE)), OutcomeUnknown)
    assert isinstance(await careful.find_service(asked(OrderKind.ADVANCE)), OutcomeUnknown)
    assert isinstance(await trusting.find_service(asked(OrderKind.ADVANCE)), Activated)
    assert simulator.ledger.account(ANA).debt == SMALL.debt.amount
    for charging in (careful, trusting):
        await charging.close()


async def test_nothing_is_sent_where_the_charging_system_is_away(ocs: ChargingSystem, simulator: OcsSimulator) -> None:
    """So it may be sent again."""
    await simulator.set_down(down=True)
    for kind in (OrderKind.ADVANCE, OrderKind.TOP_UP, OrderKind.OUT_OF_BUNDLE):
        assert isinstance(await ocs.serve(asked(kind)), NotSent)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_a_charging_system_cannot_do_is_refused_in_so_many_words(kind: OrderKind) -> None:
    """Nothing is sent; the menu does not offer it either."""
    settings = CgratesSettings("t", Terms("main", 2160), Decimal(1), "COP", {}, {"*data": Fraction(1)})
    away = "http://127.0.0.1:1"
    diameter = DiameterChargingSystem(
        ("127.0.0.1", 1), Sender("us.example", "example"), timeout=1, settle_seconds=1, currency="COP", services={}
    )
    systems: list[tuple[ChargingSystem, str]] = [
        (CgratesChargingSystem(away, settings, timeout=1, settle_seconds=1), "CGRateS"),
        (diameter, "Diameter"),
        (UcipChargingSystem(away, UcipConfig(), timeout=1, settle_seconds=1, currency="COP", sales={}), "UCIP"),
    ]
    for system, name in systems:
        refused, found = await system.serve(asked(kind)), await system.find_service(asked(kind))
        assert isinstance(refused, Refused)
        assert refused.reason == "not_offered"
        assert name in refused.detail
        if name != "UCIP" or kind is OrderKind.TRANSFER:
            assert found == refused
        else:  # the catalogue may have had it when it was sent: a person must look
            assert isinstance(found, OutcomeUnknown)
            assert not found.asking_helps
        assert system.abilities.services == frozenset()
        assert refused.detail == system.abilities.why_not(service_of(kind))
        await system.close()


async def test_a_gift_is_refused_in_the_words_that_everybody_else_is_told(simulator: OcsSimulator) -> None:
    """Where it cannot be asked for: also one that was kept before this charging system was there."""
    settings = CgratesSettings("t", Terms("main", 2160), Decimal(1), "COP", cgrates_grants(CATALOGUE), {})
    services = {one: ChargedService(*told) for one, told in CATALOGUE.diameter_services().items()}
    systems: list[ChargingSystem] = [
        CgratesChargingSystem(simulator.url, settings, timeout=1, settle_seconds=1),
        ucip(simulator.url),
        DiameterChargingSystem(
            ("127.0.0.1", 1),
            Sender("us.example", "example"),
            timeout=1,
            settle_seconds=1,
            currency="COP",
            services=services,
        ),
    ]
    gift = PurchaseRequest(OrderKey("ord-1"), ANA, BEN, GIGABYTE, PRICE, "app")
    for system in systems:
        why = system.abilities.why_not("gift")
        assert await system.purchase(gift) == Refused("not_offered", why, asked=False)
        assert why.startswith("a bundle for another number cannot be asked for over ")
        await system.close()
    assert simulator.ledger.items == []


async def test_over_ucip_balance_is_not_moved_to_another_number(simulator: OcsSimulator) -> None:
    """One message has one subscriber."""
    charging = ucip(simulator.url)
    refused = await charging.serve(asked(OrderKind.TRANSFER))
    await charging.close()
    assert isinstance(refused, Refused)
    assert refused.reason == "not_offered"
    assert charging.abilities.services == {"advance", "top_up", "out_of_bundle"}


@pytest.mark.parametrize("fault", [{"refuse": {"reason": f"voucher {PIN} is void", "count": 9}}, {"status": 500}])
async def test_the_words_of_a_server_do_not_tell_a_pin(simulator: OcsSimulator, fault: dict[str, object]) -> None:
    """They are kept with the order, and shown to whoever looks after it."""
    charging = tmf(simulator.url)
    simulator._desk.set_faults(parse_faults(fault))
    assert PIN not in repr(await charging.serve(asked(OrderKind.TOP_UP)))
    assert PIN not in repr(await charging.find_service(asked(OrderKind.TOP_UP)))
    await charging.close()


@pytest.mark.parametrize(
    ("services", "complaint"),
    [
        (Services((replace(SMALL, ocs={"ucip": {"refill_profile": 7}}),)), "advance-small: ocs.ucip.refill_profile"),
        (Services(out_of_bundle={"ucip": {"offer": True}}), "out_of_bundle: ocs.ucip.offer"),
    ],
)
def test_what_an_air_cannot_take_stops_the_start(services: Services, complaint: str) -> None:
    """In one line that names the entry."""
    with pytest.raises(ConfigError, match=complaint):
        ucip_services(services)
