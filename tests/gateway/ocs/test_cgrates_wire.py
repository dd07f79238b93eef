"""The CGRateS wire, its action sets and its units, by tables."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.catalogue import Catalogue, load_starter, parse_catalogue
from flows.values import Bucket, BundleId, Msisdn, OrderKey, Unit
from gateway.ocs import cgrates_sets as sets
from gateway.ocs import cgrates_wire as wire
from gateway.ocs.answers import UnreadableAnswer
from gateway.ocs.cgrates_units import Grant, grants, unit_sizes

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ANA = Msisdn("573001112233")
TENANT = "cgrates.org"
KEY = OrderKey("ord-K")
TERMS = sets.Terms("main", 2160)
DATA = Grant("*data", Decimal(1024), 168)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "result", "error", "ID", "BalanceMap", "*monetary", "Value", "ExpirationDate"]),
            inner,
        )
    ),
    max_leaves=12,
)


def account(**kinds: object) -> wire.AccountSeen:
    """Ana's account; kinds without their star."""
    result = {"ID": f"{TENANT}:{ANA}", "BalanceMap": {f"*{kind}": items for kind, items in kinds.items()}}
    return wire.read_account(wire.read_answer(json.dumps({"id": 1, "result": result}).encode(), 1)[0], TENANT, ANA)


# ── calls and answers ──


def test_a_call_is_json_rpc_with_one_parameter() -> None:
    """As the engine's codec takes it."""
    assert json.loads(wire.format_call(wire.GET_ACTIONS, "ord-K", 3)) == {
        "id": 3,
        "method": "APIerSv1.GetActions",
        "params": ["ord-K"],
    }


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'{"id":1,"result":"OK","error":null}', ("OK", "")),
        (b'{"id":1,"result":null,"error":"NOT_FOUND"}', (None, "NOT_FOUND")),
        (b'{"id":1,"result":{"Value":0.1}}', ({"Value": Decimal("0.1")}, "")),
    ],
)
def test_an_answer_has_a_result_or_an_error(body: bytes, read: object) -> None:
    """Fractions stay exact."""
    assert wire.read_answer(body, 1) == read


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"id":1}',
        b'{"id":2,"result":"OK"}',
        b'{"id":1,"result":NaN}',
        b'{"id":1,"result":null,"error":{}}',
        b'{"id":1,"result":null,"error":""}',
        b"\xff",
        b"[" * 9999,
    ],
)
def test_what_is_no_answer_is_unreadable(body: bytes) -> None:
    """So is the answer to another call."""
    with pytest.raises(UnreadableAnswer):
        wire.read_answer(body, 1)


@given(JSON)
def test_no_json_breaks_the_reader(value: object) -> None:
    """It is read, or it is unreadable; so is what stands where a balance should."""
    balance = {"Value": 1, "ExpirationDate": value, "ID": value, "Disabled": value}
    for result in (value, {"ID": f"{TENANT}:{ANA}", "BalanceMap": value}):
        with suppress(UnreadableAnswer):
            wire.read_account(wire.read_answer(json.dumps({"id": 1, "result": result}).encode(), 1)[0], TENANT, ANA)
    for held in ([balance], [{"Value": value}], [value]):
        with suppress(UnreadableAnswer):
            wire.read_account({"ID": f"{TENANT}:{ANA}", "BalanceMap": {"*data": held}}, TENANT, ANA)


def test_the_engines_words_hold_nobodys_number() -> None:
    """One line of bounded length."""
    words = wire.words_of(f"SERVER_ERROR:\n cgrates.org:{ANA} is locked {'x' * 400}")
    assert words.startswith("SERVER_ERROR: cgrates.org:… is locked")
    assert len(words) == 300


# ── accounts ──


