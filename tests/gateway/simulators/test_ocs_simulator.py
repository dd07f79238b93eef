"""The simulated charging system: its control API, its faults, its ledger, its wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from fakes import FakeTraits
from flows.catalogue import load_starter
from flows.values import Bucket, BundleId, Money, Msisdn, OrderKey, Unit
from gateway.core.ports import Activated, NotFound, PurchaseRequest
from gateway.errors import PortInUse
from gateway.ocs.tmf import TmfChargingSystem
from gateway.ocs.tmf_wire import BUCKETS, CONTENT_TYPE, PRODUCT_ORDERS, format_order
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.ocs_tmf import format_buckets

ANA = Msisdn("573001112233")
CATALOGUE = load_starter("co")
CONTRACTS = Path(__file__).parents[2] / "contracts"
JSON = {"Content-Type": CONTENT_TYPE}
ADJUST = "/tmf-api/prepayBalanceManagement/v4/adjustBalance"


def check(file: str, definition: str, value: object) -> None:
    """Hold a value against an official definition, no property outside it."""
    definitions: dict[str, Any] = json.loads((CONTRACTS / file).read_text())["definitions"]
    for schema in definitions.values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    Draft4Validator({"definitions": definitions, "$ref": f"#/definitions/{definition}"}).validate(value)


def order_body(key: str = "k-1", offering: str = "po-data-1gb-7d", amount: int = 300000) -> dict[str, Any]:
    """An order as the adapter writes it."""
    request = PurchaseRequest(OrderKey(key), ANA, ANA, BundleId("b"), Money(amount, "COP"), "sms")
    body: dict[str, Any] = json.loads(format_order(request, offering))
    return body


@pytest.fixture
async def simulator() -> AsyncIterator[OcsSimulator]:
    """A simulator on free ports."""
    async with OcsSimulator(CATALOGUE, "COP") as running:
        yield running


@pytest.fixture
async def wire(simulator: OcsSimulator) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the TM Forum port."""
    async with aiohttp.ClientSession(simulator.url, headers=JSON) as session:
        yield session


@pytest.fixture
async def control(simulator: OcsSimulator) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the control port."""
    async with aiohttp.ClientSession(simulator.control_url) as session:
        yield session


async def ask(session: aiohttp.ClientSession, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Status and JSON body of one call."""
    async with session.request(method, path, data=None if body is None else json.dumps(body)) as response:
        return response.status, await response.json(content_type=None)


async def test_what_it_answers_is_what_the_official_files_allow(wire: aiohttp.ClientSession) -> None:
    """Orders, buckets, adjustments and errors, accepted and rejected."""
    for offering in ("po-combo-2gb-60min-30d", "po-nobody-knows"):
        status, made = await ask(wire, "POST", PRODUCT_ORDERS, order_body(offering=offering))
        assert status == 201
        check("tmf622_product_order.json", "ProductOrder", made)
        assert (await ask(wire, "GET", f"{PRODUCT_ORDERS}/{made['id']}"))[1] == made
    _, orders = await ask(wire, "GET", f"{PRODUCT_ORDERS}?externalId=k-1")
    assert [order["state"] for order in orders] == ["completed", "rejected"]
    _, buckets = await ask(wire, "GET", f"{BUCKETS}?logicalResource.id={ANA}")
    assert [bucket["usageType"] for bucket in buckets] == ["monetary", "data", "voice"]
    for bucket in buckets:
        check("tmf654_prepay_balance.json", "Bucket", bucket)


