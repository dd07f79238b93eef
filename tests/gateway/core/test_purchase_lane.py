"""Orders on their way through the charging system: whatever it says or does not say, charged once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from fakes import ANA, BEN, GIGABYTE, PATIENCE, PRICE, House, eventually, order
from flows.effects import ActivateBundle, RecordOrder, RecordOrderState
from flows.purchase import NEEDS_PERSON, NOT_CHARGED
from flows.values import Bucket, Money, Msisdn, OfferId, OrderKey, OrderKind, Unit, Wallet
from gateway.core import purchase_lane as lane_module
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.grants import Mode
from gateway.core.ports import (
    Activated,
    FindOutcome,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Refunded,
    Refused,
    StillRunning,
)
from gateway.core.purchase_checks import GIVE_UP_AFTER
from gateway.core.purchase_lane import PurchaseLane
from gateway.core.reach import Reach
from gateway.core.refund_desk import RefundDesk
from gateway.core.retry import Backoff
from gateway.core.settlements import Settlements
from gateway.errors import NotRefundable, OcsTimeout, OrderUnknown, UnknownSubscriber
from store import order_lists, orders, outbox
from store.consent_ledger import ConsentLedger
from store.orders import OrderView

KEY = OrderKey("ord-off-1")
TIMED_OUT = OutcomeUnknown("time-out")
UNTOLD = OutcomeUnknown("a person must look", silent=False, asking_helps=False)


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
    """The order once nobody works on it any more, and what is written to people about it has been handed on."""

    async def done() -> bool:
        return row.order.key not in await orders.unsettled(house.reader) and await house.all_handed()

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


async def test_what_was_said_is_charged_whatever_the_price_is_by_now(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """A yes is to a price; one that has changed since is honoured as it was said."""
    row = await accepted(house, committer, facts)
    dearer = [replace(one, price=Money(one.price.amount * 2, "COP")) for one in house.context.catalogue.bundles]
    house.sells(dearer)
    lane.put(KEY, row)
    assert (await ended(house, row)).order.state == "confirmed"
    assert [one.price for one in house.ocs.bought] == [PRICE]


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


async def test_not_found_is_no_answer_right_after_a_send_that_had_to_wait_its_turn(
    house: House, committer: Committer, facts: Facts
) -> None:
    """The settle time counts from when the call ended, which may be long after it was written down as sent."""
    seconds = 0.0

    async def waits() -> None:
        nonlocal seconds
        seconds += 3 * house.ocs.settle_seconds
        house.clock.advance(hours=2)  # and somebody sets the clock

    house.ocs.on_purchase = waits
    house.ocs.purchases.append(TIMED_OUT)
    lane = PurchaseLane(
        house.context,
        committer,
        house.ocs,
        facts,
        Settlements(),
        query=Backoff(0.001, 0.001, 3),
        seconds=lambda: seconds,
    )
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    found = await ended(house, row)
    await lane.stop()
    assert (found.reason, len(house.ocs.bought), len(house.ocs.asked)) == (NEEDS_PERSON, 1, 3)


async def test_after_a_restart_the_settle_time_begins_anew(house: House, committer: Committer, facts: Facts) -> None:
    """The process before may have sent up to its last moment."""
    row = await accepted(house, committer, facts)
    sent = RecordOrderState(row.order.key, "sent", house.clock(), settled=False, sent=True)
    await committer.commit([sent])
    house.clock.advance(seconds=3 * house.ocs.settle_seconds)
    lane = lane_of(house, committer, facts, most=3)
    assert await lane.recover() == 1
    found = await ended(house, row)
    await lane.stop()
    assert (found.reason, house.ocs.bought) == (NEEDS_PERSON, [])


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


async def test_what_no_question_can_settle_is_left_to_a_person_once_the_settle_time_is_over(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """Not after forty questions; what a person finds then stays so, and the payer hears that it is looked at."""
    house.ocs.purchases.append(TIMED_OUT)
    house.ocs.finds += [UNTOLD] * 99
    house.ocs.on_find = lambda: house.clock.advance(seconds=house.ocs.settle_seconds * 0.6)
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    found = await ended(house, row)
    assert (found.order.state, found.reason, found.detail) == ("in_doubt", NEEDS_PERSON, UNTOLD.detail)
    assert (len(house.ocs.bought), len(house.ocs.asked)) == (1, 2)
    assert told(house) == ["checking"]


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


@pytest.mark.parametrize("can_be_asked", [True, False])
async def test_a_question_that_may_be_the_charge_waits_where_nobody_is_to_be_charged(
    house: House, facts: Facts, can_be_asked: bool
) -> None:
    """As a send does; a look changes nothing and is taken."""
    reach = Reach(only=frozenset({BEN}))
    committer = Committer(house.writer, reach, house.handed.append, ConsentLedger(house.reader, house.writer))
    house.ocs.can_be_asked = can_be_asked
    row = await accepted(house, committer, facts)
    await committer.commit([RecordOrderState(row.order.key, "in_doubt", house.clock(), settled=False)])
    lane = PurchaseLane(replace(house.context, reach=reach), committer, house.ocs, facts, Settlements())
    lane.put(KEY)
    await eventually(lambda: lane.backlog == 1 and not lane._crew._working)
    await lane.stop()
    assert house.ocs.asked == ([KEY] if can_be_asked else [])


async def test_what_is_owed_to_somebody_who_is_not_to_be_charged_waits(house: House, facts: Facts) -> None:
    """An order has one refund: it is not spent on a configuration that will change."""
    reach = Reach(only=frozenset({BEN}))
    committer = Committer(house.writer, reach, house.handed.append, ConsentLedger(house.reader, house.writer))
    payer = await facts.subscriber(ANA)
    owed = order(
        key=OrderKey("ref-off-1"),
        offer=OfferId("ref-off-1"),
        gives_back=KEY,
        kind=OrderKind.REFUND,
        subscription=payer.id,
    )
    await committer.commit([RecordOrder(order(subscription=payer.id, state="confirmed")), RecordOrder(owed)])
    withheld = PurchaseLane(replace(house.context, reach=reach), committer, house.ocs, facts, Settlements())
    await withheld.take_up_refunds()
    await eventually(lambda: withheld.backlog == 1 and not withheld._crew._working)
    await withheld.stop()
    refund = await refund_of(house)
    assert refund is not None
    assert (refund.order.state, house.ocs.refunded) == ("pending", [])
    lane = lane_of(house, committer, facts)
    await lane.recover()
    await settled_as(house, "ref-off-1", "confirmed")
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


# ── refunds, and what was charged alone ──


DAY = timedelta(days=1)
NOTHING = Wallet(Money(700_000, "COP"))
"""After a charge, with no bundle."""


async def refund_of(house: House) -> OrderView | None:
    """The refund of Ana's order."""
    return await orders.by_key(house.reader, "ref-off-1")


