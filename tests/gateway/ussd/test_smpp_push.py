"""Sessions that we open over SMPP: what was shown, what was not, and what nobody can say."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from flows.values import Msisdn
from gateway.config.tree import UssdProfileConfig
from gateway.core.ports import PushFailed, PushOutcome, PushReason, PushRequest, PushUnknown, Shown, UssdPusher
from gateway.core.turn import Input
from gateway.smpp.pdu import Message
from gateway.smpp.vocabulary import Command, Status
from ussd_bind import ANA, UssdBind, dialled, info_of, op_of, said, ussd_bind, within

STANDARD = UssdProfileConfig("standard")
NUMBER_ALONE = replace(STANDARD, session="none", end_by="op")
BUSY = PushFailed("busy", "a session to this number may still be open")
PHONE = Msisdn(ANA)


def pushed(here: UssdBind, *, asks: bool = True, phone: Msisdn = PHONE) -> tuple[str, asyncio.Task[PushOutcome]]:
    """A push under way, and the name of its session."""
    pusher: UssdPusher = here.door.pusher
    session = pusher.new_session(phone)
    return session, asyncio.create_task(pusher.push(PushRequest(session, phone, "1 GB por $3.000?", asks)))


async def test_an_answer_comes_as_a_hop_of_the_session_that_was_named() -> None:
    """Before the push is said to be shown; and the session goes on."""
    async with ussd_bind() as here:
        here.desk.gate.clear()
        session, push = pushed(here)
        screen = await here.screen()
        assert (op_of(screen), screen.source, screen.destination) == (2, "12345", ANA)
        delivery = asyncio.create_task(here.deliver(said("1", info=info_of(screen))))
        hop = await within(here.desk.asked.get())
        assert (hop.session, hop.msisdn, hop.said) == (session, ANA, Input("1", reuses=True))
        assert not push.done()
        here.desk.gate.set()
        assert await within(push) == Shown()
        assert await delivery == Status.OK
        assert info_of(await here.screen()) == info_of(screen)
        here.desk.last = 2
        await here.deliver(said("2", info=info_of(screen)))
        assert here.desk.hops[-1].session == session
        assert op_of(await here.screen()) == 17


async def test_the_last_screen_of_a_session_that_we_opened_may_have_an_operation_of_its_own() -> None:
    """Where the vendor wants a notification there."""
    async with ussd_bind(profile=replace(STANDARD, end_pushed=3)) as here:
        here.desk.last = 1
        _, push = pushed(here)
        info = info_of(await here.screen())
        await here.deliver(said("1", info=info))
        assert op_of(await here.screen()) == 3
        assert await within(push) == Shown()


async def test_a_notification_is_shown_once_the_phone_confirms_it() -> None:
    """It is over with that."""
    async with ussd_bind() as here:
        _, push = pushed(here, asks=False)
        screen = await here.screen()
        assert (op_of(screen), info_of(screen)[1]) == (3, 1)
        assert await here.deliver(said("", 19, info_of(screen))) == Status.OK
        assert await within(push) == Shown()
        assert here.desk.hops == []


async def test_a_counting_wire_numbers_the_answer_one() -> None:
    """The push itself is the session's turn 0."""
    async with ussd_bind(profile=replace(STANDARD, sequence="units")) as here:
        _, push = pushed(here)
        number, second = info_of(await here.screen())
        await here.deliver(said("1", info=bytes((number, second + 2))))
        assert here.desk.hops[0].said == Input("1", number=1, reuses=True)
        assert await within(push) == Shown()


async def test_an_answer_that_overtakes_the_networks_own_counts() -> None:
    """The submit_sm_resp may come late, or never."""
    async with ussd_bind() as here:
        here.network.answer = lambda _: None
        _, push = pushed(here)
        info = info_of(await here.screen())
        here.network.answer = lambda _: (Status.OK, "id")
        await here.deliver(said("1", info=info))
        assert await within(push) == Shown()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.INVALID_SOURCE, "refused"),
        (Status.DELIVERY_FAILED, "absent"),
        (Status.SYSTEM_ERROR, "away"),
        (0x0401, "absent"),
        (0x0402, "busy"),
        (0x0403, "refused"),
    ],
)
async def test_a_push_that_is_not_taken_fails_with_the_networks_reason(status: int, reason: PushReason) -> None:
    """A vendor's own statuses are in its profile."""
    async with ussd_bind(profile=replace(STANDARD, absent=(0x0401,), busy=(0x0402,))) as here:
        here.network.answer = lambda _: (status, "")
        _, push = pushed(here)
        outcome = await within(push)
        assert isinstance(outcome, PushFailed)
        assert outcome.reason == reason
        assert ANA not in outcome.detail


