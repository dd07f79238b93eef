"""From a queue to passes over batches: the same person's items one after another, different people's together."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from store.errors import store_is_away

Item = TypeVar("Item")
Work = Callable[[Sequence[Item]], Awaitable[Sequence[tuple[Item, Exception]]]]

_LOG = logging.getLogger(__name__)
MAX_BATCH = 256
MAX_PASSES = 3
"""Few passes make large batches under load, and a batch costs little more than an item."""
_TRIES = 3
_PAUSE = 2.0
_LONGEST_PAUSE = 30.0


@dataclass(slots=True)
class _Waiting(Generic[Item]):
    item: Item
    tries: int = 0
    behind: deque[_Waiting[Item]] = field(default_factory=deque)


class Pump(Generic[Item]):
    """Runs ``work`` on batches in which no subject comes twice, a few batches at a time.

    work: returns the items that failed, with why; if it raises, nothing of the batch was written, and it is done
    again item by item. While the store is away an item waits for it; one that fails three times by itself goes to
    ``give_up``. size: for how many an item counts in the backlog.
    """

    def __init__(
        self,
        name: str,
        subject: Callable[[Item], str],
        work: Work[Item],
        give_up: Callable[[Item], Awaitable[None]],
        *,
        size: Callable[[Item], int] = lambda _: 1,
    ) -> None:
        self._name = name
        self._subject = subject
        self._work = work
        self._give_up = give_up
        self._size = size
        self._backlog = 0
        self._queue: deque[_Waiting[Item]] = deque()
        self._busy: dict[str, _Waiting[Item]] = {}
        self._wake = asyncio.Event()
        self._passes: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def put(self, item: Item) -> None:
        """Queue one item; what is queued was made durable before."""
        self._backlog += self._size(item)
        self._enqueue(_Waiting(item))

    @property
    def backlog(self) -> int:
        """How much waits, also behind others of the same person or for the store, or is being worked on."""
        return self._backlog

    def start(self) -> None:
        """Begin working."""
        self._task = asyncio.create_task(self._run(), name=f"pump-{self._name}")

    async def stop(self) -> None:
        """Finish the passes that run; what waits stays in the inbox for the next start."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task
        if self._passes:
            await asyncio.wait(self._passes)

    def _enqueue(self, waiting: _Waiting[Item]) -> None:
        ahead = self._busy.get(self._subject(waiting.item))
        if ahead is not None:
            ahead.behind.append(waiting)
            return
        self._busy[self._subject(waiting.item)] = waiting
        self._queue.append(waiting)
        self._wake.set()

    async def _run(self) -> None:
        while not self._stopping:
            await self._wake.wait()
            self._wake.clear()
            while self._queue and len(self._passes) < MAX_PASSES and not self._stopping:
                batch = [self._queue.popleft() for _ in range(min(MAX_BATCH, len(self._queue)))]
                task = asyncio.create_task(self._pass(batch))
                self._passes.add(task)
                task.add_done_callback(self._passed)

    def _passed(self, task: asyncio.Task[None]) -> None:
        self._passes.discard(task)
        self._wake.set()

    async def _pass(self, batch: Sequence[_Waiting[Item]]) -> None:
        try:
            failed = {id(item): error for item, error in await self._work([waiting.item for waiting in batch])}
        except Exception as error:
            if len(batch) > 1:  # one bad item must not take its neighbours along
                for waiting in batch:
                    await self._pass([waiting])
                return
            failed = {id(batch[0].item): error}
        for waiting in batch:
            error_of_item = failed.get(id(waiting.item))
            if error_of_item is None:
                self._release(waiting)
            else:
                await self._failed(waiting, error_of_item)

    async def _failed(self, waiting: _Waiting[Item], error: Exception) -> None:
        waiting.tries += 1
        _LOG.error("%s: an item failed", self._name, exc_info=error, extra={"tries": waiting.tries})
        if store_is_away(error) or waiting.tries < _TRIES:
            self._later(waiting)
            return
        try:
            await self._give_up(waiting.item)
        except Exception:  # the store went away just now
            _LOG.exception("%s: an item could not be put aside", self._name)
            self._later(waiting)
            return
        self._release(waiting)

    def _later(self, waiting: _Waiting[Item]) -> None:
        pause = min(_LONGEST_PAUSE, _PAUSE * 2 ** min(10, waiting.tries - 1))
        asyncio.get_running_loop().call_later(pause, self._again, waiting)

    def _again(self, waiting: _Waiting[Item]) -> None:
        self._queue.append(waiting)
        self._wake.set()

    def _release(self, waiting: _Waiting[Item]) -> None:
        """Let the same person's next item go on."""
        self._backlog -= self._size(waiting.item)
        subject = self._subject(waiting.item)
        del self._busy[subject]
        if waiting.behind:
            following = waiting.behind.popleft()
            following.behind = waiting.behind
            self._busy[subject] = following
            self._queue.append(following)
            self._wake.set()
