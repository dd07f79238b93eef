"""What people decide about orders that do not add up."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from fakes import ANA, PRICE, TUESDAY, House, order
from flows.documents import decode
from flows.effects import RecordOrder, RecordOrderState
from flows.purchase import NEEDS_PERSON
from flows.reconciliation import Charge, Found, Ours, Said, compare, judge
from flows.values import OrderKey
from gateway.core.commit import Committer
from gateway.core.refund_checks import Unclear, not_owed
from gateway.core.refund_desk import RefundDesk
from gateway.core.settling import Decision, Settler, SettlingDesk
from gateway.errors import OrdersProblem
from store import order_steps, orders, reconciliations, settlements_asked, subscriptions
from store.reconciliations import Run
from store.record import write
from store.tables import audit
from store.unit import Unit

KEY = OrderKey("ord-off-1")
RUN = Run("01RUN", "asked", TUESDAY, TUESDAY, "", "nightly", TUESDAY)


@dataclass(slots=True)
class Office:
    """A store with one order of Ana's, and the desk before it."""

    house: House
    committer: Committer
    desk: SettlingDesk
    settler: Settler

    async def order(self, state: str, reason: str | None = None) -> Ours:
        """Ana's order, brought to this state."""
        ana = subscriptions.begin(ANA, "es", TUESDAY)
        await self.house.writer.commit(subscriptions.create(ana, TUESDAY))
        made = order(subscription=ana.id)
        ended = RecordOrderState(KEY, state, TUESDAY, state in ("confirmed", "declined"), reason)
        await self.house.writer.commit(write([RecordOrder(made)]).unit)
        if state != "pending":
            await self.house.writer.commit(write([ended]).unit)
        view = await orders.by_key(self.house.reader, KEY)
        assert view is not None
        return Ours(view.order, view.reason, view.ocs_reference)

    async def found(self, one: Found | None) -> str:
        """The id of a discrepancy that a run has found."""
        assert one is not None
        await self.house.writer.commit(Unit(ops=(reconciliations.begin(RUN),)))
        await self.house.writer.commit(Unit(ops=(reconciliations.found(RUN.id, one, TUESDAY),)))
        (kept,) = await reconciliations.of_run(self.house.reader, RUN.id, 10)
        return kept.id

    async def decided(self, which: str, decision: Decision) -> None:
        """Decide, and let the gateway carry it out."""
        await self.desk.decide(which, decision, reference="po-9", note="seen in the ledger", author="rosa")
        assert await self.settler.work() == 1
        assert await self.settler.work() == 0

    async def state(self) -> tuple[str, str | None]:
        """Of the order, and its reason."""
        view = await orders.by_key(self.house.reader, KEY)
        assert view is not None
        return view.order.state, view.reason


@pytest.fixture
def office(house: House, committer: Committer) -> Office:
    """The desk and the settler on one store."""
    desk = SettlingDesk(house.reader, house.writer, house.clock)
    return Office(house, committer, desk, Settler(house.context, committer, RefundDesk(house.context, committer)))


@pytest.mark.parametrize(
    ("decision", "state", "text"),
    [
        ("confirm", "confirmed", "Listo"),
        ("decline", "declined", "No se pudo activar"),
    ],
)
async def test_an_order_that_needs_a_person_gets_its_verdict(
    office: Office, engine: AsyncEngine, decision: Decision, state: str, text: str
) -> None:
    """The payer is told, and the audit says who, why, and what it was before."""
    await office.order("in_doubt", NEEDS_PERSON)
    await office.decided(KEY, decision)
    assert await office.state() == (state, "not_applied" if decision == "decline" else None), "no person is needed now"
    (told,) = office.house.texts()
    assert text in told.text
    async with engine.connect() as connection:
        lines = [(row.actor, row.action, decode(row.detail)) for row in await connection.execute(select(audit))]
    actions = [action for actor, action, _ in lines if actor == "rosa"]
    assert sorted(actions) == sorted(["order.asked", f"order.{state}", "order.settled"])
    settled = next(detail for _, action, detail in lines if action == "order.settled")
    assert (settled["was"], settled["note"], settled["decision"]) == ("in_doubt", "seen in the ledger", decision)


async def test_a_charge_of_a_declined_order_may_be_honoured(office: Office) -> None:
    """The earlier verdict goes with its reason, its discrepancy is settled, and the steps tell both."""
    which = await office.found(judge(await office.order("declined", "rejected"), Said(charged=True, reference="po-9")))
    await office.decided(which, "confirm")
    assert await office.state() == ("confirmed", None)
    steps = [step.state for step in await order_steps.of_order(office.house.reader, KEY)]
    assert steps == ["pending", "declined", "confirmed"]
    found = await reconciliations.discrepancy(office.house.reader, which)
    assert found is not None
    assert (found.settlement, found.author, found.note) == ("confirm", "rosa", "seen in the ledger")
    assert await reconciliations.standing(office.house.reader) == {}