async def settled_as(house: House, key: str, state: str) -> None:
    """Until the order stands so."""

    async def there() -> bool:
        found = await orders.by_key(house.reader, key)
        return found is not None and found.order.state == state

    await eventually(there)


async def looking(house: House, committer: Committer, facts: Facts, mode: Mode) -> PurchaseLane:
    """A lane that looks at what was granted; what is handed over goes to it."""
    lane = PurchaseLane(
        house.context, committer, house.ocs, facts, Settlements(), query=Backoff(0.001, 0.001, 40), grants=mode
    )
    house.hand_on = lambda row: lane.put(row.order.key, row) if isinstance(row, ActivateBundle) else None
    return lane


async def said_to_be_done(house: House, committer: Committer, facts: Facts, mode: Mode, after: Wallet) -> OrderView:
    """Ana's order, which is said to be done, once the settle time is over. after: her wallet from the purchase on."""
    row = await accepted(house, committer, facts)
    lane = await looking(house, committer, facts, mode)
    house.ocs.finds += [Activated("r-1")] * 30

    async def charged() -> None:
        house.ocs.balances[ANA] = after

    house.ocs.on_purchase = charged

    def time_goes_on() -> None:
        house.clock.advance(seconds=house.ocs.settle_seconds / 3)

    house.ocs.on_find = time_goes_on
    lane.put(KEY, row)

    async def over() -> bool:
        found = await view(house)
        return found.settled_at is not None or found.reason == NEEDS_PERSON

    await eventually(over)
    await lane.stop()
    return await view(house)


