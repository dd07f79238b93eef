"""One timer ends what takes too long, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from gateway.core.deadlines import Deadlines


async def test_what_is_quick_enough_is_left_alone() -> None:
    """Also long after."""
    deadlines = Deadlines(0.05)
    with deadlines.limit():
        await asyncio.sleep(0)
    await asyncio.sleep(0.3)


async def test_what_takes_too_long_is_ended() -> None:
    """However many there are, each by its own limit; one that ends in time is not hurt by its neighbours."""
    deadlines, never = Deadlines(0.05), asyncio.Event()

    async def stuck() -> None:
        with deadlines.limit():
            await never.wait()

    results = await asyncio.gather(*(stuck() for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in results] == [TimeoutError] * 3


async def test_a_task_that_somebody_cancels_is_cancelled() -> None:
    """Not timed out."""
    deadlines, never = Deadlines(60), asyncio.Event()

    async def stuck() -> None:
        with deadlines.limit():
            await never.wait()

    task = asyncio.create_task(stuck())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_lives_on_after_its_limit() -> None:
    """It can do other things, and wait again."""
    deadlines, never = Deadlines(0.01), asyncio.Event()
    with pytest.raises(TimeoutError), deadlines.limit():
        await never.wait()
    await asyncio.sleep(0)
    with deadlines.limit():
        await asyncio.sleep(0)


async def test_an_error_of_its_own_passes() -> None:
    """As it is."""
    deadlines = Deadlines(1)
    with pytest.raises(KeyError), deadlines.limit():
        raise KeyError
