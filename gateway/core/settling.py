"""What a person decides about an order that does not add up, carried out by the purchase machine.

Whoever decides writes it down (``SettlingDesk``), in whatever process; the gateway carries it out (``Settler``), so
that there is one place where orders move. Money goes back by a refund alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

from flows.effects import Effect, RecordAudit
from flows.purchase import NEEDS_PERSON, REFUND, refund_key
from flows.purchase_facts import BundleActivated, BundleRefused, ExcessFound
from flows.reconciliation import excess
from flows.records import Order, Subscriber
from flows.values import OrderKey, OrderKind
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.refund_desk import RefundDesk
from gateway.errors import OrdersProblem
from store import audit, orders, reconciliations, settlements_asked, subscriptions
from store.errors import StoreError, store_is_away
from store.ids import new_id
from store.orders import OrderView
from store.reader import Reader
from store.settlements_asked import Wanted
from store.unit import Op, Unit
from store.writer import Writer

Decision = Literal["confirm", "decline", "refund"]
DONE = "done"
_LOG = logging.getLogger(__name__)
_FROM = {
    "confirm": ("declined", "in_doubt"),
    "decline": ("confirmed", "in_doubt"),
    "refund": ("declined", "in_doubt"),
}
_RECONCILED = "reconciled"
"""Why money is given back."""
_DISCREPANCY = "dis-"
_TOO_MUCH = ("differing", "double")
"""Of which what was charged beyond the price is given back."""


class SettlingDesk:
    """Takes decisions, checked and with who and why."""

    def __init__(self, reader: Reader, writer: Writer, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._writer = writer
        self._clock = clock

    async def decide(self, which: str, decision: Decision, *, reference: str, note: str, author: str) -> str:
        """Ask for the order of a discrepancy, or one that needs a person, to be settled so; the order's key.

        Durable when this returns; carried out by the gateway within seconds. Raises OrdersProblem, StoreError.
        """
        found, key = await self._meant(which)
        view = await orders.by_key(self._reader, key)
        if view is None:
            raise OrdersProblem(f"{which}: there is no order of ours that could be settled; --note closes it")
        refund = await orders.by_key(self._reader, refund_key(view.order.key))
        problem = await obstacle(self._reader, view, decision, refund, found)
        if problem:
            raise OrdersProblem(f"{key}: {problem}")
        at = self._clock()
        wanted = Wanted(new_id(at), key, found.id if found else None, decision, reference, note, author, at)
        line = _line(wanted, view, at, "asked")
        await self._writer.commit(Unit(ops=(settlements_asked.put(wanted), line)))
        return key

    async def close(self, which: str, *, note: str, author: str) -> None:
        """Settle a discrepancy by a word alone: it was put right elsewhere. Raises OrdersProblem, StoreError."""
        at = self._clock()
        found = await reconciliations.discrepancy(self._reader, which)
        if found is None:
            raise OrdersProblem(f"{which}: there is no discrepancy with this id")
        view = await orders.by_key(self._reader, found.order_key) if found.order_key else None
        detail = {"discrepancy": which, "order": found.order_key, "note": note}
        subscription = view.order.subscription if view else None
        line = audit.note(RecordAudit(author, "discrepancy.closed", subscription, at, detail))
        gate = reconciliations.settle(which, "note", author, note, at)
        if not await self._writer.commit(Unit(ops=(line,), gate=gate)):
            raise OrdersProblem(f"{which}: {_settled(found)}")

    async def _meant(self, which: str) -> tuple[reconciliations.Discrepancy | None, str]:
        """The discrepancy, if one is named, and its order's key."""
        if not which.startswith(_DISCREPANCY):
            return None, which
        found = await reconciliations.discrepancy(self._reader, which)
        if found is None:
            raise OrdersProblem(f"{which}: there is no discrepancy with this id")
        if found.settled_at is not None:
            raise OrdersProblem(f"{which}: {_settled(found)}")
        return found, found.order_key or ""


