"""Who waits for an order hears of its end: a dialogue that can still show it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flows.values import Money, OrderKey


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of an order, already durable. reason: why it was declined; balance: what is left, if that is known."""

    confirmed: bool
    reason: str = ""
    balance: Money | None = None


class Settlements:
    """Hands the ends of orders to whoever waits in this process; all others read them in the store."""

    def __init__(self) -> None:
        self._waiting: dict[OrderKey, list[asyncio.Future[Settlement]]] = {}

    @contextmanager
    def expected(self, key: OrderKey | None) -> Iterator[asyncio.Future[Settlement] | None]:
        """The end of this order, to be waited for; ask before the order is committed, so that it cannot be missed."""
        if key is None:
            yield None
            return
        future: asyncio.Future[Settlement] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(key, [])
        waiting.append(future)
        try:
            yield future
        finally:
            waiting.remove(future)
            if not waiting:
                self._waiting.pop(key, None)

    def tell(self, key: OrderKey, settlement: Settlement) -> None:
        """An order has ended."""
        for future in self._waiting.get(key, ()):
            if not future.done():
                future.set_result(settlement)
