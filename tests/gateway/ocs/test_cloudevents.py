"""Events as they come over HTTP: taken in whole, or refused with everything that is wrong with them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.events import (
    BalanceFellLow,
    BundleChange,
    BundleReported,
    LifeCycle,
    LifeCycleChanged,
    PortingIntended,
    UsageReported,
    UsageSession,
)
from flows.values import Bucket, Money, Unit
from gateway.ocs.cloudevents import MOST_EVENTS, Event, NotAnEvent, event, parse

STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GONE = object()
BUNDLE = {"id": "b-77", "unit": "byte", "initial": 1000, "remaining": 90}
EXPIRING = {"id": "b-77", "unit": "byte", "remaining": 90, "expires_at": "2026-11-25T00:00:00Z"}
FULL = {
    "bundle": {
        **BUNDLE,
        "product": "data-1gb-7d",
        "activated_at": "2026-11-18T00:00:00Z",
        "expires_at": "2026-11-25T00:00:00Z",
        "renews": True,
        "shared": True,
    },
    "threshold": 0.1,
    "others": [{"id": "b-80", "unit": "byte", "remaining": 0, "expires_at": "2026-11-30T00:00:00Z"}],
    "balance": {"amount": 500000, "currency": "COP"},
    "roaming": True,
    "imsi": "732101234567890",
}

WRONG_OTHER = {"/data/others/1", *(f"/data/others/1/{name}" for name in ("id", "unit", "remaining"))}
NOTHING = {"", "/id", "/source", "/type", "/specversion", "/subject", "/time"}


def document(kind: str = "bundle.depleting", data: object = None, **changes: object) -> dict[str, Any]:
    """An event as the charging system writes it; what is GONE is left out."""
    made = {
        "specversion": "1.0",
        "id": "evt-1",
        "source": "ocs/bogota-1",
        "type": kind,
        "time": "2026-11-22T12:00:00Z",
        "subject": "+573001112233",
        "data": {"bundle": BUNDLE} if data is None else data,
        **changes,
    }
    return {key: value for key, value in made.items() if value is not GONE}


def without(table: dict[str, Any], *names: str) -> dict[str, Any]:
    """The table without these members."""
    return {key: value for key, value in table.items() if key not in names}


def problems(value: object) -> set[str]:
    """The pointers to what is wrong with an event."""
    with pytest.raises(NotAnEvent) as refused:
        event(value)
    return set(refused.value.problems)


def test_an_event_with_everything_is_read_in_full() -> None:
    """Identity, person, time and every field of the bundle."""
    one = event(document(data=FULL))
    day = datetime(2026, 11, 25, tzinfo=UTC)
    assert (one.source, one.id, one.msisdn) == ("ocs/bogota-1", "evt-1", "573001112233")
    assert one.trigger.at == NOON
    assert one.trigger.fact == BundleReported(
        change=BundleChange.DEPLETING,
        bucket=Bucket("b-77", Unit.BYTE, 90, 1000, day),
        product="data-1gb-7d",
        activated_at=datetime(2026, 11, 18, tzinfo=UTC),
        renews=True,
        shared=True,
        threshold=0.1,
        others=(Bucket("b-80", Unit.BYTE, 0, None, datetime(2026, 11, 30, tzinfo=UTC)),),
        balance=Money(500_000, "COP"),
        roaming=True,
    )


@pytest.mark.parametrize(
    ("kind", "data", "fact"),
    [
        (
            "bundle.depleted",
            {"bundle": BUNDLE},
            BundleReported(BundleChange.DEPLETED, Bucket("b-77", Unit.BYTE, 90, 1000)),
        ),
        (
            "bundle.expired",
            {"bundle": EXPIRING},
            BundleReported(
                BundleChange.EXPIRED, Bucket("b-77", Unit.BYTE, 90, None, datetime(2026, 11, 25, tzinfo=UTC))
            ),
        ),
        ("balance.low", {"balance": {"amount": -5, "currency": "USD"}}, BalanceFellLow(Money(-5, "USD"))),
        (
            "usage.reported",
            {"sessions": [{"start": "2026-11-22T12:00:00Z", "bytes": 7}]},
            UsageReported((UsageSession(NOON, 7),)),
        ),
        ("usage.reported", {"bundles": []}, UsageReported(())),
        ("porting.intent", {"direction": "out", "probability": 1}, PortingIntended("out", probability=1.0)),
        (
            "porting.intent",
            {"direction": "in", "signal": "asked for a code", "donor": "movil-sur"},
            PortingIntended("in", "asked for a code", "movil-sur"),
        ),
        ("subscriber.activated", {"language": "en"}, LifeCycleChanged(LifeCycle.ACTIVATED, language="en")),
        ("subscriber.sim_swapped", GONE, LifeCycleChanged(LifeCycle.SIM_SWAPPED)),
        (
            "subscriber.sim_swapped",
            {"handset": "feature"},
            LifeCycleChanged(LifeCycle.SIM_SWAPPED, handset="feature"),
        ),
    ],
)
def test_every_type_has_its_fact(kind: str, data: object, fact: object) -> None:
    """What must be there is enough."""
    assert event(document(kind, data)).trigger.fact == fact


ODD = {
    **BUNDLE,
    "zone": "north",
    "window": "00:00-06:00",
    "service": "chat",
    "shared": True,
    "bonus": True,
    "roaming": True,
    "renews": True,
    "throttled_after": True,
    "priority": 2,
}
ODD_BUCKET = Bucket(
    "b-77",
    Unit.BYTE,
    90,
    1000,
    zone="north",
    window="00:00-06:00",
    service="chat",
    shared=True,
    bonus=True,
    roaming=True,
    renews=True,
    throttled_after=True,
    priority=2,
)


def test_whatever_a_bundle_is_beside_full_or_empty_is_read() -> None:
    """In the event's own, in others, and in a usage report."""
    reported = event(document(data={"bundle": ODD, "others": [ODD], "by_pace": True})).trigger.fact
    assert isinstance(reported, BundleReported)
    assert reported.others == (ODD_BUCKET,)
    assert replace(reported.bucket, renews=reported.renews, shared=reported.shared) == ODD_BUCKET
    assert reported.by_pace
    assert event(document("usage.reported", {"bundles": [ODD]})).trigger.fact == UsageReported((), (ODD_BUCKET,))


