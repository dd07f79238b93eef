"""Every night: what is kept of people's behaviour and is too old, or has no consent any longer, is deleted.

A withdrawal deletes at once, in the unit of its record. What the sweep still finds was being written at that moment,
or was kept until the market's law began to want a yes. It goes page by page, so the store is never held up for long.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, time

from flows.behaviour import Source
from gateway.config.behaviour_sections import BehaviourConfig
from gateway.core.behaviour_desk import BehaviourDesk
from gateway.core.context import Context
from scoring.behaviour import to_bytes
from store import behaviour
from store.behaviour import PAGE, KeptSums
from store.unit import Op, Unit

_LOG = logging.getLogger(__name__)
_LOOK = 60.0


class BehaviourSweep:
    """Begins once the hour is over and the day was not swept yet, so a night of standing still is made up for."""

    def __init__(self, context: Context, config: BehaviourConfig) -> None:
        self._context = context
        self._desk = BehaviourDesk.of(context, config)
        self._config = config
        self._swept: date | None = None

    @property
    def job(self) -> tuple[float, str, Callable[[], Awaitable[None]]]:
        """For ``Jobs``."""
        return _LOOK, "sweep-behaviour", self.look

    async def look(self) -> None:
        """Sweep, if it is time and was not done."""
        local = self._context.clock().astimezone(self._context.zone)
        if local.time() < time.fromisoformat(self._config.sweep_at) or self._swept == local.date():
            return
        deleted = await self.sweep()
        self._swept = local.date()
        _LOG.info("behaviour was swept", extra={"deleted": deleted})

    async def sweep(self) -> int:
        """Delete all that may not be kept. How many records, sums and paces of use it was."""
        at = self._context.clock()
        old = sum([await self._old_records(source, at) for source in Source])
        return old + await self._sums(at) + await self._paces()

    async def _old_records(self, source: Source, at: datetime) -> int:
        deleted, before = 0, at - self._config.retention[source]
        while page := await behaviour.older(self._context.reader, source, before):
            await self._write(page)
            deleted += len(page)
        return deleted

    async def _sums(self, at: datetime) -> int:
        """Without consent all of the source goes; with it, days that are too old."""
        deleted, after = 0, ("", "")
        while page := await behaviour.page(self._context.reader, after):
            standing = await self._desk.standing(sorted({one.subscription for one in page}))
            over = [one for one in page if one.source not in standing[one.subscription]]
            await self._write([op for one in over for op in behaviour.forget_of(one.subscription, (one.source,))])
            await self._trim([one for one in page if one not in over], at)
            deleted, after = deleted + len(over), (page[-1].subscription, page[-1].source)
        return deleted

    async def _trim(self, page: Sequence[KeptSums], at: datetime) -> None:
        """Sums that somebody changes meanwhile are trimmed by whoever does."""
        trimmed = [(one, self._desk.trimmed(one, at)) for one in page]
        units = [
            behaviour.fold(KeptSums(one.subscription, one.source, to_bytes(left), one.changes), (), at)
            for one, left in trimmed
            if left is not None
        ]
        await self._context.writer.commit_all(units)

    async def _paces(self) -> int:
        """The pace of use is made of sessions and goes with them."""
        deleted, after = 0, ""
        while page := await behaviour.paced(self._context.reader, after):
            standing = await self._desk.standing(page)
            over = [one for one in page if Source.SESSIONS not in standing[one]]
            await self._write([op for one in over for op in behaviour.forget_of(one, (Source.SESSIONS,))])
            deleted, after = deleted + len(over), page[-1]
        return deleted

    async def _write(self, ops: Sequence[Op]) -> None:
        for at in range(0, len(ops), PAGE):
            await self._context.writer.commit(Unit(ops=tuple(ops[at : at + PAGE])))
