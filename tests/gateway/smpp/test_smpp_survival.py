"""Every failure known from other clients, sent over a real connection: the bind lives through each."""

from __future__ import annotations

import asyncio
import random
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smpp_fakes import Wire, mo, mt, wired, within

from fakes import submitted
from flows.values import Msisdn
from gateway.core.ports import MobileOriginated, MobilePart, Submitted
from gateway.errors import StoreUnavailable
from gateway.smpp.pdu import format_message, format_pdu, response_to
from gateway.smpp.session import Session, SessionCounters, Timing
from gateway.smpp.text import UCS2, UDHI, encode
from gateway.smpp.vocabulary import (
    MESSAGE_PAYLOAD,
    RECEIPTED_MESSAGE_ID,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
    Command,
    SmppSessionState,
    Status,
)


async def still_alive(wire: Wire) -> None:
    """The same bind takes a text and sends one."""
    assert await wire.deliver(b"alive") == Status.OK
    assert (await within(next_text(wire, "alive"))).text == "alive"
    wire.smsc.answer = wire.smsc.accept
    assert isinstance(await within(submitted(wire.client, mt())), Submitted)
    assert wire.client.counters.binds == 1


def parts_in(wire: Wire) -> list[MobilePart]:
    """The parts of texts that the store has."""
    return [one for one in wire.store.said if isinstance(one, MobilePart)]


async def next_text(wire: Wire, text: str) -> MobileOriginated:
    """The next MO with ``text``."""
    while (seen := await wire.store.texts.get()).text != text:
        pass
    return seen


@pytest.mark.parametrize(
    ("failure", "status"),
    [(StoreUnavailable("down"), Status.TEMPORARY_APP_ERROR), (RuntimeError("bug"), Status.SYSTEM_ERROR)],
)
async def test_a_failing_store_is_answered_and_survived(failure: Exception, status: int) -> None:
    """An exception in the handler never ends the session; a store that is down gets the message again."""
    async with wired() as wire:
        wire.store.failure = failure
        assert await wire.deliver(b"1") == status
        assert await wire.deliver(b"id:1 stat:DELIVRD", esm_class=4) == status
        wire.store.failure = None
        await still_alive(wire)


