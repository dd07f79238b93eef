"""Every effect has its row, in one unit, behind its gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from fakes import ANA, ANAS, BEN, TUESDAY, order, record_offer, sms
from flows.effects import (
    ActivateBundle,
    Effect,
    RecordAlert,
    RecordAudit,
    RecordHelpGiven,
    RecordMarketingContact,
    RecordOfferState,
    RecordOrder,
    RecordOrderState,
    RecordPreference,
    RecordSubscriptionState,
)
from flows.records import Answer, Subscriber
from flows.values import Channel, OfferId, OrderKey, SubscriptionId
from store import order_steps, orders, subscriptions, tables
from store.errors import WriteFailed
from store.reader import Reader
from store.record import write
from store.sms_rows import SmsRow
from store.unit import Unit
from store.writer import Writer

KEY = OrderKey("ord-off-1")
ALERT = RecordAlert(ANAS, "b-77", "0.1", TUESDAY, "alert_and_offer")
ORDER = RecordOrder(order(beneficiary=BEN))
CALL = ActivateBundle(ORDER.order, Subscriber(ORDER.order.subscription, ORDER.order.msisdn, "es"))
LATER = TUESDAY + timedelta(minutes=1)


async def rows(engine: AsyncEngine, table: Table) -> list[dict[str, object]]:
    """All rows of a table."""
    async with engine.connect() as connection:
        return [dict(row._mapping) for row in await connection.execute(select(table))]


async def commit(writer: Writer, *effects: Effect) -> bool:
    """Write one step."""
    return await writer.commit(write(effects).unit)


async def test_an_alert_is_written_once_with_all_that_hangs_on_it(engine: AsyncEngine, writer: Writer) -> None:
    """Of a threshold's second step nothing is written."""
    assert await commit(writer, ALERT, record_offer(), sms("alert:1"))
    assert not await commit(writer, ALERT, record_offer(id=OfferId("off-2")), sms("alert:2"))
    assert [row["threshold"] for row in await rows(engine, tables.alerts)] == ["0.1"]
    assert [row["id"] for row in await rows(engine, tables.offers)] == ["off-1"]
    assert [row["key"] for row in await rows(engine, tables.outbox)] == ["alert:1"]


async def test_an_order_is_written_once_for_its_offer(engine: AsyncEngine, writer: Writer) -> None:
    """Under whatever key: one offer, one order, one call."""
    assert await commit(writer, ORDER, CALL)
    other = RecordOrder(order(key=OrderKey("other"), channel=Channel.APP))
    for again in (ORDER, other):
        with pytest.raises(WriteFailed):
            await commit(writer, again)
    (kept,) = await rows(engine, tables.orders)
    assert (kept["key"], kept["beneficiary"], kept["state"], kept["attempts"]) == (KEY, BEN, "pending", 0)
    assert not await rows(engine, tables.outbox)  # an order is what is to be done, and needs no row beside it


async def test_both_gates_in_one_group_open_once(engine: AsyncEngine, writer: Writer) -> None:
    """Two channels at the same instant cannot both buy."""
    await commit(writer, record_offer())
    taken = RecordOfferState(OfferId("off-1"), "accepted", TUESDAY, KEY)
    assert sorted(await writer.commit_all([write([taken, ORDER, CALL]).unit] * 3)) == [False, False, True]
    assert len(await rows(engine, tables.orders)) == 1


async def test_an_offers_end_is_final(engine: AsyncEngine, writer: Writer) -> None:
    """Accepted stays accepted whatever is written later."""
    await commit(writer, record_offer())
    await commit(writer, RecordOfferState(OfferId("off-1"), "accepted", TUESDAY, KEY))
    await commit(writer, RecordOfferState(OfferId("off-1"), "expired", LATER))
    (kept,) = await rows(engine, tables.offers)
    assert (kept["state"], kept["order_key"], kept["settled_at"]) == ("accepted", KEY, TUESDAY)


async def test_an_orders_steps_add_up(reader: Reader, writer: Writer) -> None:
    """Sends and questions are counted, the reference stays, and a verdict is final."""
    await commit(writer, ORDER)
    await commit(writer, RecordOrderState(KEY, "sent", LATER, settled=False, sent=True))
    await commit(writer, RecordOrderState(KEY, "in_doubt", LATER, settled=False, reference="r-1", queried=True))
    await commit(writer, RecordOrderState(KEY, "confirmed", LATER, settled=True))
    await commit(writer, RecordOrderState(KEY, "declined", LATER, settled=True, reason="rejected", sent=True))
    view = await orders.by_key(reader, KEY)
    assert view is not None
    assert (view.order.state, view.order.attempts, view.order.queries) == ("confirmed", 1, 1)
    assert (view.order.sent_at, view.settled_at, view.ocs_reference, view.reason) == (LATER, LATER, "r-1", None)


