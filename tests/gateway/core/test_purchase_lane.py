"""Orders on their way through the charging system: whatever it says or does not say, charged once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import ANA, BEN, GIGABYTE, PATIENCE, PRICE, House, eventually, order
from flows.effects import ActivateBundle, RecordOrder, RecordOrderState
from flows.values import Money, Msisdn, OrderKey, Wallet
from gateway.core import purchase_lane as lane_module
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.ports import Activated, NotFound, NotSent, OutcomeUnknown, Refused, StillRunning
from gateway.core.purchase_checks import GIVE_UP_AFTER
from gateway.core.purchase_lane import PurchaseLane
from gateway.core.reach import Reach
from gateway.core.retry import Backoff
from gateway.core.settlements import Settlements
from gateway.errors import OcsTimeout, UnknownSubscriber
from store import orders, outbox
from store.consent_ledger import ConsentLedger
from store.orders import OrderView

KEY = OrderKey("ord-off-1")
TIMED_OUT = OutcomeUnknown("time-out")


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order comes back at once."""
    for name in ("_SHORTEST_WAIT", "_LONGEST_WAIT", "_PAUSE_AFTER_FAILURE"):
        monkeypatch.setattr(lane_module, name, 0.001)


def lane_of(house: House, committer: Committer, facts: Facts, most: int = 40) -> PurchaseLane:
    """A lane that asks again at once."""
    return PurchaseLane(house.context, committer, house.ocs, facts, Settlements(), query=Backoff(0.001, 0.001, most))


@pytest.fixture
async def lane(house: House, committer: Committer, facts: Facts) -> AsyncIterator[PurchaseLane]:
    """The lane of the test."""
    made = lane_of(house, committer, facts)
    yield made
    await made.stop()


async def accepted(house: House, committer: Committer, facts: Facts, beneficiary: Msisdn = ANA) -> ActivateBundle:
    """Ana has just said yes."""
    ana = await facts.subscriber(ANA)
    one = order(subscription=ana.id, beneficiary=beneficiary, created_at=house.clock())
    await committer.commit([RecordOrder(one), ActivateBundle(one, ana)])
    row = house.handed[-1]
    assert isinstance(row, ActivateBundle)
    return row


async def view(house: House) -> OrderView:
    """The order as the store has it."""
    found = await orders.by_key(house.reader, KEY)
    assert found is not None
    return found


async def ended(house: House, row: ActivateBundle) -> OrderView:
    """The order once nobody works on it any more."""

    async def done() -> bool:
        return row.order.key not in await orders.unsettled(house.reader)

    await eventually(done)
    return await view(house)


def told(house: House) -> list[str]:
    """What was written to people about it, by kind."""
    return [text.key.removeprefix(f"{KEY}:") for text in house.texts()]


