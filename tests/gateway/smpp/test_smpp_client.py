"""The ESME's promises: what becomes of a submit, coming back, waiting, going."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from smpp_fakes import Smsc, Store, listening, mo, mt, settings_for, wired, within

from fakes import eventually, submitted
from gateway.core.ports import SubmitNotSent, SubmitRefused, Submitted, SubmitUnknown
from gateway.smpp import links
from gateway.smpp.client import SmppClient
from gateway.smpp.links import pause_before
from gateway.smpp.outcomes import REFUSALS, outcome
from gateway.smpp.pace import SlidingRate
from gateway.smpp.pdu import HEADER, Message, Response, format_pdu, format_text, format_tlvs, response_to
from gateway.smpp.receipts import parse_receipt
from gateway.smpp.server import Esme, SubmitReply
from gateway.smpp.session import NoAnswer
from gateway.smpp.settings import SmppSettings
from gateway.smpp.submitting import relative_time
from gateway.smpp.vocabulary import Command, Status


def silent(esme: Esme, message: Message) -> SubmitReply | None:
    """Never answer."""
    return None


async def test_a_text_is_submitted_with_addresses_and_a_receipt_asked_for() -> None:
    """Digits without +, TON 1 NPI 1; the source as configured; registered_delivery 1."""
    async with wired() as wire:
        assert await within(submitted(wire.client, mt("hola €", validity_seconds=90))) == Submitted("smsc-a", ("1",))
        _, seen = wire.smsc.submits[0]
        assert (seen.destination_ton, seen.destination_npi, seen.destination) == (1, 1, "573001112233")
        assert (seen.source_ton, seen.source_npi, seen.source) == (3, 0, "12345")
        assert (seen.registered_delivery, seen.validity_period) == (1, "000000000130000R")
        assert seen.short_message == b"hola \x1be"


@pytest.mark.parametrize(("source", "address", "ton"), [("", "12345", 3), ("777", "777", 3), ("Chasqui", "Chasqui", 5)])
async def test_a_message_may_name_its_own_sender(source: str, address: str, ton: int) -> None:
    """Another short code keeps the bind's numbering; a name is alphanumeric."""
    async with wired() as wire:
        await within(submitted(wire.client, mt(source=source)))
        assert (wire.smsc.submits[0][1].source, wire.smsc.submits[0][1].source_ton) == (address, ton)


async def test_the_parts_of_a_long_text_go_in_order_and_each_has_its_id() -> None:
    """Even one at a time."""
    async with wired(window=1) as wire:
        assert await within(submitted(wire.client, mt("x" * 400))) == Submitted("smsc-a", ("1", "2", "3"))
        assert [seen.short_message[5] for _, seen in wire.smsc.submits] == [1, 2, 3]


async def test_a_repeated_message_carries_the_same_reference() -> None:
    """The phone can complete it from what arrived of both attempts."""
    async with wired() as wire:
        for _ in range(2):
            await within(submitted(wire.client, mt("x" * 161)))
        assert len({seen.short_message[3] for _, seen in wire.smsc.submits}) == 1


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (0x58, "throttled"),
        (0x14, "throttled"),
        (0x08, "temporary"),
        (0x0A, "elsewhere"),
        (0x04, "elsewhere"),
        (0x0B, "final"),
        (0x01, "final"),
        (0x400, "final"),
        (0x401, "throttled"),
        (0xC4, "elsewhere"),
    ],
)
async def test_a_refusal_says_what_kind_of_no_it_is(status: int, refusal: str) -> None:
    """Throttled and system error may pass, another SMSC may allow the sender, an invalid address is for good.

    A vendor's own status means what the operator says.
    """
    async with wired(refusals={**REFUSALS, 0x401: "throttled"}) as wire:
        wire.smsc.answer = lambda *_: (status, "")
        refused = await within(submitted(wire.client, mt()))
        assert isinstance(refused, SubmitRefused)
        assert (refused.status, refused.refusal) == (status, refusal)
        wire.smsc.answer = wire.smsc.accept
        assert isinstance(await within(submitted(wire.client, mt())), Submitted)
        assert wire.client.counters.binds == 1


async def test_a_throttle_answer_does_not_stop_the_others() -> None:
    """One refused in sixty costs that one alone."""
    async with wired() as wire:
        turn = itertools.count()
        wire.smsc.answer = lambda *_: (Status.THROTTLED, "") if next(turn) == 30 else (Status.OK, "x")
        outcomes = await within(asyncio.gather(*(submitted(wire.client, mt()) for _ in range(60))))
        assert sum(isinstance(one, Submitted) for one in outcomes) == 59
        assert wire.client.counters.throttled == 1


