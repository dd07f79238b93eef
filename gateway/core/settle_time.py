"""From when on "not found" is a no: so long after the last send ended, as this process measured it.

Not by the time that is written with an order: that is before its turn came, and clocks are set. What an earlier process
sent was sent before this one began.
"""

from __future__ import annotations

from collections.abc import Callable

from flows.values import OrderKey


class SettleTime:
    """length: seconds after a send in which an order may still appear. seconds: that only go forward."""

    def __init__(self, length: float, seconds: Callable[[], float]) -> None:
        self._length = length
        self._seconds = seconds
        self._began = seconds()
        self._ended: dict[OrderKey, float] = {}

    def sent(self, key: OrderKey) -> None:
        """A send of this order has just ended, however it did."""
        self._ended[key] = self._seconds()

    def left(self, key: OrderKey) -> float:
        """Seconds; none are left where what is not found did not happen."""
        return max(0.0, self._ended.get(key, self._began) + self._length - self._seconds())

    def forget(self, key: OrderKey) -> None:
        """It is settled, or somebody else's."""
        self._ended.pop(key, None)