@pytest.mark.parametrize(
    ("octets", "fields"),
    [
        pytest.param(b"\x05\x00\x03\x01", {"esm_class": UDHI}, id="truncated UDH"),
        pytest.param(b"\x7fhola", {"esm_class": UDHI}, id="UDH longer than the message"),
        pytest.param(b"\x05\x00\xff\x01\x02\x01hola", {"esm_class": UDHI}, id="element longer than the UDH"),
        pytest.param(b"\x05\x00\x03\x01\x00\x00hola", {"esm_class": UDHI}, id="part 0 of 0"),
        pytest.param(b"", {"esm_class": UDHI}, id="UDHI without a message"),
        pytest.param(b"", {"esm_class": UDHI, "tlvs": ((MESSAGE_PAYLOAD, b"\x05\x00\x03"),)}, id="UDHI with payload"),
        pytest.param(b"1", {"tlvs": ((SAR_MSG_REF_NUM, b"\1\2\3\4\5"), (SAR_TOTAL_SEGMENTS, b""))}, id="integer TLV"),
        pytest.param(b"1", {"tlvs": ((0x0204, b"\xff" * 300), (0x1400, b"\x80\0"))}, id="odd TLVs"),
        pytest.param(b"id:1 stat:DELIVRD err:0A1", {"esm_class": 4}, id="err:0A1"),
        pytest.param(b"id:1 done date:261122102030 stat:DELIVRD", {"esm_class": 4}, id="date with seconds"),
        pytest.param(b"", {"esm_class": 4, "tlvs": ((RECEIPTED_MESSAGE_ID, b"1\0"),)}, id="TLV-only receipt"),
        pytest.param(b"", {}, id="empty short_message"),
        pytest.param(b"*123#", {"data_coding": 0x0F}, id="data_coding 0x0F"),
        pytest.param(b"hola", {"data_coding": 0xF0}, id="data_coding 0xF0"),
        pytest.param(b"\xff\xfe\xfd", {"data_coding": UCS2}, id="odd UCS-2"),
        pytest.param(b"\xff\x1b", {"data_coding": 0}, id="octets that are no septets"),
        pytest.param(b"hola", {"command": Command.DATA_SM}, id="data_sm"),
    ],
)
async def test_odd_deliveries_are_handed_on_and_answered_rok(octets: bytes, fields: dict[str, Any]) -> None:
    """Nothing that a subscriber or an SMSC sends is refused for its looks."""
    async with wired() as wire:
        assert await wire.deliver(octets, **fields) == Status.OK
        arrived = wire.client.counters.inbound
        assert arrived.texts + arrived.receipts == 1
        await still_alive(wire)


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(format_pdu(0x00010200, 0, 9, b"vendor"), id="unknown command"),
        pytest.param(format_pdu(0x80010200, 0, 9, b"vendor"), id="unknown response"),
        pytest.param(format_pdu(Command.DELIVER_SM, 0, 9, b"\0"), id="truncated deliver_sm"),
        pytest.param(format_pdu(Command.DELIVER_SM, 0, 9, b"\0" * 16 + b"\xff"), id="sm_length over the end"),
        pytest.param(format_pdu(Command.DELIVER_SM, 0x400, 9, b"\0" * 17), id="request with a vendor status"),
        pytest.param(format_pdu(Command.SUBMIT_SM_RESP, 0x400, 99), id="answer to nothing"),
        pytest.param(format_pdu(Command.GENERIC_NACK, 3, 0), id="generic_nack of nothing"),
        pytest.param(format_pdu(Command.ALERT_NOTIFICATION, 0, 9, b"\0\0x\0"), id="alert_notification"),
        pytest.param(format_pdu(Command.SUBMIT_SM, 0, 9, b"\0" * 17), id="submit_sm the wrong way"),
        pytest.param(format_pdu(Command.BIND_RECEIVER, 0, 9, b"\0" * 7), id="bind the wrong way"),
        pytest.param(struct.pack(">III", 12, 5, 0), id="command_length 12"),
        pytest.param(struct.pack(">I", 4), id="command_length 4"),
    ],
)
async def test_garbage_is_answered_and_the_same_connection_goes_on(garbage: bytes) -> None:
    """One bad PDU costs that PDU."""
    async with wired() as wire:
        wire.esme.session.write_raw(garbage)
        await still_alive(wire)


@pytest.mark.parametrize("length", [0, 3, 65_537, 0xFFFFFFFF])
async def test_a_lost_frame_boundary_ends_in_a_new_bind_at_once(length: int) -> None:
    """command_length 0xFFFFFFFF does not hang: the connection is made anew."""
    async with wired() as wire:
        wire.esme.session.write_raw(struct.pack(">IIII", length, 5, 0, 1))
        await within(wire.smsc.bound.get())
        await within(wire.client.wait_ready())
        assert await wire.deliver(b"alive") == Status.OK


async def test_parts_are_handed_on_one_by_one_whichever_way_they_are_told() -> None:
    """8-bit and 16-bit references and sar TLVs; each is answered once the store has it."""
    async with wired() as wire:
        for part in encode("abcdefghij" * 20, 7).parts:
            assert await wire.deliver(part, esm_class=UDHI) == Status.OK
        assert await wire.deliver(b"\x06\x08\x04\x01\x2c\x02\x01wide", esm_class=UDHI) == Status.OK
        tlvs = ((SAR_MSG_REF_NUM, b"\0\x09"), (SAR_TOTAL_SEGMENTS, b"\2"), (SAR_SEGMENT_SEQNUM, b"\2"))
        assert await wire.deliver(b"sar", tlvs=tlvs) == Status.OK
        places = [(part.reference, part.wide, part.total, part.number) for part in parts_in(wire)]
        assert places == [(7, False, 2, 1), (7, False, 2, 2), (0x12C, True, 2, 1), (9, True, 2, 2)]
        assert wire.store.texts.empty()


