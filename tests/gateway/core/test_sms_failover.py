"""Several SMSCs: who takes a text when one is away, refuses, or may not ask what it asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from fakes import NUMBER, NUMBERS, FakeSender, House, eventually, sms
from flows.effects import SendSms
from flows.values import OfferId, Purpose
from gateway.core.commit import Committer
from gateway.core.ports import SubmitNotSent, SubmitRefused, SubmitUnknown
from gateway.core.receipts import ReceiptDesk
from gateway.core.retry import Backoff
from gateway.core.service_numbers import ServiceNumber
from gateway.core.sms_lane import SmsLane
from gateway.core.sms_routes import Route, Routes, Through
from store import outbox
from store.sms_rows import SmsRow

ONE_WAY = (ServiceNumber("54321", two_way=False),)


def refused(by: str, refusal: str) -> SubmitRefused:
    """This SMSC says no, in this way."""
    return SubmitRefused(by, 8, f"{refusal} at {by}", refusal)  # type: ignore[arg-type]


@asynccontextmanager
async def two(
    house: House, first: FakeSender | None = None, second: FakeSender | None = None, routes: Routes | None = None
) -> AsyncIterator[tuple[SmsLane, FakeSender, FakeSender]]:
    """A lane over two SMSCs of which the first is preferred; it tries again at once."""
    one, other = first or FakeSender("a"), second or FakeSender("b")
    quick = Backoff(first=0.001, longest=0.001, most=8)
    lane = SmsLane(house.context, [one, other], ReceiptDesk(house.context), routes=routes, backoff=quick)
    lane.start()
    yield lane, one, other
    for sender in (one, other):
        sender.answer()
    await lane.stop()
    await lane.drain()


async def put(house: House, committer: Committer, lane: SmsLane, effect: SendSms | None = None) -> SmsRow:
    """A text that a step has just committed."""
    await committer.commit([effect or sms()])
    row = house.texts()[-1]
    lane.put(row)
    return row


async def becomes(house: House, row: SmsRow, state: str) -> SmsRow:
    """The text once it is in this state."""

    async def there() -> bool:
        house.clock.advance(seconds=1)
        found = await outbox.by_id(house.reader, row.id)
        return isinstance(found, SmsRow) and found.state == state

    await eventually(there)
    found = await outbox.by_id(house.reader, row.id)
    assert isinstance(found, SmsRow)
    return found


def sent(*senders: FakeSender) -> list[int]:
    """How many texts each was given."""
    return [len(one.sent) for one in senders]


async def test_the_second_takes_over_while_the_first_is_away(house: House, committer: Committer) -> None:
    """And the first is preferred again when it is back."""
    async with two(house) as (lane, first, second):
        first.up.clear()
        await becomes(house, await put(house, committer, lane), "sent")
        assert sent(first, second) == [0, 1]
        first.come_up()
        await becomes(house, await put(house, committer, lane, sms("alert:2")), "sent")
        assert sent(first, second) == [1, 1]


async def test_what_waited_for_one_that_went_away_goes_by_the_other(house: House, committer: Committer) -> None:
    """Nothing was claimed for it, so nothing is in doubt."""
    async with two(house) as (lane, first, second):
        first.up.clear()
        second.up.clear()
        row = await put(house, committer, lane)
        await asyncio.sleep(0)
        second.come_up()
        await becomes(house, row, "sent")
        assert sent(first, second) == [0, 1]


@pytest.mark.parametrize(
    ("refusal", "by_first"),
    [("elsewhere", 1), ("temporary", 2), ("throttled", 2)],
)
async def test_who_refuses_is_followed_by_the_second(
    house: House, committer: Committer, refusal: str, by_first: int
) -> None:
    """At once where it will not take it at all, after the second try where it cannot now."""
    async with two(house) as (lane, first, second):
        first.outcomes.extend([refused("a", refusal)] * 9)
        await becomes(house, await put(house, committer, lane), "sent")
        assert sent(first, second) == [by_first, 1]


async def test_a_final_no_is_taken_from_the_first(house: House, committer: Committer) -> None:
    """A number that does not exist does so nowhere."""
    async with two(house) as (lane, first, second):
        first.outcomes.append(refused("a", "final"))
        await becomes(house, await put(house, committer, lane), "failed")
        assert sent(first, second) == [1, 0]


async def test_where_all_refuse_all_are_asked_again_until_it_is_enough(house: House, committer: Committer) -> None:
    """The tries are counted over all of them."""
    async with two(house) as (lane, first, second):
        first.outcomes.extend([refused("a", "elsewhere")] * 9)
        second.outcomes.extend([refused("b", "elsewhere")] * 9)
        row = await becomes(house, await put(house, committer, lane), "failed")
        assert (sum(sent(first, second)), row.attempts) == (8, 8)
        assert min(sent(first, second)) >= 3


async def test_a_failover_in_the_middle_of_a_window_loses_nothing(house: House, committer: Committer) -> None:
    """What was not written goes by the other as it is; of what was unanswered the alert alone, once."""
    async with two(house) as (lane, first, second):
        first.outcomes.extend([SubmitUnknown("a", "link lost", link_lost=True), SubmitNotSent("a is not bound")])
        first.answering.clear()
        rows = [await put(house, committer, lane, sms(f"alert:{n}")) for n in range(2)]
        await eventually(lambda: len(first.sent) == 2)
        first.up.clear()
        first.answer()
        for row in rows:
            await becomes(house, row, "sent")
        assert sorted(one.text for one in second.sent) == sorted([sms().repeat_text, sms().text])


async def test_a_question_waits_for_the_number_that_can_be_answered(house: House, committer: Committer) -> None:
    """It never leaves from one that is one-way, however long the other is away; what asks nothing goes at once."""
    async with two(house, second=FakeSender("b", ONE_WAY)) as (lane, first, second):
        first.up.clear()
        question = await put(house, committer, lane, sms(asks=True))
        plain = await put(house, committer, lane, sms("alert:2", repeat_text=""))
        await becomes(house, plain, "sent")
        assert (sent(first, second), second.sent[0].source) == ([0, 1], "")
        first.come_up()
        await becomes(house, question, "sent")
        assert (sent(first, second), first.sent[0].source) == ([1, 1], NUMBER)


async def test_where_nobody_may_ask_the_alert_goes_without_its_offer(house: House, committer: Committer) -> None:
    """And the offer that no text has named cannot be bought by an answer."""
    only_one_way = Routes({"a": NUMBERS, "b": ONE_WAY}, [Route("all", (Through("b"),))])
    async with two(house, second=FakeSender("b", ONE_WAY), routes=only_one_way) as (lane, _, second):
        row = await put(house, committer, lane, sms(asks=True, offer=OfferId("off-1")))
        await becomes(house, row, "sent")
        assert [one.text for one in second.sent] == [sms().repeat_text]


async def test_a_question_that_makes_no_sense_without_one_fails(house: House, committer: Committer) -> None:
    """With a reason that says what to look at."""
    only_one_way = Routes({"a": NUMBERS, "b": ONE_WAY}, [Route("all", (Through("b"),))])
    async with two(house, second=FakeSender("b", ONE_WAY), routes=only_one_way) as (lane, first, second):
        effect = sms(asks=True, repeat_text="", purpose=Purpose.REPLY)
        row = await becomes(house, await put(house, committer, lane, effect), "failed")
        assert (sent(first, second), row.reason) == ([0, 0], "no route")


async def test_each_has_its_own_room(house: House, committer: Committer) -> None:
    """One that is slow fills its own window and no other's."""
    routes = Routes(
        {"a": NUMBERS, "b": NUMBERS},
        [Route("slow", (Through("a"),), prefixes=("57300",)), Route("quick", (Through("b"),), prefixes=("57310",))],
    )
    async with two(house, routes=routes) as (lane, slow, quick):
        slow.slots = 2
        slow.answering.clear()
        for n in range(4):
            await put(house, committer, lane, sms(f"slow:{n}"))
        for n in range(4):
            row = await put(house, committer, lane, sms(f"quick:{n}", msisdn="573101112233"))
        await becomes(house, row, "sent")
        assert sent(slow, quick) == [2, 4]


async def test_whoever_is_full_is_waited_for(house: House, committer: Committer) -> None:
    """The next is for who is away: a person's texts stay with one SMSC, and shares hold under load."""
    async with two(house) as (lane, first, second):
        first.slots = 2
        first.answering.clear()
        rows = [await put(house, committer, lane, sms(f"alert:{n}")) for n in range(5)]
        await eventually(lambda: len(first.sent) == 2)
        first.answer()
        for row in rows:
            await becomes(house, row, "sent")
        assert sent(first, second) == [5, 0]
