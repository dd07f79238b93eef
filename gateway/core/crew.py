"""What lanes are made of: items that wait, a crew that works on a bounded number of them, tasks that must not end."""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Generic, TypeVar

from gateway.telemetry import Metrics

Item = TypeVar("Item")

_LOG = logging.getLogger(__name__)
_BEFORE_RESTART = 1.0


class Waiting(Generic[Item]):
    """Items that wait, each once: the most urgent first, and what is put off by its own time.

    ready: called when there is something to take.
    """

    def __init__(self, ready: Callable[[], object]) -> None:
        self._ready = ready
        self._items: dict[str, Item] = {}
        self._order: list[tuple[int, str]] = []
        self._put_off: dict[str, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._items) + len(self._put_off)

    def __contains__(self, which: object) -> bool:
        return which in self._items or which in self._put_off

    @property
    def due(self) -> int:
        """How many could be taken now."""
        return len(self._items)

    def put(self, which: str, item: Item, *, rank: int = 0, after: float = 0) -> None:
        """Queue it, now or after so many seconds; put again, the last word counts, but what is due stays due."""
        timer = self._put_off.pop(which, None)
        if timer is not None:
            timer.cancel()
        if which in self._items:
            self._items[which] = item
        elif after > 0:
            again = partial(self.put, which, item, rank=rank)
            self._put_off[which] = asyncio.get_running_loop().call_later(after, again)
        else:
            self._items[which] = item
            heapq.heappush(self._order, (rank, which))
            self._ready()

    def take(self) -> Item:
        """The most urgent one; lowest rank and id first."""
        return self._items.pop(heapq.heappop(self._order)[1])

    def close(self) -> None:
        """Nothing becomes due any more."""
        for timer in self._put_off.values():
            timer.cancel()
        self._put_off.clear()


class Crew(Generic[Item]):
    """Works on items, ``at_once`` at most; one that waits or is worked on is not taken up a second time.

    An item that its own work puts off waits from the end of that work. name: in logs and in the count of failures.
    failed: told which item's work ended by an error.
    """

    def __init__(
        self,
        name: str,
        metrics: Metrics,
        work: Callable[[Item], Awaitable[None]],
        *,
        at_once: int,
        failed: Callable[[str], None] = lambda which: None,
    ) -> None:
        self._name = name
        self._metrics = metrics
        self._work = work
        self._at_once = at_once
        self._failed = failed
        self._waiting = Waiting[tuple[str, Item]](self._begin)
        self._working: dict[str, asyncio.Task[None]] = {}
        self._again: dict[str, tuple[Item, float]] = {}
        self._stopping = False

    def __len__(self) -> int:
        return len(self._waiting) + len(self._working)

    def __contains__(self, which: object) -> bool:
        """Whether it waits or is worked on."""
        return which in self._working or which in self._waiting

    def put(self, which: str, item: Item, *, after: float = 0) -> None:
        """Take it up, now or after so many seconds."""
        if self._stopping:  # what is put is durable; the next start takes it up
            return
        if which not in self._working:
            self._waiting.put(which, (which, item), after=after)
        elif after > 0:
            self._again[which] = (item, after)

    def close(self) -> None:
        """Begin nothing more."""
        self._stopping = True
        self._waiting.close()

    async def stop(self, seconds: float | None = None) -> None:
        """Begin nothing more; wait for what is worked on, so many seconds, then give it up."""
        self.close()
        if self._working:
            _, late = await asyncio.wait(self._working.values(), timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    def _begin(self) -> None:
        while not self._stopping and self._waiting.due and len(self._working) < self._at_once:
            which, item = self._waiting.take()
            task = asyncio.create_task(self._guarded(which, item), name=self._name)
            self._working[which] = task
            task.add_done_callback(partial(self._ended, which))

    def _ended(self, which: str, task: asyncio.Task[None]) -> None:
        del self._working[which]
        if which in self._again:
            item, after = self._again.pop(which)
            self.put(which, item, after=after)
        self._begin()

    async def _guarded(self, which: str, item: Item) -> None:
        if self._stopping:
            return
        try:
            await self._work(item)
        except Exception:  # one item must not take the others along
            _count_failure(self._name, self._metrics, "an item could not be worked on", item=which)
            self._failed(which)


class Watched:
    """A task that its lane cannot be without: one that ends by an error is logged, counted and begun again."""

    def __init__(self, name: str, metrics: Metrics, run: Callable[[], Awaitable[None]]) -> None:
        self._name = name
        self._metrics = metrics
        self._run = run
        self._task: asyncio.Task[None] | None = None
        self.running = False

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._keep(), name=self._name)

    def cancel(self) -> None:
        """End it where it stands."""
        if self._task is not None:
            self._task.cancel()

    async def _keep(self) -> None:
        try:
            while True:
                self.running = True
                try:
                    await self._run()
                except Exception:  # whatever it was, there is other work
                    self.running = False
                    _count_failure(self._name, self._metrics, "broke off and is begun again")
                    await asyncio.sleep(_BEFORE_RESTART)
        finally:
            self.running = False


def _count_failure(name: str, metrics: Metrics, what: str, **extra: str) -> None:
    metrics.failures.labels(name).inc()
    _LOG.exception("%s: %s", name, what, extra=extra)