async def test_a_refused_part_ends_the_message_and_tells_what_was_accepted() -> None:
    """The parts after it are not sent."""
    async with wired(window=1) as wire:
        turn = itertools.count(1)
        wire.smsc.answer = lambda *_: (Status.OK, "one") if next(turn) == 1 else (Status.QUEUE_FULL, "")
        refused = await within(submitted(wire.client, mt("x" * 400)))
        assert refused == SubmitRefused("smsc-a", 0x14, "ESME_RMSGQFUL", "throttled", ("one",))
        assert len(wire.smsc.submits) == 2


async def test_a_tlv_in_the_answer_leaves_the_message_id_alone() -> None:
    """submit_sm_resp may carry TLVs."""
    async with wired() as wire:

        def with_tlv(esme: Esme, message: Message) -> SubmitReply | None:
            esme.session.respond(message, 0, format_text("abc") + format_tlvs(((0x0425, b"\x02"), (0x1400, b"\xff"))))
            return None

        wire.smsc.answer = with_tlv
        assert await within(submitted(wire.client, mt())) == Submitted("smsc-a", ("abc",))


async def test_no_answer_in_time_on_a_live_bind_is_unknown_without_another_send() -> None:
    """The sweep settles it by itself, the bind stays, and a late answer is counted."""
    async with wired(response_timeout=0.2) as wire:
        held: list[tuple[Esme, Message]] = []
        wire.smsc.answer = lambda esme, message: held.append((esme, message))
        assert await within(submitted(wire.client, mt())) == SubmitUnknown(
            "smsc-a", "no answer in time", False, parts=1
        )
        held[0][0].session.respond(held[0][1], 0, b"late\0")
        wire.smsc.answer = wire.smsc.accept
        assert isinstance(await within(submitted(wire.client, mt())), Submitted)
        assert (wire.client.counters.session.late_answers, wire.client.counters.binds) == (1, 1)


async def test_a_drop_in_mid_window_tells_written_from_unwritten() -> None:
    """What was written is unknown; what waited for the window was never sent."""
    async with wired(window=2) as wire:
        wire.smsc.answer = silent
        submits = [submitted(wire.client, mt()) for _ in range(4)]
        for _ in range(2):
            await within(wire.smsc.arrived.get())
        wire.server.drop()
        outcomes = await within(asyncio.gather(*submits))
        assert [type(one) for one in outcomes] == [SubmitUnknown, SubmitUnknown, SubmitNotSent, SubmitNotSent]
        assert all(one.link_lost for one in outcomes if isinstance(one, SubmitUnknown))


async def test_a_message_waiting_for_a_rate_token_at_disconnect_does_not_vanish() -> None:
    """It comes back as not sent."""
    async with wired(tps=1) as wire:
        assert isinstance(await within(submitted(wire.client, mt())), Submitted)
        waiting = submitted(wire.client, mt())
        await asyncio.sleep(0)
        wire.server.drop()
        assert isinstance(await within(waiting), SubmitNotSent)
        assert len(wire.smsc.submits) == 1


async def test_never_more_than_the_window_is_unanswered() -> None:
    """A thousand texts do not go out on a silent SMSC."""
    async with wired(window=5) as wire:
        wire.smsc.answer = silent
        submits = [submitted(wire.client, mt()) for _ in range(1000)]
        for _ in range(5):
            await within(wire.smsc.arrived.get())
        _, message = wire.smsc.submits[0]
        assert wire.client.outstanding == 5
        wire.esme.session.respond(message, 0, b"x\0")
        await within(wire.smsc.arrived.get())
        assert len(wire.smsc.submits) == 6
        for one in submits:
            one.cancel()
        await asyncio.gather(*submits, return_exceptions=True)


async def test_the_rate_counts_segments_in_any_one_second() -> None:
    """Three-part texts use three tokens each; no second at the SMSC sees more than the limit."""
    async with wired(tps=6) as wire:
        await within(asyncio.gather(*(submitted(wire.client, mt("x" * 400)) for _ in range(4))))
        times = [at for at, _ in wire.smsc.submits]
        assert len(times) == 12
        assert all(later - earlier >= 1.0 for earlier, later in zip(times, times[6:], strict=False))


