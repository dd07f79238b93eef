"""What is written is read back the same, in the order that is asked for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from fakes import ANA, ANAS, BEN, NUMBER, TUESDAY, offer, order, record_offer, sms
from flows.effects import (
    RecordAnswered,
    RecordAsked,
    RecordDropped,
    RecordFirstYes,
    RecordOfferState,
    RecordOrder,
    RecordOrderState,
    RecordPointless,
    RecordSubscriptionState,
    RecordUnasked,
    RecordYesUndone,
)
from flows.purchase import NEEDS_PERSON
from flows.values import Msisdn, OfferId, OrderKey, Purpose, SubscriptionId
from store import idempotency, inbox, messages, offers, orders, outbox, outgoing, parts, sms_rows, subscriptions, usage
from store.ids import new_id
from store.inbox import Entry
from store.parts import Part
from store.queries import Query
from store.reader import Reader
from store.record import write
from store.sms_rows import SmsRow
from store.tables import UtcTime
from store.unit import Op, Unit
from store.writer import Writer


async def note(writer: Writer, *ops: Op) -> None:
    """Write these rows."""
    await writer.commit(Unit(ops=ops))


def later(**length: float) -> datetime:
    """After ten on Tuesday."""
    return TUESDAY + timedelta(**length)


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_is_kept_to_the_microsecond(instant: datetime) -> None:
    """As a whole number, also before 1970."""
    kind, dialect = UtcTime(), sqlite.dialect()
    number = kind.bind_processor(dialect)(instant)
    assert isinstance(number, int)
    assert kind.result_processor(dialect, None)(number) == instant


# ── subscriptions ──


async def test_a_number_has_one_subscription_at_a_time(reader: Reader, writer: Writer) -> None:
    """Created once however many ask at once; after an end, the next holder gets a new one."""
    units = [subscriptions.create(subscriptions.begin(ANA, "es", TUESDAY), TUESDAY) for _ in range(3)]
    assert sorted(await writer.commit_all(units)) == [False, False, True]
    first = (await subscriptions.by_msisdn(reader, [ANA, BEN]))[ANA]
    await note(writer, subscriptions.set_state(RecordSubscriptionState(first.id, "ended", TUESDAY)))
    assert await subscriptions.by_msisdn(reader, [ANA]) == {}
    assert await writer.commit(subscriptions.create(subscriptions.begin(ANA, "en", TUESDAY), TUESDAY))
    second = (await subscriptions.by_msisdn(reader, [ANA]))[ANA]
    assert (second.id != first.id, second.language) == (True, "en")
    ended = await subscriptions.by_id(reader, first.id)
    assert ended is not None
    assert ended.state == "ended"


async def test_usage_comes_with_the_person(reader: Reader, writer: Writer) -> None:
    """The last written, or none."""
    await writer.commit_all(
        subscriptions.create(subscriptions.begin(msisdn, "es", TUESDAY), TUESDAY) for msisdn in (ANA, BEN)
    )
    ana = (await subscriptions.by_msisdn(reader, [ANA]))[ANA]
    await note(writer, usage.put(ana.id, b"old", TUESDAY))
    await note(writer, usage.put(ana.id, b"new", TUESDAY))
    found = await subscriptions.with_usage(reader, [ANA, BEN])
    assert (found[ANA], found[BEN][1]) == ((ana, b"new"), None)


# ── offers and orders ──


async def test_an_offer_is_read_as_it_was_made(reader: Reader, writer: Writer) -> None:
    """Field by field."""
    await note(writer, offers.put(record_offer()))
    assert await offers.by_id(reader, "off-1") == replace(offer(), reason="bundle.depleting")
    assert await offers.by_id(reader, "off-9") is None


async def test_the_newest_offer_is_the_one_that_is_answered(reader: Reader, writer: Writer) -> None:
    """Of one number, whatever became of it; open ones newest first."""
    ids = [OfferId(f"off-{new_id(later(minutes=minute))}") for minute in range(3)]
    await note(writer, *(offers.put(record_offer(id=one)) for one in ids))
    await note(writer, offers.put(record_offer(id=OfferId("off-zzz"), sent_from="999")))
    assert await writer.commit(Unit(gate=offers.end_once(RecordOfferState(ids[2], "declined", TUESDAY))))
    newest = await offers.newest_of(reader, [ANAS, SubscriptionId("other")])
    assert {number: [(one.id, one.state) for one in made] for (_, number), made in newest.items()} == {
        NUMBER: [(ids[2], "declined")],
        "999": [("off-zzz", "open")],
    }
    assert [one.id for one in await offers.open_of(reader, ANAS, TUESDAY)] == ["off-zzz", ids[1], ids[0]]
    assert await offers.count_open(reader) == 3


async def test_of_each_reply_code_the_newest_offer_is_found(reader: Reader, writer: Writer) -> None:
    """Beside the newest that asks for 1, whatever became of it."""
    codes = {"off-1": None, "off-2": 2, "off-3": 3, "off-4": 2, "off-5": None}
    await note(writer, *(offers.put(record_offer(id=OfferId(one), reply_code=code)) for one, code in codes.items()))
    (made,) = (await offers.newest_of(reader, [ANAS])).values()
    assert {one.id: one.reply_code for one in made} == {"off-5": None, "off-4": 2, "off-3": 3}


async def test_a_first_yes_stands_until_the_offer_is_asked_about_anew(reader: Reader, writer: Writer) -> None:
    """Taken back it is long ago; an offer that has ended takes none."""
    which = OfferId("off-1")
    await note(writer, offers.put(record_offer()))

    async def stands() -> tuple[datetime, datetime | None]:
        found = await offers.by_id(reader, which)
        assert found is not None
        return found.last_asked, found.yes_at

    assert await stands() == (TUESDAY, None)
    assert await writer.commit(Unit(gate=offers.first_yes(RecordFirstYes(which, later(minutes=1)))))
    assert await stands() == (later(minutes=1), later(minutes=1))
    await note(writer, offers.undo_yes(RecordYesUndone(which)))
    asked, yes = await stands()
    assert yes is not None
    assert (asked, yes < TUESDAY - timedelta(days=365)) == (later(minutes=1), True)
    await note(writer, offers.ask(RecordAsked(which, later(minutes=2))))
    assert await stands() == (later(minutes=2), None)
    assert await writer.commit(Unit(gate=offers.end_once(RecordOfferState(which, "expired", TUESDAY))))
    assert not await writer.commit(Unit(gate=offers.first_yes(RecordFirstYes(which, later(minutes=3)))))
    await note(writer, offers.ask(RecordAsked(which, later(minutes=4))))
    assert await stands() == (later(minutes=2), None)


async def test_what_was_listed_is_dropped_and_unasked_while_it_is_open(reader: Reader, writer: Writer) -> None:
    """What has ended stays as it ended, and when it was asked about."""
    kept, bought = OfferId("off-1"), OfferId("off-2")
    await note(writer, *(offers.put(record_offer(id=one, reply_code=2)) for one in (kept, bought)))
    assert await writer.commit(Unit(gate=offers.end_once(RecordOfferState(bought, "accepted", TUESDAY))))
    await note(writer, *(offers.unask(RecordUnasked(one)) for one in (kept, bought)))
    asked = [one.last_asked for which in (kept, bought) if (one := await offers.by_id(reader, which))]
    assert (asked[0] < TUESDAY - timedelta(days=365), asked[1]) == (True, TUESDAY)
    await note(writer, *(offers.drop(RecordDropped(one, later(minutes=1))) for one in (kept, bought)))
    states = [one.state for which in (kept, bought) if (one := await offers.by_id(reader, which))]
    assert states == ["declined", "accepted"]


async def test_answers_are_counted_with_the_subscription(reader: Reader, writer: Writer) -> None:
    """From none."""
    person = subscriptions.begin(ANA, "es", TUESDAY)
    await writer.commit(subscriptions.create(person, TUESDAY))
    assert (await subscriptions.by_msisdn(reader, [ANA]))[ANA].answers_count == 0
    await note(writer, subscriptions.note_answer(RecordAnswered(person.id, TUESDAY, 7)))
    found = (await subscriptions.by_msisdn(reader, [ANA]))[ANA]
    assert (found.answers_since, found.answers_count) == (TUESDAY, 7)


async def test_an_offer_is_overdue_from_its_end_on(reader: Reader, writer: Writer) -> None:
    """Open before, overdue at it, never both."""
    await note(writer, offers.put(record_offer()))
    for moment, overdue in ((later(hours=23.9), 0), (later(hours=24), 1)):
        assert len(await offers.overdue(reader, moment)) == overdue
        assert len(await offers.open_of(reader, ANAS, moment)) == 1 - overdue


async def test_orders_come_in_pages_newest_first(reader: Reader, writer: Writer) -> None:
    """No order is left out or comes twice, also where two were made at one instant."""
    for number in range(5):
        one = order(
            key=OrderKey(f"ord-{number}"), offer=OfferId(f"off-{number}"), created_at=later(minutes=number // 2)
        )
        await writer.commit(write([RecordOrder(one)]).unit)
    seen, after = list[str](), None
    while page := await orders.of_subscription(reader, ANAS, 2, after):
        seen += [view.order.key for view in page]
        after = seen[-1]
    assert seen == [f"ord-{number}" for number in (4, 3, 2, 1, 0)]
    assert await orders.count_by_state(reader) == {"pending": 5}


async def test_a_settled_order_never_moves(reader: Reader, writer: Writer) -> None:
    """The database itself holds it."""
    await writer.commit(write([RecordOrder(order(key=OrderKey("k")))]).unit)
    for state, settled in (("confirmed", True), ("declined", True), ("sent", False)):
        await note(writer, orders.move(RecordOrderState(OrderKey("k"), state, TUESDAY, settled=settled, sent=True)))
    view = await orders.by_key(reader, "k")
    assert view is not None
    assert (view.order.state, view.order.attempts) == ("confirmed", 1)


# ── outbox ──


async def test_a_text_is_read_as_it_was_written(reader: Reader, writer: Writer) -> None:
    """Every field that its sending needs."""
    row = sms_rows.sms_row(sms(text="Señal ñ € 🎉"))
    await note(writer, sms_rows.put(row))
    assert await outbox.by_id(reader, row.id) == row


def step(row_id: str, state: str) -> Op:
    """Whatever step leads to ``state``."""
    return outbox.end(row_id, state, TUESDAY) if state in outgoing.FINAL else outbox.move(row_id, state)


@pytest.mark.parametrize("state", sorted(outgoing.FINAL))
async def test_a_final_state_stays(reader: Reader, writer: Writer, state: str) -> None:
    """A late receipt or a second outcome changes nothing."""
    row = sms_rows.sms_row(sms())
    await note(writer, sms_rows.put(row))
    await note(writer, outbox.end(row.id, state, TUESDAY))
    for other in ("sent", "queued", *sorted(outgoing.FINAL)):
        await note(writer, step(row.id, other))
    found = await outbox.by_id(reader, row.id)
    assert found is not None
    assert found.state == state


async def test_what_is_in_doubt_may_still_be_settled(reader: Reader, writer: Writer) -> None:
    """By a receipt."""
    row = sms_rows.sms_row(sms())
    await note(writer, sms_rows.put(row))
    for state in ("sending", "in_doubt", "delivered"):
        await note(writer, step(row.id, state))
    found = await outbox.by_id(reader, row.id)
    assert found is not None
    assert found.state == "delivered"


async def test_what_is_due_comes_page_by_page(reader: Reader, writer: Writer) -> None:
    """Of one rank, by due time; nothing that is settled, sent, in doubt or due later."""
    states = ("queued", "sending", "deferred", "sent", "in_doubt", "failed")
    rows = [sms_rows.sms_row(sms(f"alert:{state}", at=later(seconds=n))) for n, state in enumerate(states)]
    urgent = sms_rows.sms_row(sms("c", purpose=Purpose.CONFIRMATION, at=later(hours=1)))
    night = sms_rows.sms_row(sms("night", at=TUESDAY, not_before=later(hours=9)))
    await note(writer, *map(sms_rows.put, [*rows, urgent, night]))
    await note(writer, *(step(row.id, state) for row, state in zip(rows, states, strict=True)))
    begin, alerts = (later(days=-1), ""), sms_rows.PRIORITY[Purpose.ALERT]
    first = await outbox.due(reader, alerts, begin, later(hours=2), 2)
    second = await outbox.due(reader, alerts, (first[-1].due_at, first[-1].id), later(hours=2), 2)
    assert [[row.id for row in page] for page in (first, second)] == [[rows[0].id, rows[1].id], [rows[2].id]]
    assert await outbox.next_due(reader, alerts, later(hours=2)) == later(hours=9)
    assert await outbox.next_due(reader, alerts, later(hours=9)) is None
    assert [row.id for row in await outbox.half_done(reader)] == [rows[1].id]
    assert (await outbox.count_by_state(reader))["sms", "queued"] == 3


async def test_a_page_of_what_is_due_costs_its_rows_alone(engine: AsyncEngine, reader: Reader) -> None:
    """It comes in the order of its index, however many others there are."""
    values = {"rank": 2, "after": TUESDAY, "after_id": "", "until": TUESDAY, "limit": 10}
    for query, known in ((outbox._DUE, values), (outbox._NEXT, {"rank": 2, "after": TUESDAY})):
        prepared = Query(query, {}, engine.dialect)
        async with engine.connect() as connection:
            found = await connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {prepared.sql}", tuple(prepared.values(known))
            )
            plan = " ".join(str(tuple(row)[3]) for row in found)
        assert "USING INDEX outbox_waiting (kind=? AND priority=?" in plan
        assert "TEMP B-TREE" not in plan


async def test_texts_are_taken_in_hand_once(reader: Reader, writer: Writer) -> None:
    """Many at a time; what was withdrawn or taken before is not found, in whichever group it is written."""
    rows = [sms_rows.sms_row(sms(f"alert:{n}")) for n in range(300)]
    await note(writer, *map(sms_rows.put, rows))
    await note(writer, outbox.end(rows[7].id, "suppressed", TUESDAY), outbox.move(rows[8].id, "sent"))
    ids = [row.id for row in rows]
    first, again = await asyncio.gather(writer.take(outgoing.take(ids)), writer.take(outgoing.take(ids[:100])))
    assert (first, again) == (frozenset(ids) - {ids[7], ids[8]}, frozenset())
    found = await outbox.by_id(reader, ids[0])
    assert isinstance(found, SmsRow)
    assert (found.state, found.attempts, found.repeats) == ("sending", 1, 0)


@pytest.mark.parametrize("about", ["byte", ""])
async def test_what_is_pointless_ends_unless_it_has_gone(reader: Reader, writer: Writer, about: str) -> None:
    """What is about one unit, or all of a person's; what is on its way may arrive."""
    states = ("queued", "deferred", "sending", "sent", "in_doubt")
    rows = [sms_rows.sms_row(sms(f"alert:{state}", about="byte")) for state in states]
    other = sms_rows.sms_row(sms("alert:other", about="second"))
    await note(writer, *map(sms_rows.put, [*rows, other]))
    await note(writer, *(step(row.id, state) for row, state in zip(rows, states, strict=True)))
    await note(writer, outgoing.pointless(RecordPointless(ANAS, TUESDAY, "renewed", about)))
    found = [one.state for row in (*rows, other) if (one := await outbox.by_id(reader, row.id))]
    assert found == ["expired", "expired", *states[2:], "queued" if about else "expired"]


