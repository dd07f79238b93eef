"""Texts on their way out: each at most once, except where a repetition is known to be harmless."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import ANA, PATIENCE, TUESDAY, FakeSender, House, eventually, sms
from flows.effects import RecordPreference, SendSms
from flows.values import Purpose
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.ports import ShortMessage, SubmitNotSent, SubmitOutcome, SubmitRefused, Submitted, SubmitUnknown
from gateway.core.receipts import ReceiptDesk
from gateway.core.retry import Backoff
from gateway.core.sms_lane import SmsLane
from store import outbox, outgoing, parts
from store.sms_rows import SmsRow

LOST = SubmitUnknown("smsc-a", "link lost", link_lost=True)
UNANSWERED = SubmitUnknown("smsc-a", "no answer in 30 s", link_lost=False)
THROTTLED = SubmitRefused("smsc-a", 0x58, "throttled", "throttled")
INVALID = SubmitRefused("smsc-a", 0x0B, "invalid destination", "final")


def lane_of(house: House, slots: int = 8, most: int = 12) -> SmsLane:
    """A lane that waits a minute before it tries again."""
    house.sender.slots = slots
    desk = ReceiptDesk(house.context)
    return SmsLane(house.context, [house.sender], desk, backoff=Backoff(first=60, longest=60, most=most))


@pytest.fixture
async def lane(house: House) -> AsyncIterator[SmsLane]:
    """A lane that runs."""
    made = lane_of(house)
    made.start()
    yield made
    house.sender.answer()
    await made.stop()
    await made.drain()


async def queued(house: House, committer: Committer, effect: SendSms) -> SmsRow:
    """A text that a step has just committed."""
    await committer.commit([effect])
    return house.texts()[-1]


async def row_of(house: House, row: SmsRow) -> SmsRow:
    """The text as the store has it now."""
    found = await outbox.by_id(house.reader, row.id)
    assert isinstance(found, SmsRow)
    return found


async def settled(house: House, lane: SmsLane, row: SmsRow, state: str) -> SmsRow:
    """The text once it is in this state and nothing but what is put off is left to do."""

    async def there() -> bool:
        return (await row_of(house, row)).state == state and lane.backlog == (state == "deferred")

    await eventually(there)
    return await row_of(house, row)


async def sent(house: House, committer: Committer, lane: SmsLane, *outcomes: SubmitOutcome, to: str) -> SmsRow:
    """One alert that the SMSC answers so, once it is in state ``to``."""
    house.sender.outcomes.extend(outcomes)
    row = await queued(house, committer, sms())
    lane.put(row)
    return await settled(house, lane, row, to)


async def test_a_text_that_was_taken_is_sent_and_its_parts_are_known(
    house: House, committer: Committer, lane: SmsLane
) -> None:
    """Under the names that the SMSC gave them, so that receipts find home."""
    row = await sent(house, committer, lane, Submitted("smsc-a", ("x1", "x2")), to="sent")
    assert [(one.message_id, one.part) for one in await parts.of_rows(house.reader, [row.id])] == [("x1", 0), ("x2", 1)]
    (message,) = house.sender.sent
    assert (message.id, message.source, message.destination) == (row.id, row.source, row.msisdn)
    assert (message.text, message.validity_seconds) == (sms().text, 24 * 3600)


async def test_a_text_is_claimed_before_its_first_byte_leaves(
    house: House, committer: Committer, lane: SmsLane
) -> None:
    """A crash while it is on its way leaves a trace."""
    house.sender.answering.clear()
    row = await queued(house, committer, sms())
    lane.put(row)
    async with asyncio.timeout(PATIENCE):
        await house.sender.written.wait()
    found = await row_of(house, row)
    assert (found.state, found.attempts) == ("sending", 1)


async def test_a_refusal_for_good_fails_at_once(house: House, committer: Committer, lane: SmsLane) -> None:
    """With the SMSC's reason."""
    row = await sent(house, committer, lane, INVALID, to="failed")
    assert row.reason == "invalid destination"
    assert len(house.sender.sent) == 1


async def test_a_refusal_for_now_is_put_off(house: House, committer: Committer, lane: SmsLane) -> None:
    """Until its time; the store knows when, so a restart keeps it."""
    row = await sent(house, committer, lane, THROTTLED, to="deferred")
    assert timedelta(seconds=45) <= row.due_at - TUESDAY <= timedelta(seconds=75)
    assert (row.reason, lane.backlog, len(house.sender.sent)) == ("throttled", 1, 1)