def test_a_sliding_rate_frees_each_token_a_second_after_it_was_taken() -> None:
    """Not at the turn of the clock's second."""
    rate = SlidingRate(2)
    assert rate.take(0.9) == rate.take(0.95) == 0.0
    assert rate.take(1.1) == pytest.approx(0.82)
    assert rate.take(1.93) == 0.0
    assert rate.take(1.94) > 0.0


async def test_a_client_that_is_not_bound_sends_nothing() -> None:
    """Sending again is safe."""
    async with listening() as (server, _):
        client = SmppClient(settings_for(server), Store())
        assert isinstance(await submitted(client, mt()), SubmitNotSent)


async def test_a_receiver_is_bound_but_never_ready() -> None:
    """It cannot transmit."""
    async with wired(bind="receiver") as wire:
        assert await wire.deliver() == 0
        assert wire.client.bound
        assert not wire.client.ready
        assert isinstance(await submitted(wire.client, mt()), SubmitNotSent)


async def test_a_refused_bind_is_tried_again_until_it_is_accepted() -> None:
    """Nothing but stop ends the loop, and the state says why it is down."""
    smsc, states = Smsc(), asyncio.Queue[tuple[str, bool, str]]()
    smsc.bind_status = Status.INVALID_PASSWORD
    async with listening(smsc) as (server, _):
        client = SmppClient(settings_for(server), Store(), on_state=lambda *state: states.put_nowait(state))
        await client.start()
        for _ in range(3):
            name, bound, detail = await within(states.get())
            assert (name, bound) == ("smsc-a", False)
            assert "ESME_RINVPASWD" in detail
        smsc.bind_status = Status.OK
        await within(client.wait_ready())
        await client.stop()


async def test_a_client_comes_back_after_every_drop() -> None:
    """Five times in a row."""
    async with wired() as wire:
        for _ in range(5):
            wire.server.drop()
            await within(wire.smsc.bound.get())
        await within(wire.client.wait_ready())
        assert isinstance(await within(submitted(wire.client, mt())), Submitted)


@asynccontextmanager
async def scripted(answers: frozenset[int], heard: asyncio.Queue[int], **changes: Any) -> AsyncIterator[SmppClient]:
    """A client on an SMSC that answers only the commands in ``answers``; every command goes to ``heard``."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length, command, _, sequence = HEADER.unpack(await reader.readexactly(16))
                await reader.readexactly(length - 16)
                if command in answers:
                    writer.write(format_pdu(response_to(command), 0, sequence, b"\0"))
                heard.put_nowait(command)

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    settings = SmppSettings("smsc-a", "127.0.0.1", port, "chasqui", "secret", reconnect_max=0.05, **changes)
    client = SmppClient(settings, Store())
    await client.start()
    try:
        yield client
    finally:
        await client.stop(0.2)
        listener.close()
        for writer in writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


async def test_a_silent_peer_is_noticed_by_enquire_link_and_left() -> None:
    """A bind over which nothing comes back is dropped and made anew."""
    heard: asyncio.Queue[int] = asyncio.Queue()
    bind, enquire = Command.BIND_TRANSCEIVER, Command.ENQUIRE_LINK
    async with scripted(frozenset({bind}), heard, response_timeout=0.1, enquire_interval=0.1):
        assert [await within(heard.get()) for _ in range(5)] == [bind, enquire, bind, enquire, bind]


async def test_an_smsc_that_takes_its_time_to_refuse_is_asked_less_and_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a bind that held makes up for failures, not a connection."""
    failures: list[int] = []

    def at_once(count: int, longest: float, jitter: float) -> float:
        failures.append(count)
        return 0.0

    monkeypatch.setattr(links, "_STEADY", 0.05)
    monkeypatch.setattr(links, "pause_before", at_once)
    async with scripted(frozenset(), asyncio.Queue(), response_timeout=0.1):
        await eventually(lambda: len(failures) == 3)
        assert failures == [1, 2, 3]


async def test_an_idle_bind_is_kept_alive() -> None:
    """enquire_link goes out after each silence, is answered, and the bind stays."""
    heard: asyncio.Queue[int] = asyncio.Queue()
    bind, enquire = Command.BIND_TRANSCEIVER, Command.ENQUIRE_LINK
    async with scripted(frozenset({bind, enquire}), heard, enquire_interval=0.05) as client:
        assert [await within(heard.get()) for _ in range(4)] == [bind, enquire, enquire, enquire]
        assert client.bound


