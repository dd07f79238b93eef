"""The Diameter adapter over real sockets, against the simulator, servers that misbehave, and the library's own node."""

from __future__ import annotations

import asyncio
import re
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fakes import eventually
from flows.catalogue import load_starter
from flows.values import BundleId, Money, Msisdn, OrderKey, Wallet
from gateway.core.ports import (
    Activated,
    ChargingSystem,
    NotSent,
    OutcomeUnknown,
    PurchaseRequest,
    Refunded,
    RefundRequest,
    Refused,
)
from gateway.errors import OcsError, OcsTimeout, OcsUnavailable, UnknownSubscriber
from gateway.ocs import diameter_codec as codec
from gateway.ocs.answers import for_a_person
from gateway.ocs.diameter import DiameterChargingSystem
from gateway.ocs.diameter_codec import Packet, avp
from gateway.ocs.diameter_wire import ChargedService, Sender, session_of
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.ocs_faults import Faults
from running import free_port

ANA, BEN = Msisdn("573001112233"), Msisdn("573009998877")
GIGABYTE = BundleId("data-1gb-7d")
PRICE = Money(300000, "COP")
OPENING = 1_000_000
US = Sender("chasqui.example", "example")
PATIENCE = 5.0
Respond = Callable[[Packet, StreamWriter], Awaitable[None]]


def order(key: str = "ord-1", price: Money = PRICE, bundle: BundleId = GIGABYTE) -> PurchaseRequest:
    """Ana buys a gigabyte for herself."""
    return PurchaseRequest(OrderKey(key), ANA, ANA, bundle, price, "sms")


def back(key: str = "ref-1", price: Money = PRICE) -> RefundRequest:
    """And gets her money back."""
    return RefundRequest(OrderKey(key), order(price=price))


def adapter(port: int, **settings: Any) -> DiameterChargingSystem:
    """The adapter as a gateway in Colombia has it, before a server that detects duplicates."""
    services = {bundle: ChargedService(*told) for bundle, told in load_starter("co").diameter_services().items()}
    usual: dict[str, Any] = {
        "timeout": 0.6,
        "balance": ChargedService("balance@operator"),
        "duplicates_detected": True,
        "reconnect_max": 0.05,
        **settings,
    }
    return DiameterChargingSystem(("127.0.0.1", port), US, settle_seconds=1, currency="COP", services=services, **usual)


@pytest.fixture
async def simulator() -> AsyncIterator[OcsSimulator]:
    """A simulator that speaks Diameter on a free port."""
    async with OcsSimulator(load_starter("co"), "COP", diameter_port=0) as running:
        yield running


@pytest.fixture
async def ocs(simulator: OcsSimulator) -> AsyncIterator[DiameterChargingSystem]:
    """An adapter that speaks to the simulator."""
    async with connected(simulator) as charging:
        yield charging


@asynccontextmanager
async def connected(simulator: OcsSimulator, **settings: Any) -> AsyncIterator[DiameterChargingSystem]:
    """An adapter at the simulator, closed at the end of the block."""
    assert simulator.diameter_port
    charging = adapter(simulator.diameter_port, **settings)
    try:
        yield charging
    finally:
        await charging.close()


def faults(simulator: OcsSimulator, **names: Any) -> None:
    """Make the simulator misbehave."""
    simulator._desk.set_faults(Faults(**names))


def kinds(simulator: OcsSimulator) -> list[tuple[str, int]]:
    """What the ledger holds."""
    return [(item.kind, item.amount) for item in simulator.ledger.items]


def satisfies(system: ChargingSystem) -> ChargingSystem:
    """A type checker's assertion."""
    return system


# ── what goes well ──


async def test_a_purchase_charges_grants_and_is_known_again(
    ocs: DiameterChargingSystem, simulator: OcsSimulator
) -> None:
    """However often it is asked about."""
    done = Activated(session_of(US.host, "ord-1"))
    assert await satisfies(ocs).purchase(order()) == done
    assert [await ocs.find(order()) for _ in range(3)] == [done] * 3
    assert kinds(simulator) == [("charge", PRICE.amount)]
    assert [bucket.name for bucket in simulator.ledger.account(ANA).buckets] == ["1 GB for 7 days"]


