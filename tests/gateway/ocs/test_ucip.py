"""The UCIP adapter over real sockets, against the simulator and against servers that misbehave."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from xmlrpc.client import DateTime

import aiohttp
import pytest
from aiohttp import web
from air import (
    ANA,
    BEN,
    KEY,
    OFFER,
    OPENING,
    PATIENCE,
    PRICE,
    START,
    Clock,
    adapter,
    answering,
    catalogue,
    order,
    refund,
    saying,
    server,
)

from flows.values import BundleId, Money, OrderKey, Unit
from gateway.config.ocs_sections import UcipConfig
from gateway.core.ports import (
    Activated,
    ChargingSystem,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PurchaseOutcome,
    Refunded,
    Refused,
)
from gateway.errors import OcsError, OcsTimeout, OcsUnavailable, UnknownSubscriber
from gateway.ocs.ucip import UcipChargingSystem
from gateway.ocs.ucip_wire import transaction_id
from gateway.ocs.xml_rpc import Fault, Members, write_answer, write_fault
from gateway.simulators.ocs import OcsSimulator

REPEATS = UcipConfig(repeats_are_recognised=True)
WITH_OFFER: dict[str, object] = {"refill_profile": "B1G7", "offer": OFFER}
TO_ACCOUNT: dict[str, object] = {"dedicated_account": 12, "units": 2**30, "unit_type": 6, "offer": OFFER}
HOUR = 3600.0
Control = Callable[[dict[str, object]], Awaitable[None]]


@pytest.fixture
def clock() -> Clock:
    """Of simulator and adapter alike."""
    return Clock()


@pytest.fixture
def entry() -> dict[str, object]:
    """What the gigabyte is over UCIP."""
    return WITH_OFFER


@pytest.fixture
async def simulator(clock: Clock, entry: dict[str, object]) -> AsyncIterator[OcsSimulator]:
    """A simulator on free ports."""
    async with OcsSimulator(catalogue(entry), "COP", now=clock) as running:
        yield running


@pytest.fixture
async def faults(simulator: OcsSimulator) -> AsyncIterator[Control]:
    """Replaces the simulator's faults."""
    async with aiohttp.ClientSession(simulator.control_url) as session:

        async def put(body: dict[str, object]) -> None:
            async with session.put("/faults", json=body) as response:
                assert response.status == 200, await response.text()

        yield put


@pytest.fixture
async def ocs(simulator: OcsSimulator, clock: Clock, entry: dict[str, object]) -> AsyncIterator[UcipChargingSystem]:
    """An adapter that has been up for an hour."""
    charging = adapter(simulator.url, entry=entry, clock=clock)
    clock.advance(HOUR)
    yield charging
    await charging.close()


@pytest.fixture
async def repeating(simulator: OcsSimulator, clock: Clock) -> AsyncIterator[UcipChargingSystem]:
    """An adapter for an AIR that recognises repeats."""
    charging = adapter(simulator.url, REPEATS, clock=clock)
    yield charging
    await charging.close()


def keys(simulator: OcsSimulator) -> list[str]:
    """Whom the ledger has charged."""
    return [item.key for item in simulator.ledger.items if item.kind == "charge"]


async def test_it_is_a_charging_system(ocs: UcipChargingSystem) -> None:
    """The Protocol is satisfied, as mypy checks here; menus offer no gifts over it."""
    charging: ChargingSystem = ocs
    assert (charging.settle_seconds, charging.abilities.services) == (1, frozenset())
    assert not charging.can_be_asked, "a question may be the charge, or nobody can answer it"


