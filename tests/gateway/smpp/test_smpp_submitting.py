"""A text as submit_sm: from which number, in which parts, with what the regulator wants said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.values import Msisdn, Purpose
from gateway.core.ports import ShortMessage
from gateway.core.service_numbers import ServiceNumber, Template
from gateway.smpp.errors import NoTemplate, TextTooLong, UnfitText
from gateway.smpp.pdu import HEADER_LENGTH, Message, parse_request, tlv
from gateway.smpp.settings import Segments, SmppSettings
from gateway.smpp.submitting import submits
from gateway.smpp.vocabulary import (
    MESSAGE_PAYLOAD,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
    Command,
    Status,
)

ENTITY = (0x1400, b"1101234567890123456\0")
DLT = ServiceNumber(
    "CHASQI",
    tlvs=(ENTITY,),
    templates=(
        Template("1107000000000000001", ("Your pack ends in ", " h.", "", "", "", "")),
        Template("1107000000000000002", ("Recharge of Rs ", " done")),
    ),
)
SETTINGS = SmppSettings("a", "h", 1, "s", "p", numbers=(ServiceNumber("12345"), DLT))


def submitted(text: str, source: str = "", settings: SmppSettings = SETTINGS) -> list[Message]:
    """The submit_sm of a text."""
    message = ShortMessage("m-1", source, Msisdn("573001112233"), text, Purpose.ALERT)
    bodies = submits(message, settings).bodies
    pdus = [parse_request(Command.SUBMIT_SM, 1, b"\0" * HEADER_LENGTH + body) for body in bodies]
    return [pdu for pdu in pdus if isinstance(pdu, Message)]


@pytest.mark.parametrize("length", [1, 400])
def test_a_template_and_what_else_a_number_says_goes_with_every_part(length: int) -> None:
    """As India's DLT wants it: entity, and the template that the text was made from."""
    pdus = submitted("Your pack ends in 5 h." + "x" * length, "CHASQI")
    assert len(pdus) == (1 if length == 1 else 3)
    assert {pdu.tlvs for pdu in pdus} == {(ENTITY, (0x1401, b"1107000000000000001"))}


def test_templates_are_looked_through_and_the_tag_is_the_regulators() -> None:
    """The second one fits; another market has another tag."""
    numbers = (replace(DLT, template_tag=0x1500),)
    (pdu,) = submitted("Recharge of Rs 99 done", settings=replace(SETTINGS, numbers=numbers))
    assert pdu.tlvs == (ENTITY, (0x1500, b"1107000000000000002"))


def test_a_text_that_no_template_fits_is_refused_with_what_to_do() -> None:
    """Nobody's SMSC would take it."""
    with pytest.raises(
        NoTemplate, match=r"^no template of CHASQI fits the text: register one, or send from"
    ) as refused:
        submitted("Hello", "CHASQI")
    assert isinstance(refused.value, UnfitText)
    assert refused.value.status == Status.SUBMIT_FAILED


def test_a_number_without_templates_says_only_its_own() -> None:
    """And one without TLVs nothing."""
    numbers = (ServiceNumber("12345"), replace(DLT, templates=()))
    settings = replace(SETTINGS, numbers=numbers)
    assert [pdu.tlvs for pdu in submitted("Hello", "CHASQI", settings)] == [(ENTITY,)]
    assert [pdu.tlvs for pdu in submitted("Hello", "12345", settings)] == [()]


def test_parts_by_sar_carry_their_place_beside_the_regulators_tlvs() -> None:
    """Two octets of reference, one of total, one of place; no header."""
    settings = replace(SETTINGS, segments="sar", numbers=(replace(DLT, templates=()),))
    pdus = submitted("x" * 400, settings=settings)
    assert [tlv(pdu.tlvs, SAR_SEGMENT_SEQNUM) for pdu in pdus] == [b"\1", b"\2", b"\3"]
    assert {tlv(pdu.tlvs, SAR_TOTAL_SEGMENTS) for pdu in pdus} == {b"\3"}
    (reference,) = {tlv(pdu.tlvs, SAR_MSG_REF_NUM) for pdu in pdus}
    assert reference is not None
    assert len(reference) == 2
    assert {(pdu.esm_class, ENTITY in pdu.tlvs) for pdu in pdus} == {(0, True)}


@pytest.mark.parametrize("length", [161, 240, 2_000])
def test_a_payload_goes_whole_however_short_it_is(length: int) -> None:
    """In message_payload alone: an SMSC cuts no short_message."""
    (pdu,) = submitted("x" * length, settings=replace(SETTINGS, segments="payload"))
    assert (pdu.short_message, pdu.esm_class, pdu.data_coding) == (b"", 0, 0)
    assert tlv(pdu.tlvs, MESSAGE_PAYLOAD) == b"x" * length


@pytest.mark.parametrize("segments", ["udh", "udh16", "sar", "payload"])
def test_more_than_255_segments_are_refused_whoever_cuts(segments: Segments) -> None:
    """There is one octet for the count."""
    with pytest.raises(TextTooLong, match="parts, 255 are possible"):
        submitted("x" * 40_000, settings=replace(SETTINGS, segments=segments))


@pytest.mark.parametrize(
    ("length", "segments", "told"), [(160, "payload", (1, 1)), (400, "payload", (1, 3)), (400, "udh", (3, 1))]
)
def test_what_each_submit_is_on_the_air_is_told(length: int, segments: Segments, told: tuple[int, int]) -> None:
    """So that the rate counts what the SMSC makes of a payload."""
    message = ShortMessage("m-1", "", Msisdn("573001112233"), "x" * length, Purpose.ALERT)
    bodies, each = submits(message, replace(SETTINGS, segments=segments))
    assert (len(bodies), each) == told