async def test_what_was_put_off_goes_out_when_it_is_due(house: House, committer: Committer, lane: SmsLane) -> None:
    """As after a restart, some time later, with the offer still beside it."""
    row = await sent(house, committer, lane, THROTTLED, to="deferred")
    house.clock.advance(minutes=2)
    second = lane_of(house)
    second.start()
    await second.recover(row)
    found = await settled(house, second, row, "sent")
    assert (found.attempts, [one.text for one in house.sender.sent]) == (2, [sms().text] * 2)
    await second.stop()
    await second.drain()


async def test_throttling_for_too_long_fails(house: House, committer: Committer) -> None:
    """A text is not tried for ever."""
    house.sender.outcomes.append(THROTTLED)
    lane = lane_of(house, most=1)
    lane.start()
    row = await queued(house, committer, sms())
    lane.put(row)
    assert (await settled(house, lane, row, "failed")).reason == "throttled"
    await lane.stop()
    await lane.drain()


@pytest.mark.parametrize("purpose", [Purpose.ALERT, Purpose.CONFIRMATION])
async def test_an_unanswered_text_on_a_live_bind_is_never_repeated(
    house: House, committer: Committer, lane: SmsLane, purpose: Purpose
) -> None:
    """It may have gone out; a receipt may still tell. A restart leaves it alone, too."""
    house.sender.outcomes.append(UNANSWERED)
    row = await queued(house, committer, sms(purpose=purpose))
    lane.put(row)
    await settled(house, lane, row, "in_doubt")
    assert (len(house.sender.sent), lane.backlog) == (1, 0)
    assert await outbox.half_done(house.reader) == []


async def test_after_a_lost_link_an_alert_is_repeated_once_without_its_offer(
    house: House, committer: Committer, lane: SmsLane
) -> None:
    """What may be repeated is, and an offer never is."""
    row = await sent(house, committer, lane, LOST, to="sent")
    assert [message.text for message in house.sender.sent] == [sms().text, sms().repeat_text]
    assert (row.attempts, row.repeats) == (2, 1)


async def test_a_link_lost_twice_leaves_the_text_in_doubt(house: House, committer: Committer, lane: SmsLane) -> None:
    """At most one repetition."""
    row = await sent(house, committer, lane, LOST, LOST, to="in_doubt")
    assert (len(house.sender.sent), row.repeats, lane.backlog) == (2, 1, 0)


async def test_what_must_not_be_repeated_is_not(house: House, committer: Committer, lane: SmsLane) -> None:
    """A reply without a text to repeat stays in doubt after a lost link."""
    house.sender.outcomes.append(LOST)
    row = await queued(house, committer, sms(repeat_text="", purpose=Purpose.REPLY))
    lane.put(row)
    await settled(house, lane, row, "in_doubt")
    assert len(house.sender.sent) == 1


async def test_what_was_not_written_goes_again_with_its_offer(
    house: House, committer: Committer, lane: SmsLane
) -> None:
    """Nothing left, so nothing is repeated."""
    row = await sent(house, committer, lane, SubmitNotSent("no bind"), SubmitNotSent("no bind"), to="sent")
    assert [message.text for message in house.sender.sent] == [sms().text] * 3
    assert row.repeats == 0


async def test_a_text_waits_for_a_bind_unclaimed(house: House, committer: Committer, lane: SmsLane) -> None:
    """While no bind is up nothing is on its way, so a crash leaves nothing in doubt."""
    house.sender.up.clear()
    row = await queued(house, committer, sms())
    lane.put(row)
    await asyncio.sleep(0)
    assert ((await row_of(house, row)).state, lane.backlog) == ("queued", 1)
    house.sender.come_up()
    await settled(house, lane, row, "sent")