async def test_a_refund_is_paid_once(ocs: DiameterChargingSystem, simulator: OcsSimulator) -> None:
    """Under its own key."""
    await ocs.purchase(order())
    assert await ocs.refund(back()) == Refunded(session_of(US.host, "ref-1"))
    assert await ocs.find_refund(back()) == Refunded(session_of(US.host, "ref-1"))
    assert kinds(simulator) == [("charge", PRICE.amount), ("refund", PRICE.amount)]


async def test_a_wallet_tells_the_balance_where_the_server_does(
    ocs: DiameterChargingSystem, simulator: OcsSimulator
) -> None:
    """RFC 8506 alone does not."""
    assert await ocs.wallet(ANA) == Wallet(Money(OPENING, "COP"))
    faults(simulator, hide_balance=True)
    assert await ocs.wallet(ANA) == Wallet(None)


async def test_no_balance_is_asked_where_none_is_wanted() -> None:
    """Nothing is even connected to."""
    charging = adapter(free_port(), balance=None)
    assert await charging.wallet(ANA) == Wallet(None)
    await charging.close()


async def test_many_at_once_are_each_charged_once(ocs: DiameterChargingSystem, simulator: OcsSimulator) -> None:
    """More than may be under way; answers find their questions, each order asked about as well."""
    simulator.ledger.put(ANA, PRICE.amount * 100, None)
    orders = [order(f"ord-{number}") for number in range(60)]
    outcomes = await asyncio.gather(*map(ocs.purchase, orders), *map(ocs.find, orders))
    assert outcomes == [Activated(session_of(US.host, one.key)) for one in orders] * 2
    assert kinds(simulator) == [("charge", PRICE.amount)] * 60


# ── what is refused ──


async def test_too_little_money_is_a_final_no(ocs: DiameterChargingSystem, simulator: OcsSimulator) -> None:
    """4012, also when money has come meanwhile: the key was answered."""
    simulator.ledger.put(ANA, 100, None)
    refused = await ocs.purchase(order())
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.detail) == ("insufficient_funds", "Diameter 4012 insufficient balance")
    simulator.ledger.put(ANA, OPENING, None)
    assert await ocs.find(order()) == refused
    assert kinds(simulator) == []


async def test_an_unknown_subscriber_is_told_as_one(ocs: DiameterChargingSystem, simulator: OcsSimulator) -> None:
    """5030."""
    faults(simulator, unknown_subscriber=True)
    refused = await ocs.purchase(order())
    assert isinstance(refused, Refused)
    assert refused.reason == "unknown_subscriber"
    with pytest.raises(UnknownSubscriber):
        await ocs.wallet(ANA)


async def test_a_refusal_in_words_keeps_them(ocs: DiameterChargingSystem, simulator: OcsSimulator) -> None:
    """END_USER_SERVICE_DENIED."""
    faults(simulator, refuse=1, refusal="barred")
    refused = await ocs.purchase(order())
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.detail) == ("not_eligible", "Diameter 4010 barred")


@pytest.mark.parametrize(
    ("request_", "detail"),
    [
        (order(bundle=BundleId("nothing")), "bundle nothing has no Diameter service"),
        (order(price=Money(1, "ZZZ")), "ZZZ has no number in ISO 4217, or the amount no 64 bits"),
        (replace(order(), beneficiary=BEN), "a bundle for another number cannot be asked for over Diameter"),
    ],
)
async def test_what_cannot_be_asked_for_is_never_sent(request_: PurchaseRequest, detail: str) -> None:
    """Nobody listens there, and nobody has to."""
    charging = adapter(free_port())
    refused = await charging.purchase(request_)
    assert isinstance(refused, Refused)
    assert refused.reason == ("not_offered" if request_.beneficiary == BEN else "rejected")
    assert detail in refused.detail
    assert isinstance(await charging.find(request_), OutcomeUnknown)
    await charging.close()


# ── what stays open, and how it is settled ──