async def test_orders_that_are_not_settled_come_back_oldest_first(reader: Reader, writer: Writer) -> None:
    """Not those that have ended, nor those that were left to a person."""
    states = {"new": ("pending", "", False), "done": ("confirmed", "", True), "left": ("in_doubt", NEEDS_PERSON, False)}
    for at, name in enumerate(("newer", *states)):
        one = order(key=OrderKey(name), offer=OfferId(name), created_at=later(minutes=9 - at))
        await note(writer, orders.put(one))
    for name, (state, reason, settled) in states.items():
        moved = RecordOrderState(OrderKey(name), state, TUESDAY, settled=settled, reason=reason or None)
        await note(writer, orders.move(moved))
    assert await orders.unsettled(reader) == ["new", "newer"]


async def test_tries_and_repeats_are_counted(reader: Reader, writer: Writer) -> None:
    """What was tried before a crash is known after it."""
    row = sms_rows.sms_row(sms())
    await note(writer, sms_rows.put(row))
    await writer.take(outgoing.take([row.id]))
    await note(writer, outbox.move(row.id, "queued", reason="lost", repeated=True))
    await writer.take(outgoing.take([row.id]))
    await note(writer, outbox.move(row.id, "deferred", due_at=later(minutes=5)))
    found = await outbox.by_id(reader, row.id)
    assert isinstance(found, SmsRow)
    assert (found.attempts, found.repeats, found.due_at, found.state) == (2, 1, later(minutes=5), "deferred")


