"""The simulated AIR, by hand-written UCIP: its faults, its door, its ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from xmlrpc import client

import aiohttp
import pytest

from flows.catalogue import load_starter
from flows.values import Msisdn
from gateway.simulators.ocs import OcsSimulator

ANA = Msisdn("573001112233")
AGENT = {"User-Agent": "test/5.0/1.0", "Content-Type": "text/xml"}
STAMP = client.DateTime("20261122T10:00:00+0000")
COMMON: dict[str, Any] = {
    "originNodeType": "EXT",
    "originHostName": "test",
    "originTransactionID": "1",
    "originTimeStamp": STAMP,
    "subscriberNumber": ANA,
}
REFILL = COMMON | {
    "transactionAmount": "300000",
    "transactionCurrency": "COP",
    "refillProfileID": "B1G7",
    "externalData1": "k-1",
}


@pytest.fixture
async def simulator() -> AsyncIterator[OcsSimulator]:
    """A simulator on free ports."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    async with OcsSimulator(load_starter("co"), "COP", now=lambda: now) as running:
        yield running


@pytest.fixture
async def air(simulator: OcsSimulator) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of its UCIP."""
    async with aiohttp.ClientSession(simulator.url, headers=AGENT) as session:
        yield session


async def ask(session: aiohttp.ClientSession, method: str, members: dict[str, Any]) -> dict[str, Any]:
    """The struct of an answer; raises the fault of one."""
    async with session.post("/Air", data=client.dumps((members,), method).encode()) as response:
        assert (response.status, response.content_type) == (200, "text/xml")
        (answer,), _ = client.loads(await response.text())
    assert isinstance(answer, dict)
    return answer


async def faults(simulator: OcsSimulator, body: dict[str, object]) -> None:
    """Replace the faults."""
    async with aiohttp.ClientSession(simulator.control_url) as session, session.put("/faults", json=body) as response:
        assert response.status == 200


async def test_a_refill_takes_its_price_and_tells_both_balances(
    air: aiohttp.ClientSession, simulator: OcsSimulator
) -> None:
    """On the same ledger as the TM Forum wire."""
    answer = await ask(air, "Refill", REFILL)
    assert answer["responseCode"] == 0
    assert answer["originTransactionID"] == "1"
    assert answer["accountBeforeRefill"] == {"currency1": "COP", "accountValue1": "1000000"}
    assert answer["accountAfterRefill"] == {"currency1": "COP", "accountValue1": "700000"}
    (item,) = simulator.ledger.items
    assert (item.key, item.amount, item.offering, item.kind) == ("k-1", 300_000, "B1G7", "charge")
    balance = await ask(air, "GetBalanceAndDate", COMMON)
    (account,) = balance["dedicatedAccountInformation"]
    assert balance["accountValue1"] == "700000"
    assert (account["dedicatedAccountValue1"], account["dedicatedAccountUnitType"]) == (str(2**30), 6)
    assert str(account["expiryDate"]) == "20261201T12:00:00+0000"


async def test_a_message_that_comes_again_charges_again_unless_it_is_recognised(
    air: aiohttp.ClientSession, simulator: OcsSimulator
) -> None:
    """The guide promises nothing; the fault makes it so."""
    for expected in (1, 2):
        await ask(air, "Refill", REFILL)
        assert len(simulator.ledger.items) == expected
    await faults(simulator, {"recognise_repeats": True})
    stored = await ask(air, "Refill", REFILL)
    assert stored["accountAfterRefill"]["accountValue1"] == "400000"
    for change in ({"originTransactionID": "2"}, {"originHostName": "other"}):
        assert (await ask(air, "Refill", REFILL | change))["responseCode"] in {0, 124}
    assert len(simulator.ledger.items) == 3


@pytest.mark.parametrize(
    ("members", "code"),
    [
        (REFILL | {"transactionAmount": "1000001"}, 124),
        (REFILL | {"refillProfileID": "NONE"}, 120),
        (REFILL | {"transactionCurrency": "USD"}, 123),
        (REFILL | {"subscriberNumber": "0"}, 102),
    ],
)
async def test_a_no_has_its_code(
    air: aiohttp.ClientSession, simulator: OcsSimulator, members: dict[str, Any], code: int
) -> None:
    """And nothing is charged."""
    assert (await ask(air, "Refill", members))["responseCode"] == code
    assert simulator.ledger.items == []


@pytest.mark.parametrize(
    ("fault", "code"), [({"refuse": 1}, 103), ({"unknown_subscriber": True}, 102), ({"state": "held"}, 100)]
)
async def test_faults_have_their_codes(
    air: aiohttp.ClientSession, simulator: OcsSimulator, fault: dict[str, object], code: int
) -> None:
    """As close as UCIP has them."""
    await faults(simulator, fault)
    assert (await ask(air, "Refill", REFILL))["responseCode"] == code
    assert simulator.ledger.items == []


async def test_a_credit_is_a_refund(air: aiohttp.ClientSession, simulator: OcsSimulator) -> None:
    """A debit that grants nothing is not."""
    credit = COMMON | {"adjustmentAmountRelative": "50", "transactionCurrency": "COP", "externalData1": "r-1"}
    assert (await ask(air, "UpdateBalanceAndDate", credit))["accountValue1"] == "1000050"
    (item,) = simulator.ledger.items
    assert (item.kind, item.key, item.amount) == ("refund", "r-1", 50)
    with pytest.raises(client.Fault) as raised:
        await ask(air, "UpdateBalanceAndDate", credit | {"adjustmentAmountRelative": "-50"})
    assert raised.value.faultCode == 1003


@pytest.mark.parametrize(
    ("method", "change", "code"),
    [
        ("GetOffer", {}, 1004),
        ("Refill", {"originNodeType": None}, 1001),
        ("Refill", {"originTimeStamp": None}, 1001),
        ("Refill", {"refillProfileID": None}, 1001),
        ("Refill", {"originTimeStamp": "20261122T10:00:00+0000"}, 1002),
        ("Refill", {"originTimeStamp": client.DateTime("20261322T10:00:00+0000")}, 1002),
        ("Refill", {"transactionAmount": 300000}, 1002),
        ("Refill", {"subscriberNumber": "+573001112233"}, 1002),
        ("Refill", {"originTransactionID": "ord-1"}, 1003),
        ("Refill", {"originTransactionID": "1" * 21}, 1003),
        ("Refill", {"transactionAmount": "3.5"}, 1003),
        ("Refill", {"transactionAmount": "-1"}, 1003),
    ],
)
async def test_a_wrong_call_is_a_fault(
    air: aiohttp.ClientSession, simulator: OcsSimulator, method: str, change: dict[str, Any], code: int
) -> None:
    """As the guide numbers them, and no order is made."""
    members = {name: value for name, value in (REFILL | change).items() if value is not None}
    with pytest.raises(client.Fault) as raised:
        await ask(air, method, members)
    assert raised.value.faultCode == code
    assert simulator.ledger.orders == {}


async def test_what_is_no_call_is_a_fault(air: aiohttp.ClientSession) -> None:
    """Also a bomb."""
    for body in (b"hello", b'<!DOCTYPE a [<!ENTITY b "c">]><methodCall/>'):
        async with air.post("/Air", data=body) as response:
            with pytest.raises(client.Fault) as raised:
                client.loads(await response.text())
        assert raised.value.faultCode == 1000


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": aiohttp.encode_basic_auth("chasqui", "wrong")}, 401),
        ({"Authorization": aiohttp.encode_basic_auth("chasqui", "right"), "User-Agent": "curl"}, 403),
        ({"Authorization": aiohttp.encode_basic_auth("chasqui", "right")}, 200),
    ],
)
async def test_the_door_wants_a_user_and_a_version(headers: dict[str, str], status: int) -> None:
    """The TM Forum wire beside it wants neither."""
    async with OcsSimulator(load_starter("co"), "COP", air_credentials=("chasqui", "right")) as simulator:
        body = client.dumps((COMMON,), "GetBalanceAndDate").encode()
        async with (
            aiohttp.ClientSession(simulator.url, headers=AGENT) as session,
            session.post("/Air", data=body, headers=headers) as response,
        ):
            assert response.status == status
