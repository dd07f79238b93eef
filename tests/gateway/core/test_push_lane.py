"""Screens on their way to phones: each once at most, and a text wherever one was not seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from pushing import DOOR, WAIT, FakePusher, Process, in_mexico
from sqlalchemy import select

from fakes import ANA, TUESDAY, House, eventually
from flows.effects import RecordOfferState, RecordPreference
from flows.records import Offer
from flows.session import from_json
from flows.values import Channel, Msisdn
from gateway.core.ports import PushFailed, PushOutcome, PushRequest, PushUnknown, Shown
from gateway.core.pushers import MenuPusher
from gateway.core.reach import Reach
from gateway.core.turn import Input, Turn
from store import offers, outbox, subscriptions, tables, turns
from store.push_rows import PushRow
from store.sms_rows import SmsRow
from store.unit import Take, Unit

FAILED = ("absent", "busy", "no_answer", "refused", "away")
Fate = Callable[[PushRequest], Awaitable[PushOutcome]]


@pytest.fixture
def wire() -> FakePusher:
    """A wire behind which every phone shows what it gets."""
    return FakePusher()


@pytest.fixture
async def process(house: House, wire: FakePusher) -> AsyncIterator[Process]:
    """A process that runs, in Mexico."""
    made = await Process(in_mexico(house), wire).start()
    yield made
    house.sender.come_up()
    house.sender.answer()
    await made.stop()


def always(outcome: PushOutcome) -> Fate:
    """Whatever is shown ends so."""

    async def fate(request: PushRequest) -> PushOutcome:
        return outcome

    return fate


async def hanging(request: PushRequest) -> PushOutcome:
    """Nobody ever answers."""
    await asyncio.Event().wait()
    return Shown()


async def rows(house: House) -> tuple[PushRow, SmsRow]:
    """The screen and the text behind it, as the store has them."""
    keys = [row.key for row in await house.reader.rows(select(tables.outbox.c.key).order_by(tables.outbox.c.id))]
    screen = next(key for key in keys if key.startswith("push:"))
    found = [await outbox.by_key(house.reader, key) for key in (screen, screen.removeprefix("push:"))]
    assert isinstance(found[0], PushRow)
    assert isinstance(found[1], SmsRow)
    return found[0], found[1]


async def states(house: House) -> tuple[str, str | None, str, str | None]:
    """State and reason of both."""
    screen, text = await rows(house)
    return screen.state, screen.reason, text.state, text.reason


async def come_to(house: House, *wanted: str | None) -> None:
    """Wait until both are so."""

    async def there() -> bool:
        return await states(house) == wanted

    await eventually(there)


async def offer_of(house: House) -> Offer:
    """The offer that was made to Ana."""
    screen, _ = await rows(house)
    assert screen.offer is not None
    found = await offers.by_id(house.reader, screen.offer)
    assert found is not None
    return found


async def test_claim_and_session_are_durable_before_the_screen_leaves(
    house: House, wire: FakePusher, process: Process
) -> None:
    """It stands on the page that was shown, with the offer that was shown; the text is held back."""
    seen: list[tuple[str, str]] = []

    async def look(request: PushRequest) -> PushOutcome:
        (turn,) = await turns.of_dialogue(house.reader, DOOR.dialect, DOOR.session_key(request.session))
        screen, text = await rows(house)
        seen.append((screen.state, text.state))
        session = from_json(turn.state)
        assert (turn.position, turn.reply, turn.ends, turn.digest) == (0, request.text, False, turns.PUSHED)
        assert (session.place.page, session.place.chosen) == ("pushed_offer", {"offer": screen.offer})
        assert (screen.session, text.due_at - TUESDAY) == (request.session, WAIT)
        return Shown()

    wire.on_push = look
    await process.trigger()
    await come_to(house, "done", None, "suppressed", "told_by_push")
    assert seen == [("sending", "queued")]
    (asked,) = wire.asked
    assert (asked.msisdn, asked.asks) == (ANA, True)
    assert asked.text.endswith("1 Comprar\n2 No, gracias")
    assert house.sender.sent == []


async def test_an_alert_alone_asks_for_nothing_and_ends_its_session(
    house: House, wire: FakePusher, process: Process
) -> None:
    """A confirmation is all that comes."""
    person = (await subscriptions.with_usage(house.reader, [ANA])).get(ANA)
    assert person is None
    await process.trigger()
    await come_to(house, "done", None, "suppressed", "told_by_push")
    ana = (await subscriptions.by_msisdn(house.reader, [ANA]))[ANA]
    await process.committer.commit([RecordPreference(ana.id, "marketing", value=False)])
    house.clock.advance(hours=1)
    await process.trigger()
    await eventually(lambda: len(wire.asked) == 2)
    assert not wire.asked[1].asks
    (turn,) = await turns.of_dialogue(house.reader, DOOR.dialect, DOOR.session_key(wire.asked[1].session))
    assert turn.ends


@pytest.mark.parametrize("reason", FAILED)
async def test_what_failed_lets_the_text_go_at_once(
    house: House, wire: FakePusher, process: Process, reason: str
) -> None:
    """Whole, and once: its own time comes later and finds it gone."""
    wire.on_push = always(PushFailed(reason))  # type: ignore[arg-type]
    await process.trigger()
    await come_to(house, "failed", reason, "sent", None)
    (sent,) = house.sender.sent
    assert "responde 1" in sent.text
    await eventually(lambda: process.texts.backlog == 0)


async def test_a_wire_that_is_down_is_not_even_asked(house: House, wire: FakePusher, process: Process) -> None:
    """It went down between the choice and its turn."""
    process.lanes.pushes = None
    await process.trigger()
    wire.ready = False
    screen, _ = await rows(house)
    process.screens.put(screen)
    await come_to(house, "failed", "away", "sent", None)
    assert wire.asked == []


@pytest.mark.parametrize("broken", [False, True])
async def test_where_nobody_can_say_the_text_keeps_its_time(
    house: House, wire: FakePusher, process: Process, *, broken: bool
) -> None:
    """The screen may be there."""

    async def fate(request: PushRequest) -> PushOutcome:
        if broken:
            raise RuntimeError("nobody expected this")
        return PushUnknown("the link was lost")

    wire.on_push = fate
    await process.trigger()
    detail = "RuntimeError" if broken else "the link was lost"
    await come_to(house, "in_doubt", detail, "queued", None)
    assert (house.sender.sent, process.texts.backlog) == ([], 1)


async def test_the_text_goes_by_itself_when_its_time_has_come(house: House, wire: FakePusher) -> None:
    """Nobody has answered by then; a late answer is an answer all the same."""
    process = await Process(in_mexico(house), wire, wait=timedelta(milliseconds=200)).start()
    wire.on_push = hanging
    await process.trigger()
    await eventually(lambda: len(house.sender.sent) == 1)
    assert "responde 1" in house.sender.sent[0].text
    assert (await process.answer("1")).text.startswith("Listo: ")
    assert len(house.ocs.bought) == 1
    await process.stop()


async def test_an_answer_withdraws_the_text_in_its_own_commit(house: House, wire: FakePusher, process: Process) -> None:
    """Whatever becomes of the process right after it."""
    wire.on_push = hanging
    await process.trigger()
    await wire.reached.wait()
    assert (await process.answer("2")).ends
    screen, text = await rows(house)
    assert (screen.state, text.state, text.reason) == ("sending", "suppressed", "told_by_push")
    assert (await offer_of(house)).state == "declined"


async def test_a_text_that_was_withdrawn_while_its_timer_ran_is_not_sent(house: House, wire: FakePusher) -> None:
    """What the lane remembers does not count: the store is asked."""
    process = await Process(in_mexico(house), wire, wait=timedelta(seconds=1)).start()
    wire.on_push = hanging
    await process.trigger()
    await wire.reached.wait()
    await process.answer("2")
    await eventually(lambda: process.texts.backlog == 0)
    assert house.sender.sent == []
    assert (await rows(house))[1].state == "suppressed"
    await process.stop()


async def test_a_text_that_is_withdrawn_too_late_has_gone(house: House, wire: FakePusher, process: Process) -> None:
    """It stays what it is: a receipt may still come for it."""
    wire.on_push = always(PushFailed("absent"))
    house.sender.answering.clear()
    await process.trigger()
    await house.sender.written.wait()
    await process.answer("1")
    assert (await rows(house))[1].state == "sending"
    house.sender.answer()
    await come_to(house, "failed", "absent", "sent", None)


async def test_both_ways_at_once_make_one_order(house: House, wire: FakePusher, process: Process) -> None:
    """The offer's gate lets one pass; the other is told what became of it."""
    wire.on_push = always(PushFailed("no_answer"))  # the screen was there all the same
    await process.trigger()
    await eventually(lambda: len(house.sender.sent) == 1)
    house.clock.advance(seconds=5)
    await asyncio.gather(process.answer("1"), process.texted("1"), process.texted("SI"), process.answer("1"))
    await eventually(lambda: process.orders.backlog == 0)
    assert len(house.ocs.bought) == 1
    assert (await offer_of(house)).state == "accepted"