async def test_what_was_charged_and_not_granted_is_given_back_once(
    house: House, committer: Committer, facts: Facts
) -> None:
    """Looked at until the settle time is over; then under a key of its own, and told when the money is there."""
    found = await said_to_be_done(house, committer, facts, "refund", NOTHING)
    assert (found.order.state, found.reason, len(house.ocs.bought)) == ("refunded", "refunded", 1)
    (request,) = house.ocs.refunded
    assert (request.key, request.order.key, request.order.price) == ("ref-off-1", KEY, PRICE)
    refund = await refund_of(house)
    assert refund is not None
    assert (refund.order.state, refund.ocs_reference) == ("confirmed", "ocs-r1")
    assert told(house)[-1] == "ref-off-1:refunded"
    assert "confirmed" not in told(house)


async def test_a_bundle_that_appears_late_is_confirmed(house: House, committer: Committer, facts: Facts) -> None:
    """Within the settle time nothing is final."""
    row = await accepted(house, committer, facts)
    lane = await looking(house, committer, facts, "refund")
    house.ocs.balances[ANA] = Wallet(Money(1_000_000, "COP"))
    house.ocs.finds += [Activated("r-1")] * 3
    looks = count(1)

    def appears() -> None:
        if next(looks) == 2:
            house.ocs.balances[ANA] = Wallet(Money(700_000, "COP"), (Bucket("b-1", Unit.BYTE, 1024),))

    house.ocs.on_find = appears
    lane.put(KEY, row)
    assert (await ended(house, row)).order.state == "confirmed"
    await lane.stop()
    assert house.ocs.refunded == []


async def test_what_is_said_to_be_done_and_did_nothing_is_declined(
    house: House, committer: Committer, facts: Facts
) -> None:
    """No price was taken, so none is given back."""
    found = await said_to_be_done(house, committer, facts, "refund", house.ocs.otherwise)
    assert (found.order.state, found.reason, house.ocs.refunded) == ("declined", "not_applied", [])


@pytest.mark.parametrize(
    ("mode", "after"),
    [("person", NOTHING), ("refund", Wallet(Money(123, "COP"))), ("refund", Wallet(Money(700_000, "USD")))],
)
async def test_what_is_not_clear_is_left_to_a_person(
    house: House, committer: Committer, facts: Facts, mode: Mode, after: Wallet
) -> None:
    """Nothing is given back on a guess."""
    found = await said_to_be_done(house, committer, facts, mode, after)
    assert (found.order.state, found.reason, house.ocs.refunded) == ("in_doubt", NEEDS_PERSON, [])


async def test_what_is_looked_at_hours_later_may_have_been_used_up(
    house: House, committer: Committer, facts: Facts
) -> None:
    """The answer was lost and the charging system away: nothing left of a bundle is no proof any more."""
    house.ocs.purchases.append(TIMED_OUT)
    row = await accepted(house, committer, facts)
    lane = await looking(house, committer, facts, "refund")

    async def charged() -> None:
        house.ocs.balances[ANA] = NOTHING
        house.clock.advance(hours=2)

    house.ocs.on_purchase = charged
    house.ocs.finds += [Activated("r-1")] * 30
    house.ocs.on_find = lambda: house.clock.advance(seconds=house.ocs.settle_seconds)
    lane.put(KEY, row)
    found = await ended(house, row)
    await lane.stop()
    assert (found.order.state, found.reason, house.ocs.refunded) == ("in_doubt", NEEDS_PERSON, [])


@pytest.mark.parametrize(("seen_again", "state"), [(True, "refunded"), (False, "confirmed")])
async def test_a_wallet_that_cannot_be_looked_at_is_looked_at_again(
    house: House, committer: Committer, facts: Facts, seen_again: bool, state: str
) -> None:
    """Within the settle time; then the charging system's word counts."""
    row = await accepted(house, committer, facts)
    lane = await looking(house, committer, facts, "refund")

    async def charged() -> None:
        house.ocs.balances[ANA] = NOTHING
        house.ocs.broke = OcsTimeout("3 s")

    def later() -> None:
        house.clock.advance(seconds=house.ocs.settle_seconds / 3)
        house.ocs.broke = None if seen_again else house.ocs.broke

    house.ocs.on_purchase, house.ocs.on_find = charged, later
    house.ocs.finds += [Activated("r-1")] * 30
    lane.put(KEY, row)
    await settled_as(house, KEY, state)
    await lane.stop()


