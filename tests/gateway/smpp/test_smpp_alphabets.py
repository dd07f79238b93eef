"""Alphabets and segments: what a text costs, what becomes of its characters, and that it comes back."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.values import Msisdn, Purpose
from gateway.core.ports import MobileOriginated, MobilePart, ShortMessage
from gateway.smpp.incoming import join, read_text
from gateway.smpp.national import DEFAULT, PORTUGUESE, SPANISH, Septets, Tables, read_septets
from gateway.smpp.pdu import HEADER_LENGTH, Message, parse_request
from gateway.smpp.settings import Alphabet, Segments, SmppSettings
from gateway.smpp.submitting import submits
from gateway.smpp.text import GSM7, LATIN1, UCS2, encode, segments_of, split_header
from gateway.smpp.user_data_header import UDHI
from gateway.smpp.vocabulary import Command
from menus.charset import transliterate

ALPHABETS: tuple[Alphabet, ...] = get_args(Alphabet)
SEGMENTS: tuple[Segments, ...] = get_args(Segments)
_ES, _PT, _BOTH = Tables(single=SPANISH), Tables(locking=PORTUGUESE), Tables(PORTUGUESE, PORTUGUESE)


@pytest.mark.parametrize(
    ("alphabet", "segments", "text", "coding", "tables", "count"),
    [
        ("gsm7", "udh", "x" * 160, GSM7, DEFAULT, 1),
        ("gsm7", "udh", "x" * 161, GSM7, DEFAULT, 2),
        ("gsm7", "udh", "x" * 306, GSM7, DEFAULT, 2),
        ("gsm7", "udh", "x" * 307, GSM7, DEFAULT, 3),
        ("gsm7", "udh16", "x" * 304, GSM7, DEFAULT, 2),
        ("gsm7", "udh16", "x" * 305, GSM7, DEFAULT, 3),
        ("gsm7", "sar", "x" * 306, GSM7, DEFAULT, 2),
        ("gsm7", "sar", "x" * 307, GSM7, DEFAULT, 3),
        ("gsm7", "payload", "x" * 160, GSM7, DEFAULT, 1),
        ("gsm7", "payload", "x" * 307, GSM7, DEFAULT, 3),
        ("gsm7", "udh", "á" * 160, GSM7, DEFAULT, 1),
        ("gsm7", "udh", "ж" * 70, UCS2, DEFAULT, 1),
        ("gsm7", "udh", "ж" * 71, UCS2, DEFAULT, 2),
        ("gsm7", "udh", "ж" * 135, UCS2, DEFAULT, 3),
        ("gsm7", "udh16", "ж" * 132, UCS2, DEFAULT, 2),
        ("gsm7", "udh16", "ж" * 133, UCS2, DEFAULT, 3),
        ("gsm7-es", "udh", "ñ" * 160, GSM7, DEFAULT, 1),
        ("gsm7-es", "udh", "“ñ”" * 53, GSM7, DEFAULT, 1),
        ("gsm7-es", "udh", "á" + "x" * 153, GSM7, _ES, 1),
        ("gsm7-es", "udh", "á" + "x" * 154, GSM7, DEFAULT, 1),
        ("gsm7-es", "udh", "á" + "x" * 159, GSM7, DEFAULT, 1),
        ("gsm7-es", "udh", "á" + "x" * 160, GSM7, _ES, 2),
        ("gsm7-es", "udh", "á" + "x" * 296, GSM7, _ES, 2),
        ("gsm7-es", "udh", "á" + "x" * 297, GSM7, _ES, 3),
        ("gsm7-es", "udh16", "á" + "x" * 294, GSM7, _ES, 2),
        ("gsm7-es", "udh16", "á" + "x" * 295, GSM7, _ES, 3),
        ("gsm7-es", "sar", "á" + "x" * 297, GSM7, _ES, 3),
        ("gsm7-es", "payload", "á" + "x" * 153, GSM7, _ES, 1),
        ("gsm7-es", "payload", "á" + "x" * 305, GSM7, DEFAULT, 2),
        ("gsm7-es", "udh", "á🎉", UCS2, DEFAULT, 1),
        ("gsm7-pt", "udh", "é" * 160, GSM7, DEFAULT, 1),
        ("gsm7-pt", "udh", "ã" * 155, GSM7, _PT, 1),
        ("gsm7-pt", "udh", "ã" * 156, GSM7, DEFAULT, 1),
        ("gsm7-pt", "udh", "ã" * 161, GSM7, _PT, 2),
        ("gsm7-pt", "udh", "ã" * 298, GSM7, _PT, 2),
        ("gsm7-pt", "udh", "ã" * 299, GSM7, _PT, 3),
        ("gsm7-pt", "udh", "ã" * 70 + "Σ" + "x" * 10, GSM7, _BOTH, 1),
        ("gsm7-pt", "udh", "ãñ", GSM7, Tables(single=PORTUGUESE), 1),
        ("gsm7-pt", "udh", "ªñã", GSM7, Tables(single=PORTUGUESE), 1),
        ("latin1", "udh", "á" * 140, LATIN1, DEFAULT, 1),
        ("latin1", "udh", "á" * 160, GSM7, DEFAULT, 1),
        ("latin1", "udh", "á" * 161, LATIN1, DEFAULT, 2),
        ("latin1", "udh", "á" * 268, LATIN1, DEFAULT, 2),
        ("latin1", "udh", "á" * 269, LATIN1, DEFAULT, 3),
        ("latin1", "udh16", "á" * 266, LATIN1, DEFAULT, 2),
        ("latin1", "udh16", "á" * 267, LATIN1, DEFAULT, 3),
        ("latin1", "udh", "“ã”", LATIN1, DEFAULT, 1),
        ("latin1", "udh", "5 €", GSM7, DEFAULT, 1),
        ("latin1", "udh", "ã ж", UCS2, DEFAULT, 1),
        ("ucs2", "udh", "x" * 70, UCS2, DEFAULT, 1),
        ("ucs2", "udh", "x" * 71, UCS2, DEFAULT, 2),
    ],
)
def test_a_text_costs_what_the_standard_makes_it_cost(
    alphabet: Alphabet, segments: Segments, text: str, *, coding: int, tables: Tables, count: int
) -> None:
    """On each border: the header's octets go off in septets, and what fits one segment bare is never two."""
    encoded = encode(text, 1, alphabet, segments)
    assert (encoded.data_coding, encoded.segments) == (coding, count)
    assert segments_of(text, alphabet, segments) == count
    found = {split_header(part).tables for part in encoded.parts} if encoded.esm_class & UDHI else {DEFAULT}
    assert found == {tables}


