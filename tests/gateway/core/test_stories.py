"""Stories of orders that went other ways than most."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fakes import ANA, ANAS, BEN, NUMBER, TUESDAY, House, order, record_offer, sms
from flows.documents import encode
from flows.effects import (
    Effect,
    PushUssd,
    RecordFirstYes,
    RecordOrder,
    RecordOrderState,
    RecordRefunded,
    SendSms,
)
from flows.events import OWN_CLOCK
from flows.purchase import refund_key
from flows.reconciliation import Ours, Said, judge
from flows.records import Answer
from flows.values import Money, OfferId, OrderKey, OrderKind, Purpose
from gateway.core.stories import StoryDesk
from store import inbox, reconciliations
from store.inbox import Entry
from store.reconciliations import Run
from store.record import write
from store.unit import Unit

KEY = OrderKey("ord-off-1")
LATER = TUESDAY + timedelta(minutes=5)
ENTRY = "01M87149C0M4PKNNQH8SHXES62"
Json = dict[str, Any]


class Told:
    """Writes what happens, and tells it."""

    def __init__(self, house: House) -> None:
        context = house.context
        self._house = house
        self._desk = StoryDesk(house.reader, context.market, context.catalogue, context.catalogues, house.clock)

    async def happens(self, *effects: Effect) -> None:
        """Each is committed by itself, in this order."""
        for effect in effects:
            assert await self._house.writer.commit(write([effect]).unit)

    async def came_in(self, kind: str, body: Json, source: str = "ocs/1") -> None:
        """An entry of the inbox."""
        entry = Entry(ENTRY, kind, source, "evt-1", ANA, encode(body), TUESDAY)
        assert await self._house.writer.commit(inbox.take_in(entry))

    async def story(self, **how: Any) -> Json:
        """What is told of the order."""
        story = await self._desk.tell(KEY, **{"language": "en", **how})
        assert story is not None
        return story


@pytest.fixture
def told(house: House) -> Told:
    """A store in which nothing has happened."""
    return Told(house)


def confirmed() -> RecordOrderState:
    """The end of Ana's order."""
    return RecordOrderState(KEY, "confirmed", LATER, settled=True, reference="po-1")


async def test_a_first_yes_and_the_question_after_it_are_told(told: Told) -> None:
    """With the text that asked for the second."""
    question = replace(sms("reply:01FIRST"), purpose=Purpose.REPLY, text="Reply OK to pay $3.000.", at=LATER)
    await told.happens(record_offer(), RecordFirstYes(OfferId("off-1"), LATER), question)
    await told.happens(RecordOrder(order(created_at=LATER), Answer("01SECOND", said="OK")), confirmed())
    story = await told.story()
    assert story["decision"]["first_yes_at"] == "2026-11-24T15:05:00.000Z"
    assert [one["words"] for one in story["texts"]] == ["Reply OK to pay $3.000."]
    assert any(line.endswith("First yes; a second was asked for") for line in story["text"])


async def test_a_story_says_why_it_was_this_offer(told: Told) -> None:
    """From the reasons that were kept with it."""
    reasons = {"by": "rule", "of": 5, "dear": 1, "barred": 0, "refused": 0}
    reasons |= {"bundle": "data-1gb-7d", "fit": 0.8, "margin": 180_000, "content": False, "size": False}
    contact = {"market": "co", "pack": "0"}
    decision = {"origin": f"alert:{ENTRY}", "reasons": reasons, "contact": contact}
    await told.happens(record_offer(decision=decision), RecordOrder(order(), Answer("01YES")))
    story = await told.story()
    assert story["decision"]["facts"]["reasons"]["fit"] == 0.8
    lines = [line.partition("  ")[2] for line in story["text"]]
    why = lines.index("Chosen by margin and fit among 5 that could be paid: fit 80 %")
    assert lines[why - 1].startswith("Offered: data-1gb-7d")
    assert lines[why + 1] == "Left out as too dear for the balance: 1"


async def test_an_offer_that_was_asked_for_by_text_came_from_that_text(told: Told) -> None:
    """MORE is a text of theirs; no rule on offers was needed."""
    offer = OfferId(f"off-{ENTRY}9")
    await told.came_in("mo", {"to": NUMBER, "text": "MAS", "smsc": "smsc-a"})
    await told.happens(record_offer(id=offer, reason="more", decision={}), sms(f"reply:{ENTRY}", text="1: 1 GB $3.000"))
    await told.happens(RecordOrder(order(offer=offer), Answer("01YES", said="1")))
    story = await told.story()
    assert (story["trigger"]["kind"], story["trigger"]["text"], story["rule"]) == ("text", "MAS", None)
    assert [one["words"] for one in story["texts"]] == ["1: 1 GB $3.000"]
    assert any("They asked by text what else there is: MAS" in line for line in story["text"])


async def test_what_our_own_clock_found_is_not_put_in_the_mouth_of_the_charging_system(told: Told) -> None:
    """Nobody sent it."""
    bundle = {"id": "b-1", "unit": "byte", "remaining": 100 * 2**20}
    await told.came_in("trigger", {"type": "bundle.expiring", "data": {"bundle": bundle}}, OWN_CLOCK)
    await told.happens(record_offer(decision={"origin": f"alert:{ENTRY}"}), RecordOrder(order(), Answer("01YES")))
    lines = (await told.story())["text"]
    assert any("Our own clock found: bundle.expiring (100 MB left), event evt-1" in line for line in lines)
    assert not any("The charging system told" in line for line in lines)


