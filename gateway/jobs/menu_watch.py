"""Looking for publications: what an operator publishes is served within seconds, without a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from gateway.core.context import Context
from gateway.core.menu_shelf import MenuShelf

_LOG = logging.getLogger(__name__)
_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_LONGEST_SESSION = timedelta(minutes=10)
"""No network keeps one longer."""


class MenuWatch:
    """Looks every second; less often while it fails."""

    def __init__(self, context: Context, shelf: MenuShelf, pause: float = _PAUSE) -> None:
        self._context = context
        self._shelf = shelf
        self._pause = pause
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="menu-watch")

    async def stop(self) -> None:
        """Give up looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        await self._went_well(self._recall)
        pause = self._pause
        while True:
            pause = self._pause if await self._went_well(self._look) else min(2 * pause, _LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _recall(self) -> None:
        await self._shelf.recall(self._context.clock() - _LONGEST_SESSION)

    async def _look(self) -> None:
        await self._shelf.look()
        self._shelf.sweep()

    async def _went_well(self, work: Callable[[], Awaitable[None]]) -> bool:
        try:
            await work()
        except Exception:
            self._context.metrics.failures.labels("menus").inc()
            _LOG.exception("looking for publications of menus failed, and is done again")
            return False
        return True
