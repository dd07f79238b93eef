"""Long work on a batch, with room between its parts for whoever looks at a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")
_AT_ONCE = 16


async def in_breaths(work: Iterable[Item]) -> list[Item]:
    """What ``work`` gives, everybody else's turn coming after every few of it."""
    found: list[Item] = []
    for one in work:
        found.append(one)
        if len(found) % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return found
