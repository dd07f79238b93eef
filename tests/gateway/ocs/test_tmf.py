"""The TM Forum adapter over real sockets, against the simulator and against servers that misbehave."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from fakes import FakeTraits
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
    StillRunning,
)
from gateway.errors import OcsError, OcsTimeout, OcsUnavailable, UnknownSubscriber
from gateway.ocs.tmf import TmfChargingSystem
from gateway.ocs.tmf_wire import ACTIONS, ADJUSTMENTS, BUCKETS, PRODUCT_ORDERS
from gateway.simulators.ocs import OcsSimulator

ANA, BEN = Msisdn("573001112233"), Msisdn("573009998877")
GIGABYTE = BundleId("data-1gb-7d")
PRICE = Money(300000, "COP")
OPENING = 1_000_000
KEY = OrderKey("k-1")
PATIENCE = 5
LISTS = ("orders", "refunds", "top-ups", "transfers")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def order(key: str = KEY, price: Money = PRICE, bundle: BundleId = GIGABYTE) -> PurchaseRequest:
    """Ana buys a gigabyte for Ben."""
    return PurchaseRequest(OrderKey(key), ANA, BEN, bundle, price, "sms")


def adapter(url: str, timeout: float = 0.4, traits: FakeTraits | None = None) -> TmfChargingSystem:
    """The adapter as a gateway in Colombia has it. traits: left out, of a server whose lists have shown our keys."""
    return TmfChargingSystem(
        url,
        timeout=timeout,
        settle_seconds=1,
        currency="COP",
        offerings=load_starter("co").tmf_offerings(),
        traits=traits or FakeTraits(*LISTS),
    )


@pytest.fixture
async def simulator() -> AsyncIterator[OcsSimulator]:
    """A simulator on free ports."""
    async with OcsSimulator(load_starter("co"), "COP") as running:
        yield running


@pytest.fixture
async def ocs(simulator: OcsSimulator) -> AsyncIterator[TmfChargingSystem]:
    """An adapter that speaks to the simulator."""
    charging = adapter(simulator.url)
    yield charging
    await charging.close()


@pytest.fixture
async def control(simulator: OcsSimulator) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """Calls the control API and gives back its answer."""
    async with aiohttp.ClientSession(simulator.control_url) as session:

        async def call(method: str, path: str, body: object = None) -> Any:
            async with session.request(method, path, json=body) as response:
                assert response.status == 200, await response.text()
                return await response.json()

        yield call


@asynccontextmanager
async def server(handler: Handler, traits: FakeTraits | None = None) -> AsyncIterator[TmfChargingSystem]:
    """An adapter that speaks to a server of one handler."""
    app = web.Application()
    app.add_routes(
        [
            web.route("*", PRODUCT_ORDERS, handler),
            *(web.route("*", path, handler) for path in (BUCKETS, ADJUSTMENTS, ACTIONS)),
        ]
    )
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    charging = adapter(f"http://127.0.0.1:{runner.addresses[0][1]}/", traits=traits)
    try:
        yield charging
    finally:
        await charging.close()
        await runner.cleanup()


def answering(status: int, body: str, **headers: str) -> Handler:
    """A handler that always says the same."""

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=body, headers=headers)

    return handler


async def test_it_is_a_charging_system(ocs: TmfChargingSystem) -> None:
    """The Protocol is satisfied, as mypy checks here."""
    charging: ChargingSystem = ocs
    assert charging.settle_seconds == 1
    assert charging.can_be_asked


async def test_a_purchase_charges_the_payer_and_grants_to_the_beneficiary(ocs: TmfChargingSystem) -> None:
    """The reference is the order's own, and looking it up says the same."""
    outcome = await ocs.purchase(order())
    payer, beneficiary = await ocs.wallet(ANA), await ocs.wallet(BEN)
    assert isinstance(outcome, Activated)
    assert await ocs.find(order()) == outcome
    assert payer.balance == Money(OPENING - PRICE.amount, "COP")
    assert beneficiary.balance == Money(OPENING, "COP")
    assert [(bucket.unit, bucket.remaining) for bucket in beneficiary.buckets] == [(Unit.BYTE, 1024**3)]
    assert beneficiary.buckets[0].expires_at is not None


