"""The simulated CGRateS engine: how it runs actions, its conditions, and its hazards."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import FakeTraits
from flows.catalogue import load_starter
from flows.values import Bucket, BundleId, Money, Msisdn, OrderKey, Unit
from gateway.core.ports import Activated, PurchaseRequest
from gateway.ocs.tmf import TmfChargingSystem
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.ocs_cgrates_actions import Action, BadAction, Balance, expiry, parse_action, run
from gateway.simulators.ocs_cgrates_filter import BadFilter, Fields, some_one_meets
from gateway.simulators.ocs_faults import Faults

ANA = Msisdn("573001112233")
CATALOGUE = load_starter("co")
OPENING = 1_000_000
NOW = datetime(2026, 11, 24, tzinfo=UTC)
MEMBERS = [
    *("Tenant", "Account", "ActionsId", "Actions", "Overwrite", "BalanceType", "Balance", "Value", "ActionExtraData"),
    *("Identifier", "BalanceId", "Units", "ExpiryTime", "Weight", "Filter", "BalanceDisabled", "ID", "OriginID"),
]
METHODS = [
    *("APIerSv2.GetAccount", "APIerSv1.SetActions", "APIerSv1.GetActions", "APIerSv1.ExecuteAction"),
    *("APIerSv1.AddBalance", "APIerSv1.DebitBalance", "APIerSv1.Nothing"),
]
Call = Callable[[str, object], Awaitable[tuple[Any, str | None]]]


@pytest.fixture
async def simulator() -> AsyncIterator[OcsSimulator]:
    """A simulator on free ports."""
    async with OcsSimulator(CATALOGUE, "COP") as running:
        yield running


@pytest.fixture
async def call(simulator: OcsSimulator) -> AsyncIterator[Call]:
    """Result and error of a call."""
    async with aiohttp.ClientSession(simulator.url) as session:

        async def ask(method: str, parameter: object) -> tuple[Any, str | None]:
            body = {"id": 9, "method": method, "params": [parameter]}
            async with session.post("/jsonrpc", json=body) as response:
                answer = await response.json()
                assert (response.status, answer["id"]) == (200, 9)
                return answer["result"], answer["error"]

        yield ask


async def values(call: Call) -> dict[str, list[float]]:
    """The values of Ana's balances by type."""
    account, error = await call("APIerSv2.GetAccount", {"Tenant": "cgrates.org", "Account": ANA})
    assert error is None
    assert account["ID"] == f"cgrates.org:{ANA}"
    return {kind: [one["Value"] for one in held] for kind, held in account["BalanceMap"].items()}


# ── conditions ──

MAIN = Fields("*monetary", "main", 5.0, disabled=False, expires_at=None)
OLD = Fields("*data", "old", 1.5, disabled=True, expires_at=NOW - timedelta(hours=1))


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({}, True),
        ({"Type": "*monetary"}, True),
        ({"Type": "*sms"}, False),
        ({"Type": "*monetary", "ID": "old"}, False),  # one balance must meet all of it
        ({"*and": [{"Type": "*monetary"}, {"ID": "main"}]}, True),
        ({"*and": [{"Type": "*monetary"}, {"ID": "old"}]}, False),
        ({"*or": [{"ID": "nobody"}, {"ID": "old"}]}, True),
        ({"*not": [{"Disabled": False}]}, True),
        ({"Value": {"*gte": 5}}, True),
        ({"Value": {"*gte": 5.01}}, False),
        ({"Value": {"*gt": 5}}, False),
        ({"Value": {"*lt": 1.5}}, False),
        ({"Value": {"*lte": 1.5}}, True),
        ({"Value": {"*eq": 1.5}}, True),
        ({"Value": 1.5}, True),
        ({"Value": "1.5"}, False),
        ({"Value": {"*about": 5}}, False),
        ({"*xor": [{"ID": "main"}]}, False),
        ({"Disabled": True}, True),
        ({"Disabled": 1}, False),
        ({"*and": [{"ID": "old"}, {"ExpirationDate": {"*exp": True}}]}, True),
        ({"*and": [{"ID": "old"}, {"ExpirationDate": {"*exp": False}}]}, False),
        ({"*and": [{"ID": "main"}, {"ExpirationDate": {"*exp": False}}]}, True),
    ],
)
def test_a_condition_is_met_by_some_one_balance(condition: object, met: bool) -> None:
    """Never by two together."""
    assert some_one_meets(json.dumps(condition), [MAIN, OLD], NOW) is met


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"Colour": 1}',
        '{"ID": {"*gte": 1}}',
        '{"Value": {"*gte": "1"}}',
        '{"*and": [1]}',
        '{"ExpirationDate": {"*exp": 1}}',
    ],
)
def test_a_condition_that_cannot_be_applied_is_an_error_of_its_own(text: str) -> None:
    """The engine says nothing of it; the account stays as it is."""
    with pytest.raises(BadFilter):
        some_one_meets(text, [MAIN], NOW)