@pytest.mark.parametrize(
    "result",
    [
        None,
        "OK",
        {},
        {"ID": "cgrates.org:573009998877", "BalanceMap": {}},
        {"ID": f"other:{ANA}", "BalanceMap": {}},
        {"ID": f"{TENANT}:{ANA}", "BalanceMap": []},
        {"ID": f"{TENANT}:{ANA}", "BalanceMap": {"*data": {}}},
        {"ID": f"{TENANT}:{ANA}", "BalanceMap": {"*data": ["x"]}},
        {"ID": f"{TENANT}:{ANA}", "BalanceMap": {"*data": [{}]}},
        {"ID": f"{TENANT}:{ANA}", "BalanceMap": {"*data": [{"Value": True}]}},
        {"ID": f"{TENANT}:{ANA}", "BalanceMap": {"*data": [{"Value": Decimal("1e99")}]}},
        {"ID": f"{TENANT}:{ANA}", "BalanceMap": {"*data": [{"Value": 1, "ExpirationDate": "soon"}]}},
    ],
)
def test_what_is_not_this_account_is_unreadable(result: object) -> None:
    """Another subscriber's least of all."""
    with pytest.raises(UnreadableAnswer):
        wire.read_account(result, TENANT, ANA)


@pytest.mark.parametrize("balances", [None, {}, {"*monetary": None}])
def test_an_account_may_hold_nothing(balances: object) -> None:
    """One that was never topped up."""
    seen = wire.read_account({"ID": f"{TENANT}:{ANA}", "BalanceMap": balances}, TENANT, ANA)
    assert wire.money_of(seen, "main", NOW) == 0
    assert wire.buckets_of(seen, {}, NOW) == ()


@pytest.mark.parametrize(
    ("ends", "usable"),
    [
        ("", True),
        ("*unlimited", True),
        ("0001-01-01T00:00:00Z", True),
        ("9999-12-31T23:59:59-11:00", True),
        ("2026-11-24T00:00:01Z", True),
        ("2026-11-24T00:00:00.000000001Z", False),  # to the microsecond it is now
        ("2026-11-23T19:00:00-05:00", False),
        ("2020-01-01T00:00:00", False),
    ],
)
def test_money_and_bundles_are_used_until_they_expire(ends: str, usable: bool) -> None:
    """No time, Go's zero time and ``*unlimited`` are never."""
    seen = account(
        monetary=[{"ID": "main", "Value": 7, "ExpirationDate": ends}], data=[{"Value": 1, "ExpirationDate": ends}]
    )
    assert (wire.money_of(seen, "main", NOW) == 7) is usable
    assert bool(wire.buckets_of(seen, {}, NOW)) is usable


def test_money_is_one_balance_by_its_id() -> None:
    """Neither disabled nor another; of several the largest, as one must pay all."""
    seen = account(
        monetary=[
            {"ID": "main", "Value": 5},
            {"ID": "main", "Value": 6.5},
            {"ID": "main", "Value": 100, "Disabled": True},
            {"ID": "bonus", "Value": 100},
        ]
    )
    assert wire.money_of(seen, "main", NOW) == Decimal("6.5")


@pytest.mark.parametrize(
    ("value", "factor", "minor"), [("6.5", "1", 6), ("3000.009", "0.01", 300_000), ("-0.5", "1", -1), ("7", "100", 0)]
)
def test_parts_of_a_minor_unit_are_dropped(value: str, factor: str, minor: int) -> None:
    """So nobody is told more than they have."""
    assert wire.to_minor(Decimal(value), Decimal(factor)) == minor


