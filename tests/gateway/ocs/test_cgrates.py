"""The CGRateS adapter over real sockets, against the simulator and against engines that misbehave."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import eventually
from flows.catalogue import load_starter
from flows.values import BundleId, Money, Msisdn, OrderKey, Unit
from gateway.core.ports import (
    Activated,
    ChargingSystem,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PurchaseOutcome,
    PurchaseRequest,
    Refunded,
    RefundRequest,
    Refused,
)
from gateway.errors import OcsError, OcsTimeout, OcsUnavailable, UnknownSubscriber
from gateway.ocs.cgrates import CgratesChargingSystem, CgratesSettings
from gateway.ocs.cgrates_sets import Terms, probe_set
from gateway.ocs.cgrates_units import grants, unit_sizes
from gateway.ocs.cgrates_wire import EXECUTE_ACTION, GET_ACCOUNT, GET_ACTIONS, SET_ACTIONS
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.ocs_cgrates_actions import format_action, parse_action
from gateway.simulators.ocs_faults import Faults

ANA, BEN = Msisdn("573001112233"), Msisdn("573009998877")
GIGABYTE = BundleId("data-1gb-7d")
PRICE = Money(300000, "COP")
OPENING = 1_000_000
KEY = OrderKey("ord-1")
PATIENCE = 10.0
HASTE = 1.0
"""Seconds for a call that is not answered; long enough for one that is, on a busy machine."""
CATALOGUE = load_starter("co")
TERMS = Terms("main", 2160)
Call = Callable[..., Awaitable[Any]]
Answers = Mapping[str, object]


def order(key: str = KEY, price: Money = PRICE, bundle: BundleId = GIGABYTE, payer: Msisdn = ANA) -> PurchaseRequest:
    """Ana buys a gigabyte for herself."""
    return PurchaseRequest(OrderKey(key), payer, payer, bundle, price, "sms")


def refund(key: str = "ref-1", of: str = KEY) -> RefundRequest:
    """Ana's money back."""
    return RefundRequest(OrderKey(key), order(of))


def adapter(url: str, timeout: float = PATIENCE, units_per_minor: str = "1") -> CgratesChargingSystem:
    """The adapter as a gateway in Colombia has it."""
    own = CgratesSettings(
        tenant="cgrates.org",
        terms=TERMS,
        units_per_minor=Decimal(units_per_minor),
        currency="COP",
        grants=grants(CATALOGUE),
        unit_sizes=unit_sizes(CATALOGUE),
    )
    return CgratesChargingSystem(url, own, timeout=timeout, settle_seconds=1)


@pytest.fixture
async def simulator() -> AsyncIterator[OcsSimulator]:
    """A simulator on free ports."""
    async with OcsSimulator(CATALOGUE, "COP") as running:
        yield running


@pytest.fixture
async def ocs(simulator: OcsSimulator) -> AsyncIterator[CgratesChargingSystem]:
    """An adapter that speaks to the simulator."""
    charging = adapter(simulator.url)
    yield charging
    await charging.close()


@pytest.fixture
async def hasty(simulator: OcsSimulator) -> AsyncIterator[CgratesChargingSystem]:
    """An adapter that does not wait long."""
    charging = adapter(simulator.url, HASTE)
    yield charging
    await charging.close()


@pytest.fixture
async def control(simulator: OcsSimulator) -> AsyncIterator[Call]:
    """Calls the control API and gives back its answer."""
    async with aiohttp.ClientSession(simulator.control_url) as session:

        async def call(method: str, path: str, body: object = None) -> Any:
            async with session.request(method, path, json=body) as response:
                assert response.status == 200, await response.text()
                return await response.json()

        yield call