async def test_an_offer_that_was_taken_meanwhile_is_neither_shown_nor_texted(
    house: House, wire: FakePusher, process: Process
) -> None:
    """The alert alone goes, for that nobody has told yet."""
    process.lanes.pushes = None
    await process.trigger()
    made = await offer_of(house)
    await process.committer.commit([RecordOfferState(made.id, "accepted", TUESDAY)])
    process.screens.put((await rows(house))[0])
    await come_to(house, "failed", "refused", "sent", None)
    assert wire.asked == []
    assert "responde" not in house.sender.sent[0].text


async def test_a_screen_that_comes_too_late_is_left_to_the_text(
    house: House, wire: FakePusher, process: Process
) -> None:
    """It would come while they still read."""
    process.lanes.pushes = None
    await process.trigger()
    house.clock.advance(seconds=70)
    process.screens.put((await rows(house))[0])
    await come_to(house, "expired", "too_late", "queued", None)
    assert wire.asked == []


async def test_a_screen_is_claimed_once(house: House, wire: FakePusher, process: Process) -> None:
    """However often it is taken up."""
    wire.on_push = hanging
    await process.trigger()
    screen, _ = await rows(house)
    other = await Process(house, wire).start(screens=False)
    for lane in (process.screens, process.screens, other.screens):
        lane.put(replace(screen, state="queued"))
    await wire.reached.wait()
    process.screens.put(replace(screen, state="queued"))
    await eventually(lambda: (process.screens.backlog, other.screens.backlog) in {(1, 0), (0, 1)})
    assert len(wire.asked) == 1
    await other.stop()


