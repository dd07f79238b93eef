"""Looking for what an operator has stopped, also from another process: in force within a second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from gateway.core.context import Context
from store import controls
from store.controls import Control

_LOG = logging.getLogger(__name__)
_PAUSE = 0.5


class ControlWatch:
    """Looks twice a second. What is in force stays so while the store cannot be asked."""

    def __init__(self, context: Context, pause: float = _PAUSE) -> None:
        self._context = context
        self._pause = pause
        self._known = ""
        self._lists: Sequence[Control] = ()
        self._looking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Know what is in force, before anything goes out; then go on looking. Raises StoreError."""
        await self.look()
        self._task = asyncio.create_task(self._run(), name="control-watch")

    async def stop(self) -> None:
        """Give up looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Take up what was changed, and what begins or ends by the clock."""
        reach, reader = self._context.reach, self._context.reader
        async with self._looking:  # whoever began to read later must not be overtaken by whoever read before
            changed = await controls.last_change(reader)
            if changed != self._known:
                switches = await controls.all_of(reader, controls.SWITCHES)
                reach.know([*switches, *self._lists], self._context.clock())  # a long list must not hold up a stop
                self._lists = await controls.all_of(reader, controls.LISTS)
                reach.know([*switches, *self._lists], self._context.clock())
                self._known = changed
                _LOG.warning("controls changed", extra={"stopped": sorted(reach.stopped), "set": len(reach.in_force)})
            else:
                reach.look(self._context.clock())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            try:
                await self.look()
            except Exception:
                self._context.metrics.failures.labels("controls").inc()
                _LOG.exception("looking for controls failed, and is done again")
