"""Work that the clock starts, on APScheduler's asyncio scheduler (3.x; one process)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from gateway.core.accepting import Acceptances
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.live_sessions import LiveSessions
from gateway.core.webhook_line import GIVE_UP_AFTER
from gateway.jobs.bundle_clock import BundleClock
from store import bundles, forecasts, idempotency, turns, webhook_rows

_LOG = logging.getLogger(__name__)
_KEYS_KEPT = timedelta(days=7)
_STOP_SECONDS = 5.0
_WEBHOOKS_KEPT = timedelta(days=7)
_ONE_MORE_TRY = timedelta(hours=2)
"""More than the longest pause between two tries: what can be tried is given up by its own line."""
_BUNDLES_KEPT = timedelta(days=90)
"""After their end, or since they were last seen."""
_TURNS_KEPT = timedelta(days=30)
"""Long enough for a care call about last month's bill; what was said is not kept for ever."""


class Jobs:
    """Ends offers whose time is over, and forgets what is old: keys, turns, bundles, events, silent sessions.

    take_up_refunds: looks for refunds that another process was asked for. clock: tells the ends of bundles that no
    trigger tells. more: further jobs: every so many seconds, under this name, this.
    """

    def __init__(
        self,
        context: Context,
        committer: Committer,
        acceptances: Acceptances,
        sessions: LiveSessions,
        take_up_refunds: Callable[[], Awaitable[None]],
        *,
        clock: BundleClock | None = None,
        more: Sequence[tuple[float, str, Callable[[], Awaitable[None]]]] = (),
    ) -> None:
        self._context = context
        self._committer = committer
        self._acceptances = acceptances
        self._sessions = sessions
        self._take_up_refunds = take_up_refunds
        self._more = more
        self._clock = clock
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._running: set[asyncio.Task[object]] = set()
        self._stopping = False

    def start(self) -> None:
        """Begin ticking."""
        self._every(5, "end-offers", self._end_offers)
        self._every(2, "take-up-refunds", self._take_up_refunds)
        self._every(3600, "forget-keys", self._forget_keys)
        self._every(86_400, "forget-turns", self._forget_turns)
        self._every(3600, "forget-webhooks", self._forget_webhooks)
        self._every(15, "sweep-sessions", self._sweep_sessions)
        for seconds, name, job in self._more:
            self._every(seconds, name, job)
        self._every(86_400, "forget-bundles", self._forget_bundles)
        if self._clock is not None:
            self._every(1, "bundle-clock", self._clock.tick)
        self._scheduler.start()

    async def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """Stop ticking; jobs that run have so many seconds to end. The next run finds what they have left."""
        self._stopping = True
        self._scheduler.pause()
        await asyncio.sleep(0)  # what was due just now begins
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        self._scheduler.shutdown(wait=False)

    def _every(self, seconds: float, name: str, job: Callable[[], Awaitable[None]]) -> None:
        async def guarded() -> None:
            task = asyncio.current_task()
            assert task is not None
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            try:
                await job()
            except asyncio.CancelledError:  # which the scheduler would log as a mistake
                if not self._stopping:
                    raise
                _LOG.info("a job was broken off by the stop", extra={"job": name})
            except Exception:
                self._context.metrics.failures.labels(name).inc()
                _LOG.exception("a job failed and runs again at its next time", extra={"job": name})

        self._scheduler.add_job(guarded, "interval", seconds=seconds, id=name, max_instances=1, coalesce=True)

    async def _end_offers(self) -> None:
        while await self._acceptances.lapse():
            pass

    async def _sweep_sessions(self) -> None:
        self._sessions.sweep()
        self._context.metrics.sessions.set(len(self._sessions))

    async def _forget_turns(self) -> None:
        await self._committer.note(turns.forget(self._context.clock() - _TURNS_KEPT))

    async def _forget_webhooks(self) -> None:
        now = self._context.clock()
        await self._committer.note(webhook_rows.give_up(now - GIVE_UP_AFTER - _ONE_MORE_TRY, now))
        await self._committer.note(webhook_rows.forget(now - _WEBHOOKS_KEPT))

    async def _forget_bundles(self) -> None:
        before = self._context.clock() - _BUNDLES_KEPT
        await self._committer.note(bundles.forget(before), forecasts.forget(before))

    async def _forget_keys(self) -> None:
        await self._committer.note(idempotency.forget(self._context.clock() - _KEYS_KEPT))