async def test_a_dropped_answer_is_found(ocs: DiameterChargingSystem, simulator: OcsSimulator) -> None:
    """Charged, the connection cut, asked again over a new one: one charge."""
    faults(simulator, drop_answer=1)
    assert await ocs.purchase(order()) == OutcomeUnknown("the connection ended before the answer")
    assert kinds(simulator) == [("charge", PRICE.amount)]
    assert await ocs.find(order()) == Activated(session_of(US.host, "ord-1"))
    assert kinds(simulator) == [("charge", PRICE.amount)]


async def test_a_dropped_answer_about_a_refund_is_found(ocs: DiameterChargingSystem, simulator: OcsSimulator) -> None:
    """Paid once."""
    faults(simulator, drop_answer=1)
    assert isinstance(await ocs.refund(back()), OutcomeUnknown)
    assert isinstance(await ocs.find_refund(back()), Refunded)
    assert kinds(simulator) == [("refund", PRICE.amount)]


async def test_a_request_that_was_lost_is_charged_by_the_question(
    ocs: DiameterChargingSystem, simulator: OcsSimulator
) -> None:
    """There is no "not found" in RFC 8506."""
    faults(simulator, lose=1)
    assert isinstance(await ocs.purchase(order()), OutcomeUnknown)
    assert kinds(simulator) == []
    assert isinstance(await ocs.find(order()), Activated)
    assert kinds(simulator) == [("charge", PRICE.amount)]
    assert not ocs.can_be_asked, "about an order that nobody has sent"


async def test_without_detection_of_duplicates_nobody_is_asked(simulator: OcsSimulator) -> None:
    """The order is a person's business, and charged once."""
    faults(simulator, drop_answer=2, forget_sessions=True)
    async with connected(simulator, duplicates_detected=False) as ocs:
        assert isinstance(await ocs.purchase(order()), OutcomeUnknown)
        unknown = await ocs.find(order())
        assert isinstance(unknown, OutcomeUnknown)
        assert "a person must look" in unknown.detail
        assert isinstance(await ocs.refund(back()), OutcomeUnknown)
        assert isinstance(await ocs.find_refund(back()), OutcomeUnknown)
    assert kinds(simulator) == [("charge", PRICE.amount), ("refund", PRICE.amount)]


async def test_what_is_older_than_the_servers_memory_is_not_asked_about(
    ocs: DiameterChargingSystem, simulator: OcsSimulator
) -> None:
    """A gateway that was down for days would charge again."""
    faults(simulator, lose=2)
    await ocs.purchase(order())
    await ocs.refund(back())
    now = datetime.now(UTC)
    forgotten, remembered = (replace(order(), created_at=now - timedelta(hours=hours)) for hours in (25, 23))
    old = RefundRequest(OrderKey("ref-1"), forgotten)
    for unknown in (await ocs.find(forgotten), await ocs.find_refund(old)):
        assert unknown == for_a_person("older than the server is said to remember: a person must look")
    assert kinds(simulator) == []
    assert isinstance(await ocs.find(remembered), Activated)


async def test_a_server_that_forgets_is_what_the_setting_warns_of(
    ocs: DiameterChargingSystem, simulator: OcsSimulator
) -> None:
    """The simulator can show it: two charges."""
    faults(simulator, drop_answer=1, forget_sessions=True)
    await ocs.purchase(order())
    await ocs.find(order())
    assert kinds(simulator) == [("charge", PRICE.amount)] * 2


async def test_a_time_out_is_settled_by_the_late_answer_of_the_question(
    ocs: DiameterChargingSystem, simulator: OcsSimulator
) -> None:
    """The server holds the order; the question waits for the same."""
    faults(simulator, hold=True)
    assert await ocs.purchase(order()) == OutcomeUnknown("the charging system did not answer in time")
    asked = asyncio.create_task(ocs.find(order()))
    await eventually(lambda: len(ocs._peer._link._waiting) == 1 if ocs._peer._link else False)
    faults(simulator)
    assert isinstance(await asked, Activated)
    assert kinds(simulator) == [("charge", PRICE.amount)]