async def test_a_port_addressed_text_is_not_swallowed() -> None:
    """Its header goes, its text is handed on."""
    async with wired() as wire:
        assert await wire.deliver(b"\x06\x05\x04\x23\xf0\x23\xf1hola", esm_class=UDHI) == Status.OK
        expected = MobileOriginated("smsc-a", Msisdn("573001112233"), "12345", "hola")
        assert await within(wire.store.texts.get()) == expected


async def test_a_part_is_asked_for_again_while_the_store_is_down() -> None:
    """A part is acknowledged no sooner than a text."""
    async with wired() as wire:
        first, _ = encode("x" * 200, 1).parts
        wire.store.failure = StoreUnavailable("down")
        assert await wire.deliver(first, esm_class=UDHI) == Status.TEMPORARY_APP_ERROR
        wire.store.failure = None
        assert await wire.deliver(first, esm_class=UDHI) == Status.OK
        assert [part.octets for part in parts_in(wire)] == [b"x" * 153]


async def test_rok_is_answered_only_after_the_text_is_durable_and_reading_goes_on_meanwhile() -> None:
    """While a hundred deliveries wait for the store, submits are answered."""
    async with wired() as wire:
        wire.store.gate.clear()
        deliveries = [asyncio.ensure_future(wire.deliver(b"%d" % at)) for at in range(100)]
        assert isinstance(await within(submitted(wire.client, mt())), Submitted)
        assert not any(delivery.done() for delivery in deliveries)
        wire.store.gate.set()
        assert set(await within(asyncio.gather(*deliveries))) == {Status.OK}


async def test_what_waits_for_the_store_is_bounded() -> None:
    """Beyond the bound the SMSC is told to come again."""
    async with wired() as wire:
        wire.store.gate.clear()
        deliveries = [asyncio.ensure_future(wire.deliver(b"1")) for _ in range(2100)]
        done, _ = await asyncio.wait(deliveries, timeout=5.0, return_when=asyncio.FIRST_COMPLETED)
        assert {delivery.result() for delivery in done} == {Status.TEMPORARY_APP_ERROR}
        wire.store.gate.set()
        statuses = await within(asyncio.gather(*deliveries), 10.0)
        assert statuses.count(Status.OK) == 2000


async def test_an_unbind_from_the_smsc_is_answered_and_followed_by_a_new_bind() -> None:
    """The SMSC may go for maintenance."""
    async with wired() as wire:
        await within(wire.esme.session.unbind(2.0))
        await within(wire.smsc.bound.get())


async def test_garbage_from_one_esme_leaves_the_others_alone() -> None:
    """Fifty hostile connections to the server while a client works."""
    source = random.Random(3)
    async with wired() as wire:
        for _ in range(50):
            _, writer = await asyncio.open_connection("127.0.0.1", wire.server.port)
            body = source.randbytes(source.randrange(200))
            command = source.choice((1, 4, 5, 9, 0x103, 0x80000004, source.getrandbits(32)))
            writer.write(source.choice((body, format_pdu(command, 0, 1, body), format_pdu(command, 0, 1, body)[:-1])))
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        await still_alive(wire)