async def test_stop_waits_for_what_is_outstanding() -> None:
    """The answer that comes during stop still counts; what was not written is not sent."""
    async with wired(window=1) as wire:
        wire.smsc.answer = silent
        written = submitted(wire.client, mt())
        waiting = submitted(wire.client, mt())
        esme, message = await within(wire.smsc.arrived.get())
        stopping = asyncio.ensure_future(wire.client.stop(5.0))
        assert isinstance(await within(waiting), SubmitNotSent)
        esme.session.respond(message, 0, b"x\0")
        assert await within(written) == Submitted("smsc-a", ("x",))
        await within(stopping)
        assert not wire.client.bound


async def test_stop_ends_in_time_when_nobody_answers() -> None:
    """The deadline holds; what was written is unknown."""
    async with wired() as wire:
        wire.smsc.answer = silent
        written = submitted(wire.client, mt())
        await within(wire.smsc.arrived.get())
        await within(wire.client.stop(0.1))
        assert isinstance(await within(written), SubmitUnknown)


async def test_a_text_of_too_many_parts_is_refused_before_anything_is_sent() -> None:
    """255 parts are the most."""
    async with wired() as wire:
        refused = await within(submitted(wire.client, mt("x" * 40_000)))
        assert isinstance(refused, SubmitRefused)
        assert refused.refusal == "final"


def response(status: int, text: str = "") -> Response:
    """A submit_sm_resp."""
    return Response(Command.SUBMIT_SM_RESP, status, 1, text)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((response(0, "a"), response(0, "b")), Submitted("s", ("a", "b"))),
        ((None, None), SubmitNotSent),
        ((response(0, "a"), NoAnswer(link_lost=False)), SubmitUnknown("s", "no answer in time", False, ("a",), 2)),
        ((response(0x58), NoAnswer(link_lost=True)), SubmitUnknown("s", "link lost before the answer", True, parts=2)),
        ((response(0, "a"), None), SubmitUnknown("s", "link lost between parts", True, ("a",), 2)),
        ((response(0x58), response(0x0B)), SubmitRefused("s", 0x0B, "ESME_RINVDSTADR", "final")),
        ((response(0x400), None), SubmitRefused("s", 0x400, "0x00000400", "final")),
    ],
)
def test_the_answers_of_all_parts_make_one_outcome(
    answers: tuple[Response | NoAnswer | None, ...], expected: object
) -> None:
    """Doubt outweighs refusal, a final refusal one that may pass."""
    found = outcome("s", answers)
    assert found == expected or type(found) is expected


def test_pauses_double_up_to_the_longest() -> None:
    """And are spread by jitter over their upper half."""
    assert [pause_before(at, 15.0, 1.0) for at in (0, 1, 2, 10, 10_000)] == [0.2, 0.4, 0.8, 15.0, 15.0]
    assert pause_before(10, 15.0, 0.0) == 7.5


@pytest.mark.parametrize(
    ("seconds", "text"), [(60, "000000000100000R"), (86_400, "000001000000000R"), (3 * 3600 + 61, "000000030101000R")]
)
def test_validity_is_given_as_relative_time(seconds: int, text: str) -> None:
    """YYMMDDhhmmss000R."""
    assert relative_time(seconds) == text


def test_an_id_beyond_all_measure_is_kept_by_its_beginning() -> None:
    """Whatever an SMSC sends is remembered for as long as receipts may come; its receipt is cut alike."""
    endless = "x" * 60_000
    answer = Response(Command.SUBMIT_SM_RESP, Status.OK, 1, endless)
    told = mo(f"id:{endless} stat:DELIVRD".encode(), esm_class=4)
    whole, parts = outcome("a", (answer,)), outcome("a", (answer, answer))
    assert isinstance(whole, Submitted)
    assert isinstance(parts, Submitted)
    assert {*whole.message_ids, *parts.message_ids, parse_receipt("a", told).message_id} == {"x" * 255}


async def test_a_bind_that_goes_and_comes_is_a_warning_each_and_what_is_tried_meanwhile_is_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever reads warnings alone knows how long an SMSC was away, and reads no line for each attempt."""
    async with wired() as wire:
        with caplog.at_level(logging.WARNING, "gateway.smpp"):
            await wire.server.stop(0.1)
            await eventually(lambda: wire.client.detail.startswith("connection refused"))
            await eventually(lambda: wire.client.counters.bind_failures >= 3)
            await wire.server.start()
            await within(wire.client.wait_ready())
    told = [record.getMessage() for record in caplog.records]
    assert sum("connection refused" in line for line in told) == 1
    assert told[-1] == "bind smsc-a: bound"