async def test_nobody_is_pushed_to_who_is_not_to_be_contacted(house: House, wire: FakePusher) -> None:
    """Both are kept, with the reason."""
    house.context.reach = Reach(dry_run=True)
    process = await Process(in_mexico(house), wire).start()
    await process.trigger()
    assert await states(house) == ("suppressed", "dry_run", "suppressed", "dry_run")
    assert (wire.asked, house.sender.sent) == ([], [])
    await process.stop()


@pytest.mark.parametrize("market", ["mx", "co"])
@pytest.mark.parametrize("reason", FAILED)
async def test_the_week_has_one_channel_where_the_law_says_so(
    house: House, wire: FakePusher, reason: str, market: str
) -> None:
    """A screen that was perhaps seen was the week's offer; one that surely was not leaves it to the text."""
    process = await Process(house if market == "co" else in_mexico(house), wire).start()
    wire.on_push = always(PushFailed(reason))  # type: ignore[arg-type]
    await process.trigger()
    await eventually(lambda: len(house.sender.sent) == 1)
    perhaps_seen = reason == "no_answer"
    assert ("responde 1" in house.sender.sent[0].text) is (market == "mx" or not perhaps_seen)
    (ana,) = (await subscriptions.by_msisdn(house.reader, [ANA])).values()
    assert (ana.marketing_channel, ana.marketing_count) == ("ussd" if perhaps_seen else "sms", 1)
    await process.stop()


