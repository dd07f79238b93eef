"""The end that no trigger tells: bundles that expire, or run out at their person's pace, looked up by our own clock.

What is due is put into the inbox as the event that nobody sent (``gateway.ocs.own_events``) and goes the way of all
events. It is marked only once that is durable: a stop in between finds it again, and the inbox knows it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from gateway.core.context import Context
from gateway.core.triggers import Triggered
from gateway.ocs import own_events
from gateway.ocs.cloudevents import Event
from gateway.ocs.taking import triggered
from store import bundles
from store.bundles import PAGE, KnownBundle
from store.reader import Reader
from store.unit import Op, Unit

_MOST_BEHIND = 5_000
"""Triggers that wait to be worked on: while there are more, nothing is added."""

TakeIn = Callable[[Sequence[Triggered]], Awaitable[Sequence[bool]]]


class BundleClock:
    """Looks for ends that are to be told.

    take_in: makes triggers durable and puts them to work, whichever are new. backlog: how many wait to be worked on.
    seconds: between two looks, unless the last one left something.
    """

    def __init__(self, context: Context, take_in: TakeIn, backlog: Callable[[], int], seconds: float) -> None:
        self._context = context
        self._take_in = take_in
        self._backlog = backlog
        self._seconds = seconds
        self._looked_at: datetime | None = None
        self._behind = False

    async def tick(self) -> None:
        """Look if it is time to."""
        now = self._context.clock()
        passed = None if self._looked_at is None else (now - self._looked_at).total_seconds()
        due = passed is None or not 0 <= passed < self._seconds  # below 0: the clock was put back
        if due or self._behind:
            self._looked_at = now
            await self.look()

    async def look(self) -> int:
        """Take in what is due, page by page, as long as the work keeps up; how many."""
        taken = 0
        leads = self._context.leads
        self._behind = False
        if leads.expiry:
            taken += await self._pages(bundles.expiry_due, self._expiries)
        if leads.forecast:
            taken += await self._pages(bundles.depletion_due, self._depletions)
        return taken

    async def _pages(
        self,
        due: Callable[[Reader, datetime], Awaitable[Sequence[KnownBundle]]],
        deal: Callable[[Sequence[KnownBundle], datetime], Awaitable[None]],
    ) -> int:
        taken = 0
        while not self._behind:
            if self._backlog() > _MOST_BEHIND:
                self._behind = True
                break
            at = self._context.clock()
            page = await due(self._context.reader, at)
            if page:
                await deal(page, at)
                taken += len(page)
            if len(page) < PAGE:
                break
        return taken

    async def _expiries(self, page: Sequence[KnownBundle], at: datetime) -> None:
        await self._deal(page, own_events.expiry, at, [bundles.expiry_told(one, at) for one in page])

    async def _depletions(self, page: Sequence[KnownBundle], at: datetime) -> None:
        await self._deal(page, own_events.depletion, at, [bundles.depletion_looked_at(one) for one in page])

    async def _deal(
        self,
        page: Sequence[KnownBundle],
        write: Callable[[KnownBundle, datetime], Event],
        at: datetime,
        marks: Sequence[Op],
    ) -> None:
        await self._take_in([triggered(write(one, at), at) for one in page])
        await self._context.writer.commit(Unit(ops=tuple(marks)))
