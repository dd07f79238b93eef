"""A time limit for many short tasks, watched by one timer: ``asyncio.timeout`` sets and clears one for each."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType

_TICK = 0.1
"""Seconds: a limit is kept to within so much."""


class _Limit:
    """One task's limit; a context manager."""

    __slots__ = ("_cancelling", "late", "task", "until")

    def __init__(self, task: asyncio.Task[object], until: float) -> None:
        self.task: asyncio.Task[object] | None = task
        self.until = until
        self.late = False
        self._cancelling = task.cancelling()

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, self.task = self.task, None
        assert task is not None, "a limit is entered once"
        if self.late and task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error


class Deadlines:
    """Cancels what takes longer than ``seconds``; it then raises TimeoutError from its ``with`` block."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._limits: deque[_Limit] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def limit(self) -> _Limit:
        """The limit of the current task, from now: ``with deadlines.limit(): …``."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None, "limits are for tasks"
        limit = _Limit(task, loop.time() + self._seconds)
        self._limits.append(limit)
        if self._timer is None:
            self._timer = loop.call_later(_TICK, self._tick, loop)
        return limit

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        limits, now = self._limits, loop.time()
        while limits and (limits[0].task is None or limits[0].until <= now):
            limit = limits.popleft()
            if limit.task is not None:
                limit.late = True
                limit.task.cancel()
        self._timer = loop.call_later(_TICK, self._tick, loop) if limits else None
