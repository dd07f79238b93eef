"""Every night: yesterday's orders against the charging system. Every few seconds: what people have decided."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta

from flows.reconciliation import KINDS
from gateway.config.tree import ReconciliationConfig
from gateway.core.context import Context
from gateway.core.ports import ChargingSystem
from gateway.core.reconciling import Reconciler, yesterday
from gateway.core.settling import Settler
from gateway.errors import OcsUnavailable
from store import reconciliations

_LOG = logging.getLogger(__name__)
_LOOK, _SETTLE, _COUNT = 60.0, 2.0, 30.0
"""Seconds from look to look: whether it is time, for decisions, at what is not settled."""
_NOBODY = "nightly"
_MOST_RUNS, _BETWEEN_RUNS = 3, timedelta(hours=1)
"""For orders that the charging system could not speak of."""


class ReconciliationJobs:
    """What runs of its own: it begins once the hour is over and yesterday was not asked about to its end.

    So a night in which the gateway was down is made up for, one that was broken off begins anew an hour later or with
    the gateway, and what the charging system could not speak of is asked about again.
    """

    def __init__(self, context: Context, ocs: ChargingSystem, settler: Settler, config: ReconciliationConfig) -> None:
        self._context = context
        self._ocs = ocs
        self._settler = settler
        self._config = config
        self._reconciler = Reconciler(context.reader, context.writer, context.clock)
        self._broken_off: datetime | None = None

    @property
    def jobs(self) -> Sequence[tuple[float, str, Callable[[], Awaitable[None]]]]:
        """For ``Jobs``."""
        return (
            (_LOOK, "reconcile", self.look),
            (_SETTLE, "settle-orders", self.settle),
            (_COUNT, "count-discrepancies", self.count),
        )

    async def look(self) -> None:
        """Reconcile yesterday, if it is time and was not done."""
        now = self._context.clock()
        if not self._config.at or not self._ocs.can_be_asked:
            return
        if not await self._due(now) or not await self._ocs.answers():
            return
        period = yesterday(now, self._context.zone)
        rate = self._config.per_second
        try:
            run = await self._reconciler.ask(period, self._ocs, per_second=rate, author=_NOBODY)
        except OcsUnavailable as error:
            self._broken_off = self._context.clock()
            _LOG.warning("yesterday's orders could not be reconciled; again in an hour", extra={"why": str(error)})
            return
        await self.count()
        standing = sum((await reconciliations.standing(self._context.reader)).values())
        level = logging.WARNING if standing else logging.INFO
        told = {"run": run.id, "orders": run.counts.orders, "unanswered": run.counts.unanswered, "standing": standing}
        _LOG.log(level, "yesterday's orders were reconciled", extra=told)

    async def settle(self) -> None:
        """Carry out what people have decided."""
        if await self._settler.work():
            await self.count()

    async def count(self) -> None:
        """Tell the metrics what nobody has settled."""
        standing = await reconciliations.standing(self._context.reader)
        for kind in KINDS:
            self._context.metrics.discrepancies.labels(kind).set(standing.get(kind, 0))

    async def _due(self, now: datetime) -> bool:
        local = now.astimezone(self._context.zone)
        if local.time() < time.fromisoformat(self._config.at):
            return False
        if self._broken_off is not None and abs(now - self._broken_off) < _BETWEEN_RUNS:
            return False
        period = yesterday(now, self._context.zone)
        before = await reconciliations.asked_about(self._context.reader, period.starts, period.ends)
        if not before:
            return True
        again = all(run.counts.unanswered for run in before) and len(before) < _MOST_RUNS
        return again and now - (before[0].ended_at or now) >= _BETWEEN_RUNS
