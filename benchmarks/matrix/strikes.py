"""What happens to which purchase, once each, and when the process is to be killed; whatever the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from benchmarks.matrix.cells import Cell

_LATE = 0.3
"""Seconds after which something that was sent is applied after all."""


class Strikes:
    """cells: by the number of whoever buys."""

    def __init__(self, cells: Mapping[str, Cell]) -> None:
        self._cells = cells
        self._begun = False
        self._struck: set[str] = set()
        self._reached: set[str] = set()
        self._changed = asyncio.Condition()
        self._killed = asyncio.Event()
        self._late: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """What comes from now on is struck; before, nothing is."""
        self._begun = True

    def take(self, numbers: Sequence[str]) -> Cell | None:
        """What is to happen to a call that names these; None to any but the first of its cell."""
        payer = next((number for number in numbers if number in self._cells), "")
        cell = self._cells.get(payer)
        if cell is None or payer in self._struck or not self._begun:
            return None
        self._struck.add(payer)
        return cell

    async def reached(self, cells: list[Cell]) -> None:
        """Until the purchases of all these are where the process is to be killed."""
        wanted = {cell.msisdn for cell in cells}
        async with self._changed:
            await self._changed.wait_for(lambda: wanted <= self._reached)

    async def at_the_moment(self, cell: Cell) -> None:
        """Its purchase is there."""
        async with self._changed:
            self._reached.add(cell.msisdn)
            self._changed.notify_all()

    def hold(self) -> None:
        """What waits for a kill from now on waits for the next one."""
        self._killed = asyncio.Event()

    def killed(self) -> None:
        """It is: what was held goes on as if nobody listened."""
        self._killed.set()

    async def kill(self, cell: Cell) -> None:
        """Say that the purchase is there, and wait for the kill."""
        await self.at_the_moment(cell)
        await self._killed.wait()

    def apply_late(self, apply: Callable[[], Awaitable[object]], *, after_kill: bool) -> None:
        """It is on its way when it happens, and is applied after."""
        killed = self._killed

        async def later() -> None:
            await (killed.wait() if after_kill else asyncio.sleep(_LATE))
            await apply()

        task = asyncio.create_task(later())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def applied(self) -> None:
        """Until everything that is late has come."""
        if self._late:
            await asyncio.wait(self._late)
