"""UCIP without a socket, by tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.values import BundleId, Money, Msisdn, OrderKey
from gateway.core.ports import NotSent, OutcomeUnknown, PurchaseRequest, RefundRequest, Refused
from gateway.ocs import ucip_wire as wire
from gateway.ocs.answers import UnreadableAnswer
from gateway.ocs.ucip_sales import Sale
from gateway.ocs.xml_rpc import Fault, read_call, write_answer, write_call, write_fault

ANA = Msisdn("573001112233")
KEY = OrderKey("ord-1")
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
WEEK = timedelta(days=7)
EXT = wire.Caller("EXT", "chasqui")
COMMON = {
    "originNodeType": "EXT",
    "originHostName": "chasqui",
    "originTransactionID": wire.transaction_id(KEY),
    "originTimeStamp": "20261122T10:00:00+0000",
    "subscriberNumber": ANA,
}


def request(amount: int = 300_000, key: str = KEY) -> PurchaseRequest:
    """A purchase as the lane asks for it."""
    return PurchaseRequest(OrderKey(key), ANA, ANA, BundleId("b"), Money(amount, "COP"), "sms", AT)


def members(body: bytes) -> tuple[str, dict[str, Any]]:
    """Method and members of a call, dates as texts."""
    method, found = read_call(body)
    return method, {name: str(value) if name == "originTimeStamp" else value for name, value in found.items()}


def test_a_refill_says_what_the_guide_says() -> None:
    """Price, profile and key, and a wish to be told both balances."""
    method, found = members(wire.format_sale(EXT, request(), Sale(WEEK, profile="B1G7"), AT))
    assert method == "Refill"
    assert found == COMMON | {
        "transactionAmount": "300000",
        "transactionCurrency": "COP",
        "transactionType": "CHASQUI",
        "transactionCode": "SMS",
        "refillProfileID": "B1G7",
        "externalData1": KEY,
        "requestRefillAccountBeforeFlag": True,
        "requestRefillAccountAfterFlag": True,
    }


def test_a_dedicated_account_is_filled_in_the_message_that_debits() -> None:
    """Both adjustments or neither, as one operation of the AIR."""
    sale = Sale(WEEK, account=12, units=2**30, unit_type=6)
    method, found = members(wire.format_sale(EXT, request(), sale, AT))
    (granted,) = found.pop("dedicatedAccountUpdateInformation")
    assert method == "UpdateBalanceAndDate"
    assert found["adjustmentAmountRelative"] == "-300000"
    assert str(granted.pop("expiryDate")) == "20261129T10:00:00+0000"
    assert granted == {
        "dedicatedAccountID": 12,
        "adjustmentAmountRelative": "1073741824",
        "dedicatedAccountUnitType": 6,
    }


def test_a_refund_is_a_credit_under_its_own_id() -> None:
    """Beside the order's key, for the data records."""
    method, found = members(wire.format_refund(EXT, RefundRequest(OrderKey("ref-1"), request()), AT))
    assert method == "UpdateBalanceAndDate"
    assert found["originTransactionID"] == wire.transaction_id(OrderKey("ref-1"))
    assert found["adjustmentAmountRelative"] == "300000"
    assert (found["externalData1"], found["externalData2"]) == ("ref-1", KEY)
    assert "dedicatedAccountUpdateInformation" not in found


def test_a_question_about_offers_wants_every_kind() -> None:
    """Left out, AIR tells account offers alone, and no timer that has yet to begin."""
    method, found = members(wire.format_question(EXT, wire.OFFERS, ANA, "7", AT))
    assert method == "GetOffers"
    assert found == COMMON | {
        "originTransactionID": "7",
        "offerRequestedTypeFlag": "11111000",
        "requestInactiveOffersFlag": True,
    }


def test_times_go_out_in_utc() -> None:
    """Whatever the zone of the order."""
    bogota = AT.astimezone(timezone(timedelta(hours=-5)))
    assert members(wire.format_question(EXT, wire.BALANCE, ANA, "7", bogota))[1]["originTimeStamp"] == (
        "20261122T10:00:00+0000"
    )


@given(st.text(max_size=60))
def test_an_id_is_twenty_digits_and_always_the_same(key: str) -> None:
    """A number without a leading zero, which nobody may cut off."""
    found = wire.transaction_id(OrderKey(key))
    assert len(found) == 20
    assert found.isascii()
    assert found.isdecimal()
    assert found[0] != "0"
    assert found == wire.transaction_id(OrderKey(key))


def test_ids_of_neighbours_differ() -> None:
    """A hundred thousand keys, no two alike."""
    assert len({wire.transaction_id(OrderKey(f"ord-{number}")) for number in range(100_000)}) == 100_000


@given(st.sampled_from(["ord-1", "ord-2"]), st.integers(0, 10**9), st.datetimes(timezones=st.just(UTC)))
def test_the_same_order_is_the_same_message(key: str, amount: int, at: datetime) -> None:
    """To the byte: that is what a repeat is."""
    sale = Sale(WEEK, profile="B1G7")
    assert wire.format_sale(EXT, request(amount, key), sale, at) == wire.format_sale(
        EXT, request(amount, key), sale, at
    )


