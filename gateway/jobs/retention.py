"""Every night what is old is forgotten: what came in, and which thresholds were told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, time, timedelta

from gateway.config.retention import RetentionConfig
from gateway.core.commit import Committer
from gateway.core.context import Context
from store.retention import ALERTS, INBOX, ROWS, Sweep

_LOG = logging.getLogger(__name__)
_EVERY = 60.0
_BREATH = 0.05
"""Seconds between two pages, in which the writer belongs to everybody else."""
_MOST_PAGES = 20_000
"""A night: five million rows a table. What is left goes the next night."""


class Retention:
    """Looks every minute whether the hour has come, and sweeps once a day. breath: seconds between two pages."""

    def __init__(
        self, context: Context, committer: Committer, config: RetentionConfig, breath: float = _BREATH
    ) -> None:
        self._context = context
        self._committer = committer
        self._config = config
        self._breath = breath
        self._swept: date | None = None

    @property
    def jobs(self) -> Sequence[tuple[float, str, Callable[[], Awaitable[None]]]]:
        """How often, under which name, what."""
        return ((_EVERY, "forget-old", self.look),) if self._config.at else ()

    async def look(self) -> None:
        """Sweep if it is time, and was not done since the start and today; what was broken off goes on."""
        local = self._context.clock().astimezone(self._context.zone)
        if self._swept == local.date() or local.time() < time.fromisoformat(self._config.at):
            return
        for name, sweep, days in (
            ("inbox", INBOX, self._config.inbox_days),
            ("alerts", ALERTS, self._config.alerts_days),
        ):
            if days:
                await self._sweep(name, sweep, days)
        self._swept = local.date()

    async def _sweep(self, name: str, sweep: Sweep, days: int) -> None:
        before = self._context.clock() - timedelta(days=days)
        for pages in range(_MOST_PAGES):
            page = await sweep.page(self._context.reader, before)
            if page is None:
                if pages:
                    _LOG.info("old rows were forgotten", extra={"table": name, "pages": pages, "rows_a_page": ROWS})
                return
            await self._committer.note(page.op())
            await asyncio.sleep(self._breath)
        _LOG.warning("more old rows than one night forgets; the rest goes the next night", extra={"table": name})