# ── actions ──


def action(**fields: object) -> Action:
    """A top-up of five, unless told otherwise."""
    told = {"Identifier": "*topup", "BalanceType": "*monetary", "BalanceId": "main", "Units": 5, "Weight": 10}
    return parse_action({**told, **fields})


def test_actions_run_from_the_heaviest_and_see_what_the_former_did() -> None:
    """Whatever their order in the set."""
    balances = [Balance("*monetary", "main", "u", 1.0)]
    enough = '{"*and":[{"ID":"main"},{"Value":{"*gte":6}}]}'
    run([action(BalanceId="bonus", Weight=1, Filter=enough), action(Weight=2)], balances, NOW)
    assert [(one.ident, one.value) for one in balances] == [("main", 6.0), ("bonus", 5.0)]


def test_an_id_alone_decides_also_of_a_disabled_balance_but_not_of_an_expired_one() -> None:
    """All with the id are debited; an expired one is left, and a new one goes into debt."""
    off = Balance("*monetary", "main", "u", 9.0, disabled=True)
    run([action(Identifier="*debit")], [off], NOW)
    assert off.value == 4.0
    old = Balance("*monetary", "main", "u", 9.0, expires_at=NOW)
    balances = [old]
    run([action(Identifier="*debit")], balances, NOW)
    assert [one.value for one in balances] == [9.0, -5.0]


def test_without_an_id_all_balances_of_the_type_are_meant() -> None:
    """Those that are as disabled as the action says."""
    balances = [Balance("*data", "a", "a", 1.0), Balance("*data", "b", "b", 1.0, disabled=True)]
    run([action(BalanceType="*data", BalanceId="", BalanceDisabled="false")], balances, NOW)
    assert [one.value for one in balances] == [6.0, 1.0]


