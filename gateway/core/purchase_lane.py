"""Orders on their way through the charging system: charged exactly once (ADR 0005).

Intent and key are committed before the call. What the call's outcome leaves open is asked, never sent
again blindly. An order found half-way after a crash is taken for one whose outcome is unknown.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from flows.effects import ActivateBundle
from flows.order_kinds import terms_of
from flows.purchase import NOT_CHARGED
from flows.purchase_facts import (
    BundleActivated,
    BundleRefused,
    LeftToPerson,
    NothingGranted,
    OutcomeWasUnknown,
    PurchaseNotSent,
    PurchaseSent,
)
from flows.records import Order, Subscriber
from flows.values import OrderKey
from gateway.core import order_calls
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.crew import Crew
from gateway.core.facts import Facts
from gateway.core.grants import GrantDesk, Mode
from gateway.core.ports import (
    Activated,
    ChargingSystem,
    FindOutcome,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PurchaseOutcome,
    Refused,
    StillRunning,
)
from gateway.core.purchase_checks import GIVE_UP_AFTER, hindrance, may_not_be_charged, timed
from gateway.core.refund_checks import Unclear
from gateway.core.retry import Backoff, GiveUp
from gateway.core.settle_time import SettleTime
from gateway.core.settlements import Settlement, Settlements
from gateway.errors import OcsError
from store import orders, subscriptions
from store.unit import Op

_LOG = logging.getLogger(__name__)
_AT_ONCE = 32
_PAUSE_AFTER_FAILURE = 2.0
_SHORTEST_WAIT, _LONGEST_WAIT = 0.5, 60.0
_MOST_SENDS = 3


class PurchaseLane:
    """Works on orders, a few at a time; each comes back by itself until it is settled.

    seconds: that only go forward, for the settle time; left out, those of the context's clock.
    """

    def __init__(
        self,
        context: Context,
        committer: Committer,
        ocs: ChargingSystem,
        facts: Facts,
        settlements: Settlements,
        *,
        query: Backoff | None = None,
        grants: Mode = "trust",
        seconds: Callable[[], float] | None = None,
    ) -> None:
        self._context = context
        self._committer = committer
        self._ocs = ocs
        self._facts = facts
        self._settlements = settlements
        self._grants = GrantDesk(context, facts, grants, ocs.settle_seconds)
        self._settle = SettleTime(ocs.settle_seconds, seconds or (lambda: context.clock().timestamp()))
        self._query = query or Backoff(first=0.5, longest=300, most=40)
        self._crew = Crew("purchase", context.metrics, self._take_up, at_once=_AT_ONCE, failed=self._take_up_again)

    @property
    def backlog(self) -> int:
        """Orders that are being worked on or wait, also for their next question."""
        return len(self._crew)

    def put(self, key: OrderKey, fresh: ActivateBundle | None = None, after: float = 0) -> None:
        """Take up a committed order, now or after so many seconds. fresh: what its commit wrote; else it is read."""
        self._crew.put(key, (key, fresh), after=after)

    async def recover(self) -> int:
        """Take up the orders that a stopped process left; how many."""
        left = await orders.unsettled(self._context.reader)
        for key in left:
            self.put(key)
        return len(left)

    async def take_up_refunds(self) -> None:
        """Take up refunds that were asked for elsewhere, by a command; those that are in hand stay as they are."""
        for key in await orders.refunds_to_begin(self._context.reader):
            if key not in self._crew:
                self.put(key)

    async def stop(self) -> None:
        """Wait for the calls that run; what waits is taken up at the next start."""
        await self._crew.stop()

    def _take_up_again(self, key: str) -> None:
        self.put(OrderKey(key), after=_PAUSE_AFTER_FAILURE)

    async def _take_up(self, item: tuple[OrderKey, ActivateBundle | None]) -> None:
        key, fresh = item
        order, subscriber = (fresh.order, fresh.payer) if fresh else await self._as_stored(key)
        await self._work(order, subscriber)

    async def _work(self, order: Order, subscriber: Subscriber) -> None:
        match order.state:
            case "pending":
                await self._send(order, subscriber)
            case "sent":  # a stopped process left it between its commit and the answer
                doubt = self._unknown(order, subscriber, "the gateway stopped before the answer", queried=False)
                await self._step(order, "lose_sight", doubt)
                await self._ask(replace(order, state="in_doubt"), subscriber)
            case "in_doubt":
                await self._ask(order, subscriber)
            case _:  # settled meanwhile
                pass

    async def _as_stored(self, key: OrderKey) -> tuple[Order, Subscriber]:
        view = await orders.by_key(self._context.reader, key)
        assert view is not None, "orders are never deleted"
        subscriber = await subscriptions.by_id(self._context.reader, view.order.subscription)
        assert subscriber is not None, "subscriptions are never deleted"
        return view.order, subscriber

    # ── sending ──

    async def _send(self, order: Order, subscriber: Subscriber) -> None:
        if terms_of(order).in_turn and await orders.has_earlier(self._context.reader, order):
            self._later(order)
            return
        if terms_of(order).ends_with_person and subscriber.state == "ended":
            await self._refuse(order, subscriber, Refused("not_applied", "the subscription has ended"))
            return
        against = await hindrance(self._context, self._ocs, order)
        if isinstance(against, Refused):
            await self._refuse(order, subscriber, against)
            return
        if isinstance(against, OcsError):
            self._later(order)
            return
        if isinstance(against, Unclear):
            await self._leave_to_person(order, subscriber, against.detail)
            return
        self._grants.note(order, against.balance)
        now = self._context.clock()
        await self._step(order, "send_out", PurchaseSent(now))
        order = replace(order, state="sent", attempts=order.attempts + 1, sent_at=now)
        try:
            outcome = await timed(self._context.metrics, "purchase", order_calls.send(self._ocs, order))
        finally:
            self._settle.sent(order.key)
        await self._after_send(order, subscriber, outcome)

    def _later(self, order: Order) -> None:
        """Wait as long again as the order has waited."""
        waited = (self._context.clock() - order.created_at).total_seconds()
        self.put(order.key, after=min(_LONGEST_WAIT, max(_SHORTEST_WAIT, waited)))

    async def _after_send(self, order: Order, subscriber: Subscriber, outcome: PurchaseOutcome) -> None:
        match outcome:
            case Activated():
                await self._activated(order, subscriber, outcome)
            case Refused():
                await self._refuse(order, subscriber, outcome)
            case NotSent():
                await self._step(order, "not_sent", PurchaseNotSent(self._context.clock(), outcome.detail))
                self._later(order)
            case StillRunning() | OutcomeUnknown():
                await self._doubt(order, subscriber, outcome, queried=False)
            case _:
                assert_never(outcome)

    # ── asking ──

    async def _ask(self, order: Order, subscriber: Subscriber) -> None:
        if not self._ocs.can_be_asked and may_not_be_charged(self._context, order):  # the question may be the charge
            self._later(order)
            return
        outcome = await timed(self._context.metrics, "find", order_calls.find(self._ocs, order))
        await self._after_asking(order, subscriber, outcome)

    async def _after_asking(self, order: Order, subscriber: Subscriber, outcome: FindOutcome) -> None:
        match outcome:
            case Activated():
                await self._activated(order, subscriber, outcome)
            case Refused():
                await self._refuse(order, subscriber, outcome)
            case NotFound():
                await self._not_found(order, subscriber)
            case NotSent():  # nobody was asked, so it counts for nothing
                self._later(order)
            case StillRunning() | OutcomeUnknown():
                await self._doubt(order, subscriber, outcome, queried=True)
            case _:
                assert_never(outcome)

    async def _not_found(self, order: Order, subscriber: Subscriber) -> None:
        """Only after the settle time is "not found" a no."""
        now = self._context.clock()
        if left := self._settle.left(order.key):
            await self._doubt(order, subscriber, OutcomeUnknown("not found yet"), queried=True, within=left)
        elif not terms_of(order).lapses and order.attempts >= _MOST_SENDS:
            detail = "the charging system does not know it, however often it is sent"
            await self._leave_to_person(order, subscriber, detail)
        elif not terms_of(order).lapses:
            await self._send(order, subscriber)
        elif now - order.created_at > GIVE_UP_AFTER or order.attempts >= _MOST_SENDS:
            await self._refuse(order, subscriber, Refused("not_applied", "the charging system does not know it"))
        else:
            await self._send(order, subscriber)

    async def _doubt(
        self,
        order: Order,
        subscriber: Subscriber,
        outcome: StillRunning | OutcomeUnknown,
        *,
        queried: bool,
        within: float | None = None,
    ) -> None:
        reference = outcome.reference if isinstance(outcome, StillRunning) else ""
        fact = self._unknown(order, subscriber, outcome.detail, queried=queried, reference=reference)
        await self._step(order, "lose_sight", fact)
        decision = self._query.next_attempt(order.queries + 1)
        order = replace(order, queries=order.queries + queried)
        if queried and isinstance(outcome, OutcomeUnknown) and not outcome.asking_helps:
            within = self._settle.left(order.key)  # until then, what a person finds may not stay so
            if not within:
                await self._leave_to_person(order, subscriber, outcome.detail)
                return
        if isinstance(decision, GiveUp):
            await self._leave_to_person(order, subscriber, outcome.detail)
            return
        pause = decision.after.total_seconds()
        if within is not None:
            pause = min(pause, max(0.05, within))
        self.put(order.key, after=pause)

    async def _activated(self, order: Order, subscriber: Subscriber, outcome: Activated) -> None:
        """Done, as it says; where that is looked at, what is not there after the settle time was not done."""
        found = await self._grants.verdict_on(order)
        left = self._settle.left(order.key)
        if found == "granted" or (found == "unseen" and not left):  # who cannot be looked at: as it says
            await self._confirm(order, subscriber, outcome)
        elif left:
            running = StillRunning(outcome.reference, "said to be done, and nothing granted yet")
            await self._doubt(order, subscriber, running, queried=True, within=left)
        elif found == "not_charged":
            await self._refuse(order, subscriber, Refused("not_applied", "said to be done, and nothing happened"))
        elif found == "charged_alone" and self._grants.mode == "refund":
            now = self._context.clock()
            undone = NothingGranted(now, outcome.reference, "charged, and nothing granted", subscriber)
            await self._step(order, "take_back", undone)
            self._forget(order)
        else:
            await self._leave_to_person(order, subscriber, "said to be done, and nothing granted")

    async def _leave_to_person(self, order: Order, subscriber: Subscriber, detail: str) -> None:
        telling = self._context.telling(subscriber, order)
        person = LeftToPerson(self._context.clock(), detail, telling)
        await self._step(replace(order, state="in_doubt"), "hand_over", person)
        self._forget(order)
        _LOG.error("an order needs a person", extra={"order": order.key})

    def _forget(self, order: Order) -> None:
        """This lane has nothing more to do with it."""
        self._grants.forget(order)
        self._settle.forget(order.key)

    # ── settling ──

    async def _confirm(self, order: Order, subscriber: Subscriber, outcome: Activated) -> None:
        wallet = await self._facts.wallet(order.msisdn)
        now = self._context.clock()
        fact = BundleActivated(
            at=now,
            reference=outcome.reference,
            balance=wallet.balance if wallet else None,
            telling=self._context.telling(subscriber, order),
            given=await self._context.given(order),
            units=self._context.units(order.bundle),
            credit=outcome.credit,
            overtaken=await orders.is_overtaken(self._context.reader, order),
        )
        end = Settlement(confirmed=True, balance=fact.balance, credit=fact.credit)
        async with self._settlements.ending(order.key, end) as told:
            await self._step(order, "activate", fact, *told)
        self._forget(order)

    async def _refuse(self, order: Order, subscriber: Subscriber, outcome: Refused) -> None:
        owed = order.gives_back is not None and outcome.reason != NOT_CHARGED
        if owed:  # nobody else can make it good
            detail = f"the refund was refused: {outcome.detail or outcome.reason}"
            await self._leave_to_person(order, subscriber, detail)
            return
        now = self._context.clock()
        fact = BundleRefused(now, outcome.reason, outcome.detail, self._context.telling(subscriber, order))
        async with self._settlements.ending(order.key, Settlement(confirmed=False, reason=outcome.reason)) as told:
            await self._step(order, "refuse", fact, *told)
        self._forget(order)

    def _unknown(
        self, order: Order, subscriber: Subscriber, detail: str, *, queried: bool, reference: str = ""
    ) -> OutcomeWasUnknown:
        telling = self._context.telling(subscriber, order)
        return OutcomeWasUnknown(self._context.clock(), detail, queried, telling, reference)

    async def _step(self, order: Order, event: str, fact: object, *ops: Op) -> None:
        step = self._context.machines.of(order).step(order.state, event, order=order, fact=fact)
        await self._committer.commit(step.effects, ops)
        self._context.metrics.orders.labels(step.state).inc()