# ── parts, inbox, idempotency, messages ──


async def test_a_part_is_found_with_the_others_of_its_text(reader: Reader, writer: Writer) -> None:
    """Of one SMSC, also many in one go; an id that comes again belongs to the newest text."""
    made = [Part("a", f"x{n}", f"row-{n // 2}", n % 2, "sent") for n in range(600)]
    await note(writer, *(parts.put(one, TUESDAY) for one in made))
    found = await parts.beside(reader, "a", [f"x{n}" for n in range(0, 598, 2)])
    assert sorted(found, key=lambda one: int(one.message_id[1:])) == made[:598]
    assert await parts.beside(reader, "b", ["x1"]) == []
    await note(writer, parts.settle("a", "x1", "failed", "027"))
    await note(writer, parts.put(Part("a", "x0", "row-new", 3, "sent"), TUESDAY))
    assert [(one.state, one.error) for one in await parts.of_rows(reader, ["row-0"])] == [("failed", "027")]
    assert [one.message_id for one in await parts.of_rows(reader, ["row-new", "row-1"])] == ["x2", "x3", "x0"]


def entry(event_id: str, text: str = "1", at: datetime = TUESDAY, kind: str = "mo", subject: Msisdn = ANA) -> Entry:
    """Something that came in."""
    body = f'{{"to": "{NUMBER}", "text": "{text}", "smsc": "smsc-a"}}'
    return Entry(new_id(at), kind, "sms:smsc-a", event_id, subject, body, at)