class Settler:
    """Carries decisions out, one after the other."""

    def __init__(self, context: Context, committer: Committer, refunds: RefundDesk) -> None:
        self._context = context
        self._committer = committer
        self._refunds = refunds

    async def work(self) -> int:
        """Carry out what waits; how much that was. Raises what the store says while it is away.

        What cannot be carried out is put down so, whatever was wrong with it, and keeps no other from being settled.
        """
        waiting = await settlements_asked.waiting(self._context.reader)
        for wanted in waiting:
            try:
                await self._carry_out(wanted)
            except Exception as error:
                if store_is_away(error):
                    raise
                outcome = "not_written" if isinstance(error, StoreError) else "failed"
                _LOG.exception("a decision on an order cannot be carried out", extra={"order": wanted.order_key})
                self._context.metrics.failures.labels("settling").inc()
                await self._committer.note(settlements_asked.done(wanted.id, outcome, self._context.clock()))
        return len(waiting)

    async def _carry_out(self, wanted: Wanted) -> None:
        view = await orders.by_key(self._context.reader, wanted.order_key)
        assert view is not None, "orders are never deleted"
        at = self._context.clock()
        refund = await orders.by_key(self._context.reader, refund_key(view.order.key))
        found = await self._found(wanted.discrepancy)
        problem = await obstacle(self._context.reader, view, wanted.decision, refund, found)
        if problem or (found and found.settled_at):  # it moved between the decision and now
            await self._committer.note(settlements_asked.done(wanted.id, "moved_meanwhile", at))
            return
        effects = await self._effects(wanted, view, found, at)
        beside: tuple[Op, ...] = (settlements_asked.done(wanted.id, DONE, at), _line(wanted, view, at, "settled"))
        if wanted.discrepancy is not None:
            gate = reconciliations.settle(wanted.discrepancy, wanted.decision, wanted.author, wanted.note, at)
            beside = (*beside, Op(gate.statement, gate.values))
        await self._committer.commit(effects, beside=beside)

    async def _found(self, discrepancy: str | None) -> reconciliations.Discrepancy | None:
        return await reconciliations.discrepancy(self._context.reader, discrepancy) if discrepancy else None

    async def _effects(
        self, wanted: Wanted, view: OrderView, found: reconciliations.Discrepancy | None, at: datetime
    ) -> Sequence[Effect]:
        """What the order's own machine makes of it; for money that is to go back, its refund."""
        context, order = self._context, view.order
        over = excess(found.kind, found.evidence) if found else None
        if wanted.decision == "refund" and found and over:
            payer = await self._payer(order)
            fact = ExcessFound(at, wanted.author, payer, OrderKey(f"{REFUND}{found.id}"), over)
            return context.machines.of(order).step(order.state, "give_excess", order=order, fact=fact).effects
        if wanted.decision == "refund":
            return await self._refunds.effects(order.key, wanted.author, _RECONCILED)
        event, verdict = await self._fact(wanted, view, at)
        step = context.machines.of(order).step(order.state, event, order=order, fact=verdict)
        context.metrics.orders.labels(step.state).inc()
        return step.effects

    async def _fact(self, wanted: Wanted, view: OrderView, at: datetime) -> tuple[str, BundleActivated | BundleRefused]:
        context, order = self._context, view.order
        telling = context.telling(await self._payer(order), order)
        if wanted.decision == "decline":
            return "disown", BundleRefused(at, "not_applied", wanted.note, telling, wanted.author)
        given = await context.given(order)
        overtaken = await orders.is_overtaken(context.reader, order)
        fact = BundleActivated(at, wanted.reference, None, telling, given, by=wanted.author, overtaken=overtaken)
        return "vouch", fact

    async def _payer(self, order: Order) -> Subscriber:
        payer = await subscriptions.by_id(self._context.reader, order.subscription)
        assert payer is not None, "subscriptions are never deleted"
        return payer


async def obstacle(
    reader: Reader,
    view: OrderView,
    decision: str,
    refund: OrderView | None,
    found: reconciliations.Discrepancy | None,
) -> str:
    """Why an order cannot be settled so now; empty if it can. found: what does not add up about it."""
    if found is None or decision != "refund" or found.kind not in _TOO_MUCH:
        return hindrance(view, decision, refund, free=found is not None)
    if excess(found.kind, found.evidence) is None:
        return "nothing was charged beyond the price to whoever was to pay; --note closes it"
    if before := await reconciliations.given_back(reader, view.order.key):
        return (
            f"part of it was given back before, for {before}; put the rest right elsewhere and close this with --note"
        )
    return "" if view.order.state in ("confirmed", "refunded") else f"is {view.order.state}"


def hindrance(view: OrderView, decision: str, refund: OrderView | None, *, free: bool) -> str:
    """Why an order cannot be settled so now; empty if it can.

    refund: the one that it has, if any. free: also against an earlier verdict.
    """
    state = view.order.state
    if refund is not None and state != "refunded" and refund.order.state != "declined":
        return f"is being given back; {refund.order.key} is {refund.order.state}, and is settled first"
    if refund is not None and decision == "refund":
        return f"has had its one refund, {refund.order.key}, which is {refund.order.state}; put it right elsewhere"
    if state in ("pending", "sent") or (state == "in_doubt" and view.reason != NEEDS_PERSON):
        return "is still being worked on; nothing is to be decided yet"
    if state not in _FROM[decision]:
        return f"is {state}" if decision == "refund" else f"is {state} already"
    if view.order.kind is not OrderKind.PURCHASE and (state != "in_doubt" or decision == "refund"):
        kind = view.order.kind.value.replace("_", " ")
        return f"is no purchase but {kind}, and {state}; put it right with the charging system, close this with --note"
    if state != "in_doubt" and not free:
        return f"is {state}; only the discrepancy that says otherwise can be settled against that"
    return ""


def _line(wanted: Wanted, view: OrderView, at: datetime, what: str) -> Op:
    detail = {
        "order": wanted.order_key,
        "discrepancy": wanted.discrepancy,
        "was": view.order.state,
        "decision": wanted.decision,
        "reference": wanted.reference,
        "note": wanted.note,
    }
    return audit.note(RecordAudit(wanted.author, f"order.{what}", view.order.subscription, at, detail))


def _settled(found: reconciliations.Discrepancy) -> str:
    if found.settled_at is None:
        return "is not settled"
    return f"was settled before ({found.settlement}, by {found.author})"
