"""What is the whole process's: its clock and its garbage collector (ADR 0016)."""

from __future__ import annotations

import asyncio
import gc
import time
from datetime import UTC, datetime

_THRESHOLDS = (5_000, 10, 10_000)
"""New objects until the young are looked through; how often until the middle ones are; and until all are."""
_LOOK_SECONDS = 30.0
_QUIET = 0.02
"""Of one core: while the process does less, nobody waits for it."""
_WORTH_IT = 20
"""Collections of the middle generation since the last full one: before, there is next to nothing to find."""


def quiet_collector() -> None:
    """Keep the garbage collector off what lives as long as the process, and from looking through everything at once.

    Most of what a request makes dies by reference count. What lives for a session would be looked through again and
    again: a full collection beside 100,000 sessions stops the process for a third of a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


class QuietHours:
    """Looks for the moments in which a full collection keeps nobody waiting, so that cycles that grew old go too.

    Where there are none, the last threshold still sees to it. quiet: of one core, the most that a quiet process uses.
    """

    def __init__(self, pause: float = _LOOK_SECONDS, quiet: float = _QUIET) -> None:
        self._pause = pause
        self._quiet = quiet
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="quiet-hours")

    async def stop(self) -> None:
        """Give up looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            used = time.process_time()
            await asyncio.sleep(self._pause)
            if time.process_time() - used < self._quiet * self._pause and gc.get_count()[2] >= _WORTH_IT:
                gc.collect()


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)