async def test_a_refund_whose_answer_is_lost_is_asked_about_and_paid_once(
    house: House, committer: Committer, facts: Facts
) -> None:
    """Like a purchase."""
    house.ocs.refunds.append(TIMED_OUT)
    house.ocs.found_refunds += [TIMED_OUT, Refunded("late")]
    found = await said_to_be_done(house, committer, facts, "refund", NOTHING)
    assert (found.order.state, len(house.ocs.refunded)) == ("refunded", 1)
    refund = await refund_of(house)
    assert refund is not None
    assert refund.ocs_reference == "late"


async def test_a_refund_that_is_never_found_is_sent_a_few_times_and_left_to_a_person(
    house: House, committer: Committer, facts: Facts
) -> None:
    """What is owed is never just dropped, however old it is."""
    payer = await facts.subscriber(ANA)
    owed = order(
        key=OrderKey("ref-off-1"),
        offer=OfferId("ref-off-1"),
        gives_back=KEY,
        kind=OrderKind.REFUND,
        created_at=house.clock() - DAY,
    )
    owed = replace(owed, subscription=payer.id)
    await committer.commit([RecordOrder(order(subscription=payer.id, state="confirmed")), RecordOrder(owed)])
    house.ocs.refunds.extend([TIMED_OUT] * 10)
    house.ocs.on_find = lambda: house.clock.advance(seconds=house.ocs.settle_seconds)
    lane = lane_of(house, committer, facts)
    await lane.take_up_refunds()
    await lane.take_up_refunds()

    async def left() -> bool:
        found = await refund_of(house)
        return found is not None and found.reason == NEEDS_PERSON

    await eventually(left)
    await lane.stop()
    assert len(house.ocs.refunded) == 3


@pytest.mark.parametrize("state", ["confirmed", "declined"])
async def test_an_operator_gives_an_order_back_once(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane, state: str
) -> None:
    """However often they ask."""
    house.ocs.purchases.append(Activated("r-1") if state == "confirmed" else Refused("rejected"))
    house.ocs.finds.append(Activated("r-1"))
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    await ended(house, row)
    house.hand_on = lambda due: lane.put(due.order.key, due) if isinstance(due, ActivateBundle) else None
    desk = RefundDesk(house.context, committer)
    asked = await asyncio.gather(*(desk.ask(KEY, "api:care", "complaint") for _ in range(5)))
    assert {one.order.key for one in asked} == {"ref-off-1"}
    await settled_as(house, KEY, "refunded")
    assert (await desk.ask(KEY, "api:care", "complaint")).order.state == "confirmed"
    assert (len(house.ocs.refunded), house.ocs.asked) == (1, [] if state == "confirmed" else [KEY])


async def asked_back(house: House, committer: Committer, facts: Facts, lane: PurchaseLane) -> OrderView:
    """The refund of an order that was declined, once nobody works on it."""
    house.ocs.purchases.append(Refused("rejected"))
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    await ended(house, row)
    house.clock.advance(seconds=house.ocs.settle_seconds)
    refund = await RefundDesk(house.context, committer).ask(KEY, "api:care", "complaint")
    lane.put(refund.order.key)

    async def over() -> bool:
        return refund.order.key not in await orders.unsettled(house.reader) and await house.all_handed()

    await eventually(over)
    found = await refund_of(house)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("answers", "ends"),
    [
        ([Activated("r-1")], ("confirmed", None)),
        ([NotSent("the breaker is open"), TIMED_OUT, Activated("r-1")], ("confirmed", None)),
        ([NotFound()], ("declined", NOT_CHARGED)),
        ([Refused("insufficient_funds")], ("declined", NOT_CHARGED)),
        ([StillRunning("r-1")], ("in_doubt", NEEDS_PERSON)),
        ([UNTOLD], ("in_doubt", NEEDS_PERSON)),
    ],
)
async def test_what_was_declined_is_given_back_only_if_it_was_charged_all_the_same(
    house: House, committer: Committer, facts: Facts, answers: list[FindOutcome], ends: tuple[str, str | None]
) -> None:
    """The charging system is asked about the order first; what it cannot say for sure is a person's business."""
    lane = lane_of(house, committer, facts)
    house.ocs.finds.extend(answers)
    found = await asked_back(house, committer, facts, lane)
    await lane.stop()
    paid = ends[0] == "confirmed"
    assert (found.order.state, found.reason) == ends
    assert (house.ocs.asked, len(house.ocs.refunded)) == ([KEY] * len(answers), paid)
    assert (await view(house)).order.state == ("refunded" if paid else "declined")