@pytest.mark.parametrize("entry", [WITH_OFFER, {"refill_profile": "B1G7"}, TO_ACCOUNT])
async def test_a_purchase_charges_and_grants_in_one_message(ocs: UcipChargingSystem, simulator: OcsSimulator) -> None:
    """By a refill profile, or by an adjustment of two accounts."""
    assert await ocs.purchase(order()) == Activated(transaction_id(KEY))
    wallet = await ocs.wallet(ANA)
    assert wallet.balance == Money(OPENING - PRICE.amount, "COP")
    assert [(bucket.unit, bucket.remaining) for bucket in wallet.buckets] == [(Unit.BYTE, 2**30)]
    assert wallet.buckets[0].expires_at is not None
    (item,) = simulator.ledger.items
    assert (item.key, item.msisdn, item.amount, item.kind) == (KEY, ANA, PRICE.amount, "charge")


async def test_a_bucket_has_the_name_that_the_catalogue_knows(ocs: UcipChargingSystem) -> None:
    """By its offer, so that a bundle that runs out is known again."""
    await ocs.purchase(order())
    assert [bucket.name for bucket in (await ocs.wallet(ANA)).buckets] == ["data-1gb-7d"]


@pytest.mark.parametrize("entry", [WITH_OFFER, TO_ACCOUNT])
async def test_too_little_money_is_a_refusal(ocs: UcipChargingSystem, simulator: OcsSimulator) -> None:
    """124, and nothing is charged."""
    outcome = await ocs.purchase(order(price=Money(OPENING + 1, "COP")))
    assert outcome == Refused("insufficient_funds", "124 below minimum balance")
    assert simulator.ledger.items == []


async def test_an_unknown_subscriber_is_told(ocs: UcipChargingSystem, faults: Control) -> None:
    """102, for a purchase and for a wallet."""
    await faults({"unknown_subscriber": True})
    assert await ocs.purchase(order()) == Refused("unknown_subscriber", "102 subscriber not found")
    with pytest.raises(UnknownSubscriber):
        await ocs.wallet(ANA)


@pytest.mark.parametrize(
    "request_",
    [order(beneficiary=BEN), order(bundle=BundleId("new")), order(price=Money(10**12, "COP"))],
    ids=["gift", "bundle without entry", "price beyond the wire"],
)
async def test_what_cannot_be_said_is_never_sent(
    ocs: UcipChargingSystem, simulator: OcsSimulator, request_: Any
) -> None:
    """It is refused on our side."""
    assert isinstance(await ocs.purchase(request_), Refused)
    assert simulator.ledger.orders == {}


# ── without an answer ──

UNANSWERED: list[tuple[dict[str, object], bool]] = [
    ({"drop_answer": 1}, True),
    ({"delay": 1}, True),
    ({"lose": 1}, False),
    ({"hold": True}, False),
    ({"late": HOUR}, False),
    ({"status": 503}, False),
]


@pytest.mark.parametrize("entry", [{"refill_profile": "B1G7"}])
@pytest.mark.parametrize(("fault", "charged"), UNANSWERED)
async def test_without_an_answer_a_person_is_sent_to_the_records(
    ocs: UcipChargingSystem, simulator: OcsSimulator, faults: Control, fault: dict[str, object], charged: bool
) -> None:
    """Neither repeats nor an offer: nothing is asked, nothing is sent again, the transaction is named."""
    await faults(fault)
    assert isinstance(await ocs.purchase(order()), OutcomeUnknown)
    await faults({})
    found = await ocs.find(order())
    assert isinstance(found, OutcomeUnknown)
    assert transaction_id(KEY) in found.detail
    assert keys(simulator).count(KEY) <= 1
    if charged:
        assert keys(simulator) == [KEY]


@pytest.mark.parametrize("entry", [WITH_OFFER, TO_ACCOUNT])
@pytest.mark.parametrize(("fault", "charged"), [case for case in UNANSWERED if "hold" not in case[0]])
async def test_an_offer_answers_for_an_order_that_was_alone(
    ocs: UcipChargingSystem, simulator: OcsSimulator, faults: Control, fault: dict[str, object], charged: bool
) -> None:
    """It is there, or no such offer is."""
    await faults(fault)
    assert isinstance(await ocs.purchase(order()), OutcomeUnknown)
    await faults({})
    assert await ocs.find(order()) == (Activated(transaction_id(KEY)) if charged else NotFound())
    assert keys(simulator) == ([KEY] if charged else [])