async def test_a_credit_is_given_and_noted(wire: aiohttp.ClientSession, simulator: OcsSimulator) -> None:
    """adjustBalance on the monetary bucket is a refund in the ledger."""
    amount = {"amount": 12.5, "units": "COP"}
    wanted = {"usageType": "monetary", "bucket": {"id": f"{ANA}-money"}, "amount": amount, "description": "r-1"}
    check("tmf654_prepay_balance.json", "AdjustBalance_Create", wanted)
    status, made = await ask(wire, "POST", ADJUST, wanted)
    assert status == 201
    check("tmf654_prepay_balance.json", "AdjustBalance", made)
    (item,) = simulator.ledger.items
    assert (item.kind, item.key, item.amount, item.balance_after) == ("refund", "r-1", 1250, 1_001_250)
    assert (await ask(wire, "POST", ADJUST, wanted | {"usageType": "data"}))[0] == 400


def broken(**changes: object) -> dict[str, Any]:
    """An order with top-level keys replaced; None takes a key away."""
    return {key: value for key, value in (order_body() | changes).items() if value is not None}


def broken_item(**changes: object) -> dict[str, Any]:
    """An order whose item has keys replaced."""
    return broken(productOrderItem=[order_body()["productOrderItem"][0] | changes])


@pytest.mark.parametrize(
    "body",
    [
        [],
        broken(externalId=None),
        broken(productOrderItem=[]),
        broken(relatedParty=None),
        broken(relatedParty=[{"id": ANA, "role": "seller", "@referredType": "Individual"}]),
        broken(relatedParty=[{"id": ANA, "role": "customer"}]),
        broken(relatedParty=[{"id": "+" + ANA, "role": "customer", "@referredType": "Individual"}]),
        broken_item(action="modify"),
        broken_item(id=1),
        broken_item(quantity=2),
        broken_item(productOffering={}),
        broken_item(product={"realizingResource": []}),
        broken_item(itemPrice=[{"priceType": "recurring"}]),
        broken_item(
            itemPrice=[{"priceType": "oneTime", "price": {"taxIncludedAmount": {"unit": "COP", "value": "3"}}}]
        ),
        broken_item(
            itemPrice=[{"priceType": "oneTime", "price": {"taxIncludedAmount": {"unit": "COP", "value": 0.001}}}]
        ),
    ],
)
async def test_a_wrong_body_gets_an_official_error(
    wire: aiohttp.ClientSession, simulator: OcsSimulator, body: object
) -> None:
    """400 with an Error, and no order is made."""
    status, error = await ask(wire, "POST", PRODUCT_ORDERS, body)
    assert status == 400
    check("tmf622_product_order.json", "Error", error)
    assert simulator.ledger.orders == {}


async def test_another_content_type_is_refused(simulator: OcsSimulator) -> None:
    """The wire is application/json."""
    async with aiohttp.ClientSession(simulator.url) as session, session.post(PRODUCT_ORDERS, data="x") as response:
        assert response.status == 400


