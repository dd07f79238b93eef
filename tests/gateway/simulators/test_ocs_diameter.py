"""The simulated charging system on Diameter: what it refuses, and that its ledger explains every balance."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.catalogue import load_starter
from flows.values import BundleId, Money, Msisdn, OrderKey
from gateway.core.ports import Activated, NotSent, PurchaseRequest, Refused
from gateway.errors import PortInUse
from gateway.ocs import diameter_codec as codec
from gateway.ocs import diameter_wire as wire
from gateway.ocs.diameter import DiameterChargingSystem
from gateway.ocs.diameter_codec import Packet, avp
from gateway.ocs.diameter_wire import Action, Ask, ChargedService, Sender
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.ocs_credit_control import HOST, CreditControl
from gateway.simulators.ocs_desk import Desk
from gateway.simulators.ocs_diameter import DiameterPort
from gateway.simulators.ocs_faults import BadFault, Faults, parse_faults

CATALOGUE = load_starter("co")
ANA = Msisdn("573001112233")
US = Sender("chasqui.example", "example")
PRICE = Money(300000, "COP")
ASK = Ask("session", Action.DIRECT_DEBITING, ANA, ChargedService("bundle@operator", 101), PRICE)
Change = Callable[[list[Any]], list[Any]]


@pytest.fixture
async def simulator() -> AsyncIterator[OcsSimulator]:
    """A simulator on free ports."""
    async with OcsSimulator(CATALOGUE, "COP", diameter_port=0) as running:
        yield running


@pytest.fixture
def desk(simulator: OcsSimulator) -> Desk:
    """What it decides by."""
    return simulator._desk


def request(ask: Ask = ASK) -> Packet:
    """A request as the server reads it."""
    return codec.decode(codec.encode(wire.format_request(ask, US, "realm.example")))


def without(*codes: int) -> Change:
    """Leave these AVPs out."""
    return lambda avps: [one for one in avps if one.code not in codes]


def with_(one: Any) -> Change:
    """Put this AVP where another of its code was."""
    return lambda avps: [*without(one.code)(avps), one]


def costs(digits: int, exponent: int, currency: int = 170) -> Change:
    """Ask for this much."""
    unit = avp(wire.UNIT_VALUE, [avp(wire.VALUE_DIGITS, digits), avp(wire.EXPONENT, exponent)])
    return with_(avp(wire.REQUESTED_UNIT, [avp(wire.MONEY, [unit, avp(wire.CURRENCY_CODE, currency)])]))


def somebody(kind: int, data: str) -> Change:
    """Ask about this subscriber."""
    return with_(avp(wire.SUBSCRIPTION, [avp(wire.SUBSCRIPTION_TYPE, kind), avp(wire.SUBSCRIPTION_DATA, data)]))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (without(), 2001),
        (without(codec.SESSION_ID), 5005),
        (without(wire.SERVICE_CONTEXT), 5005),
        (without(wire.REQUEST_TYPE), 5005),
        (without(wire.REQUEST_NUMBER_CODE), 5005),
        (without(wire.REQUESTED_ACTION), 5005),
        (without(wire.REQUESTED_UNIT), 5005),
        (with_(avp(wire.REQUEST_TYPE, 1)), 5004),
        (with_(avp(wire.REQUESTED_ACTION, 3)), 5004),
        (without(wire.SUBSCRIPTION), 5030),
        (somebody(1, "732101112223344"), 5030),
        (somebody(0, "nobody"), 5030),
        (somebody(0, "+573001112233"), 2001),
        (without(wire.SERVICE_IDENTIFIER), 5031),
        (with_(avp(wire.SERVICE_IDENTIFIER, 999)), 5031),
        (costs(3000, 0), 2001),
        (costs(3, 3), 2001),
        (costs(1, -3), 5004),
        (costs(300000, -2, currency=986), 5031),
        (costs(10**12, 0), 4012),
    ],
)
async def test_a_request_is_answered_as_rfc_8506_says(desk: Desk, change: Change, code: int) -> None:
    """And nothing moves where it is refused."""
    asked = request()
    answer = await CreditControl(desk).answer(replace(asked, avps=tuple(change(list(asked.avps)))))
    assert codec.number(answer.avps, codec.RESULT_CODE) == code
    assert codec.text(answer.avps, codec.ORIGIN_HOST) == HOST
    assert len(desk.ledger.items) == (code == 2001)


@pytest.mark.parametrize(("code", "error"), [(3004, True), (5012, False)])
async def test_a_protocol_error_has_its_flag(desk: Desk, code: int, error: bool) -> None:
    """RFC 6733 §7.2."""
    desk.set_faults(Faults(result_code=code))
    answer = await CreditControl(desk).answer(request())
    assert answer.error is error


async def test_a_repeated_session_is_answered_the_same(desk: Desk) -> None:
    """With the T flag or without; another number is another request."""
    server = CreditControl(desk)
    again = replace(request(), resent=True)
    later = replace(request(), avps=tuple(with_(avp(wire.REQUEST_NUMBER_CODE, 1))(list(request().avps))))
    codes = [
        codec.number((await server.answer(asked)).avps, codec.RESULT_CODE) for asked in (request(), again, request())
    ]
    assert codes == [2001] * 3
    assert len(desk.ledger.items) == 1
    await server.answer(later)
    assert len(desk.ledger.items) == 2


async def test_no_more_is_given_back_than_nothing(desk: Desk) -> None:
    """A refund of nothing, of less, or in another currency is refused."""
    server = CreditControl(desk)
    for change in (costs(0, 0), costs(-5, 0), costs(5, 0, currency=986)):
        asked = request(replace(ASK, action=Action.REFUND_ACCOUNT))
        answer = await server.answer(replace(asked, avps=tuple(change(list(asked.avps)))))
        assert codec.number(answer.avps, codec.RESULT_CODE) == 5031
    assert desk.ledger.items == []


@pytest.mark.parametrize("body", [{"result_code": -1}, {"forget_sessions": 1}, {"hide_balance": "yes"}])
def test_a_fault_that_cannot_be_is_named(body: dict[str, object]) -> None:
    """As the others."""
    with pytest.raises(BadFault, match=next(iter(body))):
        parse_faults(body)


async def test_a_taken_port_is_told_in_one_line(simulator: OcsSimulator) -> None:
    """And then nothing listens."""
    other = OcsSimulator(CATALOGUE, "COP", diameter_port=simulator.diameter_port)
    with pytest.raises(PortInUse, match=f"port {simulator.diameter_port} on 127.0.0.1 is in use"):
        await other.start()
    with pytest.raises(OSError, match=str(other.port)):
        await asyncio.open_connection("127.0.0.1", other.port)


@pytest.mark.parametrize("turns", range(6))
async def test_whoever_comes_as_it_stops_is_hung_up_on(desk: Desk, turns: int) -> None:
    """However far their connection had come by then: nobody is served by a port that was closed."""
    port = DiameterPort(desk)
    with socket.create_connection(("127.0.0.1", await port.start("127.0.0.1", 0)), timeout=5) as peer:
        for _ in range(turns):
            await asyncio.sleep(0)
        await port.stop()
        with suppress(ConnectionResetError):
            assert await asyncio.to_thread(peer.recv, 1) == b""


async def test_what_is_not_diameter_is_hung_up_on(simulator: OcsSimulator) -> None:
    """Others are served all the same."""
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator.diameter_port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.close()
    charging = client(simulator)
    assert await charging.answers()
    await charging.close()


def client(simulator: OcsSimulator) -> DiameterChargingSystem:
    """An adapter at the simulator."""
    assert simulator.diameter_port
    services = {bundle: ChargedService(*told) for bundle, told in CATALOGUE.diameter_services().items()}
    return DiameterChargingSystem(
        ("127.0.0.1", simulator.diameter_port),
        US,
        timeout=5,
        settle_seconds=0,
        currency="COP",
        services=services,
        duplicates_detected=True,
        reconnect_max=0.01,
    )


@given(
    balance=st.integers(0, 2_000_000),
    fates=st.lists(st.sampled_from(["", "drop_answer", "lose", "refuse"]), min_size=1, max_size=8),
)
def test_the_ledger_always_explains_the_balance(balance: int, fates: list[str]) -> None:
    """Orders at once, each asked about until it is settled: each key at most once, charges equal the difference."""
    asyncio.run(buy_all(balance, fates))


async def buy_all(balance: int, fates: list[str]) -> None:
    """Buy under as many keys as fates, with these faults waiting for the first orders that come."""
    async with OcsSimulator(CATALOGUE, "COP", diameter_port=0) as simulator:
        simulator.ledger.put(ANA, balance, None)
        counted = {name: fates.count(name) for name in ("drop_answer", "lose", "refuse")}
        simulator._desk.set_faults(parse_faults(counted))
        charging = client(simulator)
        outcomes = await asyncio.gather(*(settle(charging, f"ord-{number}") for number in range(len(fates))))
        await charging.close()
        charged = [item.key for item in simulator.ledger.items]
        assert len(charged) == len(set(charged)) == sum(isinstance(one, Activated) for one in outcomes)
        assert simulator.ledger.account(ANA).balance == balance - PRICE.amount * len(charged)


async def settle(charging: DiameterChargingSystem, key: str) -> Activated | Refused:
    """Buy as the lane does: sent again where it surely was not, else asked about until there is an answer."""
    order = PurchaseRequest(OrderKey(key), ANA, ANA, BundleId("data-1gb-7d"), PRICE, "sms")
    outcome: Any = await charging.purchase(order)
    while not isinstance(outcome, Activated | Refused):
        outcome = await (charging.purchase(order) if isinstance(outcome, NotSent) else charging.find(order))
    return outcome