_TEXTS = st.text(st.sampled_from("aeiou xyz\n{[€ñÑéàüáíóúÁÍçÇãõâêôÃºª∞ΣΔèÅ“…"), max_size=480) | st.text(
    st.sampled_from("aáãжЯ🎉€[\u0301"), max_size=300
)


@given(_TEXTS, st.sampled_from(ALPHABETS), st.sampled_from(SEGMENTS), st.integers(0, 0xFFFFFFFF))
def test_what_goes_out_comes_back_as_it_was_or_bare(
    text: str, alphabet: Alphabet, segments: Segments, reference: int
) -> None:
    """As another gateway reads it: nothing is lost but what transliteration takes, and no part is over its size."""
    encoded = encode(text, reference, alphabet, segments)
    assert encoded.segments == segments_of(text, alphabet, segments)
    said = _submitted(text, alphabet, segments)
    assert transliterate(said) == transliterate(text)
    assert said == text or encoded.data_coding != UCS2
    for part in encoded.parts:
        octets = len(part) if encoded.data_coding != GSM7 else _air_octets(part, header=bool(encoded.esm_class))
        assert octets <= 140
    assert encoded.segments == 1 or not (alphabet != "ucs2" and segments_of(transliterate(text)) == 1)


def _air_octets(part: bytes, *, header: bool) -> int:
    """What it takes on the air: header as it is, septets packed behind it from a septet's border."""
    head = part[0] + 1 if header else 0
    return (head * 8 + -head * 8 % 7 + (len(part) - head) * 7 + 7) // 8


def _read(text: str, alphabet: Alphabet, segments: Segments = "udh") -> list[MobileOriginated | MobilePart]:
    """What an SMSC reads from each of our submit_sm."""
    settings = SmppSettings("a", "h", 1, "s", "p", alphabet=alphabet, segments=segments)
    message = ShortMessage("m-1", "", Msisdn("573001112233"), text, Purpose.ALERT)
    pdus = [
        parse_request(Command.SUBMIT_SM, 1, b"\0" * HEADER_LENGTH + body) for body in submits(message, settings).bodies
    ]
    return [read_text("a", pdu) for pdu in pdus if isinstance(pdu, Message)]


def _submitted(text: str, alphabet: Alphabet, segments: Segments) -> str:
    """The text that an SMSC reads from our submit_sm."""
    said = _read(text, alphabet, segments)
    if isinstance(said[0], MobileOriginated):
        return said[0].text
    parts = [part for part in said if isinstance(part, MobilePart)]
    assert [part.number for part in parts] == list(range(1, parts[0].total + 1))
    return join(parts)


@given(st.text(st.sampled_from("aáãñ[ж🎉"), min_size=200, max_size=600), st.sampled_from(ALPHABETS))
def test_each_part_reads_by_itself(text: str, alphabet: Alphabet) -> None:
    """No pair is cut: a phone that shows parts as they come shows no halves."""
    for said in _read(text, alphabet):
        assert "\ufffd" not in (join([said]) if isinstance(said, MobilePart) else said.text)


@pytest.mark.parametrize("tables", [DEFAULT, _ES, _PT, Tables(single=PORTUGUESE), _BOTH])
def test_every_character_of_a_table_is_read_as_it_was_written(tables: Tables) -> None:
    """One septet or two."""
    septets = Septets(tables)
    for char in septets.writes:
        octets = septets.write(char)
        assert octets is not None
        assert read_septets(octets, tables) == char
        assert all(octet < 0x80 for octet in octets)


@given(st.binary(max_size=200), st.integers(0, 255), st.integers(0, 255))
def test_no_septets_are_unreadable(octets: bytes, locking: int, single: int) -> None:
    """Whatever tables a subscriber's phone names, there is a text."""
    assert isinstance(read_septets(octets, Tables(locking, single)), str)