def test_a_bundle_of_a_usage_report_that_cannot_be_read_is_pointed_at() -> None:
    """As one of an event is."""
    report = {"bundles": [ODD, {**ODD, "window": "at night", "priority": -1}, {"id": "b"}]}
    at = "/data/bundles"
    assert problems(document("usage.reported", report)) == {
        f"{at}/1/window",
        f"{at}/1/priority",
        f"{at}/2/unit",
        f"{at}/2/remaining",
    }


@pytest.mark.parametrize(
    ("wrong", "pointers"),
    [
        (document(specversion="0.3"), {"/specversion"}),
        (document(specversion=1.0), {"/specversion"}),
        (document(id=GONE), {"/id"}),
        (document(id=""), {"/id"}),
        (document(id=7), {"/id"}),
        (document(id="x" * 201), {"/id"}),
        (document(id="half \ud800"), {"/id"}),
        (document(source=GONE), {"/source"}),
        (document(source=["ocs"]), {"/source"}),
        (document(source="chasqui/clock"), {"/source"}),
        (document(type=GONE), {"/type"}),
        (document(type=5), {"/type"}),
        (document(type="bundle.sold"), {"/type"}),
        (document(time=GONE), {"/time"}),
        (document(time="2026-11-22T12:00:00"), {"/time"}),
        (document(time="noon"), {"/time"}),
        (document(time=1795348800), {"/time"}),
        (document(time="0001-01-01T00:00:00+14:00"), {"/time"}),
        (document(subject=GONE), {"/subject"}),
        (document(subject="573001112233"), {"/subject"}),
        (document(subject="+57 300 111 2233"), {"/subject"}),
        (document(subject="+5730011122334455"), {"/subject"}),
        (document(subject=573001112233), {"/subject"}),
        (document(subject="+５７３００１１１２２３３"), {"/subject"}),
        (document(data=[]), {"/data", "/data/bundle"}),
        (document(data=GONE), {"/data/bundle"}),
        (document(data={"bundle": 5}), {"/data/bundle", *(f"/data/bundle/{name}" for name in BUNDLE)}),
        (document(data={"bundle": without(BUNDLE, "id")}), {"/data/bundle/id"}),
        (document(data={"bundle": {**BUNDLE, "id": "x" * 81}}), {"/data/bundle/id"}),
        (document(data={"bundle": {**BUNDLE, "unit": "MB"}}), {"/data/bundle/unit"}),
        (
            document(data={"bundle": without(BUNDLE, "remaining", "initial")}),
            {"/data/bundle/remaining", "/data/bundle/initial"},
        ),
        (document(data={"bundle": {**BUNDLE, "remaining": -1}}), {"/data/bundle/remaining"}),
        (document(data={"bundle": {**BUNDLE, "remaining": 1.5}}), {"/data/bundle/remaining"}),
        (document(data={"bundle": {**BUNDLE, "remaining": True}}), {"/data/bundle/remaining"}),
        (document(data={"bundle": {**BUNDLE, "remaining": 2**63}}), {"/data/bundle/remaining"}),
        (document(data={"bundle": {**BUNDLE, "remaining": "90"}}), {"/data/bundle/remaining"}),
        (document(data={"bundle": {**BUNDLE, "renews": "no"}}), {"/data/bundle/renews"}),
        (document(data={"bundle": BUNDLE, "threshold": 1.1}), {"/data/threshold"}),
        (document(data={"bundle": BUNDLE, "threshold": float("nan")}), {"/data/threshold"}),
        (document(data={"bundle": BUNDLE, "threshold": "10%"}), {"/data/threshold"}),
        (document(data={"bundle": BUNDLE, "others": {}}), {"/data/others"}),
        (document(data={"bundle": BUNDLE, "others": [BUNDLE, 5]}), WRONG_OTHER),
        (document(data={"bundle": BUNDLE, "balance": {"amount": 1.5, "currency": "COP"}}), {"/data/balance/amount"}),
        (document(data={"bundle": BUNDLE, "balance": {"amount": 1, "currency": "peso"}}), {"/data/balance/currency"}),
        (document("bundle.expiring", {"bundle": BUNDLE}), {"/data/bundle/expires_at"}),
        (document("balance.low", {}), {"/data/balance"}),
        (document("usage.reported", {}), {"/data/sessions"}),
        (document("usage.reported", {"sessions": [{"start": "now", "bytes": 1}]}), {"/data/sessions/0/start"}),
        (document("usage.reported", {"sessions": [{}]}), {"/data/sessions/0/start", "/data/sessions/0/bytes"}),
        (document("porting.intent", {}), {"/data/direction"}),
        (document("porting.intent", {"direction": "up"}), {"/data/direction"}),
        (document("porting.intent", {"direction": "in", "signal": 7, "donor": []}), {"/data/signal", "/data/donor"}),
        (document("porting.intent", {"direction": "in", "probability": 7}), {"/data/probability"}),
        (document("porting.intent", {"direction": "in", "probability": 10**400}), {"/data/probability"}),
        (document("subscriber.activated", {"language": 5}), {"/data/language"}),
        (document("subscriber.activated", {"handset": "fax"}), {"/data/handset"}),
        ([], NOTHING),
        ("event", NOTHING),
        (None, NOTHING),
    ],
)
def test_what_is_wrong_is_pointed_at(wrong: object, pointers: set[str]) -> None:
    """Each missing or wrong field at its JSON pointer."""
    assert problems(wrong) == pointers