async def test_a_key_that_nobody_sent_is_not_found(ocs: TmfChargingSystem) -> None:
    """NotFound is a plain answer."""
    assert await ocs.find(order("never & nowhere?")) == NotFound()


async def test_too_little_money_is_a_refusal(ocs: TmfChargingSystem) -> None:
    """With our code, the words and the order's reference; nothing is charged."""
    outcome = await ocs.purchase(order(price=Money(OPENING + 1, "COP")))
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.detail) == ("insufficient_funds", "insufficient balance")
    assert outcome == await ocs.find(order())
    assert (await ocs.wallet(ANA)).balance == Money(OPENING, "COP")


async def test_a_bundle_without_offering_is_never_sent(ocs: TmfChargingSystem, simulator: OcsSimulator) -> None:
    """It is refused on our side."""
    assert isinstance(await ocs.purchase(order(bundle=BundleId("new"))), Refused)
    assert simulator.ledger.orders == {}


@pytest.mark.parametrize("state", ["acknowledged", "pending", "inProgress", "held", "pendingCancellation", "partial"])
async def test_an_order_on_the_way_is_still_running_then_done(
    ocs: TmfChargingSystem, control: Callable[..., Awaitable[Any]], state: str
) -> None:
    """Asked again later it has become an activation."""
    await control("PUT", "/faults", {"state": state})
    assert isinstance(await ocs.purchase(order()), StillRunning)
    assert isinstance(await ocs.find(order()), StillRunning)
    assert (await control("GET", "/ledger"))["items"] == []
    await control("PUT", "/faults", {})
    assert isinstance(await ocs.find(order()), Activated)


@pytest.mark.parametrize(
    ("faults", "charged"),
    [
        ({"drop_answer": 1}, True),
        ({"delay": 1}, True),
        ({"lose": 1}, False),
        ({"status": 503}, False),
        ({"hold": True}, False),
        ({"late": 3600}, False),
    ],
)
async def test_without_an_answer_the_outcome_is_unknown_until_asked(
    ocs: TmfChargingSystem, control: Callable[..., Awaitable[Any]], faults: dict[str, object], charged: bool
) -> None:
    """Applied or not, only the query tells."""
    await control("PUT", "/faults", faults)
    assert isinstance(await ocs.purchase(order()), OutcomeUnknown)
    if "status" in faults:
        assert isinstance(await ocs.find(order()), OutcomeUnknown)
        await control("PUT", "/faults", {})
    assert isinstance(await ocs.find(order()), Activated if charged else NotFound)


@pytest.mark.parametrize(("faults", "release"), [({"hold": True}, {}), ({"late": 0.2}, None)])
async def test_an_order_that_nobody_waits_for_is_applied_late(
    ocs: TmfChargingSystem,
    control: Callable[..., Awaitable[Any]],
    faults: dict[str, object],
    release: dict[str, object] | None,
) -> None:
    """Not found first, found later: the reason for a settle time."""
    await control("PUT", "/faults", faults)
    assert isinstance(await ocs.purchase(order()), OutcomeUnknown)
    assert await ocs.find(order()) == NotFound()
    if release is not None:
        await control("PUT", "/faults", release)
    assert len((await control("GET", f"/ledger?count=1&timeout={PATIENCE}"))["items"]) == 1
    assert isinstance(await ocs.find(order()), Activated)