async def test_an_order_that_was_never_charged_is_declined_after_all(office: Office) -> None:
    """And nothing else of it is charged: the gateway asks for nothing."""
    which = await office.found(judge(await office.order("confirmed"), Said(charged=False)))
    await office.decided(which, "decline")
    assert await office.state() == ("declined", "not_applied")
    assert (office.house.ocs.bought, office.house.ocs.refunded) == ([], [])


async def test_a_word_closes_what_was_put_right_elsewhere(office: Office) -> None:
    """Once; a charge that is nobody's order has no other way."""
    charge = Charge("other-1", ANA, 1, "COP", TUESDAY.isoformat(), "")
    which = await office.found(compare(None, [charge]))
    with pytest.raises(OrdersProblem, match="no order of ours"):
        await office.desk.decide(which, "confirm", reference="", note="n", author="rosa")
    await office.desk.close(which, note="another shop's", author="rosa")
    with pytest.raises(OrdersProblem, match=r"was settled before \(note, by rosa\)"):
        await office.desk.close(which, note="again", author="rosa")
    with pytest.raises(OrdersProblem, match="was settled before"):
        await office.desk.decide(which, "confirm", reference="", note="n", author="rosa")


@pytest.mark.parametrize(
    ("state", "reason", "decision", "complaint"),
    [
        ("pending", None, "confirm", "still being worked on"),
        ("sent", None, "decline", "still being worked on"),
        ("in_doubt", None, "confirm", "still being worked on"),
        ("confirmed", None, "confirm", "is confirmed already"),
        ("declined", "rejected", "decline", "is declined already"),
        ("declined", "rejected", "confirm", "only the discrepancy that says otherwise"),
        ("confirmed", None, "decline", "only the discrepancy that says otherwise"),
    ],
)
async def test_nothing_is_decided_without_a_reason_to(
    office: Office, state: str, reason: str | None, decision: Decision, complaint: str
) -> None:
    """What is open decides itself; a verdict stands until a discrepancy says otherwise."""
    await office.order(state, reason)
    with pytest.raises(OrdersProblem, match=complaint):
        await office.desk.decide(KEY, decision, reference="", note="n", author="rosa")
    assert await settlements_asked.waiting(office.house.reader) == []


@pytest.mark.parametrize("which", ["ord-nobody", "dis-nobody"])
async def test_what_is_not_there_cannot_be_settled(office: Office, which: str) -> None:
    """It is named."""
    with pytest.raises(OrdersProblem, match=which):
        await office.desk.decide(which, "confirm", reference="", note="n", author="rosa")


@pytest.mark.parametrize("decision", ["confirm", "decline", "refund"])
async def test_nothing_is_decided_about_an_order_that_is_being_given_back(office: Office, decision: Decision) -> None:
    """Whoever hears that it was not charged, or that it is active, would get the money beside."""
    await office.order("in_doubt", NEEDS_PERSON)
    await office.desk.decide(KEY, decision, reference="", note="n", author="rosa")
    await RefundDesk(office.house.context, office.committer).ask(KEY, "api:care", "complaint")
    with pytest.raises(OrdersProblem, match="is being given back; ref-off-1 is pending"):
        await office.desk.decide(KEY, decision, reference="", note="n", author="rosa")
    assert await office.settler.work() == 1
    assert (await office.state())[0] == "in_doubt"
    last = await settlements_asked.last_of(office.house.reader, KEY)
    assert last is not None
    assert (last.outcome, office.house.texts()) == ("moved_meanwhile", [])


async def test_a_refund_that_was_refused_is_not_begun_again_and_not_said_to_be(office: Office) -> None:
    """An order has one; it can still be confirmed or declined."""
    await office.order("in_doubt", NEEDS_PERSON)
    refund = await RefundDesk(office.house.context, office.committer).ask(KEY, "api:care", "complaint")
    refused = RecordOrderState(refund.order.key, "declined", TUESDAY, settled=True, reason="rejected")
    await office.house.writer.commit(write([refused]).unit)
    with pytest.raises(OrdersProblem, match="has had its one refund, ref-off-1, which is declined"):
        await office.desk.decide(KEY, "refund", reference="", note="n", author="rosa")
    await office.decided(KEY, "decline")
    assert (await office.state())[0] == "declined"


@pytest.mark.parametrize("closed", [False, True])
async def test_a_charge_that_was_found_is_given_back_without_another_look(office: Office, closed: bool) -> None:
    """The charging system's own books showed it; not where somebody said that it was another's."""
    which = await office.found(judge(await office.order("declined", "rejected"), Said(charged=True, reference="po-9")))
    if closed:
        await office.desk.close(which, note="the kiosk's own sale", author="rosa")
        await RefundDesk(office.house.context, office.committer).ask(KEY, "api:care", "complaint")
    else:
        await office.decided(which, "refund")
    refund = await orders.by_key(office.house.reader, "ref-off-1")
    assert refund is not None
    office.house.ocs.can_be_asked = False
    against = await not_owed(office.house.context, office.house.ocs, refund.order)
    assert isinstance(against, Unclear) == closed
    assert office.house.ocs.asked == []


