"""Files of events that are dropped in a folder: every line once, whatever happens meanwhile.

A file is read when it has its name: whoever writes it renames it in as it is whole. Each line is an event of its own in
the inbox, so a file that was half read when the process died is read again from its first line, and what was taken in
is known. It is moved once all of its lines are durable: to ``done``, or with any wrong line to ``failed``, beside a
file that names each.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from gateway.core.context import Context
from gateway.core.intake import Intake
from gateway.errors import ConfigError, StoreUnavailable
from gateway.jobs.csv_lines import CsvFile, Line
from gateway.ocs.event_files import BadLine, check_header, read
from gateway.ocs.taking import triggered, unit_of

_LOG = logging.getLogger(__name__)
_PAUSE = 1.0
_MOST_BEHIND = 5_000
"""Triggers that wait: a file comes no faster than people can be told."""
_BREATH = 0.05
_SAY_EVERY = 50_000
_MOST_NAME = 120
_DONE, _FAILED = "done", "failed"


class TriggerFolder:
    """Looks every second; files one after another, by name."""

    def __init__(self, context: Context, intake: Intake, folder: Path, pause: float = _PAUSE) -> None:
        self._context = context
        self._intake = intake
        self._folder = folder
        self._pause = pause
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look. Raises ConfigError."""
        try:
            for one in (_DONE, _FAILED):
                (self._folder / one).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"triggers.folder {self._folder}: cannot be used: {error.strerror}") from None
        self._task = asyncio.create_task(self._run(), name="trigger-folder")

    async def stop(self) -> None:
        """Give up looking; a file that is being read is read again by the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Take in every file that is there. One that cannot be taken does not hold up the others. Raises OSError."""
        for path in await asyncio.to_thread(self._waiting):
            try:
                await self._take(path)
            except Exception:
                self._failed()

    def _waiting(self) -> list[Path]:
        return sorted(
            one for one in self._folder.iterdir() if one.suffix == ".csv" and one.name[0] != "." and one.is_file()
        )

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:
                self._failed()
            await asyncio.sleep(self._pause)

    def _failed(self) -> None:
        self._context.metrics.failures.labels("trigger-folder").inc()
        _LOG.exception("a file of triggers could not be taken in, and is tried again")

    async def _take(self, path: Path) -> None:
        source = f"file/{path.name[:_MOST_NAME]}#{await asyncio.to_thread(_digest, path)}"
        _LOG.info("a file of triggers is read", extra={"file": path.name})
        counts: Counter[str] = Counter()
        errors = _Errors(self._folder / _FAILED / f".{path.name}.errors.csv")
        try:
            await self._lines(path, source, counts, errors)
        finally:
            errors.close()
        await asyncio.to_thread(self._move, path, errors)
        _LOG.info("a file of triggers was taken in", extra={"file": path.name, **counts})

    async def _lines(self, path: Path, source: str, counts: Counter[str], errors: _Errors) -> None:
        said = 0
        try:
            async with CsvFile(path) as file:
                check_header(file.columns)
                async for lines in file.batches():
                    await self._batch(lines, source, counts, errors)
                    if counts.total() - said >= _SAY_EVERY:
                        said = counts.total()
                        _LOG.info("a file of triggers is being read", extra={"file": path.name, **counts})
        except BadLine as error:
            self._bad(Line(1, None), error.problems, counts, errors)
        except ValueError as error:
            self._bad(Line(1, None), {"": f"cannot be read: {error}"}, counts, errors)

    async def _batch(self, lines: Sequence[Line], source: str, counts: Counter[str], errors: _Errors) -> None:
        at, events = self._context.clock(), []
        for line in lines:
            if line.cells is None:
                self._bad(line, {"": line.why}, counts, errors)
                continue
            try:
                events.append(read(line.cells, source, line.number))
            except BadLine as error:
                self._bad(line, error.problems, counts, errors)
        items = [triggered(one, at) for one in events]
        units = list(map(unit_of, items, events))
        while True:
            try:
                fresh = await self._intake.triggers(items, units)
                break
            except StoreUnavailable:  # what was written of it is known the next time
                _LOG.warning("a file of triggers waits for the store")
                await asyncio.sleep(self._pause)
        for outcome, number in (("new", sum(fresh)), ("known", len(fresh) - sum(fresh))):
            self._count(outcome, number, counts)
        while self._intake.backlog > _MOST_BEHIND:  # noqa: ASYNC110 - it sinks a little with every item
            await asyncio.sleep(_BREATH)

    def _bad(self, line: Line, problems: dict[str, str], counts: Counter[str], errors: _Errors) -> None:
        errors.note(line.number, problems)
        self._count("bad", 1, counts)

    def _count(self, outcome: str, number: int, counts: Counter[str]) -> None:
        if number:
            counts[outcome] += number
            self._context.metrics.trigger_lines.labels(outcome).inc(number)

    def _move(self, path: Path, errors: _Errors) -> None:
        """First what names the wrong lines, then the file: a crash between the two only writes the first again."""
        target = _free(self._folder / (_FAILED if errors.any else _DONE) / path.name)
        if errors.any:
            errors.path.replace(target.with_name(f"{target.name}.errors.csv"))
        path.replace(target)


class _Errors:
    """The file that names wrong lines; there is none until there is one. any: whether there is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.any = False
        self._file: TextIO | None = None
        with suppress(FileNotFoundError):
            path.unlink()

    def note(self, line: int, problems: dict[str, str]) -> None:
        """One row for each thing that is wrong with a line."""
        if self._file is None:
            self._file, self.any = self.path.open("w", encoding="utf-8", errors="replace", newline=""), True
            csv.writer(self._file).writerow(("line", "column", "problem"))
        csv.writer(self._file).writerows((line, column, what) for column, what in problems.items())

    def close(self) -> None:
        """All of it is on the disk."""
        if self._file is not None:
            self._file.close()


def _digest(path: Path) -> str:
    """Another file of the same name has other lines, though they have the same numbers."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _free(target: Path) -> Path:
    """A name that is not taken: ``a.csv``, then ``a-2.csv``."""
    free, number = target, 1
    while free.exists():
        number += 1
        free = target.with_name(f"{target.stem}-{number}{target.suffix}")
    return free