@pytest.fixture
async def engine(simulator: OcsSimulator) -> AsyncIterator[Call]:
    """Calls the engine as an operator would, and gives back its result."""
    async with aiohttp.ClientSession(simulator.url) as session:

        async def call(method: str, parameter: object) -> Any:
            body = {"id": 7, "method": method, "params": [parameter]}
            async with session.post("/jsonrpc", json=body) as response:
                answer = await response.json()
                assert answer["error"] is None, answer
                return answer["result"]

        yield call


def _account(*balances: tuple[str, str, float]) -> dict[str, object]:
    """Ana's, with these balances (type, id, value)."""
    kinds: dict[str, list[dict[str, object]]] = {}
    for kind, ident, value in balances:
        kinds.setdefault(kind, []).append({"Uuid": f"u-{ident}", "ID": ident, "Value": value})
    return {"ID": f"cgrates.org:{ANA}", "BalanceMap": kinds}


PROBE = [format_action(parse_action(action)) for action in probe_set(TERMS)[1]]
"""How an engine reads a set back."""
HEALTHY: Answers = {
    SET_ACTIONS: "OK",
    GET_ACTIONS: PROBE,
    EXECUTE_ACTION: "OK",
    GET_ACCOUNT: _account(("*order", KEY, 1_000_000_001.5)),
}