async def test_a_late_answer_is_nobody_elses(ocs: DiameterChargingSystem, simulator: OcsSimulator) -> None:
    """It comes over the same connection, to a question that nobody asks any more."""
    faults(simulator, hold=True)
    await ocs.purchase(order())
    link = ocs._peer._link
    faults(simulator)
    assert isinstance(await ocs.purchase(order("ord-2")), Activated)
    assert ocs._peer._link is link
    assert isinstance(await ocs.find(order()), Activated)
    assert kinds(simulator) == [("charge", PRICE.amount)] * 2


@pytest.mark.parametrize(
    ("code", "kind"), [(3004, NotSent), (3002, OutcomeUnknown), (5012, OutcomeUnknown), (5003, Refused)]
)
async def test_a_result_code_is_what_the_table_says(
    ocs: DiameterChargingSystem, simulator: OcsSimulator, code: int, kind: type
) -> None:
    """Through the whole adapter; refunds are told the same."""
    faults(simulator, result_code=code)
    assert type(await ocs.purchase(order())) is kind
    assert type(await ocs.refund(back())) is kind


@pytest.mark.parametrize(("code", "error"), [(3004, OcsUnavailable), (5012, OcsError), (5003, OcsError)])
async def test_a_balance_that_is_refused_is_an_error(
    ocs: DiameterChargingSystem, simulator: OcsSimulator, code: int, error: type[OcsError]
) -> None:
    """Of its kind, without the number asked about."""
    faults(simulator, result_code=code)
    with pytest.raises(error, match=f"Diameter {code}") as told:
        await ocs.wallet(ANA)
    assert type(told.value) is error
    assert ANA not in str(told.value)


async def test_a_balance_that_does_not_come_is_a_time_out(ocs: DiameterChargingSystem, simulator: OcsSimulator) -> None:
    """OcsTimeout."""
    await ocs.wallet(ANA)
    faults(simulator, balance_delay=30)
    with pytest.raises(OcsTimeout):
        await ocs.wallet(ANA)


# ── the connection ──


async def test_nobody_there_means_not_sent() -> None:
    """Connection refused, within half the time-out."""
    ocs = adapter(free_port())
    began = time.monotonic()
    outcome = await ocs.purchase(order())
    assert time.monotonic() - began < 0.6
    assert outcome == NotSent("no connection to the charging system (ConnectionRefusedError)")
    assert isinstance(await ocs.refund(back()), NotSent)
    assert isinstance(await ocs.find(order()), NotSent)
    assert isinstance(await ocs.find_refund(back()), NotSent)
    with pytest.raises(OcsUnavailable):
        await ocs.wallet(ANA)
    assert not await ocs.answers()
    await ocs.close()


async def test_it_connects_again_when_the_server_comes_back(
    ocs: DiameterChargingSystem, simulator: OcsSimulator
) -> None:
    """And says meanwhile that it does not answer."""
    assert await ocs.answers()
    await simulator.set_down(down=True)
    await eventually(lambda: ocs._peer._link is None)
    assert not await ocs.answers()
    assert isinstance(await ocs.purchase(order()), NotSent)
    await simulator.set_down(down=False)
    assert await ocs.answers()
    assert isinstance(await ocs.purchase(order()), Activated)


async def test_closing_ends_the_task_and_refuses_what_comes(
    ocs: DiameterChargingSystem, simulator: OcsSimulator
) -> None:
    """Whoever waits for an answer is told that it is unknown; nothing is left running."""
    faults(simulator, hold=True)
    waiting = asyncio.create_task(ocs.purchase(order()))
    await eventually(lambda: simulator.waiting == 1)
    await ocs.close()
    assert isinstance(await waiting, OutcomeUnknown)
    assert isinstance(await ocs.purchase(order("ord-2")), NotSent)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "diameter peer"]


async def welcome(packet: Packet, writer: StreamWriter, application: int = 4, result: int = 2001) -> None:
    """A Capabilities-Exchange-Answer."""
    about = [
        avp(codec.RESULT_CODE, result),
        avp(codec.ORIGIN_HOST, b"ocs.example"),
        avp(codec.ORIGIN_REALM, b"example"),
        avp(codec.AUTH_APPLICATION, application),
    ]
    writer.write(codec.encode(packet.answer(about)))