async def test_a_screen_that_the_network_showed_is_told_beside_its_text(told: Told) -> None:
    """Which did not go."""
    alert = f"alert:{ENTRY}"
    await told.came_in("trigger", {"type": "bundle.depleted", "time": "t", "data": {"bundle": {"initial": 2**60}}})
    push = PushUssd(f"push:{alert}", ANAS, ANA, "door", "Se acaba.", OfferId("off-1"), TUESDAY, LATER, alert)
    text = replace(sms(alert), suppressed="told_on_screen")
    await told.happens(record_offer(decision={"origin": alert}), push, text)
    await told.happens(RecordOrder(order(), Answer("u1", session="s-1", shown="1 GB $3.000?\n1 Si", said="1")))
    story = await told.story()
    assert {(one["kind"], one["state"]) for one in story["texts"]} == {("screen", "queued"), ("text", "suppressed")}
    assert story["trigger"]["bundle"] == {"initial": str(2**60)}
    assert any("Screen: “Se acaba.” – waits" in line for line in story["text"])
    assert any("not sent (told_on_screen)" in line for line in story["text"])


async def test_what_was_given_back_is_told_with_its_own_steps(told: Told) -> None:
    """And the order says so from then on."""
    refund = order(
        key=refund_key(KEY), offer=OfferId("ref-off-1"), gives_back=KEY, kind=OrderKind.REFUND, created_at=LATER
    )
    await told.happens(record_offer(), RecordOrder(order()), confirmed(), RecordOrder(refund))
    await told.happens(
        RecordOrderState(refund.key, "confirmed", LATER, settled=True, reference="adj-1"),
        RecordRefunded(KEY, "refunded", LATER),
        SendSms(f"{refund.key}:refunded", ANAS, ANA, NUMBER, "Te devolvimos $3.000.", Purpose.CONFIRMATION, LATER),
    )
    story = await told.story()
    assert (story["charge"]["state"], story["refund"]["reference"]) == ("refunded", "adj-1")
    assert [step["state"] for step in story["history"]] == ["pending", "confirmed", "refunded"]
    assert [step["state"] for step in story["refund"]["history"]] == ["pending", "confirmed"]
    assert [one["words"] for one in story["texts"]] == ["Te devolvimos $3.000."]
    assert "Charged and paid back: COP 3,000." in story["text"]
    assert any("Given back: COP 3,000, reference adj-1" in line for line in story["text"])


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        (
            OrderKind.ADVANCE,
            {"bundle": "advance-small", "price": Money(220_000, "COP"), "credit": Money(200_000, "COP")},
            ("airtime advance, asked for by …2233", "Credited once: COP 2,000."),
        ),
        (
            OrderKind.TOP_UP,
            {"price": Money(0, "COP"), "pin": "12345678"},
            ("top-up, asked for by …2233", "Credited once: COP 5,000."),
        ),
        (
            OrderKind.TRANSFER,
            {"price": Money(210_000, "COP"), "credit": Money(200_000, "COP"), "beneficiary": BEN},
            ("balance transfer for COP 2,100, paid by …2233", "Charged once: COP 2,100."),
        ),
        (
            OrderKind.OUT_OF_BUNDLE,
            {"bundle": "out-of-bundle:on", "price": Money(0, "COP")},
            ("charges outside a bundle, asked for by …2233", "The charging system has it; nothing was charged."),
        ),
    ],
)
async def test_what_is_no_purchase_has_a_story_too(
    told: Told, kind: OrderKind, changes: dict[str, Any], said: tuple[str, str]
) -> None:
    """In the words of its kind."""
    await told.happens(RecordOrder(order(kind=kind, **changes), Answer("u1", shown="?", said="1")))
    worth = Money(500_000, "COP") if kind is OrderKind.TOP_UP else None
    await told.happens(RecordOrderState(KEY, "confirmed", LATER, settled=True, reference="r-1", credit=worth))
    story = await told.story()
    assert story["order"]["kind"] == kind
    for line in said:
        assert line in story["text"]
    assert "12345678" not in str(story)


async def test_what_reconciling_found_stands_in_the_story(told: Told, house: House) -> None:
    """Nobody who reads it takes our word alone."""
    await told.happens(record_offer(), RecordOrder(order()))
    await told.happens(RecordOrderState(KEY, "declined", LATER, settled=True, reason="rejected"))
    found = judge(Ours(order(state="declined")), Said(charged=True, reference="po-9"))
    assert found is not None
    run = Run("01RUN", "asked", TUESDAY, LATER, "", "nightly", LATER)
    await house.writer.commit(Unit(ops=(reconciliations.begin(run), reconciliations.found(run.id, found, LATER))))
    story = await told.story()
    assert [note["what"] for note in story["notes"]] == ["found.extra"]
    assert story["text"][-1] == "Reconciling with the charging system has found otherwise: see above."


async def test_what_does_not_move_a_settled_order_is_no_step_of_it(told: Told) -> None:
    """A refund that was refused wants a person, and the verdict stands."""
    await told.happens(record_offer(), RecordOrder(order(beneficiary=BEN)), confirmed())
    await told.happens(RecordOrderState(KEY, "in_doubt", LATER, settled=False, reason="needs_person"))
    story = await told.story()
    assert [step["state"] for step in story["history"]] == ["pending", "confirmed"]
    assert "for …8877" in story["text"]


async def test_an_order_of_an_older_version_is_told_as_far_as_it_was_written(told: Told, house: House) -> None:
    """Nothing is guessed."""
    made = write([RecordOrder(order())]).unit
    await house.writer.commit(replace(made, ops=made.ops[:1]))
    story = await told.story()
    assert [story[name] for name in ("trigger", "rule", "decision", "answer", "history")] == [
        None,
        None,
        None,
        None,
        [],
    ]
    assert story["text"][-1] == "Whether it was charged is not known yet."
