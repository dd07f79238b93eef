"""Failures of other clients in the field, each by its name: in texts, headers, TLVs, parts and receipts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from smpp_fakes import Wire, mt, wired, within

from fakes import NUMBERS, TUESDAY, submitted
from gateway.core.long_texts import LongTexts
from gateway.core.ports import DeliveryReceipt, MobileOriginated, MobilePart, Submitted
from gateway.smpp.incoming import join
from gateway.smpp.pdu import Message, tlv
from gateway.smpp.text import UDHI
from gateway.smpp.vocabulary import (
    MESSAGE_PAYLOAD,
    MESSAGE_STATE,
    RECEIPTED_MESSAGE_ID,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
    Command,
    Status,
)

_SAR = ((SAR_MSG_REF_NUM, b"\0\0\0\7"), (SAR_TOTAL_SEGMENTS, b"\0\1"), (SAR_SEGMENT_SEQNUM, b"\0\0\1"))


async def bind_lives(wire: Wire) -> None:
    """The same bind takes one more text."""
    assert await wire.deliver(b"alive") == Status.OK
    assert wire.client.counters.binds == 1


@pytest.mark.parametrize(
    ("octets", "fields", "text"),
    [
        pytest.param(b"\x7fhola", {"esm_class": UDHI}, "àhola", id="a UDH longer than its message ended the client"),
        pytest.param(b"\x05\0\xff\1\2\1hola", {"esm_class": UDHI}, "hola", id="an invalid UDH ended the client"),
        pytest.param(b"\x05\0\3", {"esm_class": UDHI}, "é@¥", id="a truncated UDH ended the client"),
        pytest.param(b"hola", {"tlvs": _SAR}, "hola", id="an integer TLV of the wrong length ended the client"),
        pytest.param(
            b"",
            {"esm_class": UDHI, "tlvs": ((MESSAGE_PAYLOAD, b"\x06\5\4\x0b\x84\x23\xf0hola"),)},
            "hola",
            id="UDHI with message_payload ended the client",
        ),
        pytest.param(b"*123#", {"data_coding": 0x0F}, "*123#", id="data_coding 0x0F was answered with generic_nack"),
        pytest.param(b"hola", {"data_coding": 0xF0}, "hola", id="data_coding 0xF0 was answered with generic_nack"),
        pytest.param(b"", {}, "", id="an empty short_message was never delivered"),
        pytest.param(b"hola", {"command": Command.DATA_SM}, "hola", id="data_sm was answered with generic_nack"),
        pytest.param(
            b"\x06\5\4\x23\xf0\x23\xf1hola", {"esm_class": UDHI}, "hola", id="a port-addressed text was swallowed"
        ),
        pytest.param(b"\x1be5", {}, "€5", id="the euro sign was one septet"),
    ],
)
async def test_a_text_that_broke_others_is_handed_on(octets: bytes, fields: dict[str, Any], text: str) -> None:
    """Answered ROK, read, and the bind goes on."""
    async with wired() as wire:
        assert await wire.deliver(octets, **fields) == Status.OK
        (said,) = wire.store.said
        assert isinstance(said, MobileOriginated)
        assert said.text == text
        await bind_lives(wire)


@pytest.mark.parametrize(
    ("octets", "tlvs", "told"),
    [
        pytest.param(
            b"id:7 sub:001 dlvrd:001 submit date:2611221020 done date:2611221021 stat:UNDELIV err:0A1 text:",
            (),
            ("7", "failed", "0A1"),
            id="err:0A1 dropped the bind",
        ),
        pytest.param(
            b"id:7 sub:001 dlvrd:001 submit date:261122102000 done date:261122102101 stat:DELIVRD err:000 text:",
            (),
            ("7", "delivered", "000"),
            id="dates with seconds dropped the bind",
        ),
        pytest.param(
            b"",
            ((RECEIPTED_MESSAGE_ID, b"7\0"), (MESSAGE_STATE, b"\2")),
            ("7", "delivered", ""),
            id="a receipt of TLVs alone was never delivered",
        ),
        pytest.param(
            b"",
            ((RECEIPTED_MESSAGE_ID, b"7"), (MESSAGE_STATE, b"\0\2")),
            ("7", "delivered", ""),
            id="a message_state of two octets ended the client",
        ),
    ],
)
async def test_a_receipt_that_broke_others_is_handed_on(
    octets: bytes, tlvs: tuple[tuple[int, bytes], ...], told: tuple[str, str, str]
) -> None:
    """Answered ROK, read, and the bind goes on."""
    async with wired() as wire:
        assert await wire.deliver(octets, esm_class=4, tlvs=tlvs) == Status.OK
        receipt: DeliveryReceipt = await within(wire.store.receipts.get())
        assert (receipt.message_id, receipt.state, receipt.error) == told
        await bind_lives(wire)


def joined(wire: Wire) -> list[str]:
    """The texts that the parts make which the store has."""
    texts, whole = LongTexts(), []
    for part in wire.store.said:
        assert isinstance(part, MobilePart)
        text = texts.add(part, TUESDAY)
        if text.whole:
            whole.append(join(text.in_order))
    return whole


async def test_16_bit_references_never_came_together() -> None:
    """Here they do, also beside an 8-bit one of the same value."""
    async with wired() as wire:
        for header in (b"\6\x08\4\0\7\2\2", b"\5\0\3\7\2\1", b"\6\x08\4\0\7\2\1", b"\5\0\3\7\2\2"):
            assert await wire.deliver(header + b"%d" % header[-1], esm_class=UDHI) == Status.OK
        assert joined(wire) == ["12", "12"]


async def test_two_senders_with_one_reference_were_mixed() -> None:
    """Here each text is its sender's."""
    async with wired() as wire:
        for number in (1, 2):
            for sender in ("573001", "573002"):
                octets = bytes((5, 0, 3, 7, 2, number)) + sender[-1:].encode()
                assert await wire.deliver(octets, esm_class=UDHI, source=sender) == Status.OK
        assert joined(wire) == ["11", "22"]