async def test_an_offer_proves_nothing_when_another_order_was_sent(
    ocs: UcipChargingSystem, simulator: OcsSimulator, faults: Control
) -> None:
    """Two of the same person for the same bundle: it may be the other's."""
    await faults({"lose": 1})
    assert isinstance(await ocs.purchase(order("k-1")), OutcomeUnknown)
    assert isinstance(await ocs.purchase(order("k-2")), Activated)
    assert isinstance(await ocs.find(order("k-1")), OutcomeUnknown)
    assert keys(simulator) == ["k-2"]


async def test_an_offer_that_was_there_before_proves_nothing(
    ocs: UcipChargingSystem, clock: Clock, faults: Control
) -> None:
    """A purchase may only lengthen it, so what was there before the order says neither yes nor no."""
    await ocs.purchase(order("k-0"))
    clock.advance(2 * HOUR)
    await faults({"lose": 1})
    assert isinstance(await ocs.purchase(order(created_at=clock())), OutcomeUnknown)
    assert isinstance(await ocs.find(order(created_at=clock())), OutcomeUnknown)


@pytest.mark.parametrize(
    ("ends", "outcome"), [("20261124T10:58:00+0000", NotFound), ("20261124T11:00:00+0000", OutcomeUnknown)]
)
async def test_an_offer_that_was_over_before_the_order_is_none(ends: str, outcome: type) -> None:
    """It would go on if the order had been carried out; one that had a minute left might be it."""
    offer = {"offerID": OFFER, "startDateTime": DateTime("20261117T10:58:00+0000"), "expiryDateTime": DateTime(ends)}
    clock = Clock()
    clock.advance(HOUR)
    answer = answering(lambda *_: {"responseCode": 0, "offerInformation": [offer]})
    async with server(answer, entry=WITH_OFFER, clock=clock) as charging:
        assert type(await charging.find(order(created_at=clock()))) is outcome


async def test_an_order_of_an_earlier_process_is_not_taken_for_done(
    ocs: UcipChargingSystem, simulator: OcsSimulator, clock: Clock, faults: Control
) -> None:
    """Who else was sent is not known any more; that there is no offer at all is."""
    await faults({"drop_answer": 1})
    await ocs.purchase(order(created_at=clock()))
    restarted = adapter(simulator.url, entry=WITH_OFFER, clock=clock)
    try:
        assert isinstance(await restarted.find(order(created_at=clock())), OutcomeUnknown)
        assert await restarted.find(order("never", created_at=clock())) != NotFound()
        simulator.ledger.items.clear()
        assert await restarted.find(order("never", created_at=clock())) == NotFound()
    finally:
        await restarted.close()


@pytest.mark.parametrize(("later", "created_at"), [(8 * 24 * HOUR, START), (0, None)])
async def test_no_offer_is_no_answer_where_it_may_be_over(
    ocs: UcipChargingSystem, clock: Clock, later: float, created_at: Any
) -> None:
    """Past its validity, or for an order of nobody knows when."""
    clock.advance(later)
    assert isinstance(await ocs.find(order(created_at=created_at)), OutcomeUnknown)


