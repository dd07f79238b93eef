"""The link itself: how it ends, what both sides may ask beside texts, and a bind that the SMSC asks for."""

from __future__ import annotations

import asyncio
import struct
from datetime import UTC, datetime

import pytest
from smpp_fakes import Store, asked, listening, mo, mt, settings_for, wired, within

from fakes import ANA, eventually, submitted
from gateway.core.ports import SubmitNotSent, Submitted, SubmitUnknown
from gateway.errors import CannotListen, PortInUse
from gateway.smpp.client import SmppClient
from gateway.smpp.pdu import (
    Address,
    Alert,
    Bind,
    Cancel,
    Message,
    MultiMessage,
    Query,
    QueryResponse,
    Replace,
    Response,
    format_message,
    format_pdu,
    format_request,
    response_to,
)
from gateway.smpp.server import Esme, Operation, SubmitReply
from gateway.smpp.session import Session, Timing, ask
from gateway.smpp.vocabulary import Command, Status

PHONE = Address(1, 1, ANA)
RECEIVER = format_pdu(Command.BIND_RECEIVER, 0, 1, format_request(Bind(Command.BIND_RECEIVER, 1, "chasqui", "secret")))
"""What an ESME says that takes texts."""


def silent(esme: Esme, message: Message) -> SubmitReply | None:
    """Never answer."""
    return None


class Desk:
    """Answers query and cancel as it is told to, and remembers what it was asked."""

    def __init__(self, answer: Response) -> None:
        self.asked: list[Operation] = []
        self.answer = answer

    def operation(self, esme: Esme, request: Operation) -> Response:
        """See ``OperationHandler``."""
        self.asked.append(request)
        return self.answer


async def test_an_unbind_of_the_peer_lets_outstanding_answers_arrive() -> None:
    """What was written is settled by its answer, what waited was never sent, and then comes unbind_resp."""
    async with wired(window=1) as wire:
        wire.smsc.answer = silent
        written, waiting = submitted(wire.client, mt()), submitted(wire.client, mt())
        esme, message = await within(wire.smsc.arrived.get())
        leaving = asyncio.ensure_future(esme.session.unbind(5.0))
        assert isinstance(await within(waiting), SubmitNotSent)
        assert not wire.client.ready
        esme.session.respond(message, 0, b"x\0")
        assert await within(written) == Submitted("smsc-a", ("x",))
        await within(leaving)


async def test_an_unbind_of_the_peer_waits_for_what_is_being_made_durable() -> None:
    """The SMSC gets ROK for it, and does not deliver it again."""
    async with wired() as wire:
        wire.store.gate.clear()
        session = wire.esme.session
        delivery = asyncio.ensure_future(wire.deliver(b"1"))
        leaving = asyncio.ensure_future(session.unbind(5.0))
        await eventually(lambda: not wire.client.ready)
        wire.store.gate.set()
        assert await within(delivery) == Status.OK
        await within(leaving)


async def test_an_unbind_of_the_peer_waits_for_a_moment_only() -> None:
    """An answer that never comes does not keep the link."""
    async with wired() as wire:
        wire.smsc.answer = silent
        written = submitted(wire.client, mt())
        esme, _ = await within(wire.smsc.arrived.get())
        await within(esme.session.unbind(5.0), 3.0)
        outcome = await within(written)
        assert isinstance(outcome, SubmitUnknown)
        assert outcome.link_lost


async def test_unbinds_that_cross_end_at_once() -> None:
    """Neither waits for the other."""
    async with wired() as wire:
        ours, theirs = wire.client._links.up[0].session, wire.esme.session
        await within(asyncio.gather(theirs.unbind(5.0), ours.unbind(5.0)), 0.9)
        assert (ours.open, theirs.open) == (False, False)


async def test_stop_waits_for_what_is_being_made_durable_and_begins_nothing_new() -> None:
    """What comes meanwhile is kept by the SMSC for the next bind."""
    async with wired() as wire:
        wire.store.gate.clear()
        session = wire.esme.session
        first = asyncio.ensure_future(wire.deliver(b"1"))
        await eventually(lambda: wire.client.counters.inbound.texts == 1)
        stopping = asyncio.ensure_future(wire.client.stop(5.0))
        await eventually(lambda: not wire.client.ready)
        second = await within(ask(session, Command.DELIVER_SM, format_message(mo(b"2"))))
        assert isinstance(second, Response)
        assert second.status == Status.TEMPORARY_APP_ERROR
        wire.store.gate.set()
        assert await within(first) == Status.OK
        await within(stopping)
        assert wire.client.counters.inbound.texts == 1