async def test_whoever_is_in_a_session_gets_a_text(house: House, wire: FakePusher, process: Process) -> None:
    """The network would refuse the screen; the reason is kept."""
    wire.on_push = hanging
    await process.trigger()
    await wire.reached.wait()
    house.clock.advance(seconds=30)
    await process.trigger()
    await eventually(lambda: len(house.sender.sent) == 1)
    assert len(wire.asked) == 1
    (ana,) = (await subscriptions.by_msisdn(house.reader, [ANA])).values()
    newest = (await offers.open_of(house.reader, ana.id, house.clock()))[0]
    assert newest.channel is Channel.SMS
    assert '"channel_reason":"in_session"' in newest.decision


async def test_screens_are_counted_by_their_end(house: House, wire: FakePusher, process: Process) -> None:
    """By door."""
    await process.trigger()
    await come_to(house, "done", None, "suppressed", "told_by_push")
    assert house.context.metrics.pushes.labels("operator", "shown")._value.get() == 1


# ── what happens meanwhile ──


@pytest.mark.parametrize("people", [1, 3])
async def test_a_text_that_is_due_while_no_bind_is_up_goes_once_when_its_screen_fails(
    house: House, wire: FakePusher, people: int
) -> None:
    """It waits in the lane already, and is let go once more."""
    process = await Process(in_mexico(house), wire, wait=timedelta(milliseconds=200)).start()
    answer = asyncio.Event()

    async def fate(request: PushRequest) -> PushOutcome:
        await answer.wait()
        return PushFailed("no_answer")

    wire.on_push = fate
    house.sender.up.clear()
    numbers = [Msisdn(f"57300111223{n}") for n in range(people)]
    for one in numbers:
        await process.trigger(one)
    await eventually(lambda: len(wire.asked) == people)
    house.clock.advance(seconds=1)
    await eventually(lambda: process.texts._waiting.due == people)
    answer.set()
    await eventually(lambda: process.screens.backlog == 0)
    house.sender.come_up()
    await eventually(lambda: process.texts.backlog == 0)
    assert sorted(one.destination for one in house.sender.sent) == numbers
    assert process.texts.running
    await process.stop()


@pytest.mark.parametrize("written", [False, True])
async def test_of_texts_that_are_claimed_together_one_that_fails_takes_none_along(
    house: House, wire: FakePusher, monkeypatch: pytest.MonkeyPatch, *, written: bool
) -> None:
    """It is claimed again. written: the claim was durable, and only its answer was lost."""
    monkeypatch.setattr("gateway.core.sms_lane.STORE_PAUSE", 0.01)
    process = await Process(in_mexico(house), wire, wait=timedelta(milliseconds=200)).start()
    wire.on_push = always(PushUnknown("lost"))
    house.sender.up.clear()
    numbers = [Msisdn("573001112231"), Msisdn("573001112232")]
    for one in numbers:
        await process.trigger(one)
    await eventually(lambda: process.screens.backlog == 0)
    house.clock.advance(seconds=1)
    await eventually(lambda: process.texts._waiting.due == len(numbers))
    transaction, claims = house.writer._transaction, count(1)

    async def flaky(group: Sequence[Unit | Take]) -> Sequence[bool | frozenset[str]]:
        number = next(claims) if any(isinstance(one, Take) for one in group) else 0
        if number == 1 and not written:
            raise OSError("disk full")
        outcomes = await transaction(group)
        if number == 1:
            raise OSError("disk full")
        return outcomes

    monkeypatch.setattr(house.writer, "_transaction", flaky)
    house.sender.come_up()
    await eventually(lambda: len(house.sender.sent) == len(numbers) and process.texts.backlog == 0)
    assert sorted(one.destination for one in house.sender.sent) == numbers
    await process.stop()