@pytest.mark.parametrize(
    ("start", "outcome"),
    [
        ({"startDateTime": DateTime("20261124T110000+0000")}, Activated),
        ({"startDateTime": DateTime("20261124T105930+0000")}, Activated),
        ({"startDateTime": DateTime("20261124T105830+0000")}, OutcomeUnknown),
        ({"startDate": DateTime("20261124T120000+0000")}, OutcomeUnknown),
        ({}, OutcomeUnknown),
        ({"startDateTime": "soon"}, OutcomeUnknown),
    ],
)
async def test_an_offer_must_have_started_after_the_order(start: dict[str, object], outcome: type) -> None:
    """To the second, give or take a minute by which clocks differ; a day is no instant."""
    lost = iter([web.Response(status=500)])
    offered = answering(lambda *_: {"responseCode": 0, "offerInformation": [{"offerID": OFFER, **start}]})

    async def handler(request: web.Request) -> web.StreamResponse:
        return next(lost, None) or await offered(request)

    clock = Clock()
    async with server(handler, entry=WITH_OFFER, clock=clock) as charging:
        clock.advance(HOUR)
        assert isinstance(await charging.purchase(order()), OutcomeUnknown)
        assert type(await charging.find(order())) is outcome


async def test_no_offer_may_come_as_a_code() -> None:
    """165 is "offer not found"; another kind of offer is none of ours."""
    for answer in ({"responseCode": 165}, {"responseCode": 0, "offerInformation": [{"offerID": 7}]}):
        async with server(answering(lambda *_, said=answer: said), entry=WITH_OFFER) as charging:
            assert await charging.find(order()) == NotFound()


@pytest.mark.parametrize(
    "handler",
    [
        saying("", 503),
        saying("<html/>"),
        saying(write_fault(Fault(1005, "Internal server error"))),
        answering(lambda *_: {"responseCode": 100}),
        answering(lambda *_: {"responseCode": 102}),
        answering(lambda *_: {"responseCode": 0, "offerInformation": 5}),
        answering(lambda *_: {}),
    ],
)
async def test_an_answer_that_tells_no_offers_is_never_a_no(handler: Any) -> None:
    """Whatever prevents an answer leaves it open."""
    async with server(handler, entry=WITH_OFFER) as charging:
        assert isinstance(await charging.find(order()), OutcomeUnknown)


# ── repeats ──


@pytest.mark.parametrize("fault", [case[0] for case in UNANSWERED if "late" not in case[0]])
async def test_a_repeat_is_answered_as_the_first_was(
    repeating: UcipChargingSystem, simulator: OcsSimulator, faults: Control, fault: dict[str, object]
) -> None:
    """Lost on its way there or back, held or slow: charged once, and known to be."""
    await faults(fault | {"recognise_repeats": True})
    assert isinstance(await repeating.purchase(order()), OutcomeUnknown)
    await faults({"recognise_repeats": True})
    assert await repeating.find(order()) == Activated(transaction_id(KEY))
    assert keys(simulator) == [KEY]


async def test_a_repeat_while_the_first_is_on_its_way_leaves_it_open(
    repeating: UcipChargingSystem, simulator: OcsSimulator, faults: Control
) -> None:
    """Until it has been carried out."""
    await faults({"hold": True, "recognise_repeats": True})
    assert isinstance(await repeating.purchase(order()), OutcomeUnknown)
    assert isinstance(await repeating.find(order()), OutcomeUnknown)
    await faults({"recognise_repeats": True})
    assert isinstance(await repeating.find(order()), Activated)
    assert keys(simulator) == [KEY]


async def test_a_repeat_of_a_refusal_is_that_refusal(
    repeating: UcipChargingSystem, simulator: OcsSimulator, faults: Control
) -> None:
    """Though there would be money now."""
    simulator.ledger.put(ANA, 1, None)
    await faults({"drop_answer": 1, "recognise_repeats": True})
    assert isinstance(await repeating.purchase(order()), OutcomeUnknown)
    simulator.ledger.put(ANA, OPENING, None)
    assert await repeating.find(order()) == Refused("insufficient_funds", "124 below minimum balance")
    assert simulator.ledger.items == []