@asynccontextmanager
async def server(respond: Respond, first: Respond = welcome, **settings: Any) -> AsyncIterator[DiameterChargingSystem]:
    """An adapter at a server that answers the capabilities with ``first``, all else with ``respond``."""
    writers: set[StreamWriter] = set()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        writers.add(writer)
        try:
            while True:
                head = await reader.readexactly(4)
                packet = codec.decode(head + await reader.readexactly(codec.length_of(head) - 4))
                await (first if packet.command == codec.CAPABILITIES else respond)(packet, writer)
        except (OSError, EOFError):
            writer.transport.abort()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    charging = adapter(listener.sockets[0].getsockname()[1], **settings)
    try:
        yield charging
    finally:
        await charging.close()
        listener.close()
        for writer in writers:
            writer.transport.abort()


async def silent(_packet: Packet, _writer: StreamWriter) -> None:
    """Say nothing."""


async def cut(_packet: Packet, writer: StreamWriter) -> None:
    """Reset the connection."""
    writer.transport.abort()


async def babble(_packet: Packet, writer: StreamWriter) -> None:
    """Speak another protocol."""
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def garbled(packet: Packet, writer: StreamWriter) -> None:
    """An answer whose AVPs are none."""
    octets = codec.encode(packet.answer([avp(codec.RESULT_CODE, 2001)]))
    writer.write(octets[:20] + b"\xff" * (len(octets) - 20))


async def empty(packet: Packet, writer: StreamWriter) -> None:
    """An answer with an AVP of no length."""
    octets = codec.encode(packet.answer([avp(codec.RESULT_CODE, 2001)]))
    writer.write(octets[:25] + b"\0\0\0" + octets[28:])


@pytest.mark.parametrize("respond", [silent, cut, babble, garbled, empty])
async def test_an_answer_that_is_none_leaves_it_open(respond: Respond) -> None:
    """Time-out, reset in the middle, another protocol, broken octets."""
    async with server(respond) as ocs:
        assert isinstance(await ocs.purchase(order()), OutcomeUnknown)
        assert isinstance(await ocs.find(order()), OutcomeUnknown)
        with pytest.raises(OcsError):
            await ocs.wallet(ANA)


async def unwelcome(packet: Packet, writer: StreamWriter) -> None:
    """DIAMETER_UNKNOWN_PEER."""
    await welcome(packet, writer, result=3010)


async def elsewhere(packet: Packet, writer: StreamWriter) -> None:
    """A peer of another application."""
    await welcome(packet, writer, application=16777236)


@pytest.mark.parametrize(
    ("first", "why"),
    [
        (unwelcome, r"refused the capabilities exchange \(Diameter 3010\)"),
        (elsewhere, "does not speak credit control"),
        (silent, "does not answer the capabilities exchange"),
        (cut, "ConnectionResetError|IncompleteReadError"),
        (babble, "what came is not Diameter"),
    ],
)
async def test_a_peer_that_does_not_want_us_is_sent_nothing(first: Respond, why: str) -> None:
    """And says why."""
    async with server(silent, first=first) as ocs:
        outcome = await ocs.purchase(order())
        assert isinstance(outcome, NotSent)
        assert re.search(why, outcome.detail)
        assert not await ocs.answers()


async def test_a_relay_is_a_peer_too() -> None:
    """Application 0xffffffff (RFC 6733 §2.4)."""

    async def relay(packet: Packet, writer: StreamWriter) -> None:
        await welcome(packet, writer, application=codec.RELAY)

    async with server(silent, first=relay) as ocs:
        assert await ocs.answers()


