"""Running until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable


async def until_signal(
    start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]], greeting: Callable[[], str]
) -> int:
    """Start, say so, wait for SIGTERM or SIGINT, stop."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await start()
    print(greeting(), flush=True)
    await ended.wait()
    await stop()
    return 0
