"""A file as columns of text, before anything is learnt from it: which are figures, and what each row is called."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.errors import FileMalformed
from scoring.files import Column, column_names, line_of, read
from scoring.values import Floats

Texts = NDArray[Any]
_LARGEST = 1e100
"""Its square can still be added up."""
_MOSTLY = 0.9
"""Of the values that are there: where so many are figures, one that is none is a mistake and not a category."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """Columns of text, stripped, blank for what is not there, each ``(n,)``; path: where they come from."""

    path: Path
    columns: Mapping[str, Texts]
    rows: int

    def at(self, places: NDArray[Any]) -> TextTable:
        """Some of the rows."""
        return TextTable(self.path, {name: values[places] for name, values in self.columns.items()}, len(places))

    def figures(self, name: str) -> Floats:
        """A column as numbers, NaN for blank. Raises FileMalformed by line and column for what is none, is infinite, or
        so large that nothing could be learnt beside it.
        """
        values = self.columns[name]
        found = np.array([_figure(text) for text in values], dtype=np.float64)
        wrong = np.flatnonzero(np.isinf(found))
        if len(wrong):
            at = int(wrong[0])
            raise self.fault(at, name, f"not a number: {values[at][:40]!r}")
        large = np.flatnonzero(np.abs(found) > _LARGEST)
        if len(large):
            at = int(large[0])
            raise self.fault(at, name, f"too large: {values[at][:40]!r}")
        return found

    def is_numeric(self, name: str) -> bool:
        """Whether a column is meant to hold numbers: nearly all that stand in it are."""
        present = [text for text in self.columns[name] if text]
        readable = sum(math.isfinite(_figure(text)) for text in present)
        return bool(present) and readable >= _MOSTLY * len(present)

    def fault(self, row: int, column: str, told: str) -> FileMalformed:
        """What is wrong with one row, counted from 0."""
        return FileMalformed(f"{self.path}: line {line_of(self.path, row)}, column {column}: {told}")


def read_texts(path: Path, wanted: Sequence[str] | None = None, full: Sequence[str] = ()) -> TextTable:
    """These columns of a file, or all. full: those that may not be blank anywhere. Raises FileMalformed."""
    names = list(column_names(path)) if wanted is None else list(wanted)
    names += [name for name in full if name not in names]
    found = read(path, [Column(name, optional=True) for name in names])
    columns = {name: _stripped(found[name]) for name in names}
    table = TextTable(path, columns, len(next(iter(columns.values()))) if columns else 0)
    for name in full:
        blank = np.flatnonzero(columns[name] == "")
        if len(blank):
            raise table.fault(int(blank[0]), name, "empty")
    return table


def check_unique(table: TextTable, name: str) -> None:
    """Raises FileMalformed where two rows have the same id, which is not shown: it may be a number."""
    seen: dict[str, int] = {}
    for row, value in enumerate(table.columns[name]):
        if value in seen:
            raise table.fault(row, name, f"stands in line {line_of(table.path, seen[value])} already")
        seen[value] = row


def _stripped(values: NDArray[Any]) -> Texts:
    missing = np.ma.getmaskarray(values)
    plain = np.ma.getdata(values)
    texts = ["" if gone or value is None else str(value).strip() for value, gone in zip(plain, missing, strict=True)]
    return np.array(texts, dtype=object)


def _figure(text: str) -> float:
    """NaN for blank, infinite for what is no finite number."""
    if not text:
        return math.nan
    try:
        figure = float(text)
    except ValueError:
        return math.inf
    return figure if math.isfinite(figure) else math.inf
