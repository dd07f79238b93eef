"""Events on their way to one endpoint: at least once, a few at a time, whatever the other endpoints do.

A row is tried again with growing pauses for a day. An endpoint that fails is left alone for growing pauses too, and
then tried with one row before it gets several again. What is in hand is known in memory alone: after a crash its rows
still wait, and go again under the same webhook-id.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

from flows.frozen import dataclass
from gateway.core.commit import persist
from gateway.core.context import Context
from gateway.core.crew import Watched
from gateway.core.ports.webhooks import EndpointGone, NotSo, NotTaken, PostOutcome, Taken, WebhookPoster
from gateway.core.retry import Backoff, Retry
from store import webhook_rows
from store.unit import Op, Unit
from store.webhook_rows import WebhookRow
from store.writer import raise_first

_LOG = logging.getLogger(__name__)
AT_ONCE = 32
_LEAST_READ = 8
"""So much room is waited for before the store is read: a read costs the same for one row and for some."""
GIVE_UP_AFTER = timedelta(hours=24)
_ENDLESS = 1_000_000
_ROW = Backoff(first=5, longest=3600, most=_ENDLESS)
_ENDPOINT = Backoff(first=1, longest=60, most=_ENDLESS)
_LOOK = 5.0
"""Seconds after which the store is asked at the latest."""


@dataclass(frozen=True, slots=True)
class LineState:
    """How an endpoint does. state: ``active``, ``failing`` or ``disabled``; reason: of the last failure."""

    state: str
    delivered_at: datetime | None
    failed_at: datetime | None
    reason: str | None


class WebhookLine:
    """One endpoint. look: seconds between looks at the store when nothing else calls for one."""

    def __init__(
        self,
        name: str,
        context: Context,
        poster: WebhookPoster,
        *,
        row_pauses: Backoff = _ROW,
        endpoint_pauses: Backoff = _ENDPOINT,
        look: float = _LOOK,
    ) -> None:
        self._name = name
        self._context = context
        self._poster = poster
        self._row_pauses, self._endpoint_pauses, self._look = row_pauses, endpoint_pauses, look
        self._news = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._failures, self._resumes = 0, 0.0
        self._disabled = False
        self._delivered_at: datetime | None = None
        self._failed_at: datetime | None = None
        self._reason: str | None = None
        self._watched = Watched("webhooks", context.metrics, self._run)

    @property
    def state(self) -> LineState:
        """How it does."""
        state = "disabled" if self._disabled else "failing" if self._failures else "active"
        return LineState(state, self._delivered_at, self._failed_at, self._reason)

    def start(self) -> None:
        """Begin, with what waits."""
        self._news.set()
        self._watched.start()

    def wake(self) -> None:
        """There is something new."""
        self._news.set()

    async def stop(self, seconds: float) -> None:
        """Begin nothing more; what is under way has so many seconds, and goes again at the next start."""
        self._watched.cancel()
        if self._under_way:
            _, late = await asyncio.wait(self._under_way.values(), timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    async def _run(self) -> None:
        while True:
            self._news.clear()
            pause = await self._take()
            if pause > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._news.wait()

    async def _take(self) -> float:
        """Take in hand what may go now; seconds until it is worth while to look again, news apart."""
        loop, now = asyncio.get_running_loop(), self._context.clock()
        if self._disabled:
            if await webhook_rows.next_due(self._context.reader, self._name) is not None:
                await self._write(webhook_rows.end_all(self._name, now, "endpoint_gone"))
            return self._look
        free = (1 if self._failures else AT_ONCE) - len(self._under_way)
        if free < (1 if self._failures else _LEAST_READ):
            return self._look
        if loop.time() < self._resumes:
            return min(self._look, self._resumes - loop.time())
        found = await webhook_rows.due(self._context.reader, self._name, now, free + len(self._under_way))
        for row in [row for row in found if row.id not in self._under_way][:free]:
            task = asyncio.create_task(self._deliver(row), name="webhook")
            self._under_way[row.id] = task
            task.add_done_callback(partial(self._ended, row.id))
        return self._look if self._under_way else await self._until_due(now)

    async def _until_due(self, now: datetime) -> float:
        following = await webhook_rows.next_due(self._context.reader, self._name)
        return self._look if following is None else max(0.01, min(self._look, (following - now).total_seconds()))

    def _ended(self, which: str, task: asyncio.Task[None]) -> None:
        del self._under_way[which]
        error = None if task.cancelled() else task.exception()
        if error is not None:  # its row is still due, and must not go again at once
            _LOG.error("what became of an event could not be written", exc_info=error, extra={"outbox_id": which})
            self._failed("store", None)
        self._news.set()

    async def _deliver(self, row: WebhookRow) -> None:
        try:
            outcome = await self._poster.post(row)
        except Exception as error:  # it is not the endpoint's fault, and goes again all the same
            _LOG.exception("an event could not be composed", extra={"endpoint": self._name, "outbox_id": row.id})
            outcome = NotTaken(type(error).__name__)
        await self._write(self._settled(row, outcome))

    def _settled(self, row: WebhookRow, outcome: PostOutcome) -> Op:
        now = self._context.clock()
        match outcome:
            case Taken():
                self._failures, self._delivered_at = 0, now
                self._count("delivered")
                return webhook_rows.end(row.id, "delivered", now)
            case NotSo():
                self._count("suppressed")
                return webhook_rows.end(row.id, "suppressed", now, "not_so", tries=0)
            case EndpointGone():
                self._disabled = True
                self._failed("endpoint_gone", None)
                self._count("failed")
                return webhook_rows.end(row.id, "failed", now, "endpoint_gone")
            case NotTaken():
                self._failed(outcome.reason, outcome.wait)
                return self._again(row, outcome, now)
            case _:
                assert_never(outcome)

    def _again(self, row: WebhookRow, outcome: NotTaken, now: datetime) -> Op:
        decision = self._row_pauses.next_attempt(row.attempts + 1)
        if now - row.at >= GIVE_UP_AFTER or not isinstance(decision, Retry):
            self._count("failed")
            return webhook_rows.end(row.id, "failed", now, outcome.reason)
        self._count("retried")
        pause = max(decision.after, timedelta(seconds=outcome.wait or 0))
        return webhook_rows.later(row.id, now + pause, outcome.reason)

    def _failed(self, reason: str, wait: float | None) -> None:
        if not self._failures:
            _LOG.warning("an endpoint does not take events", extra={"endpoint": self._name, "reason": reason})
        self._failed_at, self._reason = self._context.clock(), reason
        now = asyncio.get_running_loop().time()
        if self._failures and now < self._resumes:  # begun before the endpoint was left alone
            return
        self._failures += 1
        decision = self._endpoint_pauses.next_attempt(self._failures)
        assert isinstance(decision, Retry), "an endpoint is never given up"
        self._resumes = now + max(decision.after.total_seconds(), wait or 0)

    def _count(self, outcome: str) -> None:
        self._context.metrics.webhooks.labels(self._name, outcome).inc()

    async def _write(self, op: Op) -> None:
        """Write, as long as the store is away."""
        raise_first(await persist(self._context.writer, [Unit(ops=(op,))]))