@pytest.mark.parametrize("noted", [True, False], ids=["same process", "after a restart"])
async def test_nothing_is_repeated_for_longer_than_the_air_remembers(
    simulator: OcsSimulator, clock: Clock, faults: Control, noted: bool
) -> None:
    """Then it would be charged again, so a person looks."""
    charging = adapter(simulator.url, REPEATS, clock=clock)
    await faults({"drop_answer": 1})  # and forgets what it answered
    assert isinstance(await charging.purchase(order()), OutcomeUnknown)
    if not noted:
        await charging.close()
        charging = adapter(simulator.url, REPEATS, clock=clock)
    clock.advance(REPEATS.repeat_seconds + 1)
    assert isinstance(await charging.find(order()), OutcomeUnknown)
    assert keys(simulator) == [KEY]
    await charging.close()


async def test_a_repeat_after_a_restart_counts_from_the_order(
    simulator: OcsSimulator, clock: Clock, faults: Control
) -> None:
    """Asking does not make the order younger."""
    await faults({"status": 503})
    charging = adapter(simulator.url, REPEATS, clock=clock)
    clock.advance(REPEATS.repeat_seconds - 1)
    assert isinstance(await charging.find(order()), OutcomeUnknown)
    await faults({})
    clock.advance(2)
    assert isinstance(await charging.find(order()), OutcomeUnknown)
    assert keys(simulator) == []
    await charging.close()


async def test_a_repeat_that_cannot_be_sent_leaves_it_open(
    repeating: UcipChargingSystem, simulator: OcsSimulator, faults: Control
) -> None:
    """The first may have been carried out."""
    await faults({"drop_answer": 1, "recognise_repeats": True})
    await repeating.purchase(order())
    await simulator.set_down(down=True)
    assert isinstance(await repeating.find(order()), OutcomeUnknown)
    await simulator.set_down(down=False)
    assert isinstance(await repeating.find(order()), Activated)


async def test_the_same_order_is_the_same_message_whenever_it_is_sent() -> None:
    """Id and time stamp are the order's own."""
    seen: list[Members] = []
    clock = Clock()
    async with server(answering(lambda *_: {"responseCode": 100}, seen), config=REPEATS, clock=clock) as charging:
        await charging.purchase(order())
        clock.advance(10)
        await charging.find(order())
    first, second = seen
    assert {name: str(value) for name, value in first.items()} == {name: str(value) for name, value in second.items()}


async def test_an_order_without_a_time_keeps_that_of_its_first_send() -> None:
    """So that a repeat is one."""
    seen: list[Members] = []
    clock = Clock()
    async with server(answering(lambda *_: {"responseCode": 100}, seen), config=REPEATS, clock=clock) as charging:
        for _ in range(2):
            await charging.purchase(order(created_at=None))
            clock.advance(10)
    assert [str(members["originTimeStamp"]) for members in seen] == ["20261124T10:00:00+0000"] * 2


# ── answers of all kinds ──


@pytest.mark.parametrize(
    ("handler", "outcome"),
    [
        (saying("", 400), NotSent),
        (saying("", 401), NotSent),
        (saying("", 403), NotSent),
        (saying("", 404), NotSent),
        (saying("", 429), NotSent),
        (saying("", 302, Location="http://127.0.0.1:1/"), OutcomeUnknown),
        (saying("", 408), OutcomeUnknown),
        (saying("", 500), OutcomeUnknown),
        (saying("", 504), OutcomeUnknown),
        (saying(""), OutcomeUnknown),
        (saying("<html>ok</html>"), OutcomeUnknown),
        (saying("x" * (2 << 20)), OutcomeUnknown),
        (saying(b"\x1f\x8b\x08", Content_Encoding="gzip"), OutcomeUnknown),
        (saying(write_fault(Fault(1001, "Mandatory field missing"))), Refused),
        (saying(write_fault(Fault(1005, "Internal server error"))), OutcomeUnknown),
        (saying(write_fault(Fault(1007, "Overload rejection"))), NotSent),
        (saying(write_answer({})), OutcomeUnknown),
        (saying(write_answer({"responseCode": "0"})), OutcomeUnknown),
        (saying(write_answer({"responseCode": True})), OutcomeUnknown),
        (saying(write_answer({"responseCode": 0})), Activated),
        (saying(write_answer({"responseCode": 1})), Activated),
        (saying(write_answer({"responseCode": 0, "originTransactionID": "1"})), OutcomeUnknown),
        (saying(write_answer({"responseCode": 0, "accountBeforeRefill": 5})), Activated),
        (saying(write_answer({"responseCode": 126})), Refused),
        (saying(write_answer({"responseCode": 999})), OutcomeUnknown),
        (saying('<!DOCTYPE a [<!ENTITY b "c">]>' + write_answer({"responseCode": 0}).decode()), OutcomeUnknown),
    ],
)
async def test_an_answer_decides_what_a_charge_came_to(handler: Any, outcome: type[PurchaseOutcome]) -> None:
    """Refused or not sent only where surely nothing was charged."""
    async with server(handler) as charging:
        found = await charging.purchase(order())
        assert type(found) is outcome
        assert ANA not in str(found)