def test_bundles_are_counted_in_our_units_and_markers_are_none() -> None:
    """A unit that the catalogue does not tell is taken as it is; a balance in debt holds nothing."""
    seen = account(
        data=[{"Uuid": "u", "ID": "ord-K", "Value": 1.5, "ExpirationDate": "2026-12-01T00:00:00Z"}],
        voice=[{"Uuid": "v", "ID": "", "Value": 60}],
        sms=[{"ID": "s", "Value": -3}, {"ID": "off", "Value": 3, "Disabled": True}],
        order=[{"ID": "ord-K", "Value": 1_000_000_001.5}],
        generic=[{"ID": "g", "Value": 1}],
    )
    assert wire.buckets_of(seen, {"*data": Fraction(1024**2)}, NOW) == (
        Bucket("ord-K", Unit.BYTE, 1024**2 * 3 // 2, expires_at=datetime(2026, 12, 1, tzinfo=UTC)),
        Bucket("v", Unit.SECOND, 60),
        Bucket("s", Unit.MESSAGE, 0),
    )


# ── sets and markers ──


def test_an_order_is_the_set_that_is_known_to_charge_once() -> None:
    """Count, count the money, grant, charge, lift the marker: this order, these conditions."""
    marker = {"BalanceType": "*order", "BalanceId": "ord-K", "ExpiryTime": "+2160h", "BalanceDisabled": "true"}
    money = (
        '{"*and":[{"Type":"*monetary"},{"ID":"main"},{"Disabled":false},'
        '{"ExpirationDate":{"*exp":false}},{"Value":{"*gte":320}}]}'
    )
    once = '{"*and":[{"Type":"*order"},{"ID":"ord-K"},{"Value":1.5}]}'
    data = {"BalanceType": "*data", "BalanceId": "ord-K", "Units": 1024, "ExpiryTime": "+168h"}
    main = {"BalanceType": "*monetary", "BalanceId": "main", "Units": 320, "ExpiryTime": "*unlimited"}
    assert list(sets.order_set(KEY, Decimal(320), DATA, TERMS)) == [
        {"Identifier": "*topup", **marker, "Units": 1, "Weight": 90},
        {"Identifier": "*topup", **marker, "Units": 0.5, "Weight": 80, "Filter": money},
        {"Identifier": "*topup", **data, "Weight": 70, "Filter": once},
        {"Identifier": "*debit", **main, "Weight": 60, "Filter": once},
        {"Identifier": "*topup", **marker, "Units": 1_000_000_000, "Weight": 50, "Filter": once},
    ]


def test_a_refund_is_paid_for_what_was_charged_alone() -> None:
    """The same counting, on the order's marker instead of the money; nothing is debited."""
    counted, checked, paid, lifted = sets.refund_set(OrderKey("ref-1"), KEY, Decimal("3.2"), TERMS)
    assert {one["BalanceId"] for one in (counted, checked, lifted)} == {"ref-1"}
    assert json.loads(str(checked["Filter"])) == {
        "*and": [{"Type": "*order"}, {"ID": "ord-K"}, {"Value": {"*gte": 1_000_000_000}}]
    }
    assert (paid["Identifier"], paid["BalanceType"], paid["Units"]) == ("*topup", "*monetary", 3.2)
    assert paid["Filter"] == lifted["Filter"] == '{"*and":[{"Type":"*order"},{"ID":"ref-1"},{"Value":1.5}]}'


@pytest.mark.parametrize(
    ("values", "standing"),
    [
        ([], "absent"),
        ([1.5], "half-way"),
        ([1], "never"),
        ([2], "never"),
        ([2.5], "never"),
        ([20.5], "never"),
        ([999_999_999], "never"),
        ([1_000_000_000], "done"),
        ([1_000_000_001.5], "done"),
        ([1_000_000_020.5], "done"),
        ([1, 1_000_000_001.5], "done"),
    ],
)
def test_a_marker_says_what_became_of_an_order(values: list[float], standing: str) -> None:
    """Whatever else is in the account."""
    seen = account(
        order=[{"ID": "ord-K", "Uuid": "u", "Value": value} for value in values]
        + [{"ID": "ord-other", "Value": 1_000_000_001.5}],
        data=[{"ID": "ord-K", "Value": 2_000_000_000}],
    )
    assert sets.marker(seen, KEY).standing == standing


def as_held(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As an engine reads a set back: numbers as texts, everything told, in any order."""
    return [{"BalanceDisabled": "false", "Categories": "", **one, "Units": str(one["Units"])} for one in actions[::-1]]


def test_a_set_that_is_kept_reads_back() -> None:
    """The order of storage and fields that were not sent do not matter, nor blanks in a condition."""
    _, probe = sets.probe_set(TERMS)
    held = as_held([dict(action) for action in probe])
    held[0]["Filter"] = json.dumps(json.loads(held[0]["Filter"]), indent=1)
    assert sets.reads_back(probe, held) == ""


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({"Filter": ""}, "Filter"),
        ({"Filter": "{"}, "Filter"),
        ({"Filter": None}, "Filter"),
        ({"Units": "0"}, "Units"),
        ({"Units": "many"}, "Units"),
        ({"Weight": 10}, "Weight"),
        ({"BalanceId": ""}, "BalanceId"),
        ({"BalanceDisabled": "false"}, "BalanceDisabled"),
        ({"ExpiryTime": ""}, "ExpiryTime"),
        ({"Identifier": "*debit"}, "Identifier"),
    ],
)
def test_a_set_that_is_kept_otherwise_is_seen(change: dict[str, object], differing: str) -> None:
    """The field is named."""
    _, probe = sets.probe_set(TERMS)
    held = as_held([dict(action) for action in probe])
    held[0].update(change)
    assert sets.reads_back(probe, held) == differing


@pytest.mark.parametrize("result", [None, "OK", {}, ["x"]])
def test_what_is_no_list_of_actions_is_unreadable(result: object) -> None:
    """It proves nothing."""
    with pytest.raises(UnreadableAnswer):
        sets.reads_back(sets.probe_set(TERMS)[1], result)


def test_other_terms_are_probed_under_another_id() -> None:
    """What an engine kept for the old ones says nothing of the new ones."""
    assert sets.probe_set(TERMS)[0] == sets.probe_set(TERMS)[0]
    assert sets.probe_set(TERMS)[0] != sets.probe_set(sets.Terms("main", 24))[0]


# ── the catalogue ──


def catalogue(*mapped: str, unit: str = "byte") -> Catalogue:
    """Bundles of a thousand units and a day each, mapped so."""
    bundle = (
        "  - id: b{n}\n    kind: data\n    names: {{en: B{n}}}\n    price: {{amount: 1, currency: COP}}\n"
        "    allowances: [{{unit: {unit}, amount: 1000}}]\n    validity_hours: 24\n    ocs: {{cgrates: {ocs}}}\n"
    )
    text = "bundles:\n" + "".join(bundle.format(n=n, unit=unit, ocs=ocs) for n, ocs in enumerate(mapped))
    return parse_catalogue(text)


def test_the_starter_catalogues_tell_that_a_unit_is_a_megabyte() -> None:
    """Those of all markets; combo and voice have no mapping."""
    for market in ("co", "br", "mx", "za", "gh", "in"):
        starter = load_starter(market)
        assert unit_sizes(starter) == {"*data": Fraction(1024**2)}
        assert grants(starter)[BundleId("data-1gb-7d")] == DATA
        assert BundleId("voice-100min-7d") not in grants(starter)


@pytest.mark.parametrize(
    "ocs",
    [
        "{}",
        '{balance_type: "*data"}',
        "{units: 5}",
        '{balance_type: "*monetary", units: 5}',
        '{balance_type: "*data", units: 0}',
        '{balance_type: "*data", units: true}',
        '{balance_type: "*data", units: "5"}',
    ],
)
def test_a_mapping_that_grants_nothing_is_none(ocs: str) -> None:
    """The bundle is then refused before it is sent."""
    assert grants(catalogue(ocs)) == {}


def test_bundles_that_disagree_tell_no_size(caplog: pytest.LogCaptureFixture) -> None:
    """A warning names the type; half a unit is one too."""
    assert unit_sizes(catalogue('{balance_type: "*data", units: 0.5}')) == {"*data": Fraction(2000)}
    with caplog.at_level(logging.WARNING):
        assert unit_sizes(catalogue('{balance_type: "*data", units: 1}', '{balance_type: "*data", units: 2}')) == {}
    assert "cgrates units of *data do not agree" in caplog.text