@pytest.mark.parametrize(
    ("code", "reason"),
    [(27, "absent"), (72, "busy"), (13, "refused"), (1, "refused"), (34, "no_answer"), (0, "no_answer")],
)
async def test_a_session_that_the_network_ends_fails_by_its_error_code(code: int, reason: PushReason) -> None:
    """network_error_code, where there is one (3GPP TS 29.002)."""
    async with ussd_bind(profile=replace(STANDARD, abort=(32,))) as here:
        _, push = pushed(here)
        abort = said("", 32, info_of(await here.screen()))
        if code:
            abort = replace(abort, tlvs=(*abort.tlvs, (0x0423, bytes((3, 0, code)))))
        assert await here.deliver(abort) == Status.OK
        outcome = await within(push)
        assert isinstance(outcome, PushFailed)
        assert outcome.reason == reason


@pytest.mark.parametrize(
    ("text", "asks", "outcome"),
    [
        ("id:{id} stat:UNDELIV err:027", True, PushFailed("absent", "failed 027")),
        ("id:{id} stat:UNDELIV err:072", True, PushFailed("busy", "failed 072")),
        ("id:{id} stat:EXPIRED err:0A1", True, PushFailed("absent", "expired 0A1")),
        ("id:{id} stat:DELIVRD err:000", False, Shown()),
    ],
)
async def test_a_receipt_settles_a_push(text: str, asks: bool, outcome: PushOutcome) -> None:
    """Also one that has no TLV of USSD, and an id in another spelling; those of texts are left alone."""
    async with ussd_bind(profile=replace(STANDARD, receipts=True)) as here:
        here.network.answer = lambda _: (Status.OK, "0000001f")
        _, push = pushed(here, asks=asks)
        assert (await here.screen()).registered_delivery == 1
        await here.deliver(said("", 19, b"\xff\x00"))  # the answer to the push is read by now
        for found in ("77", "31"):
            octets = text.replace("{id}", found).encode()
            receipt = Message(Command.DELIVER_SM, 0, 1, 1, ANA, 3, 0, "12345", octets, esm_class=4)
            assert await here.deliver(receipt) == Status.OK
        assert await within(push) == outcome
        assert (await within(here.inbox.receipts.get())).message_id == "77"


async def test_that_a_question_reached_the_phone_is_no_answer() -> None:
    """The push goes on waiting."""
    async with ussd_bind(profile=replace(STANDARD, receipts=True)) as here:
        _, push = pushed(here)
        await here.screen()
        await here.deliver(said("", 19, b"\xff\x00"))
        receipt = Message(Command.DELIVER_SM, 0, 1, 1, ANA, 3, 0, "12345", b"id:id-1 stat:DELIVRD err:000", esm_class=4)
        assert await here.deliver(receipt) == Status.OK
        await here.silence.comes()
        outcome = await within(push)
        assert isinstance(outcome, PushFailed)
        assert outcome.reason == "no_answer"


async def test_whoever_answers_too_late_is_still_answered_in_that_session() -> None:
    """What it may still do is decided where the offer is."""
    async with ussd_bind() as here:
        session, push = pushed(here)
        info = info_of(await here.screen())
        await here.silence.comes()
        outcome = await within(push)
        assert isinstance(outcome, PushFailed)
        assert outcome.reason == "no_answer"
        await here.deliver(said("1", info=info))
        assert here.desk.hops[0].session == session


async def test_an_answer_that_is_worked_on_is_no_silence() -> None:
    """However long that takes."""
    async with ussd_bind() as here:
        here.desk.gate.clear()
        _, push = pushed(here)
        delivery = asyncio.create_task(here.deliver(said("1", info=info_of(await here.screen()))))
        await within(here.desk.asked.get())
        await here.silence.comes()
        here.desk.gate.set()
        assert await within(push) == Shown()
        await delivery