async def test_the_scene_can_be_set_and_read(control: aiohttp.ClientSession, wire: aiohttp.ClientSession) -> None:
    """Balance and bundles are as told, on both ports; a number may come with its plus."""
    bundle = {
        "id": "b-77",
        "unit": "byte",
        "initial": 2**30,
        "remaining": 96636764,
        "expires_at": "2999-01-01T00:00:00Z",
    }
    body = {"balance": {"amount": 500000, "currency": "COP"}, "bundles": [bundle]}
    status, answer = await ask(control, "PUT", f"/subscribers/+{ANA}", body)
    assert status == 200
    assert answer == (await ask(control, "GET", f"/subscribers/{ANA}"))[1]
    assert answer["balance"] == {"amount": 500000, "currency": "COP"}
    assert answer["bundles"] == [bundle | {"expires_at": "2999-01-01T00:00:00+00:00", "name": ""}]
    _, (money, data) = await ask(wire, "GET", f"{BUCKETS}?logicalResource.id={ANA}")
    assert money["remainingValue"] == {"amount": 5000.0, "units": "COP"}
    assert data["remainingValue"] == {"amount": 96636764, "units": "byte"}
    assert (await ask(control, "PUT", f"/subscribers/{ANA}", {"balance": 7}))[1]["balance"]["amount"] == 7


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("/faults", {"explode": True}, "unknown fault 'explode'"),
        ("/faults", {"delay": -1}, "delay must be seconds"),
        ("/faults", {"status": 200}, "status must be from 400 to 599"),
        ("/faults", {"refuse": {"why": "x"}}, "refuse must be"),
        ("/faults", {"state": "completed"}, "state must be one of"),
        ("/faults", [], "must be a JSON object"),
        ("/faults", {"down": 1}, "down must be true or false"),
        (f"/subscribers/{ANA}", {"money": 1}, "unknown key money"),
        (f"/subscribers/{ANA}", {"balance": 1.5}, "balance must be a whole number"),
        (f"/subscribers/{ANA}", {"balance": {"amount": 1, "currency": "EUR"}}, "balance.currency must be COP"),
        (f"/subscribers/{ANA}", {"bundles": [{"id": "b", "unit": "GB", "remaining": 1}]}, "bundles.unit must be"),
        ("/subscribers/nobody", {}, "must end in an MSISDN"),
    ],
)
async def test_a_wrong_control_request_is_told_in_one_line(
    control: aiohttp.ClientSession, path: str, body: object, detail: str
) -> None:
    """problem+json with what to change."""
    async with control.put(path, data=json.dumps(body)) as response:
        problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["status"]) == (400, 400)
    assert detail in problem["detail"]
    assert "\n" not in problem["detail"]


async def test_the_ledger_can_be_waited_for(control: aiohttp.ClientSession, wire: aiohttp.ClientSession) -> None:
    """The answer comes with the charge, not with the time-out; other subscribers do not count."""
    waiting = asyncio.ensure_future(ask(control, "GET", f"/ledger?msisdn=+{ANA}&count=1&timeout=30"))
    await ask(wire, "POST", PRODUCT_ORDERS, order_body())
    _, answer = await asyncio.wait_for(waiting, 5)
    (item,) = answer["items"]
    assert item.pop("at")
    assert item == {
        "key": "k-1",
        "msisdn": ANA,
        "beneficiary": ANA,
        "offering": "po-data-1gb-7d",
        "amount": 300000,
        "currency": "COP",
        "kind": "charge",
        "balance_after": 700000,
    }
    assert (await ask(control, "GET", "/ledger?msisdn=573000000000"))[1] == {"items": []}
    assert (await ask(control, "GET", "/orders"))[1]["items"][0]["state"] == "completed"


async def test_refusals_can_be_counted_or_worded(control: aiohttp.ClientSession, wire: aiohttp.ClientSession) -> None:
    """A number refuses so many, a reason refuses all."""
    states = []
    for faults in ({"refuse": 1}, {"refuse": {"reason": "not eligible"}}):
        await ask(control, "PUT", "/faults", faults)
        states += [(await ask(wire, "POST", PRODUCT_ORDERS, order_body()))[1] for _ in range(2)]
    assert [made["state"] for made in states] == ["rejected", "completed", "rejected", "rejected"]
    assert states[3]["note"] == [{"text": "not eligible"}]


async def test_the_port_can_go_down_and_come_back(control: aiohttp.ClientSession, simulator: OcsSimulator) -> None:
    """On the same port, with the ledger as it was; clearing all faults also brings it back."""
    port = simulator.port
    for up in ({"down": False}, {}):
        await ask(control, "PUT", "/faults", {"down": True})
        async with aiohttp.ClientSession(simulator.url) as session:
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(BUCKETS)
            await ask(control, "PUT", "/faults", up)
            assert (await ask(session, "GET", f"{BUCKETS}?logicalResource.id={ANA}"))[0] == 200
    assert simulator.port == port


async def test_a_taken_port_is_told_in_one_line(simulator: OcsSimulator) -> None:
    """PortInUse names the port, for either of the two."""
    for port, control_port in ((simulator.port, 0), (0, simulator.port)):
        with pytest.raises(PortInUse, match=f"port {simulator.port} on 127.0.0.1 is in use"):
            await OcsSimulator(CATALOGUE, "COP", port=port, control_port=control_port).start()