@asynccontextmanager
async def misbehaving(answers: Answers) -> AsyncIterator[tuple[CgratesChargingSystem, Counter[str]]]:
    """An adapter that speaks to an engine of few words, and how often each method was called.

    A text beginning with ``!`` is an error, a number a status, bytes a body, None silence; else it is the result.
    """
    called: Counter[str] = Counter()

    async def answer(request: web.Request) -> web.StreamResponse:
        call = json.loads(await request.read())
        called[call["method"]] += 1
        what = answers[call["method"]]
        if what is None:
            await asyncio.sleep(PATIENCE)
        if isinstance(what, int):
            return web.Response(status=what)
        if isinstance(what, bytes):
            return web.Response(body=what)
        if isinstance(what, str) and what.startswith("!"):
            return web.json_response({"id": call["id"], "result": None, "error": what[1:]})
        return web.json_response({"id": call["id"], "result": what, "error": None})

    app = web.Application()
    app.add_routes([web.post("/jsonrpc", answer)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    timeout = HASTE if None in answers.values() else PATIENCE
    charging = adapter(f"http://127.0.0.1:{runner.addresses[0][1]}/", timeout)
    try:
        yield charging, called
    finally:
        await charging.close()
        await runner.cleanup()


# ── purchases ──


async def test_it_is_a_charging_system(ocs: CgratesChargingSystem) -> None:
    """The Protocol is satisfied, as mypy checks here; a gift cannot be one step, so it is not offered."""
    charging: ChargingSystem = ocs
    assert (charging.settle_seconds, charging.abilities.services) == (1, frozenset())
    assert charging.can_be_asked


@pytest.mark.parametrize("tail", ["", "/", "/jsonrpc", "/jsonrpc/"])
async def test_the_url_may_end_as_the_engine_shows_it(simulator: OcsSimulator, tail: str) -> None:
    """It is the same engine."""
    ocs = adapter(simulator.url + tail)
    assert await ocs.answers()
    await ocs.close()


async def test_a_purchase_charges_and_grants_and_is_found(ocs: CgratesChargingSystem, simulator: OcsSimulator) -> None:
    """The wallet shows both in our own units, and no marker."""
    outcome = await ocs.purchase(order())
    wallet = await ocs.wallet(ANA)
    assert isinstance(outcome, Activated)
    assert outcome.reference
    assert await ocs.find(order()) == outcome
    assert wallet.balance == Money(OPENING - PRICE.amount, "COP")
    assert [(bucket.unit, bucket.remaining) for bucket in wallet.buckets] == [(Unit.BYTE, 1024**3)]
    ends = wallet.buckets[0].expires_at
    assert ends is not None
    assert abs(ends - datetime.now(UTC) - timedelta(hours=168)) < timedelta(minutes=1)
    assert [(item.key, item.amount) for item in simulator.ledger.items] == [(KEY, PRICE.amount)]


async def test_a_key_that_nobody_sent_is_not_found(ocs: CgratesChargingSystem) -> None:
    """NotFound is a plain answer."""
    assert await ocs.find(order("never")) == NotFound()


async def test_sent_twice_it_is_charged_once(ocs: CgratesChargingSystem, simulator: OcsSimulator) -> None:
    """The second answer is the first one."""
    assert await ocs.purchase(order()) == await ocs.purchase(order())
    assert len(simulator.ledger.items) == 1


async def test_twenty_at_once_are_charged_once(ocs: CgratesChargingSystem, simulator: OcsSimulator) -> None:
    """All of them see that it happened."""
    outcomes = await asyncio.gather(*(ocs.purchase(order()) for _ in range(20)))
    assert {type(outcome) for outcome in outcomes} == {Activated}
    assert len(simulator.ledger.items) == 1
    assert [bucket.remaining for bucket in (await ocs.wallet(ANA)).buckets] == [1024**3]


async def test_money_for_three_of_ten_pays_three(ocs: CgratesChargingSystem, simulator: OcsSimulator) -> None:
    """Nobody goes into debt, and the rest are refused for want of money."""
    outcomes = await asyncio.gather(*(ocs.purchase(order(f"ord-{n}")) for n in range(10)))
    refusals = [outcome.reason for outcome in outcomes if isinstance(outcome, Refused)]
    assert sum(isinstance(outcome, Activated) for outcome in outcomes) == 3
    assert refusals == ["insufficient_funds"] * 7
    assert simulator.ledger.account(ANA).balance == OPENING - 3 * PRICE.amount


async def test_one_unit_short_is_refused_for_good(ocs: CgratesChargingSystem, control: Call) -> None:
    """With money for it later the same key still never charges, and says so."""
    await control("PUT", f"/subscribers/{ANA}", {"balance": PRICE.amount - 1})
    refused = await ocs.purchase(order())
    assert isinstance(refused, Refused)
    assert refused.reason == "insufficient_funds"
    await control("PUT", f"/subscribers/{ANA}", {"balance": PRICE.amount})
    again = await ocs.purchase(order())
    assert isinstance(again, Refused)
    assert again.reason == "rejected"
    assert (await ocs.wallet(ANA)).balance == PRICE
    assert isinstance(await ocs.purchase(order("ord-2")), Activated)


async def test_a_price_of_exactly_the_balance_is_paid(ocs: CgratesChargingSystem, control: Call) -> None:
    """To the last unit."""
    await control("PUT", f"/subscribers/{ANA}", {"balance": PRICE.amount})
    assert isinstance(await ocs.purchase(order()), Activated)
    assert (await ocs.wallet(ANA)).balance == Money(0, "COP")


@pytest.mark.parametrize("how", [{"ExpiryTime": "2020-01-01T00:00:00Z"}, {"Disabled": True}])
async def test_money_that_is_expired_or_disabled_pays_nothing(
    ocs: CgratesChargingSystem, engine: Call, simulator: OcsSimulator, how: dict[str, object]
) -> None:
    """It is not in the wallet either."""
    balance = {"ID": "main", **how}
    money = {"Account": ANA, "BalanceType": "*monetary", "Value": OPENING, "Overwrite": True, "Balance": balance}
    await engine("APIerSv1.AddBalance", money)
    before = len(simulator.ledger.items)
    outcome = await ocs.purchase(order())
    assert isinstance(outcome, Refused)
    assert outcome.reason == "insufficient_funds"
    assert (await ocs.wallet(ANA)).balance == Money(0, "COP")
    assert len(simulator.ledger.items) == before


async def test_what_cgrates_cannot_do_is_refused_and_never_sent() -> None:
    """A bundle that it does not map, a gift, another currency."""
    async with misbehaving({}) as (ocs, called):
        for request in (
            order(bundle=BundleId("combo-2gb-100min-7d")),
            PurchaseRequest(KEY, ANA, BEN, GIGABYTE, PRICE, "sms"),
            order(price=Money(300000, "BRL")),
        ):
            outcome = await ocs.purchase(request)
            assert isinstance(outcome, Refused), request
            assert outcome.reason == ("not_offered" if request.beneficiary == BEN else "rejected")
        assert not called


@pytest.mark.parametrize(
    ("faults", "charged"),
    [({"drop_answer": 1}, True), ({"delay": PATIENCE}, True), ({"lose": 1}, False), ({"hold": True}, False)],
)
async def test_without_an_answer_the_outcome_is_unknown_until_asked(
    hasty: CgratesChargingSystem, control: Call, faults: dict[str, object], charged: bool
) -> None:
    """Run or not, only the marker tells."""
    await control("PUT", "/faults", faults)
    assert isinstance(await hasty.purchase(order()), OutcomeUnknown)
    assert isinstance(await hasty.find(order()), Activated if charged else NotFound)


@pytest.mark.parametrize(("faults", "release"), [({"hold": True}, {}), ({"late": 0.2}, None)])
async def test_a_set_that_runs_late_and_again_charges_once(
    hasty: CgratesChargingSystem, control: Call, faults: dict[str, object], release: dict[str, object] | None
) -> None:
    """Not found first, sent again, and then the first one arrives."""
    await control("PUT", "/faults", faults)
    assert isinstance(await hasty.purchase(order()), OutcomeUnknown)
    assert await hasty.find(order()) == NotFound()
    if release is not None:
        await control("PUT", "/faults", release)
    await control("GET", f"/ledger?count=1&timeout={PATIENCE}")
    await control("PUT", "/faults", {})
    assert isinstance(await hasty.purchase(order()), Activated)
    assert len((await control("GET", "/ledger"))["items"]) == 1


async def test_thirty_dropped_answers_are_thirty_charges(
    ocs: CgratesChargingSystem, control: Call, simulator: OcsSimulator
) -> None:
    """Each is found, none is charged twice."""
    await control("PUT", f"/subscribers/{ANA}", {"balance": 30 * PRICE.amount})
    await control("PUT", "/faults", {"drop_answer": 30})
    keys = [f"ord-{n}" for n in range(30)]
    outcomes = await asyncio.gather(*(ocs.purchase(order(key)) for key in keys))
    assert {type(outcome) for outcome in outcomes} == {OutcomeUnknown}
    assert {type(await ocs.find(order(key))) for key in keys} == {Activated}
    assert sorted(item.key for item in simulator.ledger.items) == sorted(keys)


async def test_nothing_listening_means_not_sent(ocs: CgratesChargingSystem, simulator: OcsSimulator) -> None:
    """Sending again is safe, and works as soon as the port is open again."""
    await simulator.set_down(down=True)
    assert isinstance(await ocs.purchase(order()), NotSent)
    assert isinstance(await ocs.find(order()), OutcomeUnknown)
    with pytest.raises(OcsUnavailable):
        await ocs.wallet(ANA)
    assert not await ocs.answers()
    await simulator.set_down(down=False)
    assert isinstance(await ocs.purchase(order()), Activated)
    assert await ocs.answers()


async def test_a_subscriber_without_account_is_unknown(
    ocs: CgratesChargingSystem, control: Call, simulator: OcsSimulator
) -> None:
    """The engine runs the set on nothing and says OK; the account tells."""
    await control("PUT", "/faults", {"unknown_subscriber": True})
    for outcome in (await ocs.purchase(order()), await ocs.find(order())):
        assert isinstance(outcome, Refused)
        assert outcome.reason == "unknown_subscriber"
    with pytest.raises(UnknownSubscriber):
        await ocs.wallet(ANA)
    assert simulator.ledger.items == []


async def test_units_of_the_account_may_be_other_than_minor_units(simulator: OcsSimulator, control: Call) -> None:
    """Here a peso is one unit: a price of 300000 minor units takes 3000."""
    await control("PUT", f"/subscribers/{ANA}", {"balance": 10_000})
    ocs = adapter(simulator.url, units_per_minor="0.01")
    try:
        assert (await ocs.wallet(ANA)).balance == Money(1_000_000, "COP")
        assert isinstance(await ocs.purchase(order()), Activated)
        assert (await ocs.wallet(ANA)).balance == Money(700_000, "COP")
    finally:
        await ocs.close()
    assert simulator.ledger.account(ANA).balance == 7_000


# ── engines that misbehave ──


@pytest.mark.parametrize(
    ("method", "answer", "outcome"),
    [
        (SET_ACTIONS, "!EXISTS", Activated),
        (SET_ACTIONS, "!SERVER_ERROR: dial tcp: connection refused", NotSent),
        (SET_ACTIONS, "!rpc: can't find service APIerSv1.SetActions", NotSent),
        (SET_ACTIONS, "!MANDATORY_IE_MISSING: [ActionsId]", Refused),
        (SET_ACTIONS, 500, NotSent),
        (SET_ACTIONS, 401, NotSent),
        (SET_ACTIONS, b"<html>", NotSent),
        (SET_ACTIONS, None, NotSent),
        (GET_ACTIONS, 503, NotSent),
        (GET_ACTIONS, "!SERVER_ERROR: NOT_FOUND", NotSent),
        (GET_ACTIONS, {}, Refused),
        (GET_ACTIONS, PROBE[:4], Refused),
        (EXECUTE_ACTION, "!SERVER_ERROR: NOT_FOUND", Activated),
        (EXECUTE_ACTION, 500, OutcomeUnknown),
        (EXECUTE_ACTION, 429, OutcomeUnknown),
        (EXECUTE_ACTION, b"{", OutcomeUnknown),
        (EXECUTE_ACTION, b'{"id": 0, "result": "OK", "error": null}', OutcomeUnknown),
        (EXECUTE_ACTION, None, OutcomeUnknown),
        (GET_ACCOUNT, 500, OutcomeUnknown),
        (GET_ACCOUNT, None, OutcomeUnknown),
        (GET_ACCOUNT, "!SERVER_ERROR: EOF", OutcomeUnknown),
        (GET_ACCOUNT, "!NOT_FOUND", Refused),
        (GET_ACCOUNT, {"ID": f"cgrates.org:{BEN}", "BalanceMap": {}}, OutcomeUnknown),
        (GET_ACCOUNT, _account(), OutcomeUnknown),
        (GET_ACCOUNT, _account(("*order", KEY, 1.5)), OutcomeUnknown),
        (GET_ACCOUNT, _account(("*order", KEY, 1), ("*monetary", "main", 299_999)), Refused),
        (GET_ACCOUNT, _account(("*order", KEY, 2.5), ("*monetary", "main", 300_000)), Refused),
        (GET_ACCOUNT, _account(("*order", "ord-2", 1_000_000_001.5)), OutcomeUnknown),
    ],
)
async def test_what_goes_wrong_decides_what_a_purchase_came_to(
    method: str, answer: object, outcome: type[PurchaseOutcome]
) -> None:
    """Before the set is told to run nothing was charged; after that the account is asked."""
    async with misbehaving({**HEALTHY, method: answer}) as (ocs, _):
        assert type(await ocs.purchase(order())) is outcome


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (500, OutcomeUnknown),
        (b"garbage", OutcomeUnknown),
        (None, OutcomeUnknown),
        ("!SERVER_ERROR: EOF", OutcomeUnknown),
        ("!NOT_FOUND", Refused),
        (_account(), NotFound),
        ({"ID": f"cgrates.org:{ANA}", "BalanceMap": None}, NotFound),
        (_account(("*order", KEY, 1.5)), OutcomeUnknown),
        (_account(("*order", KEY, 1)), Refused),
        (_account(("*order", KEY, 1_000_000_001.5)), Activated),
    ],
)
async def test_what_an_account_says_decides_what_is_found(answer: object, outcome: type) -> None:
    """Nothing but a readable account settles an order."""
    async with misbehaving({GET_ACCOUNT: answer}) as (ocs, called):
        assert type(await ocs.find(order())) is outcome
        assert set(called) == {GET_ACCOUNT}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (503, OcsUnavailable),
        (429, OcsUnavailable),
        (403, OcsError),
        (b"{}", OcsError),
        (None, OcsTimeout),
        ("!SERVER_ERROR: EOF", OcsUnavailable),
        (f"!UNSUPPORTED for {ANA}", OcsError),
        ({"ID": f"cgrates.org:{ANA}", "BalanceMap": {"*data": [{"Value": "x"}]}}, OcsError),
    ],
)
async def test_an_answer_without_wallet_is_an_error_without_msisdn(answer: object, error: type[OcsError]) -> None:
    """Whatever the engine says, nobody's number is in the message; and it does not answer as it should."""
    async with misbehaving({GET_ACCOUNT: answer}) as (ocs, _):
        with pytest.raises(error) as raised:
            await ocs.wallet(ANA)
        assert not await ocs.answers()
    assert isinstance(raised.value, error)
    assert ANA not in str(raised.value)