async def test_an_order_sent_twice_is_seen_and_said(
    ocs: TmfChargingSystem, simulator: OcsSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that does not deduplicate leaves a warning, and no MSISDN in it."""
    await ocs.purchase(order())
    await ocs.purchase(order())
    with caplog.at_level(logging.WARNING):
        assert isinstance(await ocs.find(order()), Activated)
    assert len(simulator.ledger.items) == 2
    assert "order k-1 exists 2 times in the charging system, completed 2 times" in caplog.text
    assert ANA not in caplog.text


async def test_nothing_listening_means_not_sent(ocs: TmfChargingSystem, simulator: OcsSimulator) -> None:
    """Sending again is safe, and works as soon as the port is open again."""
    await simulator.set_down(down=True)
    assert isinstance(await ocs.purchase(order()), NotSent)
    assert isinstance(await ocs.find(order()), OutcomeUnknown)
    with pytest.raises(OcsUnavailable):
        await ocs.wallet(ANA)
    await simulator.set_down(down=False)
    assert isinstance(await ocs.purchase(order()), Activated)


async def test_a_name_that_does_not_resolve_means_not_sent() -> None:
    """DNS fails before anything is written."""
    charging = adapter(f"http://nowhere.invalid:{unused_port()}", timeout=PATIENCE)
    try:
        assert isinstance(await charging.purchase(order()), NotSent)
    finally:
        await charging.close()


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (201, "{", OutcomeUnknown),
        (201, "[]", OutcomeUnknown),
        (201, '{"id": "o", "externalId": "other", "state": "completed"}', OutcomeUnknown),
        (200, '{"id": "o", "externalId": "k-1", "state": "completed"}', Activated),
        (202, '{"id": "o", "state": "acknowledged"}', StillRunning),
        (307, "", OutcomeUnknown),
        (400, '{"code": "20", "reason": "Invalid body"}', Refused),
        (401, "", NotSent),
        (403, "", NotSent),
        (404, "", Refused),
        (408, "", OutcomeUnknown),
        (409, "", OutcomeUnknown),
        (422, "", Refused),
        (429, "", NotSent),
        (500, "", OutcomeUnknown),
        (504, "<html>", OutcomeUnknown),
    ],
)
async def test_a_status_decides_what_a_post_came_to(status: int, body: str, outcome: type[PurchaseOutcome]) -> None:
    """Refused only where the server surely did nothing and will do nothing."""
    async with server(answering(status, body)) as charging:
        assert isinstance(await charging.purchase(order()), outcome)


async def test_the_words_of_an_error_become_a_reason(
    ocs: TmfChargingSystem, control: Callable[..., Awaitable[Any]]
) -> None:
    """404 with "unknown subscriber" is one, and the words are kept."""
    await control("PUT", "/faults", {"unknown_subscriber": True})
    outcome = await ocs.purchase(order())
    assert outcome == Refused("unknown_subscriber", "404 unknown subscriber; notFound")
    with pytest.raises(UnknownSubscriber):
        await ocs.wallet(ANA)


async def test_a_slow_balance_is_a_time_out(ocs: TmfChargingSystem, control: Callable[..., Awaitable[Any]]) -> None:
    """The limit is the adapter's."""
    await control("PUT", "/faults", {"balance_delay": 1})
    with pytest.raises(OcsTimeout):
        await ocs.wallet(ANA)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(503, "", OcsUnavailable), (429, "", OcsUnavailable), (403, "", OcsError), (200, "{}", OcsError)],
)
async def test_an_answer_without_wallet_is_an_error_without_msisdn(
    status: int, body: str, error: type[OcsError]
) -> None:
    """The subscriber's number is in the address, never in the message."""
    async with server(answering(status, body)) as charging:
        with pytest.raises(error) as raised:
            await charging.wallet(ANA)
    assert type(raised.value) is error
    assert ANA not in str(raised.value)


async def test_all_pages_of_a_list_are_read() -> None:
    """The completed order may stand on the last page."""
    states = ["rejected", "rejected", "completed"]

    async def paged(request: web.Request) -> web.StreamResponse:
        offset = int(request.query.get("offset", "0"))
        page = [{"id": str(offset), "externalId": KEY, "state": states[offset]}]
        return web.Response(status=206, text=json.dumps(page), headers={"X-Total-Count": "3"})

    async with server(paged) as charging:
        assert await charging.find(order()) == Activated("2")


async def test_a_list_that_never_ends_is_no_answer() -> None:
    """A cut list must not pass for a certain no."""
    async with server(answering(200, "[]", **{"X-Total-Count": "9"})) as charging:
        assert isinstance(await charging.find(order()), OutcomeUnknown)