async def test_nothing_listening_means_not_sent(ocs: UcipChargingSystem, simulator: OcsSimulator) -> None:
    """Sending again is safe, and works as soon as the port is open again."""
    await simulator.set_down(down=True)
    assert isinstance(await ocs.purchase(order()), NotSent)
    with pytest.raises(OcsUnavailable):
        await ocs.wallet(ANA)
    assert not await ocs.answers()
    await simulator.set_down(down=False)
    assert isinstance(await ocs.purchase(order()), Activated)
    assert await ocs.answers()


async def test_an_order_that_was_not_sent_does_not_make_another_doubtful(
    ocs: UcipChargingSystem, simulator: OcsSimulator, faults: Control
) -> None:
    """It cannot have left an offer."""
    await simulator.set_down(down=True)
    assert isinstance(await ocs.purchase(order("k-0")), NotSent)
    await simulator.set_down(down=False)
    await faults({"drop_answer": 1})
    await ocs.purchase(order())
    assert isinstance(await ocs.find(order()), Activated)


async def test_a_profile_that_gives_the_bundle_away_is_noticed(caplog: pytest.LogCaptureFixture) -> None:
    """A refill adds to the account unless its profile is set up otherwise: nobody is told that they were charged."""
    answer = {
        "responseCode": 0,
        "accountBeforeRefill": {"accountValue1": "500000"},
        "accountAfterRefill": {"accountValue1": "800000"},
    }
    with caplog.at_level(logging.ERROR):
        async with server(answering(lambda *_: answer), config=REPEATS, entry=WITH_OFFER) as charging:
            outcome = await charging.purchase(order())
            assert isinstance(outcome, OutcomeUnknown)
            assert await charging.find(order()) == outcome
    assert "refill profile B1G7 granted without taking the price" in caplog.text
    assert ANA not in caplog.text


async def test_a_profile_with_another_price_is_noticed(caplog: pytest.LogCaptureFixture) -> None:
    """It was charged, and the catalogue does not say what."""
    answer = {
        "responseCode": 0,
        "accountBeforeRefill": {"accountValue1": "500000"},
        "accountAfterRefill": {"accountValue1": "499999"},
    }
    with caplog.at_level(logging.WARNING):
        async with server(answering(lambda *_: answer)) as charging:
            assert isinstance(await charging.purchase(order()), Activated)
    assert "refill profile B1G7 took another amount than the price" in caplog.text


# ── wallets ──