def twice(ours: Ours, amount: int = PRICE.amount) -> Found | None:
    """What a statement shows under the key of an order: charged, and charged again."""
    line = Charge(KEY, ANA, PRICE.amount, "COP", TUESDAY.isoformat(), "po-1")
    return compare(ours, [line, replace(line, amount=amount, reference="po-2")])


async def test_what_was_charged_twice_is_given_back_once(office: Office) -> None:
    """Under a key of its own, without another look; the order stays as it is, and the finding is settled."""
    which = await office.found(twice(await office.order("confirmed")))
    await office.decided(which, "refund")
    refund = await orders.by_key(office.house.reader, f"ref-{which}")
    assert refund is not None
    assert (refund.order.state, refund.order.price, refund.order.gives_back) == ("pending", PRICE, KEY)
    assert await office.state() == ("confirmed", None)
    assert await not_owed(office.house.context, office.house.ocs, refund.order) is None
    assert (office.house.ocs.asked, await reconciliations.standing(office.house.reader)) == ([], {})
    with pytest.raises(OrdersProblem, match=r"was settled before \(refund, by rosa\)"):
        await office.desk.decide(which, "refund", reference="", note="n", author="rosa")


async def test_what_was_given_back_of_one_finding_is_not_given_back_of_the_next(office: Office) -> None:
    """A longer statement has the same lines again, and one more: how much of it is owed a person works out."""
    ours = await office.order("confirmed")
    first = await office.found(twice(ours))
    await office.decided(first, "refund")
    line = Charge(KEY, ANA, PRICE.amount, "COP", TUESDAY.isoformat(), "po-1")
    longer = compare(ours, [line, replace(line, reference="po-2"), replace(line, reference="po-3")])
    assert longer is not None
    await office.house.writer.commit(Unit(ops=(reconciliations.found(RUN.id, longer, TUESDAY),)))
    found = await reconciliations.of_run(office.house.reader, RUN.id, 10)
    (second,) = (one.id for one in found if one.id != first)
    with pytest.raises(OrdersProblem, match=f"part of it was given back before, for {first}"):
        await office.desk.decide(second, "refund", reference="", note="n", author="rosa")


async def test_what_was_not_charged_beyond_the_price_is_not_given_back(office: Office) -> None:
    """A note closes it."""
    ours = await office.order("confirmed")
    line = Charge(KEY, ANA, PRICE.amount - 1, "COP", TUESDAY.isoformat(), "po-1")
    which = await office.found(compare(ours, [line]))
    with pytest.raises(OrdersProblem, match="nothing was charged beyond the price"):
        await office.desk.decide(which, "refund", reference="", note="n", author="rosa")
    with pytest.raises(OrdersProblem, match="is confirmed already"):
        await office.desk.decide(which, "confirm", reference="", note="n", author="rosa")


async def test_one_order_that_cannot_be_settled_does_not_keep_the_others_from_it(office: Office) -> None:
    """It is put down as failed, counted, and may be decided on again."""
    await office.order("in_doubt", NEEDS_PERSON)
    broken = settlements_asked.Wanted("00", "ord-gone", None, "confirm", "", "n", "rosa", TUESDAY)
    await office.house.writer.commit(Unit(ops=(settlements_asked.put(broken),)))
    await office.desk.decide(KEY, "confirm", reference="po-9", note="n", author="rosa")
    assert await office.settler.work() == 2
    assert await office.settler.work() == 0
    assert (await office.state())[0] == "confirmed"
    last = await settlements_asked.last_of(office.house.reader, "ord-gone")
    assert last is not None
    assert last.outcome == "failed"
    assert office.house.context.metrics.failures.labels("settling")._value.get() == 1


async def test_of_two_decisions_about_one_discrepancy_the_first_counts(office: Office) -> None:
    """The second does not turn the order round again, and tells nobody anything."""
    which = await office.found(judge(await office.order("declined", "rejected"), Said(charged=True, reference="po-9")))
    await office.desk.decide(which, "confirm", reference="", note="n", author="rosa")
    office.house.clock.advance(seconds=1)
    await office.desk.decide(which, "refund", reference="", note="n", author="luis")
    office.house.clock.advance(seconds=1)
    await office.desk.close(which, note="put right elsewhere", author="eva")
    assert await office.settler.work() == 2
    assert (await office.state(), office.house.texts()) == (("declined", "rejected"), [])


async def test_an_order_that_moved_meanwhile_is_left_as_it_is(office: Office) -> None:
    """Two decisions: the first counts, and what became of the second is kept."""
    await office.order("in_doubt", NEEDS_PERSON)
    for decision in ("confirm", "decline"):
        await office.desk.decide(KEY, decision, reference="", note="n", author="rosa")
        office.house.clock.advance(seconds=1)
    assert await office.settler.work() == 2
    assert (await office.state())[0] == "confirmed"
    last = await settlements_asked.last_of(office.house.reader, KEY)
    assert last is not None
    assert (last.decision, last.outcome) == ("decline", "moved_meanwhile")