async def test_more_than_nine_parts_came_back_in_the_order_of_words() -> None:
    """Here part 10 follows part 9."""
    async with wired() as wire:
        for number in range(1, 13):
            octets = bytes((5, 0, 3, 7, 12, number)) + b"%x" % number
            assert await wire.deliver(octets, esm_class=UDHI) == Status.OK
        assert joined(wire) == ["123456789abc"]


async def test_tlvs_were_text_values_from_0x80_could_not_be_sent_and_a_last_zero_was_cut() -> None:
    """Here they are octets, both ways."""
    value = b"\x80\xff\0"
    async with wired(numbers=(replace(NUMBERS[0], tlvs=((0x1400, value),)),)) as wire:
        assert isinstance(await within(submitted(wire.client, mt())), Submitted)
        _, message = await within(wire.smsc.arrived.get())
        assert tlv(message.tlvs, 0x1400) == value


async def test_a_long_text_without_message_payload_raised() -> None:
    """Here the bind's own way of cutting counts, and each part has an answer."""
    for segments, pdus in (("udh", 3), ("udh16", 3), ("sar", 3), ("payload", 1)):
        async with wired(segments=segments) as wire:
            outcome = await within(submitted(wire.client, mt("x" * 400)))
            assert isinstance(outcome, Submitted)
            assert len(outcome.message_ids) == pdus
            messages = [message for _, message in wire.smsc.submits]
            assert [_has_payload(message) for message in messages] == [segments == "payload"] * pdus


def _has_payload(message: Message) -> bool:
    return tlv(message.tlvs, MESSAGE_PAYLOAD) is not None


async def test_a_receipt_by_another_bind_of_the_smsc_names_the_same_smsc() -> None:
    """So that it finds its text: a transmitter sends, a receiver hears."""
    async with wired(name="up", smsc="smsc-a") as up, wired(name="down", smsc="smsc-a") as down:
        outcome = await within(submitted(up.client, mt()))
        assert isinstance(outcome, Submitted)
        assert await down.deliver(b"id:1 stat:DELIVRD", esm_class=4) == Status.OK
        receipt = await within(down.store.receipts.get())
        assert (receipt.smsc, receipt.message_id) == (outcome.smsc, outcome.message_ids[0])
        assert await down.deliver(b"1") == Status.OK
        assert [one.smsc for one in down.store.said] == ["smsc-a"]