async def test_the_smsc_side_waits_for_answers_before_it_unbinds() -> None:
    """It delivered a text to an ESME that takes its time, and says unbind only once that has answered."""
    async with listening() as (server, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)

        async def heard() -> tuple[int, int]:
            length, command, _, sequence = struct.unpack(">IIII", await within(reader.readexactly(16)))
            await within(reader.readexactly(length - 16))
            return command, sequence

        writer.write(RECEIVER)
        assert (await heard())[0] == response_to(Command.BIND_RECEIVER)
        delivery = asyncio.ensure_future(server.deliver(mo(b"1")))
        command, sequence = await heard()
        stopping = asyncio.ensure_future(server.stop(5.0))
        for number in range(2, 5):  # what it had to say meanwhile would stand before these answers
            writer.write(format_pdu(Command.ENQUIRE_LINK, 0, number))
            assert await heard() == (response_to(Command.ENQUIRE_LINK), number)
        writer.write(format_pdu(response_to(command), Status.OK, sequence, b"\0"))
        answer = await within(delivery)
        assert isinstance(answer, Response)
        command, sequence = await heard()
        assert command == Command.UNBIND
        writer.write(format_pdu(response_to(command), Status.OK, sequence))
        await within(stopping)
        writer.close()


async def test_what_comes_with_the_last_pdu_is_not_begun() -> None:
    """Nobody could be told that it was taken; an answer is still heard."""
    async with wired() as wire:
        wire.smsc.answer = silent
        written = submitted(wire.client, mt())
        _, message = await within(wire.smsc.arrived.get())
        link = wire.client._links.up[0]
        answer = format_pdu(Command.SUBMIT_SM_RESP, 0, message.sequence, b"x\0")
        delivery = format_pdu(Command.DELIVER_SM, 0, 9, format_message(mo(b"1")))
        link.session.abort("cut")
        link.session.data_received(delivery + answer)
        assert await within(written) == Submitted("smsc-a", ("x",))
        assert wire.client.counters.inbound.texts == 0