async def test_a_door_that_closes_lets_an_answer_that_is_worked_on_settle_its_push() -> None:
    """It is durable soon, and no text follows; the others are in doubt."""
    async with ussd_bind() as here:
        here.desk.gate.clear()
        _, push = pushed(here)
        delivery = asyncio.create_task(here.deliver(said("1", info=info_of(await here.screen()))))
        await within(here.desk.asked.get())
        _, silent = pushed(here)
        await here.screen()
        closing = asyncio.create_task(here.door.close())
        assert await within(silent) == PushUnknown("stopped")
        assert not push.done()
        here.desk.gate.set()
        assert await within(push) == Shown()
        assert await delivery == Status.OK
        await within(closing)


async def test_an_answer_that_is_not_durable_when_the_door_has_closed_is_in_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Waiting for it has an end, and so has its push."""
    monkeypatch.setattr("gateway.ussd.smpp_door._FINISH", 0.01)
    async with ussd_bind() as here:
        here.desk.gate.clear()
        _, push = pushed(here)
        delivery = asyncio.create_task(here.deliver(said("1", info=info_of(await here.screen()))))
        await within(here.desk.asked.get())
        await within(here.door.close())
        assert await within(push) == PushUnknown("the answer was not taken")
        delivery.cancel()


async def test_a_link_that_goes_after_the_push_was_taken_leaves_it_in_doubt() -> None:
    """The phone may show it; an answer over the next link is a hop of the session."""
    async with ussd_bind() as here:
        session, push = pushed(here)
        info = info_of(await here.screen())
        await here.deliver(said("", 19, b"\xff\x00"))
        await here.drop()
        assert await within(push) == PushUnknown("the link was lost")
        await here.deliver(said("1", info=info))
        assert here.desk.hops[0].session == session


async def test_a_link_that_goes_before_the_answer_leaves_it_in_doubt_too() -> None:
    """It was written."""
    async with ussd_bind() as here:
        here.network.answer = lambda _: None
        _, push = pushed(here)
        await here.screen()
        await here.drop()
        assert isinstance(await within(push), PushUnknown)


async def test_a_network_that_does_not_answer_leaves_it_in_doubt() -> None:
    """After the bind's own time-out."""
    async with ussd_bind() as here:
        here.network.answer = lambda _: None
        _, push = pushed(here)
        await here.screen()
        here.give_up()
        assert isinstance(await within(push), PushUnknown)


async def test_without_a_bind_nothing_is_pushed() -> None:
    """The network cannot be asked."""
    async with ussd_bind() as here:
        await here.client.stop(0.5)
        assert not here.door.pusher.ready
        _, push = pushed(here)
        outcome = await within(push)
        assert isinstance(outcome, PushFailed)
        assert outcome.reason == "away"