async def test_stopping_does_not_wait_for_held_orders(simulator: OcsSimulator, wire: aiohttp.ClientSession) -> None:
    """A held order dies with the simulator."""
    async with aiohttp.ClientSession(simulator.control_url) as control:
        await ask(control, "PUT", "/faults", {"hold": True})
    held = asyncio.ensure_future(ask(wire, "POST", PRODUCT_ORDERS, order_body()))
    while not simulator.waiting:  # noqa: ASYNC110  # the condition is the simulator's
        await asyncio.sleep(0)
    await asyncio.wait_for(simulator.stop(), 5)
    with pytest.raises(aiohttp.ClientError):
        await held
    assert simulator.ledger.items == []


@pytest.mark.parametrize(
    ("unit", "remaining", "amount", "units"),
    [
        (Unit.BYTE, 2**30, 1, "GB"),
        (Unit.BYTE, 500 * 2**20, 500, "MB"),
        (Unit.BYTE, 3072, 3, "KB"),
        (Unit.BYTE, 1025, 1025, "byte"),
        (Unit.BYTE, 0, 0, "byte"),
        (Unit.SECOND, 90, 90, "seconds"),
        (Unit.SECOND, 120, 2, "minutes"),
        (Unit.MESSAGE, 5, 5, "messages"),
    ],
)
def test_buckets_come_in_the_largest_whole_unit(unit: Unit, remaining: int, amount: int, units: str) -> None:
    """Clients must cope with all of them."""
    bucket: Any = format_buckets(ANA, 0, "COP", [Bucket("b", unit, remaining)])[1]
    assert bucket["remainingValue"] == {"amount": amount, "units": units}


@given(
    balance=st.integers(0, 2_000_000),
    fates=st.lists(st.sampled_from(["", "drop_answer", "lose", "refuse"]), min_size=1, max_size=8),
)
def test_the_ledger_always_explains_the_balance(balance: int, fates: list[str]) -> None:
    """Concurrent orders, each retried until it is settled: each key once, charges equal the difference."""
    asyncio.run(buy_all(balance, fates))


async def buy_all(balance: int, fates: list[str]) -> None:
    """Buy under as many keys as fates, with these faults waiting for the first orders that come."""
    async with OcsSimulator(CATALOGUE, "COP", now=lambda: datetime(2026, 11, 24, tzinfo=UTC)) as simulator:
        charging = TmfChargingSystem(
            simulator.url,
            timeout=5,
            settle_seconds=0,
            currency="COP",
            offerings=CATALOGUE.tmf_offerings(),
            traits=FakeTraits("orders"),
        )
        async with aiohttp.ClientSession(simulator.control_url) as control:
            await ask(control, "PUT", f"/subscribers/{ANA}", {"balance": balance})
            await ask(control, "PUT", "/faults", {name: fates.count(name) for name in set(fates) - {""}})
        outcomes = await asyncio.gather(*(settle(charging, OrderKey(f"k-{n}")) for n in range(len(fates))))
        wallet = await charging.wallet(ANA)
        await charging.close()
    items = simulator.ledger.items
    assert wallet.balance == Money(balance - sum(item.amount for item in items), "COP")
    assert len({item.key for item in items}) == len(items) == sum(outcomes)
    assert len(wallet.buckets) == len(items)


async def settle(charging: TmfChargingSystem, key: OrderKey) -> bool:
    """Send, and send again only what the charging system does not know; True when it was charged."""
    request = PurchaseRequest(key, ANA, ANA, BundleId("data-1gb-7d"), Money(300000, "COP"), "sms")
    while True:
        await charging.purchase(request)
        outcome = await charging.find(request)
        if outcome != NotFound():
            return isinstance(outcome, Activated)
