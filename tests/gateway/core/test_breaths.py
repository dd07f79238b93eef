"""A large batch lets others have their turn in between."""

from __future__ import annotations

import asyncio

from gateway.core.breaths import in_breaths


async def test_whoever_else_has_something_to_do_comes_in_between() -> None:
    """Nothing of the work is lost, and its order is kept."""
    seen: list[int] = []
    done: list[int] = []

    async def others() -> None:
        while len(done) < 100:
            seen.append(len(done))
            await asyncio.sleep(0)

    waiting = asyncio.create_task(others())
    await asyncio.sleep(0)

    def worked(number: int) -> int:
        done.append(number)
        return number

    assert await in_breaths(map(worked, range(100))) == list(range(100))
    await waiting
    assert seen == [0, 16, 32, 48, 64, 80, 96]