async def test_each_step_of_an_order_is_kept_with_its_time(reader: Reader, writer: Writer) -> None:
    """And the yes that it was made with, as it was said."""
    yes = Answer("u1", session="ATUid_1", shown="1 GB $3.000?", said="1\ud83d")
    await commit(writer, RecordOrder(ORDER.order, yes))
    await commit(writer, RecordOrderState(KEY, "sent", LATER, settled=False, sent=True))
    await commit(writer, RecordOrderState(KEY, "in_doubt", LATER, settled=False, detail="read timeout", queried=True))
    steps = await order_steps.of_order(reader, KEY)
    assert [(step.state, step.at, step.sent, step.asked) for step in steps] == [
        ("pending", TUESDAY, False, False),
        ("sent", LATER, True, False),
        ("in_doubt", LATER, False, True),
    ]
    assert steps[2].detail == "read timeout"
    assert await order_steps.answer_of(reader, KEY) == (replace(yes, said="1?"), TUESDAY)
    assert await order_steps.answer_of(reader, "ord-nobody") is None


async def test_what_a_person_wants_is_on_their_row(reader: Reader, writer: Writer) -> None:
    """Each preference, contact, help and state."""
    assert await writer.commit(subscriptions.create(subscriptions.begin(ANA, "es", TUESDAY), TUESDAY))
    ana = (await subscriptions.by_msisdn(reader, [ANA]))[ANA]
    assert (ana.language, ana.state, ana.alerts, ana.marketing, ana.marketing_count) == ("es", "active", True, None, 0)
    await commit(
        writer,
        RecordPreference(ana.id, "language", "en"),
        RecordPreference(ana.id, "marketing", value=False),
        RecordPreference(ana.id, "alerts", value=False),
        RecordPreference(ana.id, "time_zone", "America/Bogota"),
        RecordPreference(ana.id, "segment", "youth"),
        RecordPreference(ana.id, "circle", "north"),
        RecordMarketingContact(ana.id, LATER, Channel.SMS, 2),
        RecordHelpGiven(ana.id, LATER),
        RecordSubscriptionState(ana.id, "suspended", LATER),
    )
    now = await subscriptions.by_id(reader, ana.id)
    assert now is not None
    assert (now.language, now.marketing, now.alerts, now.state) == ("en", False, False, "suspended")
    assert (now.time_zone, now.segment, now.circle) == ("America/Bogota", "youth", "north")
    assert (now.marketing_at, now.marketing_count, now.marketing_channel, now.help_at) == (LATER, 2, "sms", LATER)


async def test_an_audit_line_is_kept(engine: AsyncEngine, writer: Writer) -> None:
    """Also one about nobody."""
    await commit(writer, RecordAudit("ocs", "order.confirmed", None, TUESDAY, {"order": KEY}))
    (line,) = await rows(engine, tables.audit)
    assert (line["actor"], line["action"], line["subscription_id"]) == ("ocs", "order.confirmed", None)
    assert line["detail"] == '{"order":"ord-off-1"}'


def test_what_is_to_be_carried_out_is_handed_over() -> None:
    """Texts and calls in their order; a suppressed text is kept and goes nowhere."""
    written = write([CALL, sms("a"), sms("b", suppressed="alerts_off")])
    assert [type(row) for row in written.rows] == [ActivateBundle, SmsRow]
    assert [row.key for row in written.rows if isinstance(row, SmsRow)] == ["a"]
    assert len(written.unit.ops) == 2


def test_a_step_has_one_gate() -> None:
    """Two would have to open together, which nothing needs."""
    with pytest.raises(AssertionError, match="one gate"):
        write([ALERT, RecordOfferState(OfferId("off-1"), "accepted", TUESDAY, KEY)])


def test_an_empty_step_is_an_empty_unit() -> None:
    """Who needs no alert writes nothing."""
    assert write([]).unit == Unit()


async def test_a_text_is_never_queued_twice_under_one_key(engine: AsyncEngine, writer: Writer) -> None:
    """The database refuses, so the whole step fails and is seen."""
    await commit(writer, sms("reply:1"))
    with pytest.raises(Exception, match="did not take"):
        await commit(writer, sms("reply:1"), RecordHelpGiven(SubscriptionId("x"), TUESDAY))
    assert len(await rows(engine, tables.outbox)) == 1
