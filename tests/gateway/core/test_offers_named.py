"""No answer by text takes an offer whose text has not gone, whatever keeps it, and one takes it once it has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from talking import Talk

from fakes import ANA, House, eventually, record_offer, sms
from flows.effects import Effect, RecordPointless
from flows.values import BundleId, Money, OfferId, SubscriptionId
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.ports import SubmitNotSent, SubmitOutcome, SubmitRefused, SubmitUnknown
from gateway.core.receipts import ReceiptDesk
from gateway.core.retry import Backoff
from gateway.core.sms_lane import SmsLane
from store import offers, outbox, outgoing
from store.controls import Control
from store.ids import new_id
from store.sms_rows import SmsRow
from store.unit import Unit

PRICE = Money(950_000, "COP")


@pytest.fixture
def talk(house: House, committer: Committer, facts: Facts) -> Talk:
    """Ana, whose answers are sent by the lane of the test."""
    made = Talk(house, committer, facts)
    made.answers_go = False
    return made


@pytest.fixture
async def lane(house: House) -> AsyncIterator[SmsLane]:
    """A lane that runs, and tries again a minute later."""
    made = SmsLane(house.context, [house.sender], ReceiptDesk(house.context), backoff=Backoff(60, 60, 12))
    made.start()
    yield made
    house.sender.answer()
    await made.stop()
    await made.drain()


async def alerted(talk: Talk, lane: SmsLane) -> SmsRow:
    """An alert to Ana with an offer beside it, committed and put."""
    person, at = await talk.ana(), talk.house.clock()
    made = record_offer(
        id=OfferId(f"off-{new_id(at)}"),
        subscription=person.id,
        bundle=BundleId("combo-2gb-60min-30d"),
        price=PRICE,
        sent_from="",
        at=at,
        expires_at=at + timedelta(hours=24),
    )
    text = sms(f"alert:{made.id}", subscription=person.id, at=at, offer=made.id, asks=True, names=(made.id,))
    await talk.committer.commit([made, replace(text, about="byte")])
    row = talk.house.texts()[-1]
    lane.put(row)
    talk.house.clock.advance(seconds=1)
    return row


async def becomes(house: House, row: SmsRow, state: str) -> None:
    """Once it is in this state."""

    async def there() -> bool:
        found = await outbox.by_id(house.reader, row.id)
        return found is not None and found.state == state

    await eventually(there)


async def test_an_offer_is_bought_by_text_once_its_text_has_gone(talk: Talk, lane: SmsLane) -> None:
    """Not while it waits: then the person is told of it, and what it costs."""
    talk.house.sender.up.clear()
    row = await alerted(talk, lane)
    (answer,) = await talk.says("1")
    assert "9.500" in answer
    talk.house.sender.come_up()
    await becomes(talk.house, row, "sent")
    talk.house.clock.advance(minutes=2)
    assert await talk.says("1") == []
    assert [one.order.price for one in talk.bought] == [PRICE]


async def test_while_the_newer_text_waits_a_yes_is_to_the_older_one(talk: Talk, lane: SmsLane) -> None:
    """What the person has read is what they buy."""
    older = await talk.offered()
    talk.house.sender.up.clear()
    await alerted(talk, lane)
    await talk.says("1")
    assert [one.order.offer for one in talk.bought] == [older]


def renewed(person: SubscriptionId, talk: Talk) -> list[Effect]:
    """There is more of it again."""
    return [RecordPointless(person, talk.house.clock(), "renewed", "byte")]


@pytest.mark.parametrize("how", ["renewed", "called_off", "blackout", "too_late"])
async def test_what_was_kept_back_is_never_bought_by_text(talk: Talk, lane: SmsLane, how: str) -> None:
    """Whoever kept it back."""
    house = talk.house
    house.sender.up.clear()
    row = await alerted(talk, lane)
    match how:
        case "renewed":
            await talk.committer.commit(renewed(row.subscription, talk))
        case "called_off":
            assert await house.writer.commit(Unit(gate=outgoing.call_off(row.id, "called_off", house.clock())))
        case "blackout":
            house.context.reach.know([Control("blackout", ANA, "ops", "", house.clock())], house.clock())
        case _:
            house.clock.advance(hours=24)
    house.sender.come_up()
    await eventually(lambda: lane.backlog == 0)
    await talk.says("1")
    assert (house.sender.sent, talk.bought) == ([], [])


async def test_what_is_withheld_as_it_is_decided_is_never_bought_by_text(talk: Talk, lane: SmsLane) -> None:
    """The decision is kept, its text is not sent."""
    talk.house.context.reach.know([Control("blackout", ANA, "ops", "", talk.house.clock())], talk.house.clock())
    person = await talk.ana()
    made = record_offer(subscription=person.id, sent_from="")
    await talk.committer.commit([made, sms(subscription=person.id, offer=made.id, asks=True, names=(made.id,))])
    await talk.says("1")
    assert talk.bought == []


@pytest.mark.parametrize(
    ("outcome", "state", "bought"),
    [
        (SubmitRefused("smsc-a", 0x58, "throttled", "throttled"), "deferred", 0),
        (SubmitRefused("smsc-a", 0x0B, "invalid destination", "final"), "failed", 0),
        (SubmitUnknown("smsc-a", "no answer in 30 s", link_lost=False), "in_doubt", 1),
    ],
)
async def test_what_the_smsc_did_not_take_is_not_bought_by_text(
    talk: Talk, lane: SmsLane, outcome: SubmitOutcome, state: str, bought: int
) -> None:
    """What it may have taken is."""
    talk.house.sender.outcomes.append(outcome)
    await becomes(talk.house, await alerted(talk, lane), state)
    await talk.says("1")
    assert len(talk.bought) == bought


async def test_what_was_not_written_is_named_when_it_is(talk: Talk, lane: SmsLane) -> None:
    """The bind went before it could be; afterwards an answer buys."""
    talk.house.sender.outcomes.append(SubmitNotSent("not bound"))
    await becomes(talk.house, await alerted(talk, lane), "sent")
    await talk.says("1")
    assert len(talk.bought) == 1


async def _listed(talk: Talk, lane: SmsLane) -> SmsRow:
    """MORE, and the list that it brings, put."""
    assert len(await talk.says("MAS")) == 1
    row = talk.house.texts()[-1]
    lane.put(row)
    return row


async def test_a_list_is_answered_once_it_has_gone(talk: Talk, lane: SmsLane) -> None:
    """A digit means nothing before, and keeps what the second list says of it."""
    house = talk.house
    house.sender.up.clear()
    first = await _listed(talk, lane)
    await talk.says("2")
    assert talk.bought == []
    house.clock.advance(minutes=2)
    second = await _listed(talk, lane)
    assert not set(first.names) & set(second.names)
    house.sender.come_up()
    await becomes(house, second, "sent")
    last = await offers.by_id(house.reader, second.names[-1])
    assert last is not None
    await talk.says(str(last.reply_code))
    assert [one.order.offer for one in talk.bought] == [last.id]
    listed = f"{last.reply_code} = {house.context.bundle_name(last.bundle, 'es')} por"
    assert [listed in one.text for one in house.sender.sent].count(True) == 1