async def test_an_engine_that_loses_a_condition_is_not_asked_to_charge(caplog: pytest.LogCaptureFixture) -> None:
    """It is looked at before the first order, and said."""
    lost = [{**action, "Filter": ""} for action in PROBE]
    async with misbehaving({**HEALTHY, GET_ACTIONS: lost}) as (ocs, called):
        with caplog.at_level(logging.ERROR):
            outcome = await ocs.purchase(order())
        assert isinstance(outcome, Refused)
        assert outcome.detail == "nothing is charged: the charging system does not keep action sets as sent (Filter)"
        assert "keeps action sets otherwise than they are sent: Filter" in caplog.text
        assert EXECUTE_ACTION not in called
        assert isinstance(await ocs.refund(refund()), Refused)
        assert EXECUTE_ACTION not in called


async def test_what_is_stored_is_read_back_once_a_process() -> None:
    """The second purchase takes three calls."""
    async with misbehaving(HEALTHY) as (ocs, called):
        await ocs.purchase(order())
        await ocs.purchase(order())
    assert called == {SET_ACTIONS: 3, GET_ACTIONS: 1, EXECUTE_ACTION: 2, GET_ACCOUNT: 2}


# ── refunds ──


async def test_a_refund_pays_once_what_the_order_charged(ocs: CgratesChargingSystem, simulator: OcsSimulator) -> None:
    """Twenty at once pay once, and it is found by its own key."""
    await ocs.purchase(order())
    assert await ocs.find_refund(refund()) == NotFound()
    outcomes = await asyncio.gather(*(ocs.refund(refund()) for _ in range(20)))
    assert {type(outcome) for outcome in outcomes} == {Refunded}
    assert await ocs.find_refund(refund()) == outcomes[0]
    assert await ocs.find_refund(refund("ref-2")) == NotFound()
    assert (await ocs.wallet(ANA)).balance == Money(OPENING, "COP")
    assert [(item.kind, item.key) for item in simulator.ledger.items] == [("charge", KEY), ("refund", "ref-1")]
    assert isinstance(await ocs.find(order()), Activated)


