"""A CSV file of any size, some lines at a time, read beside the loop."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TextIO

from flows.frozen import dataclass

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One line. cells: by column; None where the line is none, and why says what it is instead."""

    number: int
    cells: Mapping[str, str] | None
    why: str = ""


class CsvFile:
    """Opens with its header. columns: its names. Closes at the end of the block. Raises OSError, ValueError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None
        self.columns: Sequence[str] = ()

    async def __aenter__(self) -> CsvFile:
        opening = asyncio.create_task(asyncio.to_thread(self._open))
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:  # the thread opens it all the same, and nobody else will close it
            await asyncio.gather(opening, return_exceptions=True)
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._file is not None:
            await asyncio.to_thread(self._file.close)

    async def batches(self) -> AsyncIterator[Sequence[Line]]:
        """All lines after the header. What cannot be read at all ends the file: its last line says so."""
        while batch := await asyncio.to_thread(self._batch):
            yield batch

    def _open(self) -> None:
        self._file = self._path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")  # one bad line is one
        self._rows = csv.reader(self._file, strict=True)
        try:
            self.columns = [name.strip() for name in next(self._rows, [])]
        except csv.Error as error:
            self._file.close()
            raise ValueError(str(error)) from error

    def _batch(self) -> Sequence[Line]:
        found = []
        try:
            for cells in islice(self._rows, _AT_ONCE):
                if cells:
                    found.append(self._line(cells))
        except csv.Error as error:
            found.append(Line(self._rows.line_num, None, f"cannot be read: {error}"))
            self._rows = csv.reader(())
        return found

    def _line(self, cells: Sequence[str]) -> Line:
        number = self._rows.line_num
        if len(cells) != len(self.columns):
            return Line(number, None, f"has {len(cells)} cells and the header {len(self.columns)}")
        return Line(number, dict(zip(self.columns, cells, strict=True)))