async def test_who_connects_and_binds_nothing_is_let_go() -> None:
    """After the time for an answer."""
    async with listening(timing=Timing(response_timeout=0.1)) as (server, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert await within(reader.read()) == b""
        writer.close()


async def test_enquire_link_is_answered_while_deliveries_wait() -> None:
    """However long the store takes."""
    async with wired() as wire:
        wire.store.gate.clear()
        session = wire.esme.session
        delivery = asyncio.ensure_future(wire.deliver(b"1"))
        answer = await within(ask(session, Command.ENQUIRE_LINK, b""))
        assert isinstance(answer, Response)
        wire.store.gate.set()
        assert await within(delivery) == Status.OK


async def flood(writer: asyncio.StreamWriter) -> None:
    """Say enquire_link for ever."""
    while True:
        writer.write(format_pdu(Command.ENQUIRE_LINK, 0, 1) * 4096)
        await writer.drain()


async def test_a_flood_that_is_not_read_is_cut_off() -> None:
    """An ESME that sends and does not take the answers costs four megabytes at most, and its connection."""
    async with wired() as wire:
        _, writer = await asyncio.open_connection("127.0.0.1", wire.server.port, limit=1024)
        writer.write(RECEIVER)
        await within(wire.smsc.bound.get())
        with pytest.raises(ConnectionError):
            await within(flood(writer), 20.0)
        writer.close()
        await eventually(lambda: len(wire.server.esmes) == 1)
        assert await wire.deliver(b"alive") == Status.OK


@pytest.mark.parametrize(
    ("spoken", "version"),
    [pytest.param(0x34, 0x34, id="3.4"), pytest.param(0x50, 0x50, id="5.0"), pytest.param(0x33, 0, id="3.3: no TLVs")],
)
async def test_both_sides_know_the_others_version(spoken: int, version: int) -> None:
    """As bind and sc_interface_version tell it."""
    async with wired(interface_version=spoken) as wire:
        assert wire.esme.session.version == spoken
        assert [link.session.version for link in wire.client._links.up] == [version]


async def test_a_phone_that_is_back_is_counted() -> None:
    """alert_notification has no answer."""
    async with wired() as wire:
        alert = Alert(7, PHONE, Address(3, 0, "12345"), ((0x0422, b"\0"),))
        wire.esme.session.write_raw(format_pdu(alert.command, 0, 7, format_request(alert)))
        assert await wire.deliver(b"alive") == Status.OK
        assert (wire.client.counters.alerts, wire.client.counters.session.bad_pdus) == (1, 0)


@pytest.mark.parametrize(
    ("date", "done_at"),
    [
        ("261122103015000+", datetime(2026, 11, 22, 10, 30, 15, tzinfo=UTC)),
        ("261122103015020-", datetime(2026, 11, 22, 15, 30, 15, tzinfo=UTC)),
        ("261122103015008+", datetime(2026, 11, 22, 8, 30, 15, tzinfo=UTC)),
        ("2611221030", datetime(2026, 11, 22, 10, 30, tzinfo=UTC)),
        ("2611221030150\xb2\xb2+", datetime(2026, 11, 22, 10, 30, 15, tzinfo=UTC)),
        ("", None),
    ],
)
async def test_what_became_of_a_text_can_be_asked(date: str, done_at: datetime | None) -> None:
    """query_sm by id and sender; the answer reads as a receipt does, in UTC."""
    desk = Desk(QueryResponse(0, 0, 0, "m-1", final_date=date, message_state=5, error_code=6))
    async with wired(server={"operations": desk}) as wire:
        receipt = await within(wire.client.query("m-1", "12345"))
        assert desk.asked == [Query(desk.asked[0].sequence, "m-1", Address(3, 0, "12345"))]
        assert receipt is not None
        assert (receipt.smsc, receipt.message_id, receipt.state) == ("smsc-a", "m-1", "failed")
        assert (receipt.error, receipt.done_at) == ("6", done_at)


async def test_a_text_can_be_taken_back() -> None:
    """cancel_sm by id, sender and phone; an SMSC that cannot says so."""
    desk = Desk(Response(0, 0, 0))
    async with wired(server={"operations": desk}) as wire:
        assert await within(wire.client.cancel("m-1", "", ANA))
        (asked,) = desk.asked
        assert asked == Cancel(asked.sequence, "m-1", Address(3, 0, "12345"), PHONE)
        desk.answer = Response(0, Status.CANCEL_FAILED, 0)
        assert not await within(wire.client.cancel("m-1", "12345", ANA))


@pytest.mark.parametrize("source", ["", "12345", "+573110000000", "Claro"])
async def test_an_smsc_is_asked_about_a_text_under_the_sender_that_it_had(source: str) -> None:
    """Also where no such number is configured any more: the SMSC compares it."""
    desk = Desk(Response(0, 0, 0))
    async with wired(server={"operations": desk}) as wire:
        await within(submitted(wire.client, mt(source=source)))
        _, message = await within(wire.smsc.arrived.get())
        await within(wire.client.query("1", source))
        await within(wire.client.cancel("1", source, ANA))
        had = Address(message.source_ton, message.source_npi, message.source)
        assert [one.source for one in desk.asked if isinstance(one, Query | Cancel)] == [had, had]


@pytest.mark.parametrize("answers", [True, False])
async def test_an_smsc_that_knows_no_operations_has_nothing_to_say(answers: bool) -> None:
    """Nor has a bind that is down."""
    async with wired() as wire:
        if not answers:
            await wire.client.stop()
        assert await within(wire.client.query("m-1", "12345")) is None
        assert not await within(wire.client.cancel("m-1", "12345", ANA))


@pytest.mark.parametrize(
    "request_",
    [Query(1, "m", PHONE), Cancel(1, "m", PHONE, PHONE), Replace(1, "m", PHONE), MultiMessage(mo(b"x"), (PHONE,))],
    ids=lambda request: type(request).__name__,
)
async def test_an_operation_that_is_not_spoken_is_refused_by_its_own_response(request_: Operation) -> None:
    """With ESME_RINVCMDID, and before the bind with ESME_RINVBNDSTS."""
    async with wired() as wire:
        link = wire.client._links.up[0]
        answer = await within(ask(link.session, request_.command, format_request(request_)))
        assert isinstance(answer, Response)
        assert (answer.command, answer.status) == (response_to(request_.command), Status.INVALID_COMMAND_ID)
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.server.port)
        writer.write(format_pdu(request_.command, 0, 1, format_request(request_)))
        head = struct.unpack(">IIII", await within(reader.readexactly(16)))
        assert head[1:] == (response_to(request_.command), Status.INVALID_BIND_STATUS, 1)
        writer.close()


