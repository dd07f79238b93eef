"""A text that waited long tells no figures that may not be so any more, and is not silently dropped either."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import TUESDAY, House, eventually, record_offer, sms
from flows.effects import SendSms
from flows.values import OfferId
from gateway.core.commit import Committer
from gateway.core.receipts import ReceiptDesk
from gateway.core.sms_lane import SmsLane
from store import offers, outbox
from store.sms_rows import SmsRow

LATER = "Mira en tu menú cuánto te queda."


def aging(effect: SendSms) -> SendSms:
    """Its figures are good for half an hour."""
    return replace(effect, true_until=TUESDAY + timedelta(minutes=30), later_text=LATER)


@pytest.fixture
async def lane(house: House) -> AsyncIterator[SmsLane]:
    """A lane that does not run yet."""
    made = SmsLane(house.context, [house.sender], ReceiptDesk(house.context))
    yield made
    await made.stop()
    await made.drain()


async def sent(house: House, committer: Committer, lane: SmsLane, effect: SendSms, **waited: float) -> SmsRow:
    """The row once it has gone, after so long a wait."""
    await committer.commit([effect])
    house.clock.advance(**waited)
    lane.put(house.texts()[-1])
    lane.start()
    await eventually(lambda: bool(house.sender.sent))
    found = await outbox.by_id(house.reader, house.texts()[-1].id)
    assert isinstance(found, SmsRow)
    return found


@pytest.mark.parametrize(("minutes", "text"), [(0, "Te quedan 92 MB."), (30, "Te quedan 92 MB."), (31, LATER)])
async def test_figures_are_told_as_long_as_they_are_good(
    house: House, committer: Committer, lane: SmsLane, minutes: int, text: str
) -> None:
    """What stands in the store is what was sent, for whoever asks later."""
    row = await sent(
        house, committer, lane, aging(sms(text="Te quedan 92 MB.", repeat_text="Te quedan 92 MB.")), minutes=minutes
    )
    assert [one.text for one in house.sender.sent] == [text] == [row.text]
    aged = house.context.metrics.registry.get_sample_value("chasqui_claims_failed_total", {"claim": "age"})
    assert (aged or 0) == (1 if text == LATER else 0)


async def test_an_offer_does_not_go_with_figures_that_are_not_good_any_more(
    house: House, committer: Committer, lane: SmsLane
) -> None:
    """Nor can it be bought by an answer to what did not name it."""
    await committer.commit([record_offer()])
    offered = OfferId("off-1")
    row = await sent(house, committer, lane, aging(sms(offer=offered, names=(offered,), asks=True)), hours=1)
    assert [one.text for one in house.sender.sent] == [LATER]
    assert (row.text, row.names, row.asks) == (LATER, (), False)
    found = await offers.by_id(house.reader, offered)
    assert found is not None
    assert found.sent_from == ""


async def test_a_text_without_figures_says_what_it_said(house: House, committer: Committer, lane: SmsLane) -> None:
    """However long it waited."""
    await sent(house, committer, lane, sms(text="Se acabó.", repeat_text="Se acabó."), hours=20)
    assert [one.text for one in house.sender.sent] == ["Se acabó."]
