"""The TM Forum wire, by tables and against the official definitions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from flows.currency import precision
from flows.values import Bucket, BundleId, Money, Msisdn, OrderKey, Unit, Wallet
from gateway.core.ports import Activated, NotFound, OutcomeUnknown, PurchaseRequest, Refused, StillRunning
from gateway.ocs import tmf_wire as wire
from gateway.ocs.answers import UnreadableAnswer, read_json
from gateway.ocs.currency import to_major, to_minor
from gateway.ocs.tmf_wallet import read_wallet

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ANA = Msisdn("573001112233")
KEY = OrderKey("k-1")
CONTRACTS = Path(__file__).parents[2] / "contracts"


def money_bucket(amount: object = Decimal("100.00"), units: object = "COP", **more: object) -> dict[str, object]:
    """A monetary bucket as a server may send it."""
    return {"id": "m", "usageType": "monetary", "remainingValue": {"amount": amount, "units": units}, **more}


def data_bucket(amount: object, units: str, usage: str = "data", **more: object) -> dict[str, object]:
    """A bucket of a bundle."""
    return {"id": "d", "usageType": usage, "remainingValue": {"amount": amount, "units": units}, **more}


def request(amount: int = 300000, currency: str = "COP") -> PurchaseRequest:
    """A purchase as the outbox asks for it."""
    return PurchaseRequest(KEY, ANA, Msisdn("573009998877"), BundleId("b"), Money(amount, currency), "sms")


def test_an_order_says_what_the_contract_says() -> None:
    """Key, price in major units, payer and beneficiary stand where interfaces put them."""
    order = json.loads(wire.format_order(request(), "po-1"))
    item = order["productOrderItem"][0]
    assert order["externalId"] == "k-1"
    assert order["relatedParty"] == [{"id": ANA, "role": "customer", "@referredType": "Individual"}]
    assert item["itemPrice"][0]["price"]["taxIncludedAmount"] == {"unit": "COP", "value": 3000.0}
    assert item["product"] == {"realizingResource": [{"id": "573009998877"}]}
    assert item["productOffering"] == {"id": "po-1"}


def test_an_order_is_what_the_official_file_allows() -> None:
    """ProductOrder_Create of TMF622 4.0, no property outside it."""
    definitions: dict[str, Any] = json.loads((CONTRACTS / "tmf622_product_order.json").read_text())["definitions"]
    for definition in definitions.values():
        if "properties" in definition:
            definition["additionalProperties"] = False
    schema = {"definitions": definitions, "$ref": "#/definitions/ProductOrder_Create"}
    Draft4Validator(schema).validate(json.loads(wire.format_order(request(), "po-1")))


@given(st.integers(0, 10**15), st.sampled_from(["COP", "CLP", "KWD", "CLF", "XOF", "INR"]))
def test_a_price_survives_the_wire_to_the_last_minor_unit(amount: int, currency: str) -> None:
    """No float drift up to 10^15 minor units."""
    order: Any = read_json(wire.format_order(request(amount, currency), "po"))
    sent = order["productOrderItem"][0]["itemPrice"][0]["price"]["taxIncludedAmount"]
    assert to_minor(sent["value"], currency) == amount
    assert sent["unit"] == currency


@pytest.mark.parametrize(
    ("currency", "places"),
    [("COP", 2), ("BRL", 2), ("CLP", 0), ("PYG", 0), ("XOF", 0), ("KWD", 3), ("MGA", 2), ("IQD", 3)],
)
def test_minor_units_are_those_of_iso_4217(currency: str, places: int) -> None:
    """Also where CLDR differs (MGA, IQD)."""
    assert precision(currency) == places
    assert to_major(10**places, currency) == 1


def test_monetary_buckets_add_up_in_the_expected_currency() -> None:
    """Another currency is not money that can be spent here, and cents are not lost."""
    items = [money_bucket(Decimal("0.10")), money_bucket(Decimal("0.20")), money_bucket(9, "USD"), money_bucket("1.5")]
    assert read_wallet(items, ANA, "COP", NOW) == Wallet(Money(180, "COP"))


def test_an_account_without_money_has_no_balance() -> None:
    """None is not zero."""
    assert read_wallet([], ANA, "COP", NOW) == Wallet(None)


@pytest.mark.parametrize(
    ("item", "unit", "remaining"),
    [
        (data_bucket(1, "GB"), Unit.BYTE, 1024**3),
        (data_bucket(Decimal("1.5"), "GB"), Unit.BYTE, 3 * 1024**3 // 2),
        (data_bucket(500, "MB"), Unit.BYTE, 500 * 1024**2),
        (data_bucket(3, "kb"), Unit.BYTE, 3072),
        (data_bucket(96636764, "byte"), Unit.BYTE, 96636764),
        (data_bucket(2, "minutes", "voice"), Unit.SECOND, 120),
        (data_bucket(45, "seconds", "voice"), Unit.SECOND, 45),
        (data_bucket(7, "messages", "sms"), Unit.MESSAGE, 7),
        (data_bucket(7, "", "sms"), Unit.MESSAGE, 7),
        (data_bucket(7, "MB", "other"), Unit.BYTE, 7 * 1024**2),
    ],
)
def test_a_bucket_is_counted_in_our_units(item: dict[str, object], unit: Unit, remaining: int) -> None:
    """Bytes by 1024, seconds, messages."""
    assert read_wallet([item], ANA, "COP", NOW).buckets == (Bucket("d", unit, remaining),)


@pytest.mark.parametrize(
    "more",
    [
        {"status": "suspended"},
        {"status": "expired"},
        {"validFor": {"endDateTime": "2026-11-24T00:00:00Z"}},
        {"validFor": {"startDateTime": "2026-11-24T00:00:01Z"}},
        {"logicalResource": [{"id": "573000000000"}]},
    ],
)
def test_what_cannot_be_spent_now_is_left_out(more: dict[str, object]) -> None:
    """Suspended, expired, ended, not begun, another subscriber's."""
    items = [data_bucket(1, "GB") | more, money_bucket() | more]
    assert read_wallet(items, ANA, "COP", NOW) == Wallet(None)


