"""What deliver_sm and data_sm say, whichever way they say it."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpp_fakes import mo

from fakes import TUESDAY
from flows.values import Msisdn
from gateway.core.long_texts import LongTexts
from gateway.core.ports import MobileOriginated, MobilePart
from gateway.smpp.incoming import join, read_text
from gateway.smpp.text import UCS2, UDHI, encode
from gateway.smpp.vocabulary import (
    MESSAGE_PAYLOAD,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
    Command,
)

UDH = {"esm_class": UDHI}
PAYLOAD = ((MESSAGE_PAYLOAD, b"\x05\x00\x03\x07\x02\x01hola"),)


def read(octets: bytes, **fields: Any) -> MobileOriginated | MobilePart:
    """What a delivery of these octets says."""
    return read_text("smsc-a", mo(octets, **fields))


@pytest.mark.parametrize(
    ("octets", "fields", "text"),
    [
        pytest.param(b"hola", {}, "hola", id="GSM 7-bit"),
        pytest.param(b"ma\xf1ana", {"data_coding": 3}, "mañana", id="Latin-1"),
        pytest.param(b"\x04\x16", {"data_coding": 8}, "Ж", id="UCS-2"),
        pytest.param(b"*123#", {"data_coding": 0x0F}, "*123#", id="USSD"),
        pytest.param(b"hola", {"data_coding": 0xF0}, "hola", id="class 0"),
        pytest.param(b"\x03\x24\x01\x02d\x1bias", UDH, "días", id="Spanish single shift"),
        pytest.param(b"\x03\x25\x01\x03n\x7bo", UDH, "não", id="Portuguese locking shift"),
        pytest.param(b"\x06\x25\x01\x03\x24\x01\x03n\x1b\x7bo\x1b\x18", UDH, "nãoΣ", id="both Portuguese tables"),
        pytest.param(b"\x03\x25\x01\x63hola", UDH, "hola", id="a table that nobody knows"),
        pytest.param(b"\x03\x24\x02\x02hola", UDH, "hola", id="a table's element too long for its header"),
        pytest.param(b"\x06\x05\x04\x23\xf0\x23\xf1hola", UDH, "hola", id="ports of 16 bits"),
        pytest.param(b"\x04\x04\x02\xf0\xf1hola", UDH, "hola", id="ports of 8 bits"),
        pytest.param(b"\x05\x00\x03\x07\x01\x01hola", UDH, "hola", id="part 1 of 1"),
        pytest.param(b"", {"tlvs": ((MESSAGE_PAYLOAD, b"hola"),)}, "hola", id="message_payload"),
        pytest.param(b"", {"tlvs": ((MESSAGE_PAYLOAD, b"\x00hola"),), **UDH}, "hola", id="empty UDH in payload"),
        pytest.param(b"hola", {"tlvs": ((SAR_TOTAL_SEGMENTS, b""),)}, "hola", id="sar without values"),
        pytest.param(b"hola", {"command": Command.DATA_SM}, "hola", id="data_sm"),
    ],
)
def test_a_text_is_read_however_it_is_written(octets: bytes, fields: dict[str, Any], text: str) -> None:
    """Its header goes, its words stay."""
    assert read(octets, **fields) == MobileOriginated("smsc-a", Msisdn("573001112233"), "12345", text)


@pytest.mark.parametrize(
    ("octets", "fields", "place"),
    [
        pytest.param(b"\x05\x00\x03\x07\x02\x01hola", UDH, (7, False, 2, 1), id="8-bit reference"),
        pytest.param(b"\x06\x08\x04\x01\x07\x0c\x0bhola", UDH, (0x107, True, 12, 11), id="16-bit reference"),
        pytest.param(
            b"\x0b\x05\x04\x0b\x84\x23\xf0\x00\x03\x07\x02\x02hola", UDH, (7, False, 2, 2), id="ports before it"
        ),
        pytest.param(b"", {"tlvs": PAYLOAD, **UDH}, (7, False, 2, 1), id="UDH in message_payload"),
        pytest.param(
            b"hola",
            {"tlvs": ((SAR_MSG_REF_NUM, b"\1\7"), (SAR_TOTAL_SEGMENTS, b"\2"), (SAR_SEGMENT_SEQNUM, b"\1"))},
            (0x107, True, 2, 1),
            id="sar",
        ),
        pytest.param(
            b"hola",
            {"tlvs": ((SAR_MSG_REF_NUM, b"\7"), (SAR_TOTAL_SEGMENTS, b"\0\0\0\2"), (SAR_SEGMENT_SEQNUM, b"\0\1"))},
            (7, True, 2, 1),
            id="sar in integers of other lengths",
        ),
        pytest.param(
            b"hola",
            {"tlvs": ((SAR_MSG_REF_NUM, b"\1\2\3\4\5\7"), (SAR_TOTAL_SEGMENTS, b"\2"), (SAR_SEGMENT_SEQNUM, b"\1"))},
            (0x507, True, 2, 1),
            id="sar with a long reference",
        ),
    ],
)
def test_a_part_is_told_in_any_way(octets: bytes, fields: dict[str, Any], place: tuple[int, bool, int, int]) -> None:
    """By header or by TLVs."""
    part = read(octets, **fields)
    assert isinstance(part, MobilePart)
    assert (part.reference, part.wide, part.total, part.number, part.octets) == (*place, b"hola")


def test_a_surrogate_pair_cut_between_parts_is_read_whole() -> None:
    """Octets are joined before they are decoded."""
    octets = "x🎉".encode("utf-16-be")
    parts = [
        read(bytes((5, 0, 3, 1, 2, number)) + piece, data_coding=UCS2, **UDH)
        for number, piece in ((1, octets[:4]), (2, octets[4:]))
    ]
    assert join([part for part in parts if isinstance(part, MobilePart)]) == "x🎉"


def test_parts_in_different_codings_are_read_each_in_its_own() -> None:
    """Some phones choose part by part."""
    parts = [
        read(b"\x05\x00\x03\x01\x03\x01uno ", **UDH),
        read(b"\x05\x00\x03\x01\x03\x02\x04\x16", data_coding=UCS2, **UDH),
        read(b"\x08\x00\x03\x01\x03\x03\x24\x01\x02\x1ba", **UDH),
    ]
    assert join([part for part in parts if isinstance(part, MobilePart)]) == "uno Жá"


@given(st.text(st.sampled_from("abcé€[жЯ🎉"), min_size=161, max_size=900), st.randoms())
def test_parts_in_any_order_make_the_text(text: str, random: Random) -> None:
    """However the network shuffles them, and with more than nine of them."""
    encoded = encode(text, 200)
    said = [read(part, data_coding=encoded.data_coding, esm_class=encoded.esm_class) for part in encoded.parts]
    random.shuffle(said)
    texts = LongTexts()
    for part in said:
        assert isinstance(part, MobilePart)
        whole = texts.add(part, TUESDAY)
    assert whole.whole
    assert join(whole.in_order) == text


_TAGS = st.sampled_from((MESSAGE_PAYLOAD, SAR_MSG_REF_NUM, SAR_TOTAL_SEGMENTS, SAR_SEGMENT_SEQNUM, 0x1400))


@given(
    st.binary(max_size=60), st.integers(0, 255), st.integers(0, 255), st.lists(st.tuples(_TAGS, st.binary(max_size=9)))
)
def test_nothing_that_a_subscriber_can_send_raises(
    octets: bytes, coding: int, esm_class: int, tlvs: list[tuple[int, bytes]]
) -> None:
    """A header of any octets, TLVs of any length."""
    said = read(octets, data_coding=coding, esm_class=esm_class, tlvs=tuple(tlvs))
    assert isinstance(join([said]) if isinstance(said, MobilePart) else said.text, str)
