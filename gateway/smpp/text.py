"""Texts on the wire: data coding, parts, and the way back.

GSM-7 goes unpacked, one septet an octet; what a header takes from a segment is counted in septets all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from gateway.smpp.alphabets import Written, write
from gateway.smpp.errors import TextTooLong
from gateway.smpp.national import DEFAULT, Tables, read_septets
from gateway.smpp.segmenting import GSM7, LATIN1, MAX_PARTS, UCS2, in_one, pieces
from gateway.smpp.settings import Alphabet, Segments
from gateway.smpp.user_data_header import (
    UDHI,
    Concatenation,
    UserData,
    header,
    place_element,
    split_header,
    tables_elements,
)
from gateway.smpp.vocabulary import (
    MESSAGE_PAYLOAD,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
    gsm_decode,
)

__all__ = [
    "GSM7",
    "LATIN1",
    "MAX_PARTS",
    "UCS2",
    "UDHI",
    "Concatenation",
    "EncodedText",
    "TextTooLong",
    "UserData",
    "decode",
    "encode",
    "segments_of",
    "split_header",
]

_Tlvs = tuple[tuple[int, bytes], ...]

_CHARSETS: Final = {
    0x01: "latin-1",
    0x02: "latin-1",
    0x03: "latin-1",
    0x04: "latin-1",
    0x05: "iso2022_jp",
    0x06: "iso8859_5",
    0x07: "iso8859_8",
    0x08: "utf-16-be",
    0x09: "shift_jis",
    0x0A: "iso2022_jp",
    0x0D: "iso2022_jp_2",
    0x0E: "euc_kr",
}


class EncodedText(NamedTuple):
    """One text ready for the wire.

    parts: user data of each submit_sm, header included. tlvs: of each part; empty where no part has any.
    segments: what it takes on the air, more than parts where the SMSC cuts.
    """

    data_coding: int
    esm_class: int
    parts: tuple[bytes, ...]
    tlvs: tuple[_Tlvs, ...] = ()
    segments: int = 1


def encode(text: str, reference: int, alphabet: Alphabet = "gsm7", segments: Segments = "udh") -> EncodedText:
    """Encode ``text``, in parts if need be, as message ``reference`` (its low 8 or 16 bits). Raises TextTooLong."""
    written = _written(text, alphabet, segments)
    if in_one(written.coding, written.octets, written.tables):
        if written.tables == DEFAULT:
            return EncodedText(written.coding, 0, (written.octets,))
        return EncodedText(written.coding, UDHI, (header(tables_elements(written.tables)) + written.octets,))
    bodies = pieces(written.coding, written.octets, written.tables, wide=segments == "udh16")
    if len(bodies) > MAX_PARTS:
        raise TextTooLong(f"{len(bodies)} parts, {MAX_PARTS} are possible")
    match segments:
        case "payload":
            tlvs = ((MESSAGE_PAYLOAD, written.octets),)
            return EncodedText(written.coding, 0, (b"",), (tlvs,), len(bodies))
        case "sar":
            return _by_sar(written, bodies, reference & 0xFFFF)
        case "udh" | "udh16":
            return _by_header(written, bodies, reference, wide=segments == "udh16")


def segments_of(text: str, alphabet: Alphabet = "gsm7", segments: Segments = "udh") -> int:
    """How many segments ``text`` takes on the air, whoever cuts it; also more than can be sent."""
    written = _written(text, alphabet, segments)
    return len(pieces(written.coding, written.octets, written.tables, wide=segments == "udh16"))


def _written(text: str, alphabet: Alphabet, segments: Segments) -> Written:
    """An SMSC that cuts does not repeat our header, so that only one segment may need tables then."""
    written = write(text, alphabet)
    if segments == "payload" and written.tables != DEFAULT and not in_one(*written):
        return write(text, "gsm7")
    return written


def _by_header(written: Written, bodies: Sequence[bytes], reference: int, *, wide: bool) -> EncodedText:
    reference &= 0xFFFF if wide else 0xFF
    total, tables = len(bodies), tables_elements(written.tables)
    parts = tuple(
        header(place_element(reference, total, number, wide=wide) + tables) + body
        for number, body in enumerate(bodies, 1)
    )
    return EncodedText(written.coding, UDHI, parts, segments=total)


def _by_sar(written: Written, bodies: Sequence[bytes], reference: int) -> EncodedText:
    """By TLVs, in the sizes of parts with a header, which the SMSC makes of them (SMPP 3.4 §5.3.2.22 to 24)."""
    total, tables = len(bodies), header(tables_elements(written.tables))
    common = ((SAR_MSG_REF_NUM, reference.to_bytes(2, "big")), (SAR_TOTAL_SEGMENTS, bytes((total,))))
    tlvs = tuple((*common, (SAR_SEGMENT_SEQNUM, bytes((number,)))) for number in range(1, total + 1))
    parts = tuple(tables + body for body in bodies)
    return EncodedText(written.coding, UDHI if tables else 0, parts, tlvs, total)


def decode(octets: bytes, data_coding: int, tables: Tables = DEFAULT) -> str:
    """The text of ``octets``. Never raises: what cannot be read is replaced."""
    charset = _CHARSETS.get(data_coding) or _by_group(data_coding)
    if charset:
        return octets.decode(charset, "replace")
    return gsm_decode(octets) if tables == DEFAULT else read_septets(octets, tables)


def _by_group(data_coding: int) -> str | None:
    """The charset by 3GPP TS 23.038 §4 and §5 coding groups, None for GSM-7 (0x00, 0x0F, 0xF0 among them)."""
    if data_coding < 0x10:
        return None
    group = data_coding >> 4
    if group < 0x8:
        return (None, "latin-1", "utf-16-be", None)[data_coding >> 2 & 3]
    if group == 0xE:
        return "utf-16-be"
    return "latin-1" if group == 0xF and data_coding & 0x04 else None