async def test_a_yes_is_charged_and_confirmed_with_the_balance(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """The wallet is asked before, so that nobody is charged who cannot pay, and after, for the balance."""
    row = await accepted(house, committer, facts, BEN)
    lane.put(KEY, row)
    found = await ended(house, row)
    assert (found.order.state, found.ocs_reference, found.order.attempts) == ("confirmed", "ocs-1", 1)
    (request,) = house.ocs.bought
    assert (request.key, request.payer, request.beneficiary, request.bundle) == (KEY, ANA, BEN, GIGABYTE)
    assert (request.price, request.channel) == (PRICE, "sms")
    assert told(house) == ["confirmed", "gift"]
    assert "Saldo $10.000" in house.texts()[0].text


async def test_the_intent_is_durable_before_the_call(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """A crash during the call leaves an order that is known to have been sent."""
    seen = list[str]()

    async def look() -> None:
        seen.append((await view(house)).order.state)

    house.ocs.on_purchase = look
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    await ended(house, row)
    assert seen == ["sent"]


async def test_a_refusal_is_told_and_final(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """With its code, and the charging system's words beside it."""
    house.ocs.purchases.append(Refused("not_eligible", "wrong tariff"))
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    found = await ended(house, row)
    assert (found.order.state, found.reason, found.detail) == ("declined", "not_eligible", "wrong tariff")
    assert told(house) == ["declined"]


async def test_who_cannot_pay_any_more_is_not_sent_to_the_charging_system(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """The balance may have gone since the offer."""
    house.ocs.otherwise = Wallet(Money(PRICE.amount - 1, "COP"))
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    found = await ended(house, row)
    assert (found.order.state, found.reason, house.ocs.bought) == ("declined", "insufficient_funds", [])
    assert "no alcanza" in house.texts()[0].text


@pytest.mark.parametrize("balance", [PRICE, Money(1, "USD"), None])
async def test_a_balance_that_says_nothing_leaves_it_to_the_charging_system(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane, balance: Money | None
) -> None:
    """Exactly enough, another currency, or not told."""
    house.ocs.otherwise = Wallet(balance)
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    assert (await ended(house, row)).order.state == "confirmed"


async def test_whom_the_charging_system_does_not_know_is_declined(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """Under a code of its own."""
    house.ocs.broke = UnknownSubscriber("nobody")
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    assert (await ended(house, row)).reason == "unknown_subscriber"
    assert house.ocs.bought == []


async def test_what_was_surely_not_sent_is_sent_again(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """Under the same key, without asking."""
    house.ocs.purchases += [NotSent("refused connection"), NotSent("refused connection")]
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    found = await ended(house, row)
    assert (found.order.state, found.order.attempts) == ("confirmed", 3)
    assert ({request.key for request in house.ocs.bought}, house.ocs.asked) == ({KEY}, [])


async def test_a_charging_system_that_is_away_is_waited_for(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """Nothing is sent while not even the wallet can be asked."""
    house.ocs.broke = OcsTimeout("3 s")
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    await eventually(lambda: len(house.ocs.looked) > 2)
    assert (house.ocs.bought, (await view(house)).order.state) == ([], "pending")
    house.ocs.broke = None
    assert (await ended(house, row)).order.state == "confirmed"


async def test_a_yes_is_not_charged_much_later(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """The person has gone on with their life."""
    row = await accepted(house, committer, facts)
    house.clock.now += GIVE_UP_AFTER + timedelta(seconds=1)
    lane.put(KEY, row)
    found = await ended(house, row)
    assert (found.order.state, found.reason, house.ocs.bought) == ("declined", "not_applied", [])


@pytest.mark.parametrize("first", [TIMED_OUT, StillRunning("r-1"), StillRunning("r-1", "acknowledged")])
async def test_what_is_unknown_is_asked_and_charged_once(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane, first: OutcomeUnknown | StillRunning
) -> None:
    """One call, however many questions."""
    house.ocs.purchases.append(first)
    house.ocs.finds += [TIMED_OUT, StillRunning("r-1"), Activated("r-1")]
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    found = await ended(house, row)
    assert (found.order.state, found.ocs_reference, found.order.attempts) == ("confirmed", "r-1", 1)
    assert (len(house.ocs.bought), house.ocs.asked) == (1, [KEY] * 3)
    assert told(house) == ["confirmed"]


async def test_a_question_that_was_never_put_counts_for_nothing(
    house: House, committer: Committer, facts: Facts
) -> None:
    """A breaker that is open for an hour must not use up what leads to a person."""
    house.ocs.purchases.append(TIMED_OUT)
    house.ocs.finds += [NotSent("the breaker is open")] * 20 + [Activated("r-1")]
    row = await accepted(house, committer, facts)
    lane = lane_of(house, committer, facts, most=3)
    lane.put(KEY, row)
    found = await ended(house, row)
    await lane.stop()
    assert (found.order.state, found.order.queries) == ("confirmed", 0)
    assert told(house) == ["confirmed"]


async def test_a_doubt_that_lasts_is_told_once(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """Then the verdict."""
    house.ocs.purchases.append(TIMED_OUT)
    house.ocs.finds += [TIMED_OUT] * 6 + [Refused("rejected")]
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    assert (await ended(house, row)).order.state == "declined"
    assert told(house) == ["checking", "declined"]


async def test_not_found_before_the_settle_time_is_not_a_no(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """The charging system may apply it late: nothing is sent again."""
    house.ocs.purchases.append(TIMED_OUT)
    house.ocs.finds += [NotFound(), NotFound(), Activated("late")]
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    found = await ended(house, row)
    assert (found.order.state, found.ocs_reference, len(house.ocs.bought)) == ("confirmed", "late", 1)


async def test_not_found_after_the_settle_time_allows_the_same_key_again(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """Only then, and under no other key."""
    house.ocs.purchases.append(TIMED_OUT)
    house.ocs.on_find = lambda: house.clock.advance(seconds=6)
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    found = await ended(house, row)
    assert (found.order.state, found.order.attempts) == ("confirmed", 2)
    assert [request.key for request in house.ocs.bought] == [KEY, KEY]
    assert len(house.ocs.asked) == 2


async def test_an_order_that_is_never_found_is_sent_only_a_few_times(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """Then it is declined, and nothing was charged."""
    house.ocs.purchases += [TIMED_OUT] * 9
    house.ocs.on_find = lambda: house.clock.advance(seconds=11)
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    found = await ended(house, row)
    assert (found.order.state, found.reason, len(house.ocs.bought)) == ("declined", "not_applied", 3)


@pytest.mark.parametrize("answer", [Activated("r-1"), Refused("rejected")])
async def test_after_a_crash_during_the_call_it_is_asked_first(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane, answer: Activated | Refused
) -> None:
    """The call may have been carried out: nothing is sent."""
    row = await accepted(house, committer, facts)
    await committer.commit([RecordOrderState(KEY, "sent", house.clock(), settled=False, sent=True)])
    house.ocs.finds.append(answer)
    lane.put(KEY)  # as the next start finds it
    found = await ended(house, row)
    assert found.order.state == ("confirmed" if isinstance(answer, Activated) else "declined")
    assert (house.ocs.bought, house.ocs.asked) == ([], [KEY])


async def test_a_settled_order_is_not_worked_on(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """A crash between the verdict and the row's end charges nobody."""
    row = await accepted(house, committer, facts)
    await committer.commit([RecordOrderState(KEY, "confirmed", house.clock(), settled=True)])
    lane.put(KEY)  # as the next start finds it
    assert (await ended(house, row)).order.state == "confirmed"
    assert (house.ocs.bought, house.ocs.asked, told(house)) == ([], [], [])


async def test_what_no_question_settles_is_left_to_a_person(house: House, committer: Committer, facts: Facts) -> None:
    """It stays in doubt, marked, and is never sent again."""
    lane = lane_of(house, committer, facts, most=4)
    house.ocs.purchases.append(TIMED_OUT)
    house.ocs.finds += [TIMED_OUT] * 99
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    found = await ended(house, row)
    assert (found.order.state, found.reason, len(house.ocs.bought)) == ("in_doubt", "needs_person", 1)
    assert told(house) == ["checking"]
    assert lane.backlog <= 1
    await lane.stop()


@pytest.mark.parametrize(
    ("reach", "reason"), [(Reach(dry_run=True), "dry_run"), (Reach(only=frozenset({BEN})), "not_a_test_number")]
)
async def test_who_is_not_to_be_charged_never_reaches_the_charging_system(
    house: House, facts: Facts, reach: Reach, reason: str
) -> None:
    """Not even with a question; the order tells why, and the text about it is kept and not sent."""
    context = replace(house.context, reach=reach)
    committer = Committer(house.writer, reach, house.handed.append, ConsentLedger(house.reader, house.writer))
    lane = PurchaseLane(context, committer, house.ocs, facts, Settlements())
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    found = await ended(house, row)
    assert (found.order.state, found.reason) == ("declined", reason)
    assert (house.ocs.bought, house.ocs.asked, house.ocs.looked, told(house)) == ([], [], [], [])
    assert (await outbox.count_by_state(house.reader))["sms", "suppressed"] == 1
    await lane.stop()


async def test_stopping_waits_for_the_call_that_runs(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """Its answer is written; nothing new begins."""
    called, answer = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        called.set()
        await answer.wait()

    house.ocs.on_purchase = hold
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    async with asyncio.timeout(PATIENCE):
        await called.wait()
        stopping = asyncio.create_task(lane.stop())
        await asyncio.sleep(0)
        assert not stopping.done()
        answer.set()
        await stopping
    assert (await view(house)).order.state == "confirmed"
    lane.put(KEY, row)
    assert lane.backlog == 0


async def test_a_lane_that_stops_begins_nothing_new(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """What waits for room is durable, and the next start takes it up."""
    row = await accepted(house, committer, facts)
    for _ in range(64):
        lane.put(KEY, row)
    await lane.stop()
    assert house.ocs.bought == []
    assert (await view(house)).order.state == "pending"
