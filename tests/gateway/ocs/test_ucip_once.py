"""Whatever goes wrong: at most one charge a key, and what is found is what the ledger says, or unknown."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import NamedTuple

import aiohttp
from air import ANA, OFFER, PRICE, Clock, adapter, catalogue, order
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.values import OrderKey
from gateway.config.ocs_sections import UcipConfig
from gateway.core.ports import Activated, FindOutcome, NotFound, NotSent, OutcomeUnknown, PurchaseOutcome, Refused
from gateway.ocs.ucip import UcipChargingSystem
from gateway.simulators.ocs import OcsSimulator

HOUR = 3600.0
MEMORY = timedelta(seconds=UcipConfig().repeat_seconds)
FATES: list[dict[str, object]] = [
    {},
    {},
    {},
    {"drop_answer": 1},
    {"drop_answer": 1},
    {"lose": 1},
    {"lose": 1},
    {"refuse": 1},
    {"status": 503},
    {"status": 401},
    {"unknown_subscriber": True},
    {"state": "pending"},
    {"down": True},
]


class Way(NamedTuple):
    """How this operator lets orders be found. entry: what the bundle is over UCIP."""

    entry: dict[str, object]
    repeats: bool


WAYS = [
    Way({"refill_profile": "B1G7"}, repeats=False),
    Way({"refill_profile": "B1G7"}, repeats=True),
    Way({"refill_profile": "B1G7", "offer": OFFER}, repeats=False),
    Way({"refill_profile": "B1G7", "offer": OFFER}, repeats=True),
    Way({"dedicated_account": 12, "units": 2**30, "offer": OFFER}, repeats=False),
]


class Step(NamedTuple):
    """Work on one order as the lane would. later: seconds since the step before; restart: of the gateway."""

    key: str
    fate: dict[str, object]
    later: float
    restart: bool


STEPS = st.lists(
    st.builds(
        Step,
        key=st.sampled_from(["k-1", "k-1", "k-2", "k-3"]),
        fate=st.sampled_from(FATES),
        later=st.sampled_from([0.0, 1.0, 1.0, 30.0, 400.0]),
        restart=st.sampled_from([False] * 5 + [True]),
    ),
    min_size=2,
    max_size=12,
)


@settings(max_examples=100)
@given(way=st.sampled_from(WAYS), balance=st.integers(1, 4), steps=STEPS)
def test_an_order_is_charged_at_most_once_and_never_lied_about(way: Way, balance: int, steps: list[Step]) -> None:
    """Orders of one person for one bundle, each sent, asked and sent again as the purchase lane does."""
    asyncio.run(World(way).live(balance, steps))


class World:
    """A gateway between restarts, an AIR, and what became of each order."""

    def __init__(self, way: Way) -> None:
        self.way, self.clock = way, Clock()
        self.state: dict[str, str] = {}
        self.born: dict[str, datetime] = {}
        self.sent: dict[str, datetime] = {}

    async def live(self, balance: int, steps: list[Step]) -> None:
        """Take the steps, looking at the ledger after each."""
        async with (
            OcsSimulator(catalogue(self.way.entry), "COP", now=self.clock) as simulator,
            aiohttp.ClientSession(simulator.control_url) as control,
        ):
            simulator.ledger.put(ANA, balance * PRICE.amount, None)
            charging = self.gateway(simulator)
            self.clock.advance(HOUR)
            try:
                for step in steps:
                    self.clock.advance(step.later)
                    if step.restart:
                        await charging.close()
                        charging = self.gateway(simulator)
                    faults = step.fate | {"recognise_repeats": self.remembers(step.key)}
                    async with control.put("/faults", json=faults) as put:
                        assert put.status == 200, await put.text()
                    await self.work_on(step.key, charging, simulator)
            finally:
                await charging.close()
            async with control.put("/faults", json={}):  # what was parked goes ahead
                charged = [item.key for item in simulator.ledger.items]
            for key, state in self.state.items():
                assert charged.count(OrderKey(key)) <= {"charged": 1, "in doubt": 1}.get(state, 0)
            spent = balance * PRICE.amount - simulator.ledger.account(ANA).balance
            assert spent == PRICE.amount * len(simulator.ledger.items)

    def remembers(self, key: str) -> bool:
        """Whether the AIR would still know a repeat: five minutes after it first had the message."""
        young = self.clock() - self.sent.get(key, self.clock()) <= MEMORY
        return self.way.repeats and young

    def gateway(self, simulator: OcsSimulator) -> UcipChargingSystem:
        """The adapter of a gateway that has just been started."""
        config = UcipConfig(repeats_are_recognised=self.way.repeats)
        return adapter(simulator.url, config, entry=self.way.entry, timeout=5, settle_seconds=0, clock=self.clock)

    async def work_on(self, key: str, charging: UcipChargingSystem, simulator: OcsSimulator) -> None:
        """Send an order that was surely not carried out, ask about one that perhaps was."""
        state = self.state.get(key, "pending")
        created_at = self.born.setdefault(key, self.clock())
        request = order(key, created_at=created_at)
        outcome: PurchaseOutcome | FindOutcome
        if state == "pending":
            self.sent.setdefault(key, self.clock())
            outcome = await charging.purchase(request)
        elif state == "in doubt":
            outcome = await charging.find(request)
        else:
            return
        charged = [item.key for item in simulator.ledger.items].count(OrderKey(key))
        match outcome:
            case Activated():
                assert charged == 1
                self.state[key] = "charged"
            case Refused():
                assert charged == 0
                self.state[key] = "refused"
            case NotFound() | NotSent():
                assert charged == 0
                self.state[key] = "pending"
            case _:
                assert isinstance(outcome, OutcomeUnknown)
                assert charged <= 1
                self.state[key] = "in doubt"
