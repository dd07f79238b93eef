"""Our orders of a period against the charging system: by asking it about each, or against a statement of its charges.

Nothing is changed by looking: what does not agree is written down, for a person to settle (docs/reference/orders.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import assert_never

from flows.frozen import dataclass
from flows.order_kinds import terms_of
from flows.reconciliation import Found, Ours, Said, absent, compare, judge
from flows.values import OrderKey
from gateway.core import order_calls
from gateway.core.ports import (
    Activated,
    ChargingSystem,
    FindOutcome,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Refused,
    StillRunning,
)
from gateway.errors import OcsUnavailable, OrdersProblem
from store import order_lists, reconciliations
from store.ids import new_id
from store.orders import OrderView
from store.reader import Reader
from store.reconciliations import Counts, Run
from store.statement_table import StatementTable
from store.unit import Unit
from store.writer import Writer

_PAGE = 200
_MOST_SILENT = 50
"""Orders in a row of which the charging system says nothing: it is away."""
Progress = Callable[[int], None]
"""Told how many orders have been looked at."""


@dataclass(frozen=True, slots=True)
class Period:
    """From ``starts`` on, until before ``ends``."""

    starts: datetime
    ends: datetime


class Reconciler:
    """Looks, and writes down what it found."""

    def __init__(self, reader: Reader, writer: Writer, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._writer = writer
        self._clock = clock

    async def count(self, period: Period) -> int:
        """How many orders were made in a period."""
        return await order_lists.count_between(self._reader, period.starts, period.ends)

    async def ask(
        self,
        period: Period,
        ocs: ChargingSystem,
        *,
        per_second: float,
        author: str,
        progress: Progress = lambda n: None,
    ) -> Run:
        """Ask about every order that was made in a period, so many a second at most. Raises StoreError.

        What the charging system cannot speak of now is counted. Raises OcsUnavailable when it speaks of nothing any
        more; the run has no end then. Raises OrdersProblem, and asks nothing, where asking is sending again.
        """
        if not ocs.can_be_asked:
            raise OrdersProblem("this charging system cannot be asked what became of an order: give --statement")
        run = await self._begin("asked", period, author)
        counts, pace, silent = Counts(), _Pace(per_second), 0
        async for page in self._made(period):
            odd = []
            for view in page:
                ours = _ours(view)
                if ours.open:
                    counts = replace(counts, orders=counts.orders + 1, left_out=counts.left_out + 1)
                    continue
                await pace.wait()
                said = _said(await order_calls.find(ocs, view.order))
                silent = silent + 1 if said is None else 0
                if silent >= _MOST_SILENT:
                    raise OcsUnavailable(f"the charging system spoke of none of the last {silent} orders")
                found = judge(ours, said) if said else None
                odd += [found] if found else []
                counts = replace(
                    counts,
                    orders=counts.orders + 1,
                    unanswered=counts.unanswered + (said is None),
                    agreed=counts.agreed + (said is not None and found is None),
                )
            await self._write(run, odd)
            progress(counts.orders)
        return await self._end(run, counts)

    async def compare(
        self, period: Period, statement: StatementTable, name: str, *, author: str, progress: Progress = lambda n: None
    ) -> Run:
        """Hold a statement against our orders, whenever those were made, and the orders of a period against it.

        An order whose making or end is outside the period may stand in another statement: it is left out where this one
        does not name it; so are refunds, where it has no money given back. Raises StoreError, DatabaseUnusable.
        """
        run = await self._begin("statement", period, author, name)
        counts = replace(await self._lines(run, statement, progress), charges=statement.lines)
        async for page in self._made(period):
            named = statement.named([view.order.key for view in page])
            silent = [view for view in page if view.order.key not in named]
            odd, outside, agreed = [], 0, 0
            for view in silent:
                found = absent(_ours(view))
                ended = view.settled_at
                unseen = terms_of(view.order).credits and not statement.gives_back
                if _ours(view).open or unseen or (found and (ended is None or ended >= period.ends)):
                    outside += 1
                elif found:
                    odd.append(found)
                else:
                    agreed += 1
            await self._write(run, odd)
            counts = replace(
                counts,
                orders=counts.orders + len(silent),
                left_out=counts.left_out + outside,
                agreed=counts.agreed + agreed,
            )
            progress(counts.orders)
        return await self._end(run, counts)

    async def _lines(self, run: Run, statement: StatementTable, progress: Progress) -> Counts:
        """Every key of a statement against the order of that key."""
        groups, counts = statement.groups(), Counts()
        while some := list(islice(groups, _PAGE)):
            keys = [group[0].key for group in some if group[0].key]
            known = await order_lists.by_keys(self._reader, keys)
            odd = []
            for group in some:
                view = known.get(group[0].key)
                ours = None if view is None else _ours(view)
                found = compare(ours, group)
                odd += [found] if found else []
                counts = replace(
                    counts,
                    orders=counts.orders + (ours is not None),
                    left_out=counts.left_out + (ours is not None and ours.open),
                    agreed=counts.agreed + (ours is not None and not ours.open and found is None),
                )
            await self._write(run, odd)
            progress(counts.orders)
        return counts

    async def _made(self, period: Period) -> AsyncIterator[Sequence[OrderView]]:
        """The orders that were made in a period, page by page."""
        after: tuple[datetime, OrderKey] | None = None
        while page := await order_lists.made_between(self._reader, period.starts, period.ends, after, _PAGE):
            yield page
            after = (page[-1].order.created_at, page[-1].order.key)

    async def _begin(self, kind: str, period: Period, author: str, statement: str = "") -> Run:
        at = self._clock()
        run = Run(new_id(at), kind, period.starts, period.ends, statement, author, at)
        await self._writer.commit(Unit(ops=(reconciliations.begin(run),)))
        return run

    async def _write(self, run: Run, odd: Sequence[Found]) -> None:
        if odd:
            at = self._clock()
            await self._writer.commit(Unit(ops=tuple(reconciliations.found(run.id, one, at) for one in odd)))

    async def _end(self, run: Run, counts: Counts) -> Run:
        at = self._clock()
        await self._writer.commit(Unit(ops=(reconciliations.end(run.id, counts, at),)))
        return replace(run, ended_at=at, counts=counts)


class _Pace:
    """So many a second, evenly."""

    def __init__(self, per_second: float) -> None:
        self._pause = 1 / per_second
        self._next = 0.0

    async def wait(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._next > now:
            await asyncio.sleep(self._next - now)
        self._next = max(self._next, now) + self._pause


def yesterday(now: datetime, zone: tzinfo) -> Period:
    """The market's day that ended last."""
    today = datetime.combine(now.astimezone(zone), time(), zone)
    before = datetime.combine(today.date() - timedelta(days=1), time(), zone)
    return Period(before.astimezone(UTC), today.astimezone(UTC))


def _ours(view: OrderView) -> Ours:
    return Ours(view.order, view.reason, view.ocs_reference)


def _said(outcome: FindOutcome) -> Said | None:
    """What it says; None where it cannot say now."""
    match outcome:
        case Activated():
            return Said(charged=True, reference=outcome.reference)
        case Refused():
            return Said(charged=False, reference=outcome.reference, detail=outcome.detail or outcome.reason)
        case NotFound():
            return Said(charged=False, detail="the charging system does not know it")
        case StillRunning() | OutcomeUnknown() | NotSent():
            return None
        case _:
            assert_never(outcome)