async def test_many_orders_at_once_all_arrive_once(ocs: TmfChargingSystem, simulator: OcsSimulator) -> None:
    """Three of five can be paid."""
    outcomes = await asyncio.gather(*(ocs.purchase(order(f"k-{n}")) for n in range(5)))
    assert sum(isinstance(outcome, Activated) for outcome in outcomes) == 3
    assert sum(item.amount for item in simulator.ledger.items) == 900_000


# ── refunds ──


def refund(key: str = "ref-1") -> RefundRequest:
    """Ana's money back, for an order that was charged and not granted."""
    return RefundRequest(OrderKey(key), order())


async def test_a_refund_goes_back_to_who_paid_and_is_found_by_its_key(
    ocs: TmfChargingSystem, simulator: OcsSimulator
) -> None:
    """It is looked for among the balance actions, as an adjustment has no external id."""
    await ocs.purchase(order())
    assert isinstance(await ocs.refund(refund()), Refunded)
    assert isinstance(await ocs.find_refund(refund()), Refunded)
    assert await ocs.find_refund(refund("ref-2")) == NotFound()
    assert (await ocs.wallet(ANA)).balance == Money(OPENING, "COP")
    assert [(item.kind, item.key) for item in simulator.ledger.items] == [("charge", KEY), ("refund", "ref-1")]


ADJUSTED = {"id": "a-1", "description": "ref-0", "status": "completed"}
BUCKET = {"id": "b-1", "usageType": "monetary", "remainingValue": {"amount": 1, "units": "COP"}}


def keeping(history: list[dict[str, str]]) -> Handler:
    """A charging system that makes every adjustment, and has this history of an account."""

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            return web.json_response({"id": "a-1", "status": "completed"}, status=201)
        return web.json_response(history if "balanceActionHistory" in request.path else [BUCKET])

    return handler


@pytest.mark.parametrize(
    "history", [[], [{"id": "t-1", "status": "completed"}], [{"id": "t-1", "description": "kiosk"}]]
)
async def test_a_history_that_shows_no_refund_of_ours_cannot_tell_that_there_was_none(
    history: list[dict[str, str]],
) -> None:
    """Servers leave it empty, or our key out of it: what is not there may have been paid, so a person must look."""
    async with server(keeping(history), FakeTraits()) as charging:
        assert isinstance(await charging.refund(refund("ref-0")), Refunded)
        found = await charging.find_refund(refund())
    assert isinstance(found, OutcomeUnknown)
    assert (found.silent, found.asking_helps) == (False, False)


async def test_a_history_that_has_shown_a_refund_of_ours_can_tell() -> None:
    """Whether it did is looked at after the first one that was paid, and is known from then on."""
    history, traits = [ADJUSTED], FakeTraits()
    async with server(keeping(history), traits) as charging:
        assert isinstance(await charging.refund(refund("ref-0")), Refunded)
    assert traits.known == {"refunds": "ref-0"}
    async with server(keeping([]), traits) as charging:  # as after a restart
        assert await charging.find_refund(refund()) == NotFound()
    async with server(keeping([ADJUSTED]), FakeTraits()) as charging:  # by an earlier one of the same account
        assert await charging.find_refund(refund()) == NotFound()


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (503, "{}", OutcomeUnknown),
        (201, "not json", OutcomeUnknown),
        (201, '{"id": "1", "description": "another", "status": "completed"}', OutcomeUnknown),
        (201, '{"id": "1", "status": "pending"}', OutcomeUnknown),
        (201, '{"id": "1", "status": "failed"}', Refused),
        (400, '{"reason": "insufficient balance"}', Refused),
        (401, "{}", NotSent),
        (201, '{"id": "1", "status": "completed"}', Refunded),
    ],
)
async def test_what_an_answer_to_a_refund_means(status: int, body: str, outcome: type) -> None:
    """What is not clear is asked, and a no is final."""
    bucket = json.dumps([{"id": "b-1", "usageType": "monetary", "remainingValue": {"amount": 1, "units": "COP"}}])

    async def handler(request: web.Request) -> web.StreamResponse:
        reading = request.method == "GET"
        return web.Response(status=200 if reading else status, text=bucket if reading else body)

    async with server(handler) as charging:
        assert type(await charging.refund(refund())) is outcome


