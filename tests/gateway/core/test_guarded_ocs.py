"""A charging system that is away is left alone, one that is slow is not flooded, and what was not sent is told so."""

from __future__ import annotations

import asyncio

import pytest

from fakes import FakeOcs, eventually
from flows.values import BundleId, Money, Msisdn, OrderKey, Wallet
from gateway.core.breaker import Breaker, BreakerSettings
from gateway.core.call_gate import CallGate, GateSettings
from gateway.core.guarded_ocs import GuardedOcs
from gateway.core.ports import (
    Activated,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PurchaseRequest,
    Refunded,
    RefundRequest,
    Refused,
)
from gateway.errors import OcsBusy, OcsError, OcsTimeout, OcsUnavailable, UnknownSubscriber
from gateway.telemetry import Metrics

ANA = Msisdn("573001112233")
ORDER = PurchaseRequest(OrderKey("ord-1"), ANA, ANA, BundleId("data-1gb-7d"), Money(300_000, "COP"), "sms")
REFUND = RefundRequest(OrderKey("ref-ord-1"), ORDER)
AFTER = 2


class Guarded:
    """A guard before a charging system that says what it is told; seconds go on when they are told to."""

    def __init__(self, gate: GateSettings | None = None) -> None:
        self.seconds = 0.0
        self.ocs, self.metrics = FakeOcs(), Metrics()
        breaker = Breaker(BreakerSettings(AFTER, 1.0, 8.0), lambda: self.seconds, jitter=lambda: 0.5)
        self.gate = CallGate(gate or GateSettings())
        self.guard = GuardedOcs(self.ocs, breaker, self.gate, self.metrics)
        self.breaker = breaker

    def not_asked(self, why: str) -> float:
        """How many calls were not made."""
        return float(self.metrics.ocs_not_asked.labels(why)._value.get())


async def test_what_is_well_goes_through_as_it_is() -> None:
    """The guard adds nothing."""
    it = Guarded()
    assert await it.guard.wallet(ANA) == it.ocs.otherwise
    assert await it.guard.purchase(ORDER) == Activated("ocs-1")
    assert await it.guard.find(ORDER) == NotFound()
    assert await it.guard.refund(REFUND) == Refunded("ocs-r1")
    assert await it.guard.find_refund(REFUND) == NotFound()
    assert (it.guard.abilities, it.guard.settle_seconds) == (it.ocs.abilities, it.ocs.settle_seconds)
    assert it.breaker.state == "closed"


@pytest.mark.parametrize("error", [OcsTimeout("late"), OcsUnavailable("away")])
async def test_while_the_breaker_is_open_nothing_is_sent_and_nothing_in_doubt(error: OcsError) -> None:
    """Orders wait, questions are put later, and a page is told at once that there is no balance."""
    it = Guarded()
    it.ocs.broke = error
    for _ in range(AFTER):
        with pytest.raises(type(error)):
            await it.guard.wallet(ANA)
    with pytest.raises(OcsUnavailable):
        await it.guard.wallet(ANA)
    for outcome in (
        await it.guard.purchase(ORDER),
        await it.guard.find(ORDER),
        await it.guard.refund(REFUND),
        await it.guard.find_refund(REFUND),
    ):
        assert isinstance(outcome, NotSent)
    assert (len(it.ocs.looked), it.ocs.bought, it.ocs.asked, it.ocs.refunded) == (AFTER, [], [], [])
    assert it.not_asked("breaker") == 5


async def test_it_is_taken_up_again_by_the_first_call_that_is_answered() -> None:
    """Whatever call that is."""
    it = Guarded()
    it.ocs.purchases.extend([OutcomeUnknown("reset"), NotSent("refused")])
    for _ in range(AFTER):
        await it.guard.purchase(ORDER)
    assert it.breaker.state == "open"
    it.seconds = 1.0
    assert await it.guard.find(ORDER) == NotFound()
    assert (it.breaker.state, it.breaker.seconds_left) == ("closed", 0.0)


@pytest.mark.parametrize("error", [UnknownSubscriber("nobody"), OcsError("cannot be read")])
async def test_an_answer_that_is_no_use_is_an_answer(error: OcsError) -> None:
    """The charging system is there."""
    it = Guarded()
    it.ocs.broke = error
    for _ in range(AFTER + 1):
        with pytest.raises(type(error)):
            await it.guard.wallet(ANA)
    it.ocs.purchases.extend([Refused("insufficient_funds")] * (AFTER + 1))
    for _ in range(AFTER + 1):
        assert await it.guard.purchase(ORDER) == Refused("insufficient_funds")
    assert it.breaker.state == "closed"