async def test_a_push_that_finds_no_room_in_time_never_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the text that follows would be the second."""
    monkeypatch.setattr("gateway.ussd.smpp_push._HAND_OVER", 0.1)
    async with ussd_bind(window=1) as here:
        here.network.answer = lambda _: None
        await here.deliver(dialled())
        await here.screen()
        _, push = pushed(here)
        outcome = await within(push)
        assert isinstance(outcome, PushFailed)
        assert outcome.reason == "away"
        await here.drop()
        assert here.network.submits.empty()


async def test_a_phone_that_dials_in_the_same_session_has_left_the_push() -> None:
    """Its hops are those of its own session."""
    async with ussd_bind() as here:
        _, push = pushed(here)
        info = info_of(await here.screen())
        await here.deliver(dialled(tlvs=dialled(info=info).tlvs))
        assert (await within(push)) == PushFailed("busy", "the phone opened a session of its own")
        assert here.desk.hops[0].session == f"{ANA}-{info[0]:02x}"


async def test_a_phone_that_dials_after_its_answer_has_answered() -> None:
    """What is worked on tells what becomes of the push."""
    async with ussd_bind() as here:
        here.desk.gate.clear()
        _, push = pushed(here)
        info = info_of(await here.screen())
        hops = [said("1", info=info), dialled(tlvs=dialled(info=info).tlvs)]
        deliveries = []
        for hop in hops:
            deliveries.append(asyncio.create_task(here.deliver(hop)))
            await within(here.desk.asked.get())
        here.desk.gate.set()
        assert await within(push) == Shown()
        assert await within(asyncio.gather(*deliveries)) == [Status.OK, Status.OK]


async def test_sessions_that_are_open_never_share_a_number() -> None:
    """Two hundred and fifty-six fit; one more would take over another."""
    async with ussd_bind() as here:
        pushes = [pushed(here) for _ in range(1)]
        for _ in range(255):
            await here.screen()
            pushes.append(pushed(here))
        await here.screen()
        assert len({session for session, _ in pushes}) == 256
        _, refused = pushed(here)
        assert await within(refused) == BUSY
        await here.door.close()
        assert set(await within(asyncio.gather(*(push for _, push in pushes)))) == {PushUnknown("stopped")}


async def test_where_the_number_alone_names_a_session_one_push_is_under_way() -> None:
    """The second would be taken for the first."""
    async with ussd_bind(profile=NUMBER_ALONE) as here:
        session, push = pushed(here)
        await here.screen()
        _, second = pushed(here)
        assert await within(second) == BUSY
        await here.deliver(said("1"))
        assert here.desk.hops[0].session == session
        assert await within(push) == Shown()


async def test_an_answer_in_a_session_that_goes_on_is_none_to_the_next_offer() -> None:
    """As long as the session may go on, nothing is pushed under its name: a yes would buy something else."""
    async with ussd_bind(profile=NUMBER_ALONE) as here:
        session, push = pushed(here)
        await here.screen()
        await here.deliver(said("1"))
        assert await within(push) == Shown()
        await here.screen()
        _, second = pushed(here)
        assert await within(second) == BUSY
        await here.deliver(said("2"))
        assert [hop.session for hop in here.desk.hops] == [session, session]


async def test_whoever_may_answer_yet_is_not_pushed_to_under_the_same_name() -> None:
    """Nobody answered in time, but the screen may still be there."""
    async with ussd_bind(profile=NUMBER_ALONE) as here:
        session, push = pushed(here)
        await here.screen()
        await here.silence.comes()
        outcome = await within(push)
        assert isinstance(outcome, PushFailed)
        assert outcome.reason == "no_answer"
        _, second = pushed(here)
        assert await within(second) == BUSY
        await here.deliver(said("1"))
        assert here.desk.hops[0].session == session


async def test_a_session_that_is_over_leaves_its_name_to_the_next() -> None:
    """Once the network has its last screen; until then, and after, its last answer comes again as its own."""
    async with ussd_bind(profile=NUMBER_ALONE) as here:
        here.desk.last = 1
        first, push = pushed(here)
        await here.screen()
        await here.deliver(said("1"))
        assert await within(push) == Shown()
        await here.screen()
        await here.deliver(said("", 19))  # the answer to the last screen is read by now
        pushed(here, phone=Msisdn("573009998877"))
        await here.screen()
        await here.deliver(said("1"))
        await here.screen()
        second, push = pushed(here)
        await here.screen()
        await here.deliver(said("1"))
        assert await within(push) == Shown()
        assert [hop.session for hop in here.desk.hops] == [first, first, second]


async def test_a_last_screen_that_may_not_have_arrived_holds_the_name() -> None:
    """Its answer may come again, and would be taken for one to the next offer."""
    async with ussd_bind(profile=NUMBER_ALONE) as here:
        here.desk.last = 1
        _, push = pushed(here)
        await here.screen()
        here.network.answer = lambda _: None
        await here.deliver(said("1"))
        assert await within(push) == Shown()
        await here.screen()
        await here.drop()
        _, second = pushed(here)
        assert await within(second) == BUSY


async def test_a_notification_that_was_shown_leaves_its_name_to_the_next() -> None:
    """Nobody answers it."""
    async with ussd_bind(profile=NUMBER_ALONE) as here:
        for _ in range(2):
            _, push = pushed(here, asks=False)
            await here.screen()
            await here.deliver(said("", 19))
            assert await within(push) == Shown()


async def test_after_the_networks_own_time_a_name_is_free() -> None:
    """It has ended the session by then."""
    async with ussd_bind(profile=NUMBER_ALONE, total=0.0) as here:
        for _ in range(2):
            _, push = pushed(here)
            await here.screen()
            await here.drop()
            assert isinstance(await within(push), PushUnknown)
