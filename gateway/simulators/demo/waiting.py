"""Waiting for what must come, with an end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from time import monotonic
from typing import Any, TypeVar

PATIENCE = 20.0
"""Seconds after which something that should have come is missing."""
_LOOK_EVERY = 0.02
Found = TypeVar("Found")


class CheckFailed(Exception):
    """Something that had to be so is not; one line."""


async def until(look: Callable[[], Awaitable[Found | None]], what: str, patience: float = PATIENCE) -> Found:
    """Look again and again until there is something. Raises CheckFailed after ``patience`` seconds."""
    deadline = monotonic() + patience
    while (found := await look()) is None:
        if monotonic() > deadline:
            raise CheckFailed(f"waited {patience:g} s in vain for {what}")
        await asyncio.sleep(_LOOK_EVERY)
    return found


async def together(*works: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run all; the first failure ends the others and is raised by itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
