"""Delivery receipts, as SMSCs really write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smpp.pdu import Message, Tlv
from gateway.smpp.receipts import is_receipt, parse_date, parse_receipt, spellings
from gateway.smpp.vocabulary import MESSAGE_STATE, NETWORK_ERROR_CODE, RECEIPTED_MESSAGE_ID, Command


def receipt_pdu(text: bytes = b"", *tlvs: Tlv, esm_class: int = 0x04, coding: int = 0) -> Message:
    """A deliver_sm with this text."""
    return Message(Command.DELIVER_SM, 1, 1, 1, "573001112233", 3, 0, "12345", text, coding, esm_class, tlvs=tlvs)


@pytest.mark.parametrize(
    ("text", "message_id", "state", "error", "done_at"),
    [
        (
            b"id:0123 sub:001 dlvrd:001 submit date:2611221020 done date:2611221021 stat:DELIVRD err:000 text:hola",
            "0123",
            "delivered",
            "000",
            datetime(2026, 11, 22, 10, 21, tzinfo=UTC),
        ),
        (
            b"id:a-b-c sub:1 dlvrd:0 submit date:261122102059 done date:261122102130 stat:UNDELIV err:0A1 text:",
            "a-b-c",
            "failed",
            "0A1",
            datetime(2026, 11, 22, 10, 21, 30, tzinfo=UTC),
        ),
        (b"ID:9 STAT:EXPIRED ERR:1", "9", "expired", "1", None),
        (b"id: 9 stat: ACCEPTD err: 5", "9", "accepted", "5", None),
        (b"stat:REJECTD,err:7,id:77", "77", "failed", "7", None),
        (b"id:9 stat:DELIVRD err:000 text:id:1 stat:UNDELIV err:999", "9", "delivered", "000", None),
        (b"id:9 stat:WHATEVER done date:never", "9", "unknown", "", None),
        (b"nonsense", "", "unknown", "", None),
    ],
)
def test_a_receipt_is_read_however_it_is_written(
    text: bytes, message_id: str, state: str, error: str, done_at: datetime | None
) -> None:
    """err:0A1, dates with seconds, other cases and orders, missing fields."""
    receipt = parse_receipt("smsc-a", receipt_pdu(text))
    assert (receipt.smsc, receipt.message_id, receipt.state, receipt.error, receipt.done_at) == (
        "smsc-a",
        message_id,
        state,
        error,
        done_at,
    )


def test_a_receipt_may_have_tlvs_alone() -> None:
    """An empty short_message with receipted_message_id, message_state and network_error_code says it all."""
    pdu = receipt_pdu(
        b"", (RECEIPTED_MESSAGE_ID, b"abc-1\0"), (MESSAGE_STATE, b"\x05"), (NETWORK_ERROR_CODE, b"\x03\x00\x22")
    )
    receipt = parse_receipt("smsc-a", pdu)
    assert (receipt.message_id, receipt.state, receipt.error) == ("abc-1", "failed", "34")


@pytest.mark.parametrize("value", [b"", b"\0\x02", b"\0\0\0\x02", b"\xff" * 9])
def test_an_integer_tlv_of_the_wrong_length_is_read_as_far_as_it_makes_sense(value: bytes) -> None:
    """message_state has one octet; two or none do no harm."""
    state = parse_receipt("a", receipt_pdu(b"id:1", (MESSAGE_STATE, value))).state
    assert state == ("delivered" if value.endswith(b"\x02") else "unknown")


def test_both_ids_are_kept_when_text_and_tlv_differ() -> None:
    """The TLV names the message; the text's id is an alternative."""
    receipt = parse_receipt("a", receipt_pdu(b"id:298 stat:DELIVRD", (RECEIPTED_MESSAGE_ID, b"12A\0")))
    assert receipt.message_id == "12A"
    assert receipt.also[0] == "298"


@pytest.mark.parametrize(
    ("receipted", "submitted"),
    [
        ("298", "12a"),
        ("298", "12A"),
        ("12A", "298"),
        ("0000012A", "298"),
        ("0000000298", "0000012a"),
        ("7", "00000007"),
    ],
)
def test_an_id_is_recognised_in_hex_and_decimal(receipted: str, submitted: str) -> None:
    """SMSCs answer a submit in one base and write the receipt in the other."""
    assert submitted in spellings(receipted)


@pytest.mark.parametrize("message_id", ["", "a-b", "x" * 30, "١٢"])
def test_an_id_that_is_no_number_has_one_spelling(message_id: str) -> None:
    """Nothing is invented for a UUID or the like."""
    assert spellings(message_id) == ()


@pytest.mark.parametrize(
    ("esm_class", "tlvs", "expected"),
    [
        (0x04, (), True),
        (0x20, (), True),
        (0x44, (), True),
        (0x00, (), False),
        (0x00, ((RECEIPTED_MESSAGE_ID, b"1\0"),), True),
        (0x40, (), False),
    ],
)
def test_the_header_tells_a_receipt_and_the_text_never_does(
    esm_class: int, tlvs: tuple[Tlv, ...], expected: bool
) -> None:
    """A subscriber who writes ``id:1 stat:DELIVRD`` has sent a text."""
    assert is_receipt(receipt_pdu(b"id:1 stat:DELIVRD", *tlvs, esm_class=esm_class)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2611221020", datetime(2026, 11, 22, 10, 20, tzinfo=UTC)),
        ("202611221020", datetime(2026, 11, 22, 10, 20, tzinfo=UTC)),
        ("20261122102030", datetime(2026, 11, 22, 10, 20, 30, tzinfo=UTC)),
        ("2699999999", None),
        ("26112210", None),
        ("", None),
    ],
)
def test_dates_come_with_or_without_seconds_and_century(text: str, expected: datetime | None) -> None:
    """A date that is none is left out."""
    assert parse_date(text) == expected


@given(st.binary(max_size=200), st.integers(0, 255), st.integers(0, 255))
def test_no_octets_make_the_parser_fail(octets: bytes, esm_class: int, coding: int) -> None:
    """There is always a receipt, if only an unknown one."""
    assert parse_receipt("a", receipt_pdu(octets, esm_class=esm_class, coding=coding)).state