def test_a_running_bucket_keeps_its_end() -> None:
    """Times with an offset are the same moment."""
    item = data_bucket(1, "byte", status="active", validFor={"endDateTime": "2026-11-30T00:00:00-05:00"})
    (bucket,) = read_wallet([item], ANA, "COP", NOW).buckets
    assert bucket.expires_at == datetime(2026, 11, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "item",
    [
        {"usageType": "monetary"},
        money_bucket(None),
        money_bucket(True),
        money_bucket("much"),
        money_bucket(Decimal("1e999999999")),
        data_bucket(1, "GB", validFor={"endDateTime": "soon"}),
    ],
)
def test_a_bucket_that_cannot_be_read_makes_the_answer_unreadable(item: dict[str, object]) -> None:
    """No guess about somebody's money."""
    with pytest.raises(UnreadableAnswer):
        read_wallet([item], ANA, "COP", NOW)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[1]", b"{}", b'[{"a": NaN}]', b"[" * 100_000])
def test_a_body_that_is_no_list_of_objects_is_unreadable(body: bytes) -> None:
    """Every malformed answer raises the one error."""
    with pytest.raises(UnreadableAnswer):
        wire.read_list(body)


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("completed", Activated("o")),
        ("acknowledged", StillRunning("o")),
        ("pending", StillRunning("o")),
        ("inProgress", StillRunning("o")),
        ("held", StillRunning("o", "state held")),
        ("partial", StillRunning("o", "state partial")),
        ("assessingCancellation", StillRunning("o", "state assessingCancellation")),
        ("pendingCancellation", StillRunning("o", "state pendingCancellation")),
        ("dancing", StillRunning("o", "state dancing")),
        ("", StillRunning("o", "state missing")),
        ("rejected", Refused("rejected", "rejected", "o")),
        ("failed", Refused("rejected", "failed", "o")),
        ("cancelled", Refused("rejected", "cancelled", "o")),
    ],
)
def test_a_state_decides_what_became_of_an_order(state: str, outcome: object) -> None:
    """Only completed is a yes, only three states are a no."""
    assert wire.order_outcome(wire.OrderSeen(KEY, "o", state, "")) == outcome


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("insufficient balance", "insufficient_funds"),
        ("INSUFFICIENT_FUNDS", "insufficient_funds"),
        ("insufficientBalance", "insufficient_funds"),
        ("Not enough credit", "insufficient_funds"),
        ("Saldo insuficiente", "insufficient_funds"),
        ("balance too low", "insufficient_funds"),
        ("insufficient privileges", "rejected"),
        ("Unknown subscriber", "unknown_subscriber"),
        ("subscriber not found", "unknown_subscriber"),
        ("Customer does not exist", "unknown_subscriber"),
        ("offering not found", "rejected"),
        ("Customer is not eligible", "not_eligible"),
        ("", "rejected"),
    ],
)
def test_words_become_a_reason(words: str, reason: str) -> None:
    """Our codes are few and stable."""
    assert wire.reason_of(words) == reason


def seen(state: str, reference: str = "o", key: str = KEY) -> wire.OrderSeen:
    """An order as a list shows it."""
    return wire.OrderSeen(key, reference, state, "")


@pytest.mark.parametrize(
    ("orders", "outcome"),
    [
        ([], NotFound()),
        ([seen("completed", key="other")], NotFound()),
        ([seen("completed", key="")], OutcomeUnknown("an order without externalId is listed", silent=False)),
        ([seen("rejected", "a"), seen("completed", "b")], Activated("b")),
        ([seen("rejected", "a"), seen("pending", "b")], StillRunning("b", "(2 orders under one key)")),
        ([seen("failed", "a"), seen("failed", "b")], Refused("rejected", "failed (2 orders under one key)", "a")),
    ],
)
def test_all_orders_under_one_key_amount_to_one_outcome(orders: list[wire.OrderSeen], outcome: object) -> None:
    """A completed one wins; another's order is not ours."""
    assert wire.choose(orders, KEY) == outcome


def test_notes_and_cancellation_reason_are_kept_as_words() -> None:
    """On one line."""
    order = wire.read_order({"id": "o", "note": [{"text": "saldo\ninsuficiente"}], "cancellationReason": "by OCS"})
    assert order.words == "saldo insuficiente; by OCS"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "remainingValue",
                        "amount",
                        "units",
                        "usageType",
                        "validFor",
                        "endDateTime",
                        "note",
                        "state",
                        "status",
                        "logicalResource",
                        "externalId",
                    ]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_breaks_the_reader(value: object) -> None:
    """Whatever a server sends, the only error is UnreadableAnswer."""
    try:
        read_wallet(wire.read_list(json.dumps([value]).encode()), ANA, "COP", NOW)
        wire.order_outcome(wire.read_order(value))
    except UnreadableAnswer:
        pass