async def test_a_slow_balance_is_a_time_out(ocs: UcipChargingSystem, faults: Control) -> None:
    """The limit is the adapter's."""
    await faults({"balance_delay": 1})
    with pytest.raises(OcsTimeout):
        await ocs.wallet(ANA)


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (saying("", 503), OcsUnavailable),
        (saying("", 401), OcsUnavailable),
        (saying("", 418), OcsError),
        (saying("garbage"), OcsError),
        (saying(write_fault(Fault(1007, ANA))), OcsUnavailable),
        (saying(write_fault(Fault(1005, ANA))), OcsError),
        (saying(write_answer({"responseCode": 102})), UnknownSubscriber),
        (saying(write_answer({"responseCode": 126})), OcsError),
        (saying(write_answer({"responseCode": 0, "accountValue1": "x"})), OcsError),
        (saying(write_answer({"responseCode": 0, "dedicatedAccountInformation": 1})), OcsError),
    ],
)
async def test_an_answer_without_wallet_is_an_error_without_msisdn(handler: Any, error: type[OcsError]) -> None:
    """Also where the far side quotes it."""
    async with server(handler) as charging:
        with pytest.raises(error) as raised:
            await charging.wallet(ANA)
    assert type(raised.value) is error
    assert ANA not in str(raised.value)


async def test_offers_are_asked_for_only_where_they_know_more() -> None:
    """A wallet is read before every offer and every charge."""
    ends = DateTime("20261130T08:00:00+0000")
    account = {"dedicatedAccountID": 1, "dedicatedAccountValue1": "5", "dedicatedAccountUnitType": 6, "offerID": 7}
    seen: list[Members] = []

    def answer(method: str, _members: Members) -> dict[str, object]:
        if method == "GetOffers":
            return {"responseCode": 0, "offerInformation": [{"offerID": 7, "expiryDateTime": ends}]}
        return {"responseCode": 0, "accountValue1": "9", "dedicatedAccountInformation": [account]}

    async with server(answering(answer, seen)) as charging:
        (bucket,) = (await charging.wallet(ANA)).buckets
        assert bucket.expires_at is not None
        assert [members["method"] for members in seen] == ["GetBalanceAndDate", "GetOffers"]
        account["expiryDate"] = ends
        await charging.wallet(ANA)
    assert [members["method"] for members in seen[2:]] == ["GetBalanceAndDate"]
    assert len({members["originTransactionID"] for members in seen}) == len(seen)


# ── who we are ──


