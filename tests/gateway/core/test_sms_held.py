"""Texts that must not go, or not now: stopped, blacked out, renewed meanwhile, called off, at night."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from fakes import ANA, ANAS, House, eventually, sms
from flows.effects import Effect, RecordPointless, RecordPreference, SendSms
from flows.values import Purpose
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.receipts import ReceiptDesk
from gateway.core.sms_lane import SmsLane
from store import outbox
from store.controls import Control, Kind
from store.sms_rows import SmsRow


@pytest.fixture
async def lane(house: House) -> AsyncIterator[SmsLane]:
    """A lane that runs."""
    made = SmsLane(house.context, [house.sender], ReceiptDesk(house.context))
    made.start()
    yield made
    await made.stop()
    await made.drain()


def in_force(house: House, *controls: tuple[Kind, str]) -> None:
    """From now on these and no others."""
    made = [Control(kind, value, "ops", "", house.clock()) for kind, value in controls]
    house.context.reach.know(made, house.clock())


async def put(house: House, committer: Committer, lane: SmsLane, *effects: SendSms) -> Sequence[SmsRow]:
    """Texts that a step has just committed."""
    for effect in effects:
        await committer.commit([effect])
        lane.put(house.texts()[-1])
    return house.texts()[-len(effects) :]


async def row_of(house: House, row: SmsRow) -> SmsRow:
    """As the store has it."""
    found = await outbox.by_id(house.reader, row.id)
    assert isinstance(found, SmsRow)
    return found


async def becomes(house: House, row: SmsRow, *states: str) -> SmsRow:
    """Once it is in one of these states."""

    async def there() -> bool:
        return (await row_of(house, row)).state in states

    await eventually(there)
    return await row_of(house, row)


async def test_a_stop_of_everything_holds_what_waits_and_lets_it_go(
    house: House, committer: Committer, lane: SmsLane
) -> None:
    """Unclaimed, so that nothing of it can be in doubt."""
    in_force(house, ("stop", "everything"))
    (row,) = await put(house, committer, lane, sms(purpose=Purpose.CONFIRMATION))
    assert (lane.backlog, (await row_of(house, row)).state, house.sender.sent) == (1, "queued", [])
    in_force(house)
    await becomes(house, row, "sent")


async def test_a_stop_of_marketing_takes_offers_off_alerts_at_once(
    house: House, committer: Committer, lane: SmsLane
) -> None:
    """Pure marketing waits, what is no marketing goes."""
    in_force(house, ("stop", "marketing"))
    rows = await put(
        house,
        committer,
        lane,
        sms("m", purpose=Purpose.MARKETING, repeat_text=""),
        sms("a"),
        sms("r", purpose=Purpose.REPLY, text="Listo.", repeat_text=""),
    )
    await becomes(house, rows[2], "sent")
    await becomes(house, rows[1], "sent")
    assert sorted(one.text for one in house.sender.sent) == ["Listo.", sms().repeat_text]
    assert (await row_of(house, rows[0])).state == "queued"


async def test_a_campaign_that_is_stopped_holds_up_no_other(house: House, committer: Committer, lane: SmsLane) -> None:
    """Each waits in a queue of its own."""
    in_force(house, ("stop", "campaign:xmas"))
    held, other = await put(
        house,
        committer,
        lane,
        sms("x", purpose=Purpose.MARKETING, campaign="xmas"),
        sms("y", purpose=Purpose.MARKETING, campaign="easter"),
    )
    await becomes(house, other, "sent")
    assert (await row_of(house, held)).state == "queued"
    in_force(house)
    await becomes(house, held, "sent")


async def test_a_blackout_counts_for_what_was_decided_before_it(
    house: House, committer: Committer, lane: SmsLane
) -> None:
    """It is kept, with the reason; a reply goes."""
    house.sender.up.clear()
    alert, reply = await put(house, committer, lane, sms(), sms("r", purpose=Purpose.REPLY))
    in_force(house, ("blackout", ANA))
    house.sender.come_up()
    found = await becomes(house, alert, "suppressed")
    assert found.reason == "blackout"
    await becomes(house, reply, "sent")


@pytest.mark.parametrize(
    ("effect", "state"),
    [
        (RecordPointless(ANAS, sms().at, "renewed", "byte"), "expired"),
        (RecordPointless(ANAS, sms().at, "renewed", "second"), "sent"),
        (RecordPointless(ANAS, sms().at, "subscription_ended"), "expired"),
    ],
)
async def test_an_alert_whose_bundle_was_renewed_while_it_waited_does_not_go(
    house: House, committer: Committer, lane: SmsLane, effect: Effect, state: str
) -> None:
    """Nor does anything to somebody who is gone; one about another unit does."""
    house.sender.up.clear()
    (row,) = await put(house, committer, lane, sms(about="byte"))
    await committer.commit([effect])
    house.sender.come_up()
    await becomes(house, row, state)
    assert len(house.sender.sent) == (state == "sent")


async def test_what_has_gone_is_not_taken_back_by_a_renewal(house: House, committer: Committer, lane: SmsLane) -> None:
    """Its fate is the network's to tell."""
    (row,) = await put(house, committer, lane, sms(about="byte"))
    await becomes(house, row, "sent")
    await committer.commit([RecordPointless(ANAS, sms().at, "renewed", "byte")])
    assert (await row_of(house, row)).state == "sent"


async def test_marketing_that_waited_into_the_night_waits_until_morning(
    house: House, committer: Committer, lane: SmsLane, facts: Facts
) -> None:
    """The law's hours count when a text leaves."""
    person = await facts.subscriber(ANA)
    house.sender.up.clear()
    effect = sms("m", purpose=Purpose.MARKETING, repeat_text="", subscription=person.id, expires_at=None)
    (row,) = await put(house, committer, lane, effect)
    house.clock.advance(hours=14)
    house.sender.come_up()
    found = await becomes(house, row, "deferred")
    assert (found.reason, found.due_at) == ("quiet_hours", house.clock() + timedelta(minutes=10))
    house.clock.advance(hours=12)
    lane.put(found)
    await becomes(house, row, "sent")


async def test_marketing_to_somebody_who_has_said_stop_meanwhile_does_not_go(
    house: House, committer: Committer, lane: SmsLane, facts: Facts
) -> None:
    """However long ago it was decided on."""
    person = await facts.subscriber(ANA)
    house.sender.up.clear()
    (row,) = await put(house, committer, lane, sms("m", purpose=Purpose.MARKETING, subscription=person.id))
    await committer.commit([RecordPreference(person.id, "marketing", value=False)])
    house.clock.advance(minutes=2)
    house.sender.come_up()
    assert (await becomes(house, row, "suppressed")).reason == "marketing_off"


async def test_scheduled_marketing_counts_when_it_goes(
    house: House, committer: Committer, lane: SmsLane, facts: Facts
) -> None:
    """Where one a day is the cap, the second of two that are due together does not go."""
    person = await facts.subscriber(ANA)
    tomorrow = house.clock() + timedelta(days=1)
    usual = {"purpose": Purpose.MARKETING, "repeat_text": "", "subscription": person.id, "not_before": tomorrow}
    first, second = await put(house, committer, lane, *(sms(f"m:{n}", **usual, expires_at=None) for n in range(2)))
    house.clock.advance(days=1)
    for row in (first, second):
        lane.put(row)
    await becomes(house, first, "sent")
    waits = await becomes(house, second, "deferred")
    house.clock.advance(seconds=5)
    lane.put(waits)
    assert (await becomes(house, second, "suppressed")).reason == "daily_cap"
    assert (await facts.subscriber(ANA)).marketing_count == 1