class Pipe(asyncio.Transport):
    """Collects what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_write_buffer_size(self) -> int:
        return 0


class Faulty:
    """An owner that fails on everything."""

    def opened(self, session: Session) -> None:
        raise RuntimeError("opened")

    def received(self, session: Session, request: object) -> None:
        raise RuntimeError("received")

    def writable(self, session: Session) -> None:
        raise RuntimeError("writable")

    def leaving(self, session: Session) -> None:
        raise RuntimeError("leaving")

    def closed(self, session: Session, reason: str) -> None:
        raise RuntimeError("closed")


_COMMANDS = st.sampled_from((1, 2, 4, 5, 9, 0x15, 0x102, 0x103, 0x80000000, 0x80000004, 0x80000005)) | st.integers(
    0, 0xFFFFFFFF
).filter(lambda command: command != Command.UNBIND)
_FRAMES = st.builds(
    format_pdu, _COMMANDS, st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF), st.binary(max_size=80)
)


def bound() -> tuple[Pipe, Session]:
    """A session with a faulty owner, and what it writes into."""
    pipe, session = Pipe(), Session(Faulty(), Timing(), SessionCounters())
    session.connection_made(pipe)
    session.state = SmppSessionState.BOUND_TRX
    return pipe, session


async def fed(stream: bytes, step: int) -> Pipe:
    """What a session with a faulty owner writes after ``stream`` and one enquire_link."""
    pipe, session = bound()
    for at in range(0, len(stream), step):
        session.data_received(stream[at : at + step])
    session.data_received(format_pdu(Command.ENQUIRE_LINK, 0, 0x01020304))
    await asyncio.sleep(0)
    session.connection_lost(None)
    return pipe


@settings(max_examples=150, deadline=None)
@given(st.lists(_FRAMES, max_size=8), st.integers(1, 200))
def test_whole_pdus_of_garbage_never_end_a_session(frames: list[bytes], step: int) -> None:
    """Whatever they hold and however they arrive, the next enquire_link is answered."""
    pipe = asyncio.run(fed(b"".join(frames), step))
    assert not pipe.closed
    assert bytes(pipe.written).endswith(format_pdu(0x80000015, 0, 0x01020304))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 300))
def test_octets_at_random_close_the_connection_or_leave_it_alone(stream: bytes, step: int) -> None:
    """They never raise; a close is preceded by a generic_nack."""
    pipe = asyncio.run(fed(stream, step))
    assert not pipe.closed or format_pdu(Command.GENERIC_NACK, Status.INVALID_COMMAND_LENGTH, 0) in bytes(pipe.written)


async def test_a_request_that_could_not_be_handled_holds_up_no_unbind() -> None:
    """It was refused, and waits for no other answer."""
    pipe, session = bound()
    session.data_received(
        format_pdu(Command.DELIVER_SM, 0, 1, format_message(mo(b"1"))) + format_pdu(Command.UNBIND, 0, 2)
    )
    refused = format_pdu(Command.DELIVER_SM_RESP, Status.SYSTEM_ERROR, 1, b"\0")
    assert bytes(pipe.written) == refused + format_pdu(response_to(Command.UNBIND), Status.OK, 2)
    assert pipe.closed
    session.connection_lost(None)


async def test_a_peer_that_leaves_gets_nothing_new_though_it_reads_again() -> None:
    """It only waits for what it has."""
    _, session = bound()
    session.request(Command.SUBMIT_SM, b"", lambda _: None)
    session.pause_writing()
    session.data_received(format_pdu(Command.UNBIND, 0, 2))
    session.resume_writing()
    assert session.open
    assert not session.can_write
    session.connection_lost(None)


async def test_a_request_before_the_bind_is_refused() -> None:
    """submit_sm on an unbound connection gets ESME_RINVBNDSTS."""
    async with wired() as wire:
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.server.port)
        body = format_message_of_nothing()
        writer.write(format_pdu(Command.SUBMIT_SM, 0, 1, body))
        head = struct.unpack(">IIII", await within(reader.readexactly(16)))
        assert head[1:] == (Command.SUBMIT_SM_RESP, Status.INVALID_BIND_STATUS, 1)
        writer.close()
        await writer.wait_closed()


def format_message_of_nothing() -> bytes:
    """The body of an empty submit_sm."""
    return b"\0" * 17
