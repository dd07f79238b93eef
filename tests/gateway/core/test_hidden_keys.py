"""Answers that are lost before a charging system that may hide our keys: nothing is ever done twice under one key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from fakes import ANA, BEN, FakeTraits, House, eventually, order
from flows import service_orders
from flows.effects import ActivateBundle, RecordOrder
from flows.purchase import NEEDS_PERSON
from flows.records import Order
from flows.service_orders import ServiceAsked
from flows.values import Channel, OrderKind
from gateway.core import purchase_lane as lane_module
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.ocs_traits import KeptTraits
from gateway.core.ports import OcsTraits
from gateway.core.purchase_lane import PurchaseLane
from gateway.core.retry import Backoff
from gateway.core.settlements import Settlements
from gateway.ocs.tmf import TmfChargingSystem
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.ocs_faults import Faults
from gateway.simulators.ocs_services import Voucher
from store import orders
from store.orders import OrderView

PIN, WORTH, SETTLE = "123456789012", 500_000, 0.3
KINDS = (
    OrderKind.PURCHASE,
    OrderKind.ADVANCE,
    OrderKind.TOP_UP,
    OrderKind.TRANSFER,
    OrderKind.OUT_OF_BUNDLE,
)
MOVED = ("charge", "advance", "top_up", "transfer")
LOST = {
    "done, and its answer lost": Faults(drop_answer=1),
    "never done": Faults(lose=1),
    "done later": Faults(late=0.1),
}


class Street:
    """Ana, the lane, and a charging system over its wire."""

    def __init__(self, house: House, committer: Committer, facts: Facts, simulator: OcsSimulator) -> None:
        self.house, self.committer, self.facts, self.simulator = house, committer, facts, simulator
        simulator.services.vouchers[PIN] = Voucher(WORTH)
        simulator.ledger.account(ANA).balance = 1_000_000

    async def gives(self, kind: OrderKind, key: str) -> Order:
        """What Ana asks for, committed."""
        asked = ServiceAsked(self.house.clock(), await self.facts.subscriber(ANA), Channel.APP, key)
        offered = self.house.context.catalogue.services
        match kind:
            case OrderKind.PURCHASE:
                made = order(subscription=asked.subscriber.id, key=f"ord-{key}", created_at=asked.at)
                await self.committer.commit([RecordOrder(made), ActivateBundle(made, asked.subscriber)])
                return made
            case OrderKind.ADVANCE:
                made = service_orders.advance(asked, offered.advances[0])
                self.simulator.ledger.account(ANA).balance = 0
            case OrderKind.TOP_UP:
                made = service_orders.top_up(asked, PIN, "COP")
            case OrderKind.TRANSFER:
                assert offered.transfers is not None
                made = service_orders.transfer(asked, BEN, 200_000, offered.transfers)
            case _:
                made = service_orders.out_of_bundle(asked, "COP", on=True)
        await self.committer.commit(service_orders.order_effects(asked, made))
        return made

    async def ends(self, traits: OcsTraits, *given: Order) -> Sequence[OrderView]:
        """The orders, once nobody works on them any more."""
        catalogue = self.house.context.catalogue
        ocs = TmfChargingSystem(
            self.simulator.url,
            timeout=2,
            settle_seconds=SETTLE,
            currency="COP",
            offerings=catalogue.tmf_offerings(),
            traits=traits,
            services=catalogue.services,
        )
        query = Backoff(0.01, 0.05, 100)
        lane = PurchaseLane(
            self.house.context, self.committer, ocs, self.facts, Settlements(), query=query, seconds=_seconds
        )
        for one in given:
            lane.put(one.key)

        async def done() -> bool:
            open_ = {one.key for one in given} & set(await orders.unsettled(self.house.reader))
            return not open_ and await self.house.all_handed()

        await eventually(done)
        await lane.stop()
        await ocs.close()
        found = [await orders.by_key(self.house.reader, one.key) for one in given]
        return [view for view in found if view is not None]

    def moves(self, key: str) -> int:
        """How often money was moved under this key."""
        return sum(item.key == key and item.kind in MOVED for item in self.simulator.ledger.items)


def _seconds() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order comes back at once."""
    for name in ("_SHORTEST_WAIT", "_LONGEST_WAIT", "_PAUSE_AFTER_FAILURE"):
        monkeypatch.setattr(lane_module, name, 0.001)


@pytest.fixture
async def street(house: House, committer: Committer, facts: Facts) -> AsyncIterator[Street]:
    """With a charging system that listens."""
    async with OcsSimulator(house.context.catalogue, "COP") as simulator:
        yield Street(house, committer, facts, simulator)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lost", LOST)
async def test_where_keys_are_hidden_a_lost_answer_goes_to_a_person_and_nothing_is_done_twice(
    street: Street, kind: OrderKind, lost: str
) -> None:
    """Also where it was not done at all: nobody can tell."""
    given = await street.gives(kind, "k1")
    street.simulator._desk.set_faults(replace(LOST[lost], hide_keys=True))
    (view,) = await street.ends(FakeTraits(), given)
    assert (view.order.state, view.reason, view.order.attempts) == ("in_doubt", NEEDS_PERSON, 1)
    assert street.moves(given.key) <= 1
    assert [text.key for text in street.house.texts()] == [f"{given.key}:checking"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lost", LOST)
async def test_where_keys_were_shown_a_lost_answer_is_found_or_done_again(
    street: Street, kind: OrderKind, lost: str
) -> None:
    """Once, whatever was lost."""
    given = await street.gives(kind, "k1")
    street.simulator._desk.set_faults(LOST[lost])
    (view,) = await street.ends(FakeTraits("orders", "top-ups", "transfers"), given)
    assert view.order.state == "confirmed"
    assert street.moves(given.key) == (kind is not OrderKind.OUT_OF_BUNDLE)


async def test_what_one_order_has_shown_another_process_knows(street: Street) -> None:
    """A transfer that was carried out and listed; after a restart one whose answer is lost is sent again."""
    house = street.house

    def kept(ocs: str) -> KeptTraits:
        return KeptTraits(ocs, house.reader, house.writer, house.clock)

    (first,) = await street.ends(kept("tmf http://a"), await street.gives(OrderKind.TRANSFER, "k1"))
    assert first.order.state == "confirmed"
    street.simulator._desk.set_faults(Faults(lose=1))
    (second,) = await street.ends(kept("tmf http://a"), await street.gives(OrderKind.TRANSFER, "k2"))
    assert (second.order.state, second.order.attempts) == ("confirmed", 2)
    street.simulator._desk.set_faults(Faults(lose=1))
    (third,) = await street.ends(kept("tmf http://b"), await street.gives(OrderKind.TRANSFER, "k3"))
    assert (third.reason, third.order.attempts) == (NEEDS_PERSON, 1)
    assert [street.moves(one.order.key) for one in (first, second, third)] == [1, 1, 0]
