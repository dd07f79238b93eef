"""Who waits for an order hears of its end: a dialogue that can still show it.

What the dialogue then shows is written in the same commit as the end itself, so one never goes without the other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from flows.frozen import dataclass
from flows.values import Money, OrderKey
from store.unit import Op

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of an order. reason: why it was declined; balance: what is left, credit: a voucher's worth, if known."""

    confirmed: bool
    reason: str = ""
    balance: Money | None = None
    credit: Money | None = None


Words = Callable[[Settlement], Awaitable[Sequence[Op]]]
"""What a dialogue writes with the end of its order."""


class Expected:
    """The end of one order, waited for by one dialogue."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._asked = False
        self._withdrawn = False
        self._done: asyncio.Future[Settlement | None] = asyncio.get_running_loop().create_future()

    async def within(self, seconds: float) -> Settlement | None:
        """The end, durable with the dialogue's words; None when it did not come in time, or could not be written.

        An end that is being written is waited for: the words are committed or not, never in between.
        """
        try:
            await asyncio.wait([self._done], timeout=seconds)
        finally:  # also when the hop itself is given up
            self._withdrawn = not self._asked
        return None if self._withdrawn else await self._done

    async def words(self, settlement: Settlement) -> Sequence[Op]:
        """What to write with the end; nothing for a dialogue that waits no longer or cannot say it."""
        if self._withdrawn or self._asked:
            return ()
        self._asked = True
        try:
            return await self._words(settlement)
        except Exception:
            _LOG.exception("a dialogue could not show the end of its order")
            self.tell(None)
            return ()

    def tell(self, settlement: Settlement | None) -> None:
        """The end is durable, or (None) could not be written."""
        if self._asked and not self._done.done():
            self._done.set_result(settlement)


class Settlements:
    """Hands the ends of orders to whoever waits in this process; all others read them in the store."""

    def __init__(self) -> None:
        self._waiting: dict[OrderKey, list[Expected]] = {}

    @contextmanager
    def expected(self, key: OrderKey, words: Words) -> Iterator[Expected]:
        """The end of this order, to be waited for; ask before the order is committed, so that it cannot be missed."""
        expected = Expected(words)
        waiting = self._waiting.setdefault(key, [])
        waiting.append(expected)
        try:
            yield expected
        finally:
            waiting.remove(expected)
            if not waiting:
                self._waiting.pop(key, None)

    @asynccontextmanager
    async def ending(self, key: OrderKey, settlement: Settlement) -> AsyncIterator[Sequence[Op]]:
        """An order ends in this block, which commits it together with the rows that this yields."""
        waiting = tuple(self._waiting.get(key, ()))
        ops = [op for expected in waiting for op in await expected.words(settlement)]
        try:
            yield ops
        except BaseException:
            for expected in waiting:
                expected.tell(None)
            raise
        for expected in waiting:
            expected.tell(settlement)
