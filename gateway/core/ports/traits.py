"""What is found out about a charging system while orders go through it, and must not be forgotten."""

from __future__ import annotations

from typing import Protocol

from flows.values import OrderKey


class OcsTraits(Protocol):
    """Of one charging system, for good. trait: a word of its adapter's."""

    async def knows(self, trait: str) -> bool:
        """Whether this was seen of it, also by an earlier process."""
        ...

    async def learn(self, trait: str, key: OrderKey) -> None:
        """It was seen, by this order. Never raises: what could not be kept is not known yet."""
        ...