async def test_an_order_that_nobody_can_tell_of_is_no_sign_of_silence() -> None:
    """It is asked about forty times, and all others go on being charged."""
    it = Guarded()
    it.ocs.finds.extend([OutcomeUnknown("a person must look", silent=False)] * (AFTER + 1))
    for _ in range(AFTER + 1):
        assert isinstance(await it.guard.find(ORDER), OutcomeUnknown)
    assert it.breaker.state == "closed"


async def test_nor_is_it_a_sign_that_a_charging_system_is_back() -> None:
    """The probe was none, and the next call is one."""
    it = Guarded()
    it.ocs.purchases.extend([OutcomeUnknown("reset")] * AFTER)
    for _ in range(AFTER):
        await it.guard.purchase(ORDER)
    it.seconds = 1.0
    it.ocs.finds.append(OutcomeUnknown("a person must look", silent=False))
    states: list[str] = []
    for _ in range(2):
        await it.guard.find(ORDER)
        states.append(it.breaker.state)
    assert states == ["half_open", "closed"]


@pytest.mark.parametrize("asked", [True, False])
async def test_only_a_refusal_of_the_charging_systems_own_is_a_sign_of_life(asked: bool) -> None:
    """What an adapter refuses by itself reached nobody: it breaks no row of failures, and is no probe."""
    refused = Refused("rejected", "no mapping", asked=asked)
    between, probing = Guarded(), Guarded()
    between.ocs.purchases.extend([OutcomeUnknown("reset"), refused, OutcomeUnknown("reset")])
    for _ in range(3):
        await between.guard.purchase(ORDER)
    assert between.breaker.state == ("closed" if asked else "open")
    probing.ocs.purchases.extend([OutcomeUnknown("reset")] * AFTER)
    for _ in range(AFTER):
        await probing.guard.purchase(ORDER)
    probing.seconds = 1.0
    probing.ocs.purchases.append(refused)
    await probing.guard.purchase(ORDER)
    assert probing.breaker.state == ("closed" if asked else "half_open")


async def test_a_wallet_that_tells_nothing_is_no_sign_either() -> None:
    """Over Diameter without a balance context nobody is asked."""
    it = Guarded()
    it.ocs.otherwise = Wallet(None)
    it.ocs.purchases.extend([OutcomeUnknown("reset")] * AFTER)
    for _ in range(AFTER):
        await it.guard.purchase(ORDER)
        if it.breaker.state == "closed":
            assert await it.guard.wallet(ANA) == Wallet(None)
    assert it.breaker.state == "open"


async def test_who_gives_up_waiting_says_nothing_about_the_charging_system() -> None:
    """A hop whose time is over is no failure."""
    it = Guarded()
    held = asyncio.Event()

    async def hold() -> None:
        await held.wait()

    it.ocs.on_purchase = hold
    for _ in range(AFTER):
        task = asyncio.create_task(it.guard.purchase(ORDER))
        await eventually(lambda: it.gate.in_flight == 1)
        task.cancel()
        await asyncio.wait([task])
    assert (it.breaker.state, it.gate.in_flight) == ("closed", 0)


async def test_when_too_many_wait_triggers_go_without_a_wallet_before_people_do() -> None:
    """What was not sent is told so."""
    it = Guarded(GateSettings(at_once=1, background=1, waiting=1))
    held = asyncio.Event()

    async def hold() -> None:
        await held.wait()

    it.ocs.on_purchase = hold
    running = asyncio.create_task(it.guard.purchase(ORDER))
    await eventually(lambda: it.gate.in_flight == 1)
    trigger = asyncio.create_task(it.guard.in_background().wallet(ANA))
    await eventually(lambda: it.gate.waiting == 1)
    page = asyncio.create_task(it.guard.wallet(ANA))
    await asyncio.wait([trigger])
    assert isinstance(trigger.exception(), OcsBusy)
    assert isinstance(await it.guard.purchase(ORDER), NotSent)
    held.set()
    assert (await running, await page) == (Activated("ocs-1"), it.ocs.otherwise)
    assert (it.not_asked("busy"), it.breaker.state) == (2, "closed")