async def test_what_was_never_charged_is_not_refunded(ocs: CgratesChargingSystem, simulator: OcsSimulator) -> None:
    """However often it is asked for, and also once the order has been charged."""
    for _ in range(2):
        outcome = await ocs.refund(refund())
        assert isinstance(outcome, Refused)
        assert outcome.reason == "rejected"
    assert isinstance(await ocs.find_refund(refund()), Refused)
    assert simulator.ledger.items == []
    await ocs.purchase(order())
    assert isinstance(await ocs.refund(refund()), Refused)
    assert [item.kind for item in simulator.ledger.items] == ["charge"]


async def test_a_refund_needs_a_key_of_its_own(ocs: CgratesChargingSystem, simulator: OcsSimulator) -> None:
    """Under the order's key its marker would pass for the refund's."""
    await ocs.purchase(order())
    assert isinstance(await ocs.refund(RefundRequest(KEY, order())), Refused)
    assert [item.kind for item in simulator.ledger.items] == ["charge"]


@pytest.mark.parametrize(("faults", "paid"), [({"drop_answer": 1}, True), ({"lose": 1}, False)])
async def test_a_refund_without_an_answer_is_asked_about(
    ocs: CgratesChargingSystem, control: Call, faults: dict[str, object], paid: bool
) -> None:
    """As an order is; sent again it pays once."""
    await ocs.purchase(order())
    await control("PUT", "/faults", faults)
    assert isinstance(await ocs.refund(refund()), OutcomeUnknown)
    assert isinstance(await ocs.find_refund(refund()), Refunded if paid else NotFound)
    assert isinstance(await ocs.refund(refund()), Refunded)
    assert (await ocs.wallet(ANA)).balance == Money(OPENING, "COP")


