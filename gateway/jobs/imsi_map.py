"""Whose SIM is whose, from a file of the operator: taken in when it is new or was changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from flows.values import parse_imsi, parse_msisdn
from gateway.core.context import Context
from gateway.jobs.csv_lines import CsvFile, Line
from store import imsis
from store.unit import Op, Unit

_LOG = logging.getLogger(__name__)
_PAUSE, _AT_START = 5.0, 5.0
_MARK = "file"
"""Stands for the file in the table: it was read to its end."""


class ImsiMap:
    """Looks every five seconds. The file: a header ``imsi,msisdn`` and a line for each.

    Its word is as old as its last change, or as when it was read if that was before: what an event told since counts.
    """

    def __init__(self, context: Context, path: Path, pause: float = _PAUSE) -> None:
        self._context = context
        self._path = path
        self._pause = pause
        self._first = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; returns when it was read, or after five seconds if it is that large."""
        self._task = asyncio.create_task(self._run(), name="imsi-map")
        try:
            async with asyncio.timeout(_AT_START):
                await self._first.wait()
        except TimeoutError:
            _LOG.warning("triggers.imsi_map is still being read; numbers that it has not come to are not known yet")

    async def stop(self) -> None:
        """Give up looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Take the file in, unless that was done. Raises OSError, ValueError, StoreError."""
        changed = datetime.fromtimestamp((await asyncio.to_thread(self._path.stat)).st_mtime, UTC)
        if await imsis.was_read(self._context.reader, _MARK, changed):
            return
        taken, bad, told_at = 0, 0, min(changed, self._context.clock())
        async with CsvFile(self._path) as file:
            if not {"imsi", "msisdn"} <= set(file.columns):
                raise ValueError("its header must name imsi and msisdn")
            async for lines in file.batches():
                ops = [op for line in lines if (op := _learnt(line, told_at)) is not None]
                await self._write(ops)
                taken, bad = taken + len(ops), bad + len(lines) - len(ops)
        await self._write([imsis.read_to_the_end(_MARK, changed)])
        _LOG.log(
            logging.WARNING if bad else logging.INFO, "triggers.imsi_map was read", extra={"taken": taken, "bad": bad}
        )

    async def _write(self, ops: Sequence[Op]) -> None:
        await self._context.writer.commit_all([Unit(ops=tuple(ops))])

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:
                self._context.metrics.failures.labels("imsi-map").inc()
                _LOG.exception("triggers.imsi_map could not be read, and is tried again")
            self._first.set()
            await asyncio.sleep(self._pause)


def _learnt(line: Line, at: datetime) -> Op | None:
    """What a line says; None if it says nothing that can be."""
    if line.cells is None:
        return None
    imsi, msisdn = line.cells["imsi"].strip(), parse_msisdn(f"+{line.cells['msisdn'].strip().removeprefix('+')}")
    return imsis.learn(imsi, msisdn, at) if msisdn is not None and parse_imsi(imsi) else None