async def test_a_silent_peer_is_asked_and_given_up() -> None:
    """A watchdog request, no answer: a new connection."""
    asked: list[int] = []
    met: list[int] = []

    async def note(packet: Packet, _writer: StreamWriter) -> None:
        asked.append(packet.command)

    async def meet(packet: Packet, writer: StreamWriter) -> None:
        met.append(packet.command)
        await welcome(packet, writer)

    async with server(note, first=meet, watchdog=0.05) as ocs:
        assert await ocs.answers()
        await eventually(lambda: len(met) >= 2)
    assert asked[0] == codec.WATCHDOG


async def test_a_peer_that_answers_its_watchdog_is_kept(simulator: OcsSimulator) -> None:
    """The same connection after many silences."""
    async with connected(simulator, watchdog=0.02) as ocs:
        assert await ocs.answers()
        link = ocs._peer._link
        assert link is not None
        await eventually(lambda: link._hop >= 5)
        assert ocs._peer._link is link


async def test_what_a_peer_asks_is_answered() -> None:
    """Its watchdog is; what we do not know is refused with the E flag; when it leaves we let it go and come back."""
    heard: list[Packet] = []
    met: list[int] = []

    async def note(packet: Packet, _writer: StreamWriter) -> None:
        heard.append(packet)

    async def ask(packet: Packet, writer: StreamWriter) -> None:
        await welcome(packet, writer)
        met.append(packet.command)
        for number, command in enumerate((codec.WATCHDOG, 258, codec.DISCONNECT), start=1):
            about = (avp(codec.SESSION_ID, "theirs"),) if command == 258 else ()
            writer.write(codec.encode(Packet(command, 0, about, hop_by_hop=number)))

    async with server(note, first=ask, watchdog=0.1) as ocs:
        waiting = asyncio.create_task(ocs.answers())
        await eventually(lambda: len(heard) >= 3)
        results = [(one.command, codec.number(one.avps, codec.RESULT_CODE), one.error) for one in heard[:3]]
        assert results == [(codec.WATCHDOG, 2001, False), (258, 3001, True), (codec.DISCONNECT, 2001, False)]
        assert codec.text(heard[1].avps, codec.SESSION_ID) == "theirs"
        await eventually(lambda: len(met) >= 2)
        await waiting


async def test_it_says_goodbye() -> None:
    """A Disconnect-Peer-Request with the cause REBOOTING."""
    heard: list[Packet] = []

    async def note(packet: Packet, writer: StreamWriter) -> None:
        heard.append(packet)
        writer.write(codec.encode(packet.answer([avp(codec.RESULT_CODE, 2001)])))

    async with server(note) as ocs:
        assert await ocs.answers()
    assert [(one.command, codec.number(one.avps, codec.DISCONNECT_CAUSE)) for one in heard] == [(codec.DISCONNECT, 0)]


async def test_no_more_are_under_way_than_workers() -> None:
    """The others wait, and what has waited half the time-out was surely not sent."""
    arrived: list[Packet] = []

    async def note(packet: Packet, _writer: StreamWriter) -> None:
        arrived.append(packet)

    async with server(note, workers=2) as ocs:
        outcomes = await asyncio.gather(*(ocs.purchase(order(f"ord-{number}")) for number in range(5)))
    debits = [one for one in arrived if one.command == codec.CREDIT_CONTROL]
    assert [type(one) for one in outcomes] == [OutcomeUnknown] * 2 + [NotSent] * 3
    assert len(debits) == 2


async def test_an_answer_may_come_in_pieces() -> None:
    """Its beginning, then a silence until the watchdog asks, then the rest: nothing of it is lost."""
    rest = b""

    async def dribble(packet: Packet, writer: StreamWriter) -> None:
        nonlocal rest
        if packet.command == codec.CREDIT_CONTROL:
            session = codec.text(packet.avps, codec.SESSION_ID)
            octets = codec.encode(packet.answer([avp(codec.SESSION_ID, session), avp(codec.RESULT_CODE, 2001)]))
            writer.write(octets[:9])
            rest = octets[9:]
        else:
            writer.write(rest + codec.encode(packet.answer([avp(codec.RESULT_CODE, 2001)])))
            rest = b""

    async with server(dribble, watchdog=0.2, timeout=2) as ocs:
        assert isinstance(await ocs.purchase(order()), Activated)