async def test_a_lane_that_breaks_off_begins_again(
    house: House, committer: Committer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says that it is down meanwhile, and what waits goes out afterwards."""
    monkeypatch.setattr("gateway.core.crew._BEFORE_RESTART", 0.05)
    lane, broken = lane_of(house), list[RuntimeError]()

    def ready(self: FakeSender) -> bool:
        if broken:
            raise broken.pop()
        return self.up.is_set()

    monkeypatch.setattr(FakeSender, "ready", property(ready))
    assert not lane.running
    lane.start()
    await eventually(lambda: lane.running)
    row = await queued(house, committer, sms())
    broken.append(RuntimeError("nobody expected this"))
    lane.put(row)
    await eventually(lambda: not lane.running)
    failed = house.context.metrics.registry.get_sample_value("chasqui_failures_total", {"where": "sms-lane-claim"})
    assert (failed, house.sender.sent) == (1, [])
    await settled(house, lane, row, "sent")
    assert lane.running
    await lane.stop()
    await lane.drain()


async def test_a_text_that_is_put_twice_goes_once(house: House, committer: Committer, lane: SmsLane) -> None:
    """While it waits, is put off, or is on its way."""
    house.sender.up.clear()
    row = await queued(house, committer, sms())
    for pause in (60, 0, 60, 0):
        lane.put(replace(row, due_at=TUESDAY + timedelta(seconds=pause)))
    assert lane.backlog == 1
    house.sender.answering.clear()
    house.sender.come_up()
    await eventually(lambda: len(house.sender.sent) == 1)
    lane.put(row)
    house.sender.answer()
    await settled(house, lane, row, "sent")
    assert len(house.sender.sent) == 1


async def test_a_text_past_its_time_is_not_sent(house: House, committer: Committer, lane: SmsLane) -> None:
    """Nobody wants to hear tomorrow what ran out yesterday."""
    house.sender.up.clear()
    row = await queued(house, committer, sms())
    lane.put(row)
    house.clock.advance(hours=24)
    house.sender.come_up()
    assert (await settled(house, lane, row, "expired")).reason == "too_late"
    assert house.sender.sent == []


@pytest.mark.parametrize(
    ("repeat_text", "state", "texts"), [("Se acaba.", "sent", ["Se acaba."]), ("", "in_doubt", [])]
)
async def test_after_a_crash_what_was_claimed_is_treated_as_lost(
    house: House, committer: Committer, lane: SmsLane, *, repeat_text: str, state: str, texts: list[str]
) -> None:
    """It may have gone out: the alert is repeated once, the offer is not, the rest is in doubt."""
    row = await queued(house, committer, sms(repeat_text=repeat_text))
    await house.writer.take(outgoing.take([row.id]))
    await lane.recover(await row_of(house, row))
    await settled(house, lane, row, state)
    assert [message.text for message in house.sender.sent] == texts


async def test_a_repetition_that_crashed_is_not_repeated_again(
    house: House, committer: Committer, lane: SmsLane
) -> None:
    """The count is in the store."""
    row = await queued(house, committer, sms())
    await committer.note(outbox.move(row.id, "queued", repeated=True))
    await house.writer.take(outgoing.take([row.id]))
    await lane.recover(await row_of(house, row))
    await settled(house, lane, row, "in_doubt")
    assert house.sender.sent == []


async def test_a_confirmation_goes_before_alerts(house: House, committer: Committer) -> None:
    """Whoever has just paid waits for no campaign."""
    lane = lane_of(house, slots=1)
    rows = [
        await queued(house, committer, sms(purpose.value, purpose=purpose))
        for purpose in (Purpose.MARKETING, Purpose.ALERT, Purpose.REPLY, Purpose.CONFIRMATION)
    ]
    for row in rows:
        lane.put(row)
    lane.start()
    await settled(house, lane, rows[0], "sent")
    assert [message.purpose for message in house.sender.sent] == ["confirmation", "reply", "alert", "marketing"]
    await lane.stop()
    await lane.drain()


async def test_no_more_texts_are_on_their_way_than_there_are_slots(house: House, committer: Committer) -> None:
    """The SMSC's window is not overrun, and the rest stay unclaimed."""
    lane = lane_of(house, slots=2)
    house.sender.answering.clear()
    rows = [await queued(house, committer, sms(f"alert:{n}")) for n in range(5)]
    for row in rows:
        lane.put(row)
    lane.start()
    await eventually(lambda: len(house.sender.sent) == 2)
    assert sorted([(await row_of(house, row)).state for row in rows]) == ["queued"] * 3 + ["sending"] * 2
    house.sender.answer()
    for row in rows:
        await settled(house, lane, row, "sent")
    assert len(house.sender.sent) == 5
    await lane.stop()
    await lane.drain()


async def test_stopping_waits_for_what_is_on_its_way(house: House, committer: Committer) -> None:
    """Its outcome is written before the process ends."""
    lane = lane_of(house)
    lane.start()
    house.sender.answering.clear()
    row = await queued(house, committer, sms())
    lane.put(row)
    async with asyncio.timeout(PATIENCE):
        await house.sender.written.wait()
        stopping = asyncio.create_task(lane.stop())
        await asyncio.sleep(0)
        assert not stopping.done()
        house.sender.answer()
        await stopping
    assert (await row_of(house, row)).state == "sent"


async def test_an_offer_that_waited_into_the_night_goes_without_the_offer(
    house: House, committer: Committer, facts: Facts
) -> None:
    """The law's hours count when a text leaves, not when it was decided on."""
    person = await facts.subscriber(ANA)
    row = await queued(house, committer, sms(subscription=person.id, at=house.clock()))
    house.clock.advance(hours=14)  # past seven in the evening in Colombia
    lane = lane_of(house)
    lane.start()
    lane.put(row)
    await settled(house, lane, row, "sent")
    await lane.stop()
    await lane.drain()
    assert [message.text for message in house.sender.sent] == [sms().repeat_text]


async def test_a_stop_in_the_meantime_takes_the_offer_off(house: House, committer: Committer, facts: Facts) -> None:
    """The alert still goes: it has its own switch."""
    person = await facts.subscriber(ANA)
    row = await queued(house, committer, sms(subscription=person.id, at=house.clock()))
    await committer.commit([RecordPreference(person.id, "marketing", value=False)])
    house.clock.advance(minutes=2)
    lane = lane_of(house)
    lane.start()
    lane.put(row)
    await settled(house, lane, row, "sent")
    await lane.stop()
    await lane.drain()
    assert [message.text for message in house.sender.sent] == [sms().repeat_text]


async def test_a_text_that_was_not_written_has_not_been_tried(
    house: House, committer: Committer, lane: SmsLane
) -> None:
    """A bind that flaps does not use up the tries of a text."""
    house.sender.outcomes.extend([SubmitNotSent("no bind")] * 5)
    row = await queued(house, committer, sms())
    lane.put(row)
    assert (await settled(house, lane, row, "sent")).attempts == 1


async def test_a_step_whose_caller_gives_up_is_carried_out_all_the_same(house: House, committer: Committer) -> None:
    """It is committed: what waits in it must not wait for the next start."""
    step = asyncio.ensure_future(committer.commit([sms()]))
    await asyncio.sleep(0)
    step.cancel()
    await eventually(lambda: len(house.texts()) == 1)


class AnswersTwice(FakeSender):
    """One whose link breaks while it tells of an answer."""

    def submit(self, message: ShortMessage, settled: Callable[[SubmitOutcome], None]) -> None:
        super().submit(message, settled)
        settled(INVALID)
        raise OSError("broken pipe")


async def test_of_two_answers_to_one_try_the_first_counts(house: House, committer: Committer) -> None:
    """Nothing else is held up by the second, nor does the end wait for it."""
    house.sender = AnswersTwice()
    lane = lane_of(house)
    lane.start()
    rows = [await queued(house, committer, sms(f"alert:{n}")) for n in range(3)]
    for row in rows:
        lane.put(row)
    for row in rows:
        await settled(house, lane, row, "sent")
    await lane.stop()
    async with asyncio.timeout(PATIENCE):
        await lane.drain()


async def test_an_answer_that_cannot_be_judged_takes_no_other_along(
    house: House, committer: Committer, lane: SmsLane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in doubt, and the others are settled."""
    house.sender.answering.clear()
    rows = [await queued(house, committer, sms(f"alert:{n}")) for n in range(3)]
    house.sender.outcomes.extend([INVALID, THROTTLED, INVALID])
    monkeypatch.setattr(Backoff, "next_attempt", lambda *_: 1 / 0)
    for row in rows:
        lane.put(row)
    await eventually(lambda: len(house.sender.sent) == 3)
    house.sender.answer()
    for row, state in zip(rows, ("failed", "in_doubt", "failed"), strict=True):
        await settled(house, lane, row, state)