async def test_it_says_who_it_is_and_where_it_goes() -> None:
    """Basic authentication, a User-Agent with the protocol's version, /Air unless told otherwise."""
    seen: list[tuple[str, str, str | None]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append((request.path, request.headers["User-Agent"], request.headers.get("Authorization")))
        return web.Response(body=write_answer({"responseCode": 0}))

    async with server(handler, config=UcipConfig(user="u", password="p")) as charging:
        await charging.wallet(ANA)
    assert seen == [("/Air", "chasqui/5.0/1.0", aiohttp.encode_basic_auth("u", "p"))]


@pytest.mark.parametrize(("path", "expected"), [("", "/Air"), ("/", "/Air"), ("/Air", "/Air"), ("/gw/air", "/gw/air")])
async def test_a_path_of_ones_own_is_kept(path: str, expected: str) -> None:
    """Of a proxy before the AIR."""
    seen: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(request.path)
        return web.Response(body=write_answer({"responseCode": 0}))

    async with server(handler) as charging:
        url = str(charging._link._url.origin())  # where the server listens
        other = adapter(url + path)
        await other.wallet(ANA)
        await other.close()
    assert seen == [expected]


@pytest.mark.parametrize("password", ["right", "wrong"])
async def test_a_wrong_password_charges_nobody(clock: Clock, password: str) -> None:
    """401 is at the door; the words say which key to look at."""
    async with OcsSimulator(catalogue(), "COP", air_credentials=("chasqui", "right"), now=clock) as simulator:
        charging = adapter(simulator.url, UcipConfig(user="chasqui", password=password), clock=clock)
        outcome = await charging.purchase(order())
        ready = await charging.answers()
        await charging.close()
    if password == "right":
        assert (type(outcome), ready) == (Activated, True)
    else:
        assert outcome == NotSent("the AIR did not let us in (401): see ocs.ucip.user and password")
        assert (simulator.ledger.items, ready) == ([], False)


async def test_many_orders_at_once_all_arrive_once(ocs: UcipChargingSystem, simulator: OcsSimulator) -> None:
    """Three of five can be paid."""
    outcomes = await asyncio.gather(*(ocs.purchase(order(f"k-{number}")) for number in range(5)))
    assert sum(isinstance(outcome, Activated) for outcome in outcomes) == 3
    assert len(set(keys(simulator))) == len(keys(simulator)) == 3


async def test_another_unit_of_the_account_is_another_amount_on_the_wire(simulator: OcsSimulator, clock: Clock) -> None:
    """Ten units for each minor unit: the simulator's account is in minor units, so it is charged tenfold."""
    charging = adapter(simulator.url, UcipConfig(units_per_minor=10), clock=clock)
    assert isinstance(await charging.purchase(order(price=Money(50, "COP"))), Activated)
    assert (await charging.wallet(ANA)).balance == Money((OPENING - 500) // 10, "COP")
    await charging.close()


# ── refunds ──


async def test_a_refund_goes_back_to_who_paid(ocs: UcipChargingSystem, simulator: OcsSimulator) -> None:
    """Under its own id; UCIP shows nobody that it happened."""
    await ocs.purchase(order())
    assert await ocs.refund(refund()) == Refunded(transaction_id(OrderKey("ref-1")))
    assert (await ocs.wallet(ANA)).balance == Money(OPENING, "COP")
    assert [(item.kind, item.key) for item in simulator.ledger.items] == [("charge", KEY), ("refund", "ref-1")]
    assert isinstance(await ocs.find_refund(refund()), OutcomeUnknown)


@pytest.mark.parametrize("fault", [{"drop_answer": 1}, {"lose": 1}, {"delay": 1}])
async def test_a_repeated_refund_pays_once(
    repeating: UcipChargingSystem, simulator: OcsSimulator, faults: Control, fault: dict[str, object]
) -> None:
    """Where the AIR recognises it."""
    await faults(fault | {"recognise_repeats": True})
    assert isinstance(await repeating.refund(refund()), OutcomeUnknown)
    await faults({"recognise_repeats": True})
    assert isinstance(await repeating.find_refund(refund()), Refunded)
    assert [item.amount for item in simulator.ledger.items] == [PRICE.amount]


async def test_a_refund_of_an_earlier_process_is_never_repeated(repeating: UcipChargingSystem) -> None:
    """Nobody knows how old it is."""
    assert isinstance(await repeating.find_refund(refund()), OutcomeUnknown)


@pytest.mark.parametrize(
    ("handler", "outcome"),
    [
        (saying("", 503), OutcomeUnknown),
        (saying("", 401), NotSent),
        (saying("garbage"), OutcomeUnknown),
        (saying(write_fault(Fault(1003, "Data out of bounds"))), Refused),
        (saying(write_answer({"responseCode": 123})), Refused),
        (saying(write_answer({"responseCode": 100})), OutcomeUnknown),
        (saying(write_answer({"responseCode": 0})), Refunded),
    ],
)
async def test_what_an_answer_to_a_refund_means(handler: Any, outcome: type) -> None:
    """As for a charge."""
    async with server(handler) as charging:
        assert type(await charging.refund(refund())) is outcome


async def test_a_late_order_is_found_once_it_is_applied(
    ocs: UcipChargingSystem, simulator: OcsSimulator, faults: Control
) -> None:
    """Not found first: the reason for a settle time."""
    await faults({"late": 0.2})
    assert isinstance(await ocs.purchase(order()), OutcomeUnknown)
    assert await ocs.find(order()) == NotFound()
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{simulator.control_url}/ledger?count=1&timeout={PATIENCE}") as answer,
    ):
        assert len((await answer.json())["items"]) == 1
    assert isinstance(await ocs.find(order()), Activated)
