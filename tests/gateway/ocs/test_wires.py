"""What other wires say, as our events: pure, and never a crash whatever comes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import ANA, TUESDAY
from flows.events import BalanceFellLow, BundleChange, BundleReported
from flows.values import Bucket, Money, Unit
from gateway.config.tree import CgratesTriggerConfig, NchfConfig, Tmf688Config
from gateway.ocs import cgrates_trigger, spending_limit, tmf_event
from gateway.ocs.answers import read_json
from gateway.ocs.cloudevents import Event, NotAnEvent, event
from gateway.ocs.event_files import COLUMNS, BadLine, check_header, read

NOV30 = datetime(2026, 11, 30, tzinfo=UTC)
_WORDS = (
    *("ID", "BalanceMap", "ActionTriggers", "UniqueID", "LastExecutionTime", "*data", "*monetary", "Value", "Balance"),
    *("supi", "statusInfos", "policyCounterId", "currentStatus", "a"),
    *("eventId", "eventType", "eventTime", "event", "bucket", "remainingValue", "amount", "units", "validFor"),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_WORDS), inner, max_size=4),
    max_leaves=20,
)


def cgrates(
    rule: CgratesTriggerConfig | None = None, *, units_per_minor: float = 1.0, fired: Any = None, **balances: Any
) -> Event:
    """What becomes of an account with these balances; their names without the asterisk."""
    trigger = {"UniqueID": "t", "LastExecutionTime": "2026-11-24T15:00:00Z", **(fired or {})}
    account = {
        "ID": f"cgrates.org:{ANA}",
        "BalanceMap": {f"*{name}": value for name, value in balances.items()},
        "ActionTriggers": [{"UniqueID": "another"}, trigger],
    }
    told, wrong = cgrates_trigger.document(account, "t", rule, units_per_minor=units_per_minor, currency="COP")
    assert not wrong
    return event(told, whole=False)


def bundle(change: BundleChange, bucket: Bucket, threshold: float | None = None, product: str = "") -> BundleReported:
    """What is told of a bundle."""
    return BundleReported(change, bucket, threshold=threshold, product=product)


@pytest.mark.parametrize(
    ("told", "fact"),
    [
        (cgrates(monetary=[{"ID": "main", "Value": 80.9}]), BalanceFellLow(Money(80, "COP"))),
        (cgrates(monetary=[{"ID": "main", "Value": -80.1}]), BalanceFellLow(Money(-81, "COP"))),
        (cgrates(units_per_minor=0.01, monetary=[{"ID": "main", "Value": 5}]), BalanceFellLow(Money(500, "COP"))),
        (
            cgrates(
                fired={"Balance": {"Type": "*monetary", "ID": "main"}},
                monetary=[{"ID": "x", "Value": 9}],
                data=[{"ID": "d", "Value": 1}],
            ),
            BalanceFellLow(Money(0, "COP")),
        ),
        (
            cgrates(data=[{"ID": "b-77", "Value": 100.7, "ExpirationDate": "2026-11-30T00:00:00Z"}]),
            bundle(BundleChange.DEPLETING, Bucket("b-77", Unit.BYTE, 100, None, NOV30)),
        ),
        (
            cgrates(data=[{"ID": "b-77", "Value": 0, "ExpirationDate": "0001-01-01T00:00:00Z"}]),
            bundle(BundleChange.DEPLETED, Bucket("b-77", Unit.BYTE, 0)),
        ),
        (
            cgrates(data=[{"ID": "a", "Value": 9}, {"ID": "b", "Value": 3}, {"ID": "c", "Value": 1, "Disabled": True}]),
            bundle(BundleChange.DEPLETING, Bucket("b", Unit.BYTE, 3)),
        ),
        (
            cgrates(CgratesTriggerConfig("t", balance_type="*data", balance="gone")),
            bundle(BundleChange.DEPLETED, Bucket("gone", Unit.BYTE, 0)),
        ),
        (
            cgrates(
                CgratesTriggerConfig("t", initial=100, product="voice-100"),
                fired={"ThresholdValue": 10e9},
                voice=[{"Uuid": "u-1", "Value": 9e9}],
            ),
            bundle(BundleChange.DEPLETING, Bucket("u-1", Unit.SECOND, 9, 100), 0.1, "voice-100"),
        ),
        (
            cgrates(CgratesTriggerConfig("t", unit=1024, threshold=0.5), data=[{"ID": "b", "Value": 2}]),
            bundle(BundleChange.DEPLETING, Bucket("b", Unit.BYTE, 2048), 0.5),
        ),
        (
            cgrates(CgratesTriggerConfig("t", kind="bundle.depleted"), sms=[{"ID": "m", "Value": 2}]),
            bundle(BundleChange.DEPLETED, Bucket("m", Unit.MESSAGE, 2)),
        ),
    ],
)
def test_an_account_of_cgrates_says_what_it_holds(told: Event, fact: object) -> None:
    """Its identity is the account, the trigger and when it fired."""
    assert (told.source, told.id) == ("cgrates/cgrates.org", f"{ANA}/t/2026-11-24T15:00:00Z")
    assert (told.msisdn, told.trigger.at, told.trigger.fact) == (ANA, TUESDAY, fact)


@pytest.mark.parametrize(
    ("rule", "fact"),
    [
        (
            NchfConfig("data", "low", "bundle.depleting", initial=1000, threshold=0.2),
            BundleReported(
                BundleChange.DEPLETING,
                Bucket("data", Unit.BYTE, 200, 1000),
                threshold=0.2,
                activated_at=datetime(2026, 11, 1, tzinfo=UTC),
            ),
        ),
        (
            NchfConfig("data", "out", "bundle.depleted", bundle="fair-use", period="week"),
            BundleReported(
                BundleChange.DEPLETED,
                Bucket("fair-use", Unit.BYTE, 0),
                activated_at=datetime(2026, 11, 23, tzinfo=UTC),
            ),
        ),
        (NchfConfig("money", "low", "balance.low", amount=5), BalanceFellLow(Money(5, "COP"))),
    ],
)
def test_a_status_means_what_is_configured(rule: NchfConfig, fact: object) -> None:
    """In the period that the counter is in."""
    told = event(
        spending_limit.document(rule, "e", msisdn=ANA, imsi="732101234567890", at=TUESDAY, currency="COP"), whole=False
    )
    assert (told.msisdn, told.imsi, told.trigger.fact) == (ANA, "732101234567890", fact)


@pytest.mark.parametrize(
    ("bucket", "kind", "fact"),
    [
        (
            {"usageType": "data", "remainingValue": {"amount": 0.5, "units": "KB"}},
            "",
            BundleReported(BundleChange.DEPLETING, Bucket("b", Unit.BYTE, 512)),
        ),
        (
            {"usageType": "voice", "remainingValue": {"amount": 0, "units": "min"}},
            "",
            BundleReported(BundleChange.DEPLETED, Bucket("b", Unit.SECOND, 0)),
        ),
        (
            {"usageType": "monetary", "remainingValue": {"amount": 3000.5, "units": "CLP"}},
            "",
            BalanceFellLow(Money(3000, "CLP")),
        ),
        ({"usageType": "monetary", "remainingValue": {"amount": 3}}, "", BalanceFellLow(Money(300, "COP"))),
        (
            {
                "usageType": "data",
                "status": "expired",
                "remainingValue": {"amount": 1, "units": "byte"},
                "validFor": {"endDateTime": "2026-11-30T00:00:00Z"},
            },
            "",
            BundleReported(BundleChange.EXPIRED, Bucket("b", Unit.BYTE, 1, None, NOV30)),
        ),
    ],
)
def test_a_tm_forum_event_says_what_its_bucket_holds(bucket: dict[str, Any], kind: str, fact: object) -> None:
    """Of the subscriber whose resource it is."""
    body = {
        "eventId": "e-1",
        "eventType": "BucketStateChangeEvent",
        "eventTime": "2026-11-24T15:00:00Z",
        "event": {"bucket": {"id": "b", "logicalResource": [{"id": "x", "value": f"+{ANA}"}], **bucket}},
    }
    rules = {"BucketStateChangeEvent": Tmf688Config("BucketStateChangeEvent", kind)}
    told = event(tmf_event.document(read_json(json.dumps(body).encode()), rules, "COP"), whole=False)
    assert (told.source, told.id, told.msisdn, told.trigger.fact) == ("tmf688", "e-1", ANA, fact)


@given(ANYTHING)
def test_whatever_comes_is_an_event_or_refused(body: object) -> None:
    """With a pointer, and never a crash."""
    told, wrong = cgrates_trigger.document(body, "a", None, units_per_minor=1.0, currency="COP")
    assert wrong or told["type"] in ("", "balance.low", "bundle.depleting", "bundle.depleted")
    for parse in (spending_limit.notified, spending_limit.terminated, lambda one: tmf_event.document(one, {}, "COP")):
        try:
            parse(body)
        except NotAnEvent as refused:
            assert refused.problems  # noqa: PT017 - both ends are right


@given(st.dictionaries(st.sampled_from(sorted(COLUMNS)), st.text(max_size=12)))
def test_whatever_a_line_holds_is_an_event_or_refused_by_column(cells: dict[str, str]) -> None:
    """Every complaint is about a column that there is, or the line."""
    try:
        read(cells, "file/a.csv#0", 2)
    except BadLine as refused:
        assert set(refused.problems) <= {*COLUMNS, ""}  # noqa: PT017 - both ends are right


def test_a_line_has_every_field_of_an_event() -> None:
    """Flat, and numbers as they are written."""
    cells = {
        "type": "bundle.depleting", "time": "2026-11-24T15:00:00Z", "subject": ANA, "id": "e-1", "source": "ocs/a",
        "bundle_id": "b-77", "product": "p", "unit": "byte", "initial": "1000", "remaining": "90",
        "activated_at": "2026-11-18T00:00:00Z", "expires_at": "2026-11-30T00:00:00Z", "renews": "TRUE",
        "shared": "false",
        "threshold": "0.1", "roaming": "true", "balance_amount": "-5", "balance_currency": "CLP",
        "imsi": "732101234567890",
        "zone": "north", "window": "00:00-06:00", "service": "chat", "bonus": "true", "bundle_roaming": "True",
        "throttled_after": "true", "priority": "3", "as_of": "2026-11-24T14:00:00Z", "by_pace": "true",
    }  # fmt: skip
    check_header(list(cells))
    told = read(cells, "file/a.csv#0", 2)
    assert (told.source, told.id, told.msisdn, told.imsi) == ("ocs/a", "e-1", ANA, "732101234567890")
    assert told.trigger.fact == BundleReported(
        BundleChange.DEPLETING,
        Bucket(
            "b-77",
            Unit.BYTE,
            90,
            1000,
            NOV30,
            zone="north",
            window="00:00-06:00",
            service="chat",
            bonus=True,
            roaming=True,
            throttled_after=True,
            priority=3,
        ),
        product="p",
        activated_at=datetime(2026, 11, 18, tzinfo=UTC),
        renews=True,
        threshold=0.1,
        balance=Money(-5, "CLP"),
        roaming=True,
        as_of=datetime(2026, 11, 24, 14, tzinfo=UTC),
        by_pace=True,
    )
    usage = {
        "type": "usage.reported",
        "time": "2026-11-24T15:00:00Z",
        "subject": f"+{ANA}",
        "start": "2026-11-24T14:00:00Z",
        "bytes": "7",
    }
    assert read(usage, "file/a.csv#0", 3).id == "line-3"