def test_everything_wrong_is_told_at_once() -> None:
    """Who sends events mends them in one go."""
    found = problems(document(id=GONE, time="noon", subject="me", data={"bundle": {**BUNDLE, "unit": "MB"}}))
    assert found == {"/id", "/time", "/subject", "/data/bundle/unit"}


def test_an_unknown_type_is_told_apart_from_a_wrong_event() -> None:
    """It has a code of its own, its name does not flood the answer, and the types that there are stand beside it."""
    with pytest.raises(NotAnEvent, match=r"unknown type.*there is: bundle\.depleting, .*sim_swapped$") as refused:
        event(document("x" * 1900))
    assert refused.value.unknown_type
    assert len(str(refused.value)) < 400
    with pytest.raises(NotAnEvent) as wrong:
        event(document(id=GONE))
    assert not wrong.value.unknown_type


@pytest.mark.parametrize(
    "tolerated",
    [
        document(data={"bundle": {**BUNDLE, "product": "never-heard-of"}}),
        document(data={"bundle": BUNDLE, "balance": {"amount": 1, "currency": "USD"}}),
        document(time="2031-01-01T00:00:00Z"),
        document(time="2020-01-01T07:00:00-05:00"),
        document(data={"bundle": BUNDLE, "weather": {"rain": "half \ud800 a pair"}}, dataschema="x"),
        document(data={"bundle": {**BUNDLE, "remaining": 2**63 - 1, "product": None, "expires_at": None}}),
    ],
)
def test_what_does_not_matter_is_no_error(tolerated: dict[str, Any]) -> None:
    """An unknown product, a foreign currency, a clock that is off, unknown fields."""
    assert event(tolerated).msisdn == "573001112233"