async def test_a_refund_that_cannot_be_sent_is_not_sent(ocs: CgratesChargingSystem, simulator: OcsSimulator) -> None:
    """And nothing can be found out."""
    await simulator.set_down(down=True)
    assert isinstance(await ocs.refund(refund()), NotSent)
    assert isinstance(await ocs.find_refund(refund()), OutcomeUnknown)


# ── whatever happens ──

FAULTS = (
    Faults(),
    Faults(drop_answer=1),
    Faults(lose=1),
    Faults(late=0.01),
    Faults(status=500),
    Faults(refuse=1),
    Faults(hold=True),
)
SENDS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(FAULTS), st.integers(1, 3)), min_size=1, max_size=8)


async def _send_all(sends: list[tuple[int, Faults, int]], money: int) -> None:
    """Send every key so often under these faults, then ask about each."""
    async with OcsSimulator(CATALOGUE, "COP") as simulator:
        simulator.ledger.put(ANA, money, None)
        ocs = adapter(simulator.url, timeout=0.05)
        try:
            for number, faults, times in sends:
                simulator._desk.set_faults(faults)
                await asyncio.gather(*(ocs.purchase(order(f"ord-{number}")) for _ in range(times)))
            simulator._desk.set_faults(Faults())
            await eventually(lambda: not simulator.waiting, PATIENCE)
            patient = adapter(simulator.url, timeout=PATIENCE)
            found = {f"ord-{number}": await patient.find(order(f"ord-{number}")) for number in range(5)}
            await patient.close()
        finally:
            await ocs.close()
        charged = Counter(item.key for item in simulator.ledger.items)
        assert charged == Counter({key: 1 for key, outcome in found.items() if isinstance(outcome, Activated)})
        assert not any(isinstance(outcome, OutcomeUnknown) for outcome in found.values())
        account = simulator.ledger.account(ANA)
        assert account.balance == money - PRICE.amount * charged.total() >= 0
        assert sorted(bucket.id for bucket in account.buckets) == sorted(charged)


@settings(max_examples=50)
@given(sends=SENDS, money=st.sampled_from([0, PRICE.amount - 1, PRICE.amount, 3 * PRICE.amount, 9 * PRICE.amount]))
def test_whatever_goes_wrong_a_key_charges_once_at_most_and_is_found_as_it_was(
    sends: list[tuple[int, Faults, int]], money: int
) -> None:
    """The ledger, the bundles and what the adapter finds agree, and nobody is in debt."""
    asyncio.run(_send_all(sends, money))
