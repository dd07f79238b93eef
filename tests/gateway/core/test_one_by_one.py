"""Whoever comes under one name waits for those before; others do not."""

from __future__ import annotations

import asyncio

from gateway.core.one_by_one import OneByOne


async def test_those_of_one_name_come_one_after_another() -> None:
    """And nothing of a name stays when all have gone, also if one gave up."""
    locks, seen = OneByOne(), list[str]()

    async def come(name: str, which: str) -> None:
        async with locks.of(name):
            seen.append(f"{which} in")
            await asyncio.sleep(0)
            seen.append(f"{which} out")

    async with asyncio.TaskGroup() as group:
        group.create_task(come("ana", "1"))
        group.create_task(come("ben", "2"))
        group.create_task(come("ana", "3"))
        group.create_task(come("ana", "4")).cancel()
    assert seen == ["1 in", "2 in", "1 out", "2 out", "3 in", "3 out"]
    assert len(locks) == 0
