"""Delivery receipts, as SMSCs really write them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smpp.pdu import Message, Tlv
from gateway.smpp.receipt_text import parse_date
from gateway.smpp.receipts import is_receipt, parse_receipt, spellings
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


_ID = (RECEIPTED_MESSAGE_ID, b"abc-1\0")
_DONE = datetime(2026, 11, 22, 10, 21, tzinfo=UTC)
_WORDS = "id:7 sub:001 dlvrd:001 submit date:2611221020 done date:2611221021 stat:DELIVRD err:000 text:hola"


@pytest.mark.parametrize(
    ("octets", "fields", "message_id", "state", "error"),
    [
        pytest.param(b"id: 7  stat : delivrd  err : 0A1", {}, "7", "delivered", "0A1", id="lower case, odd spacing"),
        pytest.param(b"id:7\r\nsub:001\r\nstat:UNDELIV\r\nerr:5\r\n", {}, "7", "failed", "5", id="a line a field"),
        pytest.param(b"ID=7;STAT=REJECTD;ERR=8", {}, "7", "failed", "8", id="equals signs, semicolons"),
        pytest.param(b"id:7 route:a:b imsi:73201 stat:EXPIRED err:1 x:y", {}, "7", "expired", "1", id="extra fields"),
        pytest.param(b"id:7 stat:DELIVERED err:0", {}, "7", "delivered", "0", id="a full word"),
        pytest.param(b"id:7 stat:NOT_DELIVERED", {}, "7", "failed", "", id="a word of its own"),
        pytest.param(b"id:7 status:UNDELIVERABLE error:27", {}, "7", "failed", "27", id="names written out"),
        pytest.param(b"id:7 stat:2 err:000", {}, "7", "delivered", "000", id="a number for a word"),
        pytest.param(b"id:7 stat:005", {}, "7", "failed", "", id="a number with zeros"),
        pytest.param(b"id:7 stat:%s" % (b"9" * 9_000), {}, "7", "unknown", "", id="a number without end"),
        pytest.param(b'id:"7-f" stat:"DELIVRD" err:"000"', {}, "7-f", "delivered", "000", id="quotes"),
        pytest.param(b"id:7 f 9 sub:001 stat:DELIVRD err:", {}, "7 f 9", "delivered", "", id="an id with blanks"),
        pytest.param(b"id:a:b:7 sub:1 stat:DELIVRD", {}, "a:b:7", "delivered", "", id="an id with colons"),
        pytest.param(b"id:7 stat: err:000", {}, "7", "unknown", "000", id="a field without value"),
        pytest.param(b"id:7 id:8 stat:DELIVRD stat:UNDELIV", {}, "7", "delivered", "", id="fields twice"),
        pytest.param(
            b"id:7 stat:DELIVRD err:000 text:id:8 stat:UNDELIV err:9", {}, "7", "delivered", "000", id="id in text"
        ),
        pytest.param(b"id:7 text:stat:DELIVRD", {}, "7", "unknown", "", id="a state in the text alone"),
        pytest.param(b"id:a_7$ stat:DELIVRD", {}, "a_7$", "delivered", "", id="ASCII where GSM 7-bit is said"),
        pytest.param(b"id:7 stat:DELIVRD text:\xbf\xff", {}, "7", "delivered", "", id="text of any octets"),
        pytest.param(b"id:7\xe9 stat:DELIVRD", {"coding": 3}, "7é", "delivered", "", id="Latin-1"),
        pytest.param(_WORDS.encode("utf-16-be"), {"coding": 8}, "7", "delivered", "000", id="UCS-2"),
        pytest.param(_WORDS.encode("utf-16-be"), {}, "7", "delivered", "000", id="UCS-2 that is not said"),
        pytest.param(_WORDS.encode(), {"coding": 8}, "7", "delivered", "000", id="ASCII where UCS-2 is said"),
        pytest.param(_WORDS.encode(), {"coding": 4}, "7", "delivered", "000", id="ASCII where binary is said"),
        pytest.param(b"\5\0\3\1\2\1" + _WORDS.encode(), {"esm_class": 0x44}, "7", "delivered", "000", id="with UDH"),
        pytest.param(_WORDS.encode(), {"command": Command.DATA_SM}, "7", "delivered", "000", id="data_sm"),
        pytest.param(b"", {"tlvs": (_ID, (MESSAGE_STATE, b"\2"))}, "abc-1", "delivered", "", id="TLVs alone"),
        pytest.param(b"", {"tlvs": (_ID,)}, "abc-1", "unknown", "", id="an id alone"),
        pytest.param(b"", {"tlvs": ((MESSAGE_STATE, b"\5"),)}, "", "failed", "", id="a state alone"),
        pytest.param(b"", {"tlvs": ((NETWORK_ERROR_CODE, b"\3\0\x22"),)}, "", "unknown", "34", id="an error alone"),
        pytest.param(
            b"id:7 stat:UNKNOWN", {"tlvs": ((MESSAGE_STATE, b"\2"),)}, "7", "delivered", "", id="unknown in words"
        ),
        pytest.param(
            b"id:7 stat:DELIVRD", {"tlvs": ((MESSAGE_STATE, b"\5"),)}, "7", "delivered", "", id="words against TLV"
        ),
        pytest.param(b"id:7 stat:DELIVRD err:000", {"esm_class": 0x20}, "7", "enroute", "000", id="intermediate"),
        pytest.param(
            b"", {"tlvs": (_ID, (MESSAGE_STATE, b"\3")), "esm_class": 0x20}, "abc-1", "enroute", "", id="interim TLV"
        ),
    ],
)
def test_every_shape_met_in_the_field_is_understood(
    octets: bytes, fields: dict[str, Any], *, message_id: str, state: str, error: str
) -> None:
    """What a receipt does not say stays empty, and what it quotes is not taken for its own words."""
    told = dict(fields)
    pdu = replace(receipt_pdu(octets, *told.pop("tlvs", ()), coding=told.pop("coding", 0)), **told)
    assert is_receipt(pdu)
    receipt = parse_receipt("smsc-a", pdu)
    assert (receipt.message_id, receipt.state, receipt.error) == (message_id, state, error)
    assert receipt.done_at == (_DONE if "2611221021" in octets.decode("latin-1").replace("\0", "") else None)


def test_the_texts_id_is_looked_for_in_all_its_spellings_beside_the_tlvs() -> None:
    """Some SMSCs write the id of the submit into the text alone, in another base."""
    receipt = parse_receipt("a", receipt_pdu(b"id:0000000298 stat:DELIVRD", (RECEIPTED_MESSAGE_ID, b"other-1\0")))
    assert receipt.message_id == "other-1"
    assert {"0000000298", "12a", "12A", "298"} <= set(receipt.also)


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
        (0x08, (), False),
        (0x24, (), True),
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
        ("2026-11-22 10:20:30", datetime(2026, 11, 22, 10, 20, 30, tzinfo=UTC)),
        ("26/11/22 10:20", datetime(2026, 11, 22, 10, 20, tzinfo=UTC)),
        ("261122102030000+", datetime(2026, 11, 22, 10, 20, 30, tzinfo=UTC)),
        ("1" * 5_000, None),
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