async def test_what_may_still_appear_is_no_reason_to_refuse_a_refund(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """Within the settle time of the last send, not found is not a no."""
    house.ocs.finds.extend([NotFound(), Activated("late")])
    row = await accepted(house, committer, facts)
    sent = RecordOrderState(KEY, "sent", house.clock(), settled=False, sent=True)
    declined = RecordOrderState(KEY, "declined", house.clock(), settled=True, reason="not_applied")
    await committer.commit([sent, declined])
    refund = await RefundDesk(house.context, committer).ask(row.order.key, "api:care", "complaint")
    lane.put(refund.order.key)
    await settled_as(house, KEY, "refunded")
    assert (house.ocs.asked, len(house.ocs.refunded)) == ([KEY, KEY], 1)


async def test_where_a_question_may_be_the_charge_nobody_looks_and_a_person_decides(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane
) -> None:
    """To look would be to charge what was declined."""
    house.ocs.can_be_asked = False
    found = await asked_back(house, committer, facts, lane)
    assert (found.order.state, found.reason) == ("in_doubt", NEEDS_PERSON)
    assert (house.ocs.asked, house.ocs.refunded) == ([], [])


@pytest.mark.parametrize("state", ["confirmed", "declined"])
async def test_a_refund_that_is_refused_is_seen_among_what_needs_a_person(
    house: House, committer: Committer, facts: Facts, lane: PurchaseLane, state: str
) -> None:
    """Also of an order that was settled long ago; nobody else can make it good."""
    house.ocs.purchases.append(Activated("r-1") if state == "confirmed" else Refused("rejected"))
    house.ocs.finds.append(Activated("r-1"))
    house.ocs.refunds.append(Refused("rejected", "the account is closed"))
    row = await accepted(house, committer, facts)
    lane.put(KEY, row)
    await ended(house, row)
    refund = await RefundDesk(house.context, committer).ask(KEY, "api:care", "complaint")
    lane.put(refund.order.key)
    await settled_as(house, "ref-off-1", "in_doubt")
    (listed,) = await order_lists.latest(house.reader, 10, needs_person=True)
    assert (listed.order.key, listed.detail) == ("ref-off-1", "the refund was refused: the account is closed")
    assert (await view(house)).order.state == state
    assert len(house.ocs.refunded) == 1


async def test_an_order_that_is_still_asked_about_is_not_given_back(
    house: House, committer: Committer, facts: Facts
) -> None:
    """It may turn out that it was never charged, or be sent again."""
    row = await accepted(house, committer, facts)
    for state in ("sent", "in_doubt"):
        await committer.commit([RecordOrderState(row.order.key, state, house.clock(), settled=False)])
    desk = RefundDesk(house.context, committer)
    with pytest.raises(NotRefundable, match="in_doubt: wait until it is settled"):
        await desk.ask(KEY, "api:care", "complaint")
    left = RecordOrderState(row.order.key, "in_doubt", house.clock(), settled=False, reason=NEEDS_PERSON)
    await committer.commit([left])
    assert (await desk.ask(KEY, "api:care", "complaint")).order.state == "pending"


async def test_what_cannot_be_given_back_is_told(house: House, committer: Committer, facts: Facts) -> None:
    """An order that is on its way, one that nobody knows, and a refund."""
    desk = RefundDesk(house.context, committer)
    await accepted(house, committer, facts)
    with pytest.raises(NotRefundable, match="pending"):
        await desk.ask(KEY, "api:care", "complaint")
    with pytest.raises(OrderUnknown):
        await desk.ask("ord-nobody", "api:care", "complaint")
    owed = order(key=OrderKey("ref-x"), offer=OfferId("ref-x"), gives_back=KEY, kind=OrderKind.REFUND)
    await committer.commit([RecordOrder(owed)])
    with pytest.raises(NotRefundable, match="no purchase"):
        await desk.ask("ref-x", "api:care", "complaint")