# ── outbind ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("bind", "mode"), [("receiver", "receiver"), ("transceiver", "transceiver"), ("transmitter", "receiver")]
)
async def test_an_smsc_that_asks_for_a_bind_gets_one_on_its_connection(bind: str, mode: str) -> None:
    """And delivers by it as by any other; a receiver waits to be asked, and connects nowhere by itself."""
    async with asked(bind=bind) as (server, smsc, client, store):
        if bind != "receiver":
            await within(smsc.bound.get())
        assert client.outbind_port is not None
        await server.outbind("127.0.0.1", client.outbind_port, "chasqui", "secret")
        esme = await within(smsc.bound.get())
        assert esme.mode == mode
        answer = await within(server.deliver(mo(b"1"), esme=esme))
        assert isinstance(answer, Response)
        assert answer.status == Status.OK
        assert (await within(store.texts.get())).text == "1"


async def test_texts_go_by_the_bind_that_was_asked_for_when_the_other_is_gone() -> None:
    """And nothing is sent by a receiver."""
    async with asked() as (server, smsc, client, _):
        own = await within(smsc.bound.get())
        await server.outbind("127.0.0.1", client.outbind_port or 0, "chasqui", "secret")
        await within(smsc.bound.get())
        smsc.bind_status = Status.BIND_FAILED
        await within(own.session.unbind(1.0))
        await within(client.wait_ready())
        assert isinstance(await within(submitted(client, mt())), Submitted)


@pytest.mark.parametrize(("system_id", "password"), [("other", "secret"), ("chasqui", "wrong")])
async def test_whoever_asks_with_wrong_words_is_refused_and_logged(
    system_id: str, password: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The password is not in the log."""
    async with asked(bind="receiver") as (server, smsc, client, _):
        with caplog.at_level("WARNING"):
            await server.outbind("127.0.0.1", client.outbind_port or 0, system_id, password)
            await eventually(lambda: "outbind refused" in caplog.text)
        assert password not in caplog.text.replace("password is not ours", "")
        assert smsc.bound.empty()
        assert not client.bound


class Dialogues:
    """Counts the links that USSD lost."""

    def __init__(self) -> None:
        self.lost = 0

    def takes(self, message: Message) -> bool:
        """See ``UssdSide``."""
        return False

    def take(self, session: Session, message: Message) -> None:
        """See ``UssdSide``."""

    def link_lost(self) -> None:
        """See ``UssdSide``."""
        self.lost += 1


async def test_a_stranger_at_the_port_for_outbind_costs_no_dialogue() -> None:
    """Only a link that was bound can be lost."""
    async with asked() as (_, smsc, client, _):
        client.ussd = dialogues = Dialogues()
        esme = await within(smsc.bound.get())
        _, writer = await asyncio.open_connection("127.0.0.1", client.outbind_port or 0)
        writer.write(format_pdu(0x00010200, 0, 1))
        await writer.drain()
        writer.close()
        await eventually(lambda: client.counters.session.bad_pdus == 1)
        assert dialogues.lost == 0
        esme.session.abort("dropped")
        await eventually(lambda: dialogues.lost == 1)


async def test_a_port_for_outbind_that_is_taken_stops_the_start() -> None:
    """In one line."""
    async with asked(bind="receiver") as (server, _, client, _store):
        other = SmppClient(settings_for(server, outbind_port=client.outbind_port), Store())
        with pytest.raises(PortInUse, match=r"is in use \(outbind of smsc-a\)"):
            await other.start()


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid"])
async def test_an_address_for_outbind_that_is_not_ours_stops_the_start(host: str) -> None:
    """In one line, that says whose it is."""
    async with listening() as (server, _):
        client = SmppClient(settings_for(server, bind="receiver", outbind_port=0, outbind_host=host), Store())
        with pytest.raises(CannotListen, match=rf"^cannot listen on {host}:0 \(outbind of smsc-a\): "):
            await client.start()