def test_what_is_kept_reads_the_same_again() -> None:
    """The inbox holds text that any database takes, and a restart reads the same event from it."""
    one = event(document(data={**FULL, "note": "señal \ud800"}))
    one.body.encode()
    assert event(json.loads(one.body)) == one


def test_a_time_with_another_zone_is_the_same_instant() -> None:
    """Instants are UTC inside."""
    assert event(document(time="2026-11-22T07:00:00-05:00")).trigger.at == NOON
    assert event(document(time="2026-11-22T07:00:00-05:00")).trigger.at.utcoffset() == timedelta(0)


# ── over HTTP ──


def binary(**changes: str) -> dict[str, str]:
    """The attributes of an event as headers, in the case that a proxy may give them."""
    attributes = {key: value for key, value in document().items() if key != "data"}
    return {
        "Content-Type": "application/json",
        **{f"Ce-{key.title()}": str(value) for key, value in attributes.items()},
        **changes,
    }


@pytest.mark.parametrize(
    ("content_type", "headers", "body"),
    [
        (STRUCTURED, {}, document()),
        (f"{STRUCTURED}; charset=utf-8", {}, document()),
        ("Application/CloudEvents+JSON", {}, document()),
        ("application/json", {}, document()),
        ("", {}, document()),
        (BATCH, {}, [document()]),
        ("application/json", {}, [document()]),
        ("application/json", binary(), {"bundle": BUNDLE}),
    ],
)
def test_an_event_is_the_same_in_every_mode(content_type: str, headers: dict[str, str], body: object) -> None:
    """Structured, batched, binary, and plain JSON."""
    (one,) = parse(content_type, headers, json.dumps(body).encode())
    assert one == event(document())


def test_headers_of_the_binary_mode_are_percent_decoded() -> None:
    """As the HTTP binding has it."""
    (one,) = parse("application/json", binary(**{"Ce-Id": "evt%20%C3%B1"}), json.dumps({"bundle": BUNDLE}).encode())
    assert one.id == "evt ñ"