async def test_what_came_in_waits_until_it_is_done(reader: Reader, writer: Writer) -> None:
    """Oldest first; a second one of the same identity is not taken in."""
    first, second = entry("1"), entry("2", at=later(seconds=1))
    assert await writer.commit_all(map(inbox.take_in, (second, first, entry("1")))) == [True, True, False]
    assert await inbox.waiting(reader) == [first, second]
    await note(writer, inbox.done(first.id, "accept", TUESDAY))
    assert await inbox.waiting(reader) == [second]


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (entry("1"), True),
        (entry("1", at=TUESDAY - timedelta(minutes=2)), False),
        (entry("1", text="si"), True),
        (entry("1", subject=BEN), False),
        (entry("1", kind="trigger"), False),
    ],
)
async def test_the_last_text_is_found_again(reader: Reader, writer: Writer, before: Entry, *, found: bool) -> None:
    """Of the same person, within the time, whatever it says."""
    now = entry("2", at=later(seconds=30))
    await writer.commit_all(map(inbox.take_in, (before, now)))
    assert (await inbox.texts_before(reader, [now], timedelta(seconds=60)) == {now.id: before}) is found


async def test_a_request_is_claimed_once_and_its_answer_kept(reader: Reader, writer: Writer) -> None:
    """By caller and key; one that did nothing gives the key back."""
    assert await writer.commit_all([idempotency.claim("crm", "k", "d", TUESDAY)] * 2) == [True, False]
    assert await writer.commit(idempotency.claim("app", "k", "d", TUESDAY))
    await note(writer, idempotency.answer("crm", "k", 202, "{}"))
    await note(writer, idempotency.release("crm", "k"))
    await note(writer, idempotency.release("app", "k"))
    kept = await idempotency.find(reader, "crm", "k")
    assert kept == idempotency.Earlier("d", 202, "{}", TUESDAY)
    assert await idempotency.find(reader, "app", "k") is None
    await note(writer, idempotency.forget(later(seconds=1)))
    assert await idempotency.find(reader, "crm", "k") is None


async def test_care_reads_both_directions_newest_first(reader: Reader, writer: Writer) -> None:
    """A claimed text is still queued to the outside; a repeated one shows what went out."""
    row = sms_rows.sms_row(sms())
    await writer.commit(inbox.take_in(entry("1", at=later(minutes=1))))
    await note(writer, sms_rows.put(row))
    await note(writer, outbox.move(row.id, "queued", repeated=True))
    await writer.take(outgoing.take([row.id]))
    await note(writer, parts.put(Part("smsc-a", "id-1", row.id, 0, "sent"), TUESDAY))
    received, sent = await messages.of_subscriber(reader, ANAS, ANA, 10, None)
    assert (received.direction, received.text, received.state) == ("in", "1", "received")
    assert (sent.direction, sent.text, sent.state, sent.smsc_ids) == ("out", "Se acaba.", "queued", ("id-1",))
    assert await messages.of_subscriber(reader, ANAS, ANA, 10, sent.id) == []
    assert [one.id for one in await messages.latest(reader, 1)] == [received.id]