@pytest.mark.parametrize(("status", "body"), [(500, "{}"), (200, "{}"), (404, "{}")])
async def test_a_refund_is_not_sent_for_an_account_that_cannot_be_read(status: int, body: str) -> None:
    """Nothing was posted, so it may be tried again."""
    async with server(answering(status, body)) as charging:
        assert isinstance(await charging.refund(refund()), NotSent)
        assert isinstance(await charging.find_refund(refund()), OutcomeUnknown)


async def test_an_account_without_money_bucket_is_a_persons_business() -> None:
    """There is nothing to credit."""
    async with server(answering(200, "[]")) as charging:
        assert isinstance(await charging.refund(refund()), Refused)


async def test_it_tells_whether_it_answers(ocs: TmfChargingSystem, simulator: OcsSimulator) -> None:
    """For readiness, and for the breaker."""
    assert await ocs.answers()
    await simulator.set_down(down=True)
    assert not await ocs.answers()


async def test_an_answer_without_end_is_read_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was ordered with it is asked about, and nothing is known of a balance."""
    monkeypatch.setattr("gateway.ocs.tmf_link._LARGEST", 1000)
    async with server(answering(200, "x" * 1001)) as charging:
        assert await charging.purchase(order()) == OutcomeUnknown("the answer is too large")
        with pytest.raises(OcsError, match="too large"):
            await charging.wallet(ANA)


# ── what is not listed ──


async def test_an_order_that_is_not_listed_was_not_made_only_where_orders_of_ours_are_listed(
    simulator: OcsSimulator, control: Callable[..., Awaitable[Any]]
) -> None:
    """A server that keeps no key, or does not look for it, finds none: what it may have charged goes to a person."""
    traits = FakeTraits()
    charging = adapter(simulator.url, traits=traits)
    await control("PUT", "/faults", {"hide_keys": True, "drop_answer": 1})
    assert isinstance(await charging.purchase(order()), OutcomeUnknown)
    found = await charging.find(order())
    assert isinstance(found, OutcomeUnknown)
    assert (found.silent, found.asking_helps) == (False, False)
    await control("PUT", "/faults", {})
    assert isinstance(await charging.purchase(order("k-2")), Activated)
    assert traits.known == {"orders": "k-2"}
    assert await charging.find(order("never")) == NotFound()
    await charging.close()


async def test_a_list_that_is_filled_late_is_looked_at_again_before_a_no(
    simulator: OcsSimulator, control: Callable[..., Awaitable[Any]]
) -> None:
    """The last order that was carried out must be there, or nothing that is missing was not."""
    charging = adapter(simulator.url, traits=FakeTraits())
    await control("PUT", "/faults", {"hide_keys": True})
    assert isinstance(await charging.purchase(order("k-0")), Activated)
    assert isinstance(await charging.find(order()), OutcomeUnknown)
    await control("PUT", "/faults", {})
    assert await charging.find(order()) == NotFound()
    await charging.close()


async def test_a_server_that_shows_nothing_is_not_looked_at_for_ever() -> None:
    """One call more for each purchase is enough to find out, not to be kept up."""
    looks = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal looks
        if request.method == "GET":
            looks += 1
            return web.json_response([])
        return web.json_response({"id": "o", "externalId": (await request.json())["externalId"], "state": "completed"})

    async with server(handler, FakeTraits()) as charging:
        for number in range(25):
            assert isinstance(await charging.purchase(order(f"k-{number}")), Activated)
        assert looks == 20
        assert isinstance(await charging.find(order("k-lost")), OutcomeUnknown)


async def test_who_does_not_answer_a_look_has_shown_nothing() -> None:
    """The order itself was carried out, and a question later is asked again."""

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            return web.Response(status=503) if "k-0" in request.query_string else web.json_response([])
        return web.json_response({"id": "o", "externalId": "k-0", "state": "completed"})

    async with server(handler, FakeTraits()) as charging:
        assert isinstance(await charging.purchase(order("k-0")), Activated)
        assert await charging.find(order()) == OutcomeUnknown("the charging system answered 503")
