"""Texts: codings, parts and headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smpp.text import (
    GSM7,
    UCS2,
    UDHI,
    Concatenation,
    TextTooLong,
    UserData,
    decode,
    encode,
    split_header,
)
from gateway.smpp.vocabulary import gsm_decode, gsm_encode
from menus.charset import DEFAULT_ALPHABET, EXTENSION_TABLE, septets

_GSM = st.text(st.sampled_from(DEFAULT_ALPHABET.replace("\x1b", "") + EXTENSION_TABLE), max_size=700)
_ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@given(_GSM)
def test_gsm_text_comes_back_and_counts_as_it_travels(text: str) -> None:
    """The octets are as many as the septets counted: the euro sign is two."""
    assert gsm_decode(gsm_encode(text)) == text
    assert len(gsm_encode(text)) == septets(text)


@pytest.mark.parametrize(
    ("text", "coding", "parts"),
    [
        ("", GSM7, 1),
        ("x" * 160, GSM7, 1),
        ("x" * 161, GSM7, 2),
        ("x" * 306, GSM7, 2),
        ("x" * 307, GSM7, 3),
        ("€" * 80, GSM7, 1),
        ("€" * 81, GSM7, 2),
        ("x" * 152 + "€" + "x" * 153, GSM7, 3),
        ("á" * 160, GSM7, 1),
        ("ж" * 70, UCS2, 1),
        ("ж" * 71, UCS2, 2),
        ("ж" * 134, UCS2, 2),
        ("🎉" * 35, UCS2, 1),
        ("ж" * 66 + "🎉" + "ж" * 67, UCS2, 3),
    ],
)
def test_a_text_takes_as_many_parts_as_the_standard_gives(text: str, coding: int, parts: int) -> None:
    """160 and 153 septets, 70 and 67 UTF-16 units; pairs are not cut."""
    encoded = encode(text, 1)
    assert (encoded.data_coding, len(encoded.parts)) == (coding, parts)
    assert encoded.esm_class == (UDHI if parts > 1 else 0)


@given(_GSM | _ANY, st.integers(0, 0xFFFFFFFF))
def test_each_part_reads_by_itself_and_all_make_the_text(text: str, reference: int) -> None:
    """No part breaks an escape pair or a surrogate pair, none is over 140 octets of air, headers count from 1."""
    encoded = encode(text, reference)
    read = []
    for number, part in enumerate(encoded.parts, 1):
        data = split_header(part) if encoded.esm_class else UserData(part)
        total = len(encoded.parts)
        assert data.concatenation == (Concatenation(reference & 0xFF, total, number) if total > 1 else None)
        single, of_many = {GSM7: (160, 153), UCS2: (140, 134)}[encoded.data_coding]
        assert len(data.body) <= (of_many if total > 1 else single)
        read.append(decode(data.body, encoded.data_coding))
    whole = "".join(read)
    assert "\ufffd" not in whole or "\ufffd" in text
    assert encode(whole, reference) == encoded


def test_more_than_255_parts_are_refused() -> None:
    """The header has one octet for the count."""
    with pytest.raises(TextTooLong):
        encode("x" * (255 * 153 + 1), 1)


@pytest.mark.parametrize(
    ("octets", "coding", "text"),
    [
        (b"\x00hola\x1be", 0x00, "@hola€"),
        (b"hola", 0x01, "hola"),
        (b"ma\xf1ana", 0x03, "mañana"),
        (b"\x04\x16", 0x08, "Ж"),
        (b"*123#", 0x0F, "*123#"),
        (b"\x00", 0xF0, "@"),
        (b"\x00", 0x11, "@"),
        (b"\x04\x16", 0x48, "Ж"),
        (b"\x04\x16", 0x19, "Ж"),
        (b"\xe9", 0xF4, "é"),
        (b"\x00\x41\x00", 0x08, "A\ufffd"),
        (b"", 0x08, ""),
    ],
)
def test_incoming_texts_are_read_by_their_coding(octets: bytes, coding: int, text: str) -> None:
    """data_coding 0x0F (USSD) and 0xF0 (class 0) are GSM-7 as well."""
    assert decode(octets, coding) == text


@given(st.binary(max_size=200), st.integers(0, 255))
def test_no_octets_are_unreadable(octets: bytes, coding: int) -> None:
    """Whatever a subscriber's phone sends, there is a text."""
    assert isinstance(decode(octets, coding), str)
    assert isinstance(split_header(octets).body, bytes)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"\x05\x00\x03\x2a\x02\x01hola", UserData(b"hola", Concatenation(0x2A, 2, 1))),
        (b"\x06\x08\x04\x01\x2a\x0c\x0bhola", UserData(b"hola", Concatenation(0x12A, 12, 11, wide=True))),
        (b"\x06\x05\x04\x23\xf0\x23\xf1hola", UserData(b"hola", ports=(0x23F0, 0x23F1))),
        (
            b"\x0b\x05\x04\x0b\x84\x23\xf0\x00\x03\x07\x02\x02hola",
            UserData(b"hola", Concatenation(7, 2, 2), (0x0B84, 0x23F0)),
        ),
        (b"\x00hola", UserData(b"hola")),
        (b"\x05\x00\x03\x2a\x02\x00hola", UserData(b"hola")),
        (b"\x05\x00\x03\x2a\x02\x03hola", UserData(b"hola")),
        (b"\x05\x00\x09\x2a\x02\x01hola", UserData(b"hola", valid=False)),
        (b"\x01\x00hola", UserData(b"hola", valid=False)),
        (b"\x7fhola", UserData(b"\x7fhola", valid=False)),
        (b"", UserData(b"", valid=False)),
    ],
)
def test_a_user_data_header_is_taken_off(octets: bytes, expected: UserData) -> None:
    """8- and 16-bit references, ports, several elements; a broken header does not take the text with it."""
    assert split_header(octets) == expected
