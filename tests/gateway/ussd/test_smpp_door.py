"""The door of a bind: when a hop is acknowledged, how its screen leaves, and what survives."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes import eventually, submitted
from flows.values import Msisdn, Purpose
from gateway.core.ports import ShortMessage, Submitted
from gateway.core.turn import Input
from gateway.smpp.pdu import Message
from gateway.smpp.vocabulary import ITS_SESSION_INFO, USSD_SERVICE_OP, Command, Status
from gateway.ussd.dialect import Ended
from ussd_bind import ANA, dialled, info_of, op_of, said, ussd_bind, within


def text(number: int) -> ShortMessage:
    """A text to Ana."""
    return ShortMessage(f"m-{number}", "", Msisdn(ANA), f"text {number}", Purpose.ALERT)


async def test_a_hop_is_acknowledged_when_its_turn_is_durable_and_its_screen_follows() -> None:
    """Not before."""
    async with ussd_bind() as here:
        here.desk.gate.clear()
        delivery = asyncio.create_task(here.deliver(dialled()))
        assert (await within(here.desk.asked.get())).said == Input("", begins=True, reuses=True)
        await asyncio.sleep(0)
        assert not delivery.done()
        here.desk.gate.set()
        assert await delivery == Status.OK
        screen = await here.screen()
        assert (screen.user_data, op_of(screen), screen.destination) == (b"screen 1", 2, ANA)


async def test_the_last_screen_ends_the_session() -> None:
    """By operation and end bit."""
    async with ussd_bind() as here:
        here.desk.last = 2
        await here.deliver(dialled())
        await here.screen()
        await here.deliver(said("1"))
        screen = await here.screen()
        assert (op_of(screen), info_of(screen)) == (17, b"\x07\x01")


async def test_a_data_sm_is_a_hop_as_well() -> None:
    """Its text is in message_payload."""
    async with ussd_bind() as here:
        assert await here.deliver(dialled(command=Command.DATA_SM)) == Status.OK
        assert (await here.screen()).user_data == b"screen 1"


async def test_people_do_not_wait_for_each_other() -> None:
    """A hundred hops at once."""
    async with ussd_bind() as here:
        here.desk.gate.clear()
        hops = [dialled(source=f"5730011{number:05}") for number in range(100)]
        deliveries = [asyncio.create_task(here.deliver(hop)) for hop in hops]
        for _ in hops:
            await within(here.desk.asked.get())
        here.desk.gate.set()
        assert set(await within(asyncio.gather(*deliveries))) == {Status.OK}
        assert {(await here.screen()).destination for _ in hops} == {hop.source for hop in hops}


async def test_beyond_its_limit_the_network_is_told_to_come_again() -> None:
    """Those that wait are answered all the same."""
    async with ussd_bind(limit=2) as here:
        here.desk.gate.clear()
        waiting = [asyncio.create_task(here.deliver(dialled(source=f"57300111000{n}"))) for n in range(2)]
        for _ in waiting:
            await within(here.desk.asked.get())
        assert await here.deliver(dialled()) == Status.TEMPORARY_APP_ERROR
        here.desk.gate.set()
        assert await within(asyncio.gather(*waiting)) == [Status.OK, Status.OK]
        assert await here.deliver(dialled()) == Status.OK


async def test_hops_whose_screens_wait_for_the_network_are_in_the_limit_too() -> None:
    """It takes no screens, so it is not given the time of more hops."""
    async with ussd_bind(limit=2, window=1) as here:
        here.network.answer = lambda _: None
        for number in range(2):
            assert await here.deliver(dialled(source=f"57300111000{number}")) == Status.OK
        assert await here.deliver(dialled()) == Status.TEMPORARY_APP_ERROR
        await here.drop()
        here.network.answer = lambda _: (Status.OK, "id")
        await eventually(lambda: here.desk.counted.count("not_shown") == 2)
        assert await here.deliver(dialled()) == Status.OK


async def test_a_door_that_is_closed_puts_off_and_finishes_what_waits() -> None:
    """As it is while the gateway starts, and when it stops."""
    async with ussd_bind() as here:
        here.desk.gate.clear()
        waiting = asyncio.create_task(here.deliver(dialled()))
        await within(here.desk.asked.get())
        closing = asyncio.create_task(here.door.close())
        await asyncio.sleep(0)
        assert await here.deliver(dialled()) == Status.TEMPORARY_APP_ERROR
        here.desk.gate.set()
        assert await waiting == Status.OK
        await within(closing)
        assert (await here.screen()).user_data == b"screen 1"
        assert not here.door.pusher.ready


async def test_a_screen_leaves_before_any_text_that_waits() -> None:
    """However many there are."""
    async with ussd_bind(window=1) as here:
        here.network.answer = lambda _: None
        texts = [submitted(here.client, text(number)) for number in range(20)]
        first = await here.screen()
        await here.deliver(dialled())
        here.network.answer = lambda _: (Status.OK, "id")
        (esme,) = here.server.esmes
        esme.session.write_raw(bytes.fromhex("00000013800000040000000000000002") + b"id\0")
        assert first.user_data == b"text 0"
        assert (await here.screen()).user_data == b"screen 1"
        assert all(isinstance(one, Submitted) for one in await within(asyncio.gather(*texts)))


async def test_a_busy_network_is_asked_again_for_a_moment() -> None:
    """The same screen."""
    async with ussd_bind() as here:
        refused = iter([Status.THROTTLED, Status.QUEUE_FULL])
        here.network.answer = lambda _: (next(refused, Status.OK), "id")
        await here.deliver(dialled())
        assert [(await here.screen()).user_data for _ in range(3)] == [b"screen 1"] * 3
        assert here.desk.counted == []


async def test_a_network_that_knows_no_such_session_has_ended_it() -> None:
    """Nobody sees the screen; the turn stands."""
    async with ussd_bind() as here:
        here.network.answer = lambda _: (0x0400, "")
        assert await here.deliver(dialled()) == Status.OK
        await here.screen()
        await eventually(lambda: bool(here.desk.ends))
        assert here.desk.ends == [Ended(f"{ANA}-07", "failed")]
        assert here.desk.counted == ["not_shown"]


async def test_a_hop_whose_screen_was_lost_with_the_link_gets_the_same_one_when_it_comes_again() -> None:
    """Whenever that is: the desk is not asked, for to it the same answer might be another one."""
    async with ussd_bind() as here:
        await here.deliver(dialled())
        await here.screen()
        here.network.answer = lambda _: None
        await here.deliver(said("1"))
        assert (await here.screen()).user_data == b"screen 2"
        await here.drop()
        here.network.answer = lambda _: (Status.OK, "id")
        await here.deliver(said("1"))
        assert (await here.screen()).user_data == b"screen 2"
        await here.deliver(said(op=19))  # what the SMSC said before is read by now
        await here.deliver(said("1"))  # now it was seen, so this is a new answer
        assert (await here.screen()).user_data == b"screen 3"
        assert len(here.desk.hops) == 3


async def test_another_answer_after_a_lost_screen_is_another_hop() -> None:
    """The desk decides what it is."""
    async with ussd_bind() as here:
        here.network.answer = lambda _: None
        await here.deliver(said("1"))
        await here.screen()
        await here.drop()
        here.network.answer = lambda _: (Status.OK, "id")
        for octets in ("2", "1"):
            await here.deliver(said(octets))
            await here.screen()
        assert [hop.said.text for hop in here.desk.hops] == ["1", "2", "1"]


async def test_a_failing_desk_is_a_system_error_and_the_bind_goes_on() -> None:
    """It should never raise."""
    async with ussd_bind() as here:
        here.desk.failure = RuntimeError("no")
        assert await here.deliver(dialled()) == Status.SYSTEM_ERROR
        assert here.desk.counted == ["error"]
        here.desk.failure = None
        assert await here.deliver(dialled()) == Status.OK


@pytest.mark.parametrize("place", ["SmppDialect.format", "Screens.show", "Repeats.missed", "Repeats.seen"])
async def test_whatever_fails_after_the_acknowledgement_is_logged_and_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    """With the door's name; the hop was taken all the same, and the bind goes on."""

    def fails(*_: object) -> None:
        raise RuntimeError("no")

    async with ussd_bind() as here:
        if place == "Repeats.missed":
            here.network.answer = lambda _: (Status.QUEUE_FULL, "")
            monkeypatch.setattr("gateway.ussd.smpp_door._SHOWN_WITHIN", 0.0)
            monkeypatch.setattr("gateway.ussd.smpp_door._LEAST", 0.0001)
        with monkeypatch.context() as broken:
            broken.setattr(f"gateway.ussd.smpp_door.{place}", fails)
            assert await here.deliver(said("1")) == Status.OK
            await eventually(lambda: "error" in here.desk.counted)
        [record] = [one for one in caplog.records if one.exc_info]
        assert vars(record)["door"] == "claro"
        assert await here.deliver(dialled()) == Status.OK


