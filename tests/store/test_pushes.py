"""What the store knows of screens, of texts that are held back, of past answers and of who holds their phone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import ANA, ANAS, TUESDAY, order, record_offer, sms
from flows.effects import Effect, PushUssd, RecordOfferState, RecordTold
from flows.values import Channel, OfferId, OrderKey, SubscriptionId
from store import held_texts, offers, orders, outbox, outgoing, push_rows, turns
from store.ids import new_id
from store.push_rows import PushRow
from store.reader import Reader
from store.record import write
from store.sms_rows import SmsRow
from store.turns import PUSHED, Presence, TurnRow
from store.unit import Unit
from store.writer import Writer

UNTIL = TUESDAY + timedelta(seconds=90)
PUSH = PushUssd(
    key="push:alert:1",
    subscription=ANAS,
    msisdn=ANA,
    door="operator",
    notice="Se acaba.",
    offer=OfferId("off-1"),
    at=TUESDAY,
    until=UNTIL,
    fallback="alert:1",
)
HELD = sms(not_before=UNTIL, offer=OfferId("off-1"))
CARLAS = SubscriptionId("carlas")
BENS = SubscriptionId("01BEN")


async def commit(writer: Writer, *effects: Effect) -> tuple[outbox.OutboxRow, ...]:
    """Write one step; the rows that wait."""
    written = write(effects)
    await writer.commit(written.unit)
    return tuple(row for row in written.rows if isinstance(row, SmsRow | PushRow))


async def text_of(reader: Reader, key: str = "alert:1") -> SmsRow:
    """A text as the store has it."""
    found = await outbox.by_key(reader, key)
    assert isinstance(found, SmsRow)
    return found


async def test_a_screen_is_read_as_it_was_asked_for(reader: Reader, writer: Writer) -> None:
    """With the text behind it, which is due later."""
    screen, text = await commit(writer, PUSH, HELD)
    assert await outbox.by_id(reader, screen.id) == screen
    assert await outbox.by_id(reader, text.id) == text == await text_of(reader)
    assert isinstance(text, SmsRow)
    assert (text.held, text.due_at, text.offer) == (True, UNTIL, OfferId("off-1"))
    assert await outbox.half_done(reader) == [screen]


async def test_a_screen_that_is_suppressed_waits_for_nobody(reader: Reader, writer: Writer) -> None:
    """It is kept, with its reason."""
    assert await commit(writer, replace(PUSH, suppressed="dry_run")) == ()
    found = await outbox.by_key(reader, PUSH.key)
    assert isinstance(found, PushRow)
    assert (found.state, found.reason) == ("suppressed", "dry_run")


async def test_a_screen_is_claimed_once_and_its_session_is_kept(reader: Reader, writer: Writer) -> None:
    """Of two that claim it one has it."""
    (screen,) = await commit(writer, PUSH)
    assert isinstance(screen, PushRow)
    claims = [Unit(gate=push_rows.claim(replace(screen, session=f"s-{number}"))) for number in range(2)]
    assert await writer.commit_all(claims) == [True, False]
    found = await outbox.by_key(reader, PUSH.key)
    assert isinstance(found, PushRow)
    assert (found.state, found.session) == ("sending", "s-0")


@pytest.mark.parametrize("first", ["claim", "withdraw"])
async def test_a_held_text_goes_or_is_withdrawn(reader: Reader, writer: Writer, first: str) -> None:
    """Whoever comes first; the other touches nothing."""
    _, text = await commit(writer, PUSH, HELD)
    claim, told = Unit(gate=outgoing.claim(text.id)), Unit(ops=(held_texts.withdraw("alert:1", TUESDAY),))
    opened = [await writer.commit(unit) for unit in ((claim, told) if first == "claim" else (told, claim))]
    assert opened == [True, first == "claim"]
    assert (await text_of(reader)).state == ("sending" if first == "claim" else "suppressed")


async def test_a_text_is_withdrawn_with_the_answer(reader: Reader, writer: Writer) -> None:
    """In one unit with what the answer does; nothing happens for a text that is not there."""
    await commit(writer, PUSH, HELD, RecordTold("alert:9", TUESDAY))
    assert (await text_of(reader)).state == "queued"
    await commit(writer, RecordTold("alert:1", TUESDAY))
    found = await text_of(reader)
    assert (found.state, found.reason) == ("suppressed", held_texts.TOLD)


async def test_a_text_that_is_let_go_is_due(reader: Reader, writer: Writer) -> None:
    """Unless it went, or was withdrawn."""
    await commit(writer, PUSH, HELD)
    await writer.commit(Unit(ops=(held_texts.release("alert:1", TUESDAY),)))
    assert (await text_of(reader)).due_at == TUESDAY
    await commit(writer, RecordTold("alert:1", TUESDAY))
    await writer.commit(Unit(ops=(held_texts.release("alert:1", UNTIL),)))
    assert ((await text_of(reader)).due_at, (await text_of(reader)).state) == (TUESDAY, "suppressed")


async def test_answers_are_counted_by_the_way_that_they_came(reader: Reader, writer: Writer) -> None:
    """Not those of long ago, nor open ones, nor what they asked for themselves; a yes counts where it was said."""
    ids = [OfferId(f"off-{new_id(TUESDAY + timedelta(minutes=minute))}") for minute in range(6)]
    ways = [Channel.SMS, Channel.SMS, Channel.USSD, Channel.USSD, Channel.USSD, Channel.USSD]
    for one, way in zip(ids, ways, strict=True):
        await writer.commit(Unit(ops=(offers.put(record_offer(id=one, channel=way)),)))
    old = OfferId(f"off-{new_id(TUESDAY - timedelta(days=200))}")
    unasked = record_offer(id=OfferId("off-u1"), reason="menu", accepted=OrderKey("ord-u1"), channel=Channel.USSD)
    listed = record_offer(id=OfferId("off-u2"), reason="more")
    await writer.commit(Unit(ops=(offers.put(record_offer(id=old)), offers.put(unasked), offers.put(listed))))
    for one, state in (
        (ids[0], "declined"),
        (ids[1], "expired"),
        (ids[2], "expired"),
        (ids[3], "expired"),
        (old, "declined"),
        (listed.id, "expired"),
    ):
        await writer.commit(Unit(gate=offers.end_once(RecordOfferState(one, state, TUESDAY))))
    yes = OrderKey(f"ord-{ids[4]}")
    taken = order(key=yes, offer=ids[4], channel=Channel.SMS)
    ended = RecordOfferState(ids[4], "accepted", TUESDAY, yes)
    await writer.commit(Unit(ops=(orders.put(taken),), gate=offers.end_once(ended)))
    found = await offers.answers_of(reader, [ANAS, BENS], TUESDAY - timedelta(days=180))
    assert found == {
        ANAS: {
            (Channel.SMS, "declined"): 1,
            (Channel.SMS, "expired"): 1,
            (Channel.SMS, "accepted"): 1,
            (Channel.USSD, "expired"): 2,
        }
    }


async def test_presence_is_what_people_said_of_late(reader: Reader, writer: Writer) -> None:
    """A screen that nobody answered is no presence, yet it may stand open; a session that was closed does not."""

    def turn(session: str, position: int, minutes: float, **changes: object) -> TurnRow:
        at = TUESDAY - timedelta(minutes=minutes)
        made = TurnRow("push", session, position, ANAS, "d", "", "[]", "", ends=False, at=at)
        return replace(made, **changes)  # type: ignore[arg-type]

    rows = [
        turn("old", 0, 30),
        turn("dialled", 0, 9, dialect="at"),
        turn("dialled", 1, 8, dialect="at", ends=True),
        turn("pushed", 0, 0.5, digest=PUSHED),
        turn("bens", 0, 5, subscription=BENS, digest=PUSHED),
        turn("closed", 0, 0.5, subscription=CARLAS, dialect="at"),
    ]
    await writer.commit(Unit(ops=tuple(turns.put(row) for row in rows)))
    await writer.commit(Unit(ops=(turns.release("at", "closed", TUESDAY),)))
    since, idle = TUESDAY - timedelta(minutes=10), TUESDAY - timedelta(minutes=1)
    assert await turns.presence(reader, [ANAS, BENS, CARLAS, SubscriptionId("nobody")], since, idle) == {
        ANAS: Presence(TUESDAY - timedelta(minutes=8), open=True, dialects=frozenset({"at", "push"})),
        BENS: Presence(None, open=False, dialects=frozenset({"push"})),
        CARLAS: Presence(TUESDAY - timedelta(minutes=0.5), open=False, dialects=frozenset({"at"})),
    }