def test_a_new_balance_gets_its_end_and_a_known_one_keeps_it() -> None:
    """So a marker lives from its first run on."""
    balances: list[Balance] = []
    run([action(ExpiryTime="+2h", BalanceDisabled="true")], balances, NOW)
    run([action(ExpiryTime="+9h")], balances, NOW + timedelta(hours=1))
    assert [(one.value, one.expires_at, one.disabled) for one in balances] == [(10.0, NOW + timedelta(hours=2), True)]


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("", None),
        ("*unlimited", None),
        ("+90m", NOW + timedelta(minutes=90)),
        ("2026-12-01T00:00:00Z", datetime(2026, 12, 1, tzinfo=UTC)),
        ("2026-12-01T00:00:00", datetime(2026, 12, 1, tzinfo=UTC)),
        ("soon", None),
        ("+999999999h", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_an_end_is_a_time_from_now_a_date_or_never(text: str, ends: datetime | None) -> None:
    """As the engine reads it."""
    assert expiry(text, NOW) == ends


@pytest.mark.parametrize(
    "item",
    [
        "x",
        {},
        {"Identifier": "*topup"},
        {"Identifier": "*topup", "Weight": 1, "Units": "5"},
        {"Identifier": "*topup", "Weight": 1, "Units": float("inf")},
        {"Identifier": "*topup", "Weight": 1, "Units": 10**16},
        {"Identifier": "*topup", "Weight": 1, "BalanceId": 5},
        {"Identifier": "*topup", "Weight": 1, "BalanceDisabled": "maybe"},
    ],
)
def test_an_action_that_is_none_is_refused(item: object) -> None:
    """When it is stored, not when it runs."""
    with pytest.raises(BadAction):
        parse_action(item)


# ── the wire ──


async def test_debiting_twice_debits_twice_and_into_debt(call: Call, simulator: OcsSimulator) -> None:
    """The same OriginID does not matter: why the gateway never uses it."""
    debit = {
        "Account": ANA,
        "BalanceType": "*monetary",
        "Value": 600_000,
        "Balance": {"ID": "main"},
        "ActionExtraData": {"OriginID": "purchase-1"},
    }
    for _ in range(2):
        assert await call("APIerSv1.DebitBalance", debit) == ("OK", None)
    assert await values(call) == {"*monetary": [OPENING - 1_200_000]}
    assert [(item.key, item.kind, item.amount) for item in simulator.ledger.items] == [
        ("purchase-1", "charge", 600_000)
    ] * 2


async def test_adding_twice_adds_twice_unless_it_overwrites(call: Call) -> None:
    """The per-order balance id keeps them apart."""
    adding = {
        "Account": ANA,
        "BalanceType": "*data",
        "Value": 1000,
        "Balance": {"ID": "ord-77", "ExpiryTime": "+168h"},
    }
    for _ in range(2):
        await call("APIerSv1.AddBalance", adding)
    assert (await values(call))["*data"] == [2000]
    for _ in range(2):
        await call("APIerSv1.AddBalance", {**adding, "Overwrite": True})
    assert (await values(call))["*data"] == [1000]


async def test_a_set_is_stored_once_and_read_back(call: Call) -> None:
    """EXISTS, unless it is to be overwritten; units come back as a text."""
    told = {"Identifier": "*topup", "BalanceType": "*order", "BalanceId": "k", "Units": 0.5, "Weight": 10}
    storing = {"ActionsId": "k", "Actions": [told]}
    assert await call("APIerSv1.GetActions", "k") == (None, "SERVER_ERROR: NOT_FOUND")
    assert await call("APIerSv1.SetActions", storing) == ("OK", None)
    assert await call("APIerSv1.SetActions", storing) == (None, "EXISTS")
    assert await call("APIerSv1.SetActions", {**storing, "Overwrite": True}) == ("OK", None)
    (held,), _ = await call("APIerSv1.GetActions", "k")
    assert (held["Units"], held["BalanceDisabled"], held["Weight"]) == ("0.5", "false", 10.0)


async def test_a_malformed_condition_is_accepted_and_does_nothing(call: Call) -> None:
    """Nothing of the whole set, and nobody is told."""
    told = {"Identifier": "*debit", "BalanceType": "*monetary", "BalanceId": "main", "Units": 5, "Weight": 10}
    broken = {**told, "Weight": 5, "Filter": "{"}
    await call("APIerSv1.SetActions", {"ActionsId": "k", "Actions": [told, broken]})
    assert await call("APIerSv1.ExecuteAction", {"Account": ANA, "ActionsId": "k"}) == ("OK", None)
    assert await values(call) == {"*monetary": [OPENING]}


@pytest.mark.parametrize(
    ("method", "parameter", "error"),
    [
        ("APIerSv9.Charge", {}, "rpc: can't find service APIerSv9.Charge"),
        ("APIerSv2.GetAccount", {"Account": "nobody"}, "NOT_FOUND"),
        ("APIerSv2.GetAccount", {"Account": "+573001112233"}, "NOT_FOUND"),
        ("APIerSv2.GetAccount", {}, "MANDATORY_IE_MISSING: ['Account']"),
        ("APIerSv1.DebitBalance", {"Account": ANA, "BalanceType": []}, "MANDATORY_IE_MISSING: ['BalanceType']"),
        ("APIerSv2.GetAccount", "573001112233", "json: cannot unmarshal into Go value"),
        ("APIerSv1.SetActions", {"ActionsId": "k"}, "MANDATORY_IE_MISSING: ['Actions']"),
        ("APIerSv1.SetActions", {"ActionsId": "k", "Actions": [{}]}, "MANDATORY_IE_MISSING:Action:"),
        ("APIerSv1.ExecuteAction", {"Account": ANA, "ActionsId": "k"}, "SERVER_ERROR: NOT_FOUND"),
    ],
)
async def test_errors_come_as_200(call: Call, method: str, parameter: object, error: str) -> None:
    """In words that an engine uses."""
    result, said = await call(method, parameter)
    assert result is None
    assert str(said).startswith(error)


async def test_an_unknown_account_is_not_created(call: Call, simulator: OcsSimulator) -> None:
    """Running a set on it is OK, and changes nothing."""
    told = {"Identifier": "*topup", "BalanceType": "*monetary", "BalanceId": "main", "Units": 5, "Weight": 10}
    await call("APIerSv1.SetActions", {"ActionsId": "k", "Actions": [told]})
    simulator._desk.set_faults(Faults(unknown_subscriber=True))
    assert await call("APIerSv1.ExecuteAction", {"Account": ANA, "ActionsId": "k"}) == ("OK", None)
    assert await call("APIerSv2.GetAccount", {"Account": ANA}) == (None, "NOT_FOUND")
    simulator._desk.set_faults(Faults())
    assert await values(call) == {"*monetary": [OPENING]}


async def test_a_refusal_runs_nothing(call: Call, simulator: OcsSimulator) -> None:
    """It comes in the fault's words."""
    adding = {"Account": ANA, "BalanceType": "*monetary", "Value": 5, "Balance": {"ID": "main"}}
    simulator._desk.set_faults(Faults(refuse=1, refusal="no"))
    assert await call("APIerSv1.AddBalance", adding) == (None, "SERVER_ERROR: no")
    assert await call("APIerSv1.AddBalance", adding) == ("OK", None)
    assert await values(call) == {"*monetary": [OPENING + 5]}


@pytest.mark.parametrize("body", ["{", "[]", '{"id": 1}', '{"id": 1, "method": "m", "params": []}'])
async def test_a_body_that_is_no_call_is_a_bad_request(simulator: OcsSimulator, body: str) -> None:
    """Before anything is looked at."""
    async with (
        aiohttp.ClientSession(simulator.url) as session,
        session.post("/jsonrpc", data=body, headers={"Content-Type": "application/json"}) as response,
    ):
        assert response.status == 400


async def test_both_wires_show_one_ledger(call: Call, simulator: OcsSimulator) -> None:
    """What was bought over TM Forum is a balance in megabytes here, and keeps its bytes."""
    offerings = CATALOGUE.tmf_offerings()
    tmf = TmfChargingSystem(
        simulator.url, timeout=5, settle_seconds=1, currency="COP", offerings=offerings, traits=FakeTraits()
    )
    try:
        price = Money(300_000, "COP")
        order = PurchaseRequest(OrderKey("k-1"), ANA, ANA, BundleId("data-1gb-7d"), price, "sms")
        assert isinstance(await tmf.purchase(order), Activated)
        assert await values(call) == {"*monetary": [OPENING - 300_000], "*data": [1024]}
        before = simulator.ledger.account(ANA).buckets
        adding = {"Account": ANA, "BalanceType": "*sms", "Value": 3, "Balance": {"ID": "s"}}
        await call("APIerSv1.AddBalance", adding)
        assert simulator.ledger.account(ANA).buckets == [*before, Bucket("s", Unit.MESSAGE, 3, 3)]
        assert [(bucket.unit, bucket.remaining) for bucket in (await tmf.wallet(ANA)).buckets] == [
            (Unit.BYTE, 1024**3),
            (Unit.MESSAGE, 3),
        ]
    finally:
        await tmf.close()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", ANA, "*debit", "*monetary", "{", "k"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=6),
    max_leaves=12,
)


@settings(max_examples=60)
@given(calls=st.lists(st.tuples(st.sampled_from(METHODS), JSON), max_size=6))
def test_no_call_breaks_the_engine(calls: list[tuple[str, object]]) -> None:
    """Each is answered: a result, an error, or a bad request."""

    async def make() -> list[int]:
        async with OcsSimulator(CATALOGUE, "COP") as simulator, aiohttp.ClientSession(simulator.url) as session:
            statuses = []
            for method, parameter in calls:
                body = {"id": 1, "method": method, "params": [parameter]}
                async with session.post("/jsonrpc", json=body) as response:
                    statuses.append(response.status)
            return statuses

    assert set(asyncio.run(make())) <= {200, 400}