async def test_texts_and_receipts_on_the_same_bind_go_where_they_always_went() -> None:
    """USSD is told by its TLV or its service_type alone."""
    async with ussd_bind() as here:
        assert await here.deliver(Message(Command.DELIVER_SM, 0, 1, 1, ANA, 3, 0, "12345", b"SI")) == Status.OK
        assert (await within(here.inbox.texts.get())).text == "SI"
        receipt = Message(Command.DELIVER_SM, 0, 1, 1, ANA, 3, 0, "12345", b"id:1 stat:DELIVRD err:000", esm_class=4)
        assert await here.deliver(receipt) == Status.OK
        assert (await within(here.inbox.receipts.get())).message_id == "1"
        assert await here.deliver(replace(said("*123#"), tlvs=(), service_type="USSD")) == Status.OK
        assert len(here.desk.hops) == 1


async def test_a_refused_message_is_logged_without_the_number(caplog: pytest.LogCaptureFixture) -> None:
    """And counted."""
    caplog.set_level(logging.INFO)
    async with ussd_bind() as here:
        assert await here.deliver(said(op=77)) == Status.INVALID_TLV_VALUE
        assert here.desk.counted == ["bad_request"]
    assert ANA not in caplog.text


TAGS = st.sampled_from([USSD_SERVICE_OP, ITS_SESSION_INFO, 0x0204, 0x0424, 0x0427, 0x001E, 0x0423])
MESSAGES = st.builds(
    lambda command, octets, tlvs, codes: Message(
        command, 0, 1, 1, ANA, 3, 0, "*123#", octets, codes[0], codes[1], service_type="USSD", tlvs=tuple(tlvs)
    ),
    st.sampled_from([Command.DELIVER_SM, Command.DATA_SM]),
    st.binary(max_size=254),
    st.lists(st.tuples(TAGS, st.binary(max_size=20)), max_size=5),
    st.tuples(st.integers(0, 255), st.integers(0, 255)),
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MESSAGES, min_size=1, max_size=20))
def test_whatever_comes_is_answered_and_the_bind_survives(messages: list[Message]) -> None:
    """Any octets, TLVs, data coding and esm_class."""

    async def come() -> None:
        async with ussd_bind() as here:
            statuses = await within(asyncio.gather(*(here.deliver(one) for one in messages)))
            allowed = {Status.OK, Status.INVALID_TLV_VALUE, Status.INVALID_MESSAGE_LENGTH}
            assert set(statuses) <= allowed
            while not here.network.submits.empty():
                here.network.submits.get_nowait()
            assert await here.deliver(dialled(source="573009998877")) == Status.OK
            while (await here.screen()).destination != "573009998877":
                pass
            assert here.client.counters.binds == 1

    asyncio.run(come())