async def test_a_session_that_was_dialled_since_the_trigger_is_seen(
    house: House, wire: FakePusher, process: Process
) -> None:
    """The screen could wait for its turn; by then the person is in a session, and the text goes."""
    process.lanes.pushes = None
    await process.trigger()
    screen, _ = await rows(house)
    house.clock.advance(seconds=5)
    dialled = Input("", begins=True, number=0)
    door = replace(DOOR, name="other")
    assert not (await process.turns.take(Turn("other", "s-1", ANA, "main", dialled, door, house.clock()))).ends
    process.screens.put(screen)
    await come_to(house, "failed", "busy", "sent", None)
    assert wire.asked == []


async def test_a_slow_network_does_not_keep_another_waiting(
    house: House, wire: FakePusher, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each door has places of its own; what finds none waits without a task."""
    monkeypatch.setattr("gateway.core.push_lane._AT_ONCE", 2)
    wire.on_push = hanging
    quick = FakePusher(replace(DOOR, name="quick"))
    process.screens._pushers.add([MenuPusher(quick, "main")])
    process.lanes.pushes = None
    numbers = [Msisdn(f"57300111223{n}") for n in range(4)]
    for one in numbers:
        await process.trigger(one)
    screens = [row for row in await outbox.half_done(house.reader) if isinstance(row, PushRow)]
    for row in screens[:3]:
        process.screens.put(row)
    await eventually(lambda: len(wire.asked) == 2)
    process.screens.put(replace(screens[3], door="quick"))
    await eventually(lambda: len(quick.asked) == 1)
    assert (len(wire.asked), process.screens._crews["operator"]._waiting.due) == (2, 1)


# ── a clean stop ──


async def test_a_screen_that_was_answered_was_seen_whatever_the_wire_says(
    house: House, wire: FakePusher, process: Process
) -> None:
    """The link was lost after the answer, which was neither yes nor no."""

    async def fate(request: PushRequest) -> PushOutcome:
        await process.answer("9", 1, request)
        return PushUnknown("the link was lost")

    wire.on_push = fate
    await process.trigger()
    await come_to(house, "done", None, "suppressed", "told_by_push")


@pytest.mark.parametrize("lost", [False, True])
async def test_an_answer_that_is_worked_on_when_the_lane_stops_settles_its_screen(
    house: House, wire: FakePusher, *, lost: bool
) -> None:
    """The wire waits for it, or (lost) drops its session first: the answer's turn is durable all the same."""
    process = await Process(in_mexico(house), wire).start()
    going_on = asyncio.Event()
    wire.on_push = hanging

    async def fate(request: PushRequest) -> PushOutcome:
        await going_on.wait()
        if lost:
            return PushUnknown("stopped")
        await process.answer("9", 1, request)
        return Shown()

    wire.on_push = fate
    await process.trigger()
    await wire.reached.wait()
    process.screens.close()
    going_on.set()
    if lost:
        await eventually(lambda: process.screens.backlog == 0)
        assert (await states(house))[:3] == ("sending", None, "queued")
        await process.answer("9")
    await process.stop()
    assert await states(house) == ("done", None, "suppressed", "told_by_push")
    assert house.sender.sent == []


# ── kill -9 ──


async def before_the_claim(house: House, wire: FakePusher) -> Process:
    """Trigger and offer are durable; nobody has looked at the screen."""
    process = await Process(house, wire).start(screens=False)
    await process.trigger()
    return process


async def while_it_is_shown(house: House, wire: FakePusher) -> Process:
    """It is on the phone, or on its way."""
    process = await Process(house, wire).start()
    wire.on_push = hanging
    await process.trigger()
    await wire.reached.wait()
    return process


async def after_the_yes(house: House, wire: FakePusher) -> Process:
    """The order is durable; the push has not returned."""
    process = await while_it_is_shown(house, wire)
    await process.answer("1")
    return process


async def after_another_answer(house: House, wire: FakePusher) -> Process:
    """Something was said that means nothing, so the screen was seen."""
    process = await while_it_is_shown(house, wire)
    await process.answer("9")
    return process


async def before_the_text_is_claimed(house: House, wire: FakePusher) -> Process:
    """The text may go at once, and has not."""
    house.sender.up.clear()
    process = await Process(house, wire).start()
    wire.on_push = always(PushFailed("absent"))
    await process.trigger()
    await come_to(house, "failed", "absent", "queued", None)
    return process


async def after_nobody_knew(house: House, wire: FakePusher) -> Process:
    """The text waits for its time."""
    process = await Process(house, wire).start()
    wire.on_push = always(PushUnknown("lost"))
    await process.trigger()
    await come_to(house, "in_doubt", "lost", "queued", None)
    return process


async def after_it_was_seen(house: House, wire: FakePusher) -> Process:
    """And not answered: nobody needs the text."""
    process = await Process(house, wire).start()
    await process.trigger()
    await come_to(house, "done", None, "suppressed", "told_by_push")
    return process


KILLED: dict[str, tuple[Callable[[House, FakePusher], Awaitable[Process]], bool]] = {
    "before the claim": (before_the_claim, False),
    "while it is shown": (while_it_is_shown, False),
    "after the yes": (after_the_yes, True),
    "after another answer": (after_another_answer, True),
    "before the text is claimed": (before_the_text_is_claimed, False),
    "after nobody knew": (after_nobody_knew, False),
    "after it was seen": (after_it_was_seen, True),
}


@pytest.mark.parametrize("soon", [True, False])
@pytest.mark.parametrize("name", KILLED)
async def test_after_a_kill_either_the_text_goes_or_the_screen_was_answered(
    house: House, name: str, *, soon: bool
) -> None:
    """Nothing twice, whether the next process comes before the text's time or after it."""
    step, answered = KILLED[name]
    first = FakePusher()
    killed = await step(in_mexico(house), first)
    await killed.kill()
    house.sender.come_up()
    house.clock.advance(seconds=5 if soon else 120)
    second = FakePusher()
    second.on_push = always(PushFailed("absent"))
    process = await Process(house, second).start()
    await process.stop()  # the text's own time may be later still: that of the third process
    house.clock.advance(seconds=120)
    process = await Process(house, second).start()

    async def settled() -> bool:
        return (await rows(house))[1].state in ("sent", "suppressed")

    await eventually(settled)
    alerts = [one for one in house.sender.sent if "se acaba" in one.text]
    assert len(alerts) == (0 if answered else 1)
    assert len(first.asked) + len(second.asked) <= 1
    await process.texted("1")
    await eventually(lambda: process.orders.backlog == 0)
    assert len({request.key for request in house.ocs.bought}) == 1
    await process.stop()


async def test_what_no_screen_showed_and_no_text_named_yet_is_not_bought_by_text(
    house: House, wire: FakePusher
) -> None:
    """Afterwards it is."""
    process = await before_the_text_is_claimed(in_mexico(house), wire)
    await process.texted("1")
    await eventually(lambda: process.orders.backlog == 0)
    assert house.ocs.bought == []
    house.sender.come_up()
    await come_to(house, "failed", "absent", "sent", None)
    house.clock.advance(minutes=2)
    await process.texted("1")
    await eventually(lambda: len(house.ocs.bought) == 1)
    await process.stop()
