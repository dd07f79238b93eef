"""Our Diameter client and our simulated server with a relay that others wrote between them: freeDiameter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from freediameter import SECONDS, Relayed, freediameter

from fakes import eventually
from flows.values import BundleId, Money, Msisdn, OrderKey, Wallet
from gateway.core.ports import Activated, OutcomeUnknown, PurchaseRequest, Refunded, RefundRequest, Refused
from gateway.errors import UnknownSubscriber
from gateway.simulators.ocs_faults import Faults

pytestmark = pytest.mark.peer
ANA = Msisdn("573001112233")
PRICE = Money(300000, "COP")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Relayed]:
    """A relay that is connected on both sides."""
    async with freediameter(tmp_path) as it:
        yield it


def order(key: str = "ord-1") -> PurchaseRequest:
    """Ana buys a gigabyte."""
    return PurchaseRequest(OrderKey(key), ANA, ANA, BundleId("data-1gb-7d"), PRICE, "sms")


def kinds(here: Relayed) -> list[str]:
    """What moved."""
    return [item.kind for item in here.simulator.ledger.items]


async def test_a_purchase_its_question_and_its_refund_pass_a_relay(here: Relayed) -> None:
    """Each once; the balance is told through it as well."""
    assert isinstance(await here.ocs.purchase(order()), Activated)
    assert isinstance(await here.ocs.find(order()), Activated)
    assert isinstance(await here.ocs.refund(RefundRequest(OrderKey("ref-1"), order())), Refunded)
    assert isinstance(await here.ocs.find_refund(RefundRequest(OrderKey("ref-1"), order())), Refunded)
    assert kinds(here) == ["charge", "refund"]
    assert await here.ocs.wallet(ANA) == Wallet(Money(1_000_000, "COP"))


async def test_refusals_pass_a_relay(here: Relayed) -> None:
    """Too little money, a subscriber whom nobody knows."""
    here.simulator.ledger.put(ANA, 100, None)
    refused = await here.ocs.purchase(order())
    assert isinstance(refused, Refused)
    assert refused.reason == "insufficient_funds"
    here.simulator._desk.set_faults(Faults(unknown_subscriber=True))
    with pytest.raises(UnknownSubscriber):
        await here.ocs.wallet(ANA)
    assert kinds(here) == []


async def test_a_server_that_falls_silent_behind_a_relay_has_charged_once(here: Relayed) -> None:
    """It charges and cuts the relay off: whatever the relay says then is no certain no, and the question finds it."""
    here.simulator._desk.set_faults(Faults(drop_answer=1))
    assert isinstance(await here.ocs.purchase(order()), OutcomeUnknown)
    assert kinds(here) == ["charge"]

    async def found() -> bool:
        return isinstance(await here.ocs.find(order()), Activated)

    await eventually(found, SECONDS)
    assert kinds(here) == ["charge"]


async def test_a_server_that_is_away_behind_a_relay_charges_when_it_is_back(here: Relayed) -> None:
    """Unable to deliver (3002): open, until the question arrives."""
    await here.simulator.set_down(down=True)

    async def away() -> bool:
        unknown = await here.ocs.purchase(order())
        assert isinstance(unknown, OutcomeUnknown)
        return "3002" in unknown.detail

    await eventually(away, SECONDS)
    assert kinds(here) == []
    await here.simulator.set_down(down=False)

    async def found() -> bool:
        return isinstance(await here.ocs.find(order()), Activated)

    await eventually(found, SECONDS)
    assert kinds(here) == ["charge"]


async def test_a_relay_answers_our_watchdog(tmp_path: Path) -> None:
    """The same connection after many silences."""
    async with freediameter(tmp_path, watchdog=0.05) as here:
        link = here.ocs._peer._link
        assert link is not None
        await eventually(lambda: link._hop >= 5, SECONDS)
        assert here.ocs._peer._link is link
        assert isinstance(await here.ocs.purchase(order()), Activated)