def test_the_binary_mode_needs_no_body_where_no_data_is_needed() -> None:
    """A life-cycle event may be headers alone."""
    (one,) = parse("", binary(**{"Ce-Type": "subscriber.recycled"}), b"")
    assert one.trigger.fact == LifeCycleChanged(LifeCycle.RECYCLED)


def test_the_structured_mode_goes_before_headers() -> None:
    """A proxy's left-over header does not change what the body is."""
    (one,) = parse(STRUCTURED, {"ce-id": "other"}, json.dumps(document()).encode())
    assert one.id == "evt-1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe\xfd",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"9" * 5_000,
    ],
    ids=["empty", "open", "word", "bytes", "deep list", "deep object", "long number"],
)
@pytest.mark.parametrize("content_type", [STRUCTURED, BATCH, "application/json"])
def test_what_is_not_json_is_refused_as_such(content_type: str, body: bytes) -> None:
    """However deep it goes."""
    with pytest.raises(NotAnEvent, match="not JSON"):
        parse(content_type, {}, body)


@pytest.mark.parametrize("depth", [10, 200, 500, 900, 950, 980, 1000])
def test_depth_inside_an_event_is_taken_or_refused_and_never_a_crash(depth: int) -> None:
    """An unknown field may be as deep as it likes."""
    body = json.dumps(document(deep=GONE))[:-1] + ',"deep":' + "[" * depth + "]" * depth + "}"
    try:
        assert len(parse(STRUCTURED, {}, body.encode())) == 1
    except NotAnEvent as refused:
        assert refused.problems == {"": "the body is not JSON"}  # noqa: PT017 - both ends are right


def test_a_wrong_event_in_a_batch_is_named_by_its_index() -> None:
    """All or nothing, and all that is wrong with any of them."""
    body = [document(), document(id=GONE), document("nonsense"), 5]
    with pytest.raises(NotAnEvent) as refused:
        parse(BATCH, {}, json.dumps(body).encode())
    assert {"/1/id", "/2/type", "/3"} <= set(refused.value.problems)
    assert not any(pointer.startswith("/0") for pointer in refused.value.problems)
    assert refused.value.unknown_type


@pytest.mark.parametrize("count", [0, MOST_EVENTS + 1])
def test_a_batch_has_bounds(count: int) -> None:
    """None is no batch, and too many are too many."""
    with pytest.raises(NotAnEvent, match=f"1 to {MOST_EVENTS} events, this one has {count}"):
        parse(BATCH, {}, json.dumps([document()] * count).encode())


def test_a_batch_is_read_in_order() -> None:
    """The most that is allowed, one by one."""
    body = [document(id=f"evt-{n}") for n in range(MOST_EVENTS)]
    assert [one.id for one in parse(BATCH, {}, json.dumps(body).encode())] == [one["id"] for one in body]


def test_a_batch_must_be_a_list() -> None:
    """One event under the batch's content type is a mistake worth telling."""
    with pytest.raises(NotAnEvent, match="a batch is a JSON array"):
        parse(BATCH, {}, json.dumps(document()).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KINDS = st.sampled_from([*(change.value for change in BundleChange), "balance.low", "usage.reported", "porting.intent"])
FIELDS = ("bundle", "threshold", "others", "balance", "roaming", "sessions", "bundles", "direction", "probability")


@given(KINDS, st.dictionaries(st.sampled_from(FIELDS), JSON | st.dictionaries(st.sampled_from([*BUNDLE]), JSON)))
def test_whatever_data_holds_it_is_an_event_or_told_why_not(kind: str, data: dict[str, Any]) -> None:
    """Nothing that JSON can say is a crash."""
    try:
        found: Event | None = event(document(kind, data))
    except NotAnEvent as refused:
        assert all(pointer.startswith("/data") for pointer in refused.problems)  # noqa: PT017 - both ends are right
        found = None
    assert found is None or found.trigger.at == NOON