@pytest.mark.parametrize(
    ("factor", "minor", "units"), [("1", 300_000, "300000"), ("0.01", 300_000, "3000"), ("10", 5, "50"), ("1", 0, "0")]
)
def test_a_price_is_told_in_the_accounts_unit(factor: str, minor: int, units: str) -> None:
    """Whole, as a text."""
    assert wire.Caller("EXT", "h", Decimal(factor)).units(minor) == units


@pytest.mark.parametrize(("factor", "minor"), [("0.01", 150), ("0.3", 1), ("1", -1), ("1", 10**12)])
def test_a_price_that_the_account_cannot_hold_is_never_sent(factor: str, minor: int) -> None:
    """Rounding would charge another price than the one that was told."""
    with pytest.raises(wire.NotPayable):
        wire.Caller("EXT", "h", Decimal(factor)).units(minor)


@pytest.mark.parametrize("code", [0, 1, 2, 99])
def test_small_codes_are_successes(code: int) -> None:
    """1 and 2 say that a period of the account is over."""
    assert wire.judged({"responseCode": code}) is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (102, "unknown_subscriber"),
        (103, "not_eligible"),
        (104, "not_eligible"),
        (115, "not_eligible"),
        (120, "rejected"),
        (123, "rejected"),
        (124, "insufficient_funds"),
        (126, "not_eligible"),
        (177, "not_eligible"),
    ],
)
def test_a_code_of_the_table_is_a_final_no(code: int, reason: str) -> None:
    """With the code in its detail."""
    outcome = wire.judged({"responseCode": code})
    assert isinstance(outcome, Refused)
    assert outcome.reason == reason
    assert outcome.detail.startswith(f"{code} ")


@pytest.mark.parametrize("code", [100, 101, 125, 197, 999, 12345])
def test_any_other_code_leaves_it_open(code: int) -> None:
    """ "Other error" says nothing about money."""
    assert wire.judged({"responseCode": code}) == OutcomeUnknown(f"the AIR answered with response code {code}")


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        *((code, Refused) for code in (1000, 1001, 1002, 1003, 1004, -32700, -32600, -32601)),
        (1007, NotSent),
        *((code, OutcomeUnknown) for code in (1005, 1006, 0, -32500, 7)),
    ],
)
def test_a_fault_settles_only_what_was_surely_not_carried_out(code: int, outcome: type) -> None:
    """A request that was not understood is refused, one that was too much is sent again, an inner error is asked."""
    found = wire.judged(Fault(code, f"about {ANA}"))
    assert type(found) is outcome
    assert ANA not in str(found)


@pytest.mark.parametrize("code", [None, "0", True, -1, 1.5, []])
def test_a_code_that_is_none_is_unreadable(code: object) -> None:
    """True is not 1."""
    with pytest.raises(UnreadableAnswer):
        wire.judged({"responseCode": code} if code is not None else {})


def test_an_answer_about_another_transaction_is_no_answer() -> None:
    """The id need not be told; a wrong one must not pass."""
    assert wire.read(write_answer({"responseCode": 0}), "1") == {"responseCode": 0}
    with pytest.raises(UnreadableAnswer):
        wire.read(write_answer({"responseCode": 0, "originTransactionID": "2"}), "1")


def test_what_is_read_is_an_answer_or_a_fault() -> None:
    """Nothing else."""
    assert wire.read(write_fault(Fault(1005, "x")), "1") == Fault(1005, "x")
    for body in (b"<html/>", write_call("Refill", {})):
        with pytest.raises(UnreadableAnswer):
            wire.read(body, "1")


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        ({}, None),
        ({"accountBeforeRefill": {"accountValue1": "500"}}, None),
        ({"accountBeforeRefill": {"accountValue1": "500"}, "accountAfterRefill": {"accountValue1": "200"}}, 300),
        ({"accountBeforeRefill": {"accountValue1": "500"}, "accountAfterRefill": {"accountValue1": "800"}}, -300),
        (
            {
                "currency1": "USD",
                "accountBeforeRefill": {"accountValue1": "500"},
                "accountAfterRefill": {"accountValue1": "200"},
            },
            None,
        ),
    ],
)
def test_what_a_refill_took_is_read_from_both_balances(answer: dict[str, object], taken: int | None) -> None:
    """In the account's own currency alone."""
    assert wire.taken(answer, "COP") == taken


@pytest.mark.parametrize("value", ["", "-", "1.5", "1e5", "+-1", "--1", "٣", "9" * 30, None, True, 1.5, [], "NaN"])
def test_an_amount_is_a_whole_number_or_unreadable(value: object) -> None:
    """Nothing that Decimal would also take."""
    with pytest.raises(UnreadableAnswer):
        wire.amount(value, "accountValue1")


@pytest.mark.parametrize(("value", "amount"), [("0", 0), ("-50", -50), ("+7", 7), (12, 12), ("007", 7)])
def test_an_amount_may_be_negative(value: object, amount: int) -> None:
    """An account can be overdrawn."""
    assert wire.amount(value, "accountValue1") == amount
