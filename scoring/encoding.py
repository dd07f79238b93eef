"""From a person's columns to numbers: figures standardised, categories one-hot. All of it is learnt from training rows.

A figure that is not there counts as the mean, and says so in a column of its own where training had such rows. A
category that training saw in fewer than 20 rows is ``other``, and so is one that it never saw: those are counted. So no
value that only few people have stands in a model's file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring.errors import ModelRefused, TrainingRefused
from scoring.protected import words_of
from scoring.text_table import Texts, TextTable
from scoring.values import Floats

RARE = 20
"""Rows, fewer than which a category has no column of its own."""
_MOST_CATEGORIES = 50
_MOST_SHOWN = 10
_LIKE_NAMES = 0.5
"""Of the rows: a text that has so many different values tells who it is."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A column of numbers. blanks: whether training had rows without."""

    mean: float
    scale: float
    blanks: bool

    def encoded(self, values: Floats) -> list[Floats]:
        """As one or two columns."""
        missing = np.isnan(values)
        standard = np.where(missing, 0.0, (values - self.mean) / self.scale)
        return [standard, missing.astype(np.float64)] if self.blanks else [standard]


@dataclass(frozen=True, slots=True)
class Category:
    """A column of categories, in the order of their columns; what is none of them has the last."""

    values: tuple[str, ...]

    def encoded(self, texts: Texts) -> list[Floats]:
        """As one column a category and one for all others."""
        own = [(texts == value).astype(np.float64) for value in self.values]
        return [*own, 1.0 - np.sum(own, axis=0) if own else np.ones(len(texts))]


@dataclass(frozen=True, slots=True)
class Encoded:
    """matrix: ``(n, width)``. others: by column how many rows held what training saw rarely or never."""

    matrix: Floats
    others: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Encoding:
    """What was learnt of each column, in order."""

    columns: Mapping[str, Figure | Category]

    def encode(self, table: TextTable) -> Encoded:
        """A table's rows. Raises FileMalformed by line and column for a figure that is none."""
        parts: list[Floats] = []
        others: dict[str, int] = {}
        for name, column in self.columns.items():
            if isinstance(column, Figure):
                parts += column.encoded(table.figures(name))
                continue
            encoded = column.encoded(table.columns[name])
            if encoded[-1].any():
                others[name] = int(encoded[-1].sum())
            parts += encoded
        return Encoded(np.column_stack(parts) if parts else np.zeros((table.rows, 0)), others)

    def encode_figures(self, rows: Floats) -> Floats:
        """Rows of numbers, ``(n, columns)``, NaN for what is not known, as a matrix. Raises ModelRefused."""
        parts: list[Floats] = []
        for at, (name, column) in enumerate(self.columns.items()):
            if not isinstance(column, Figure):
                raise ModelRefused(f"a model whose column {name!r} holds categories, where numbers are given")
            parts += column.encoded(np.where(np.isfinite(rows[:, at]), rows[:, at], np.nan))
        return np.column_stack(parts) if parts else np.zeros((len(rows), 0))

    def document(self) -> Mapping[str, Any]:
        """For an artefact's settings."""
        return {
            name: {"values": list(column.values)}
            if isinstance(column, Category)
            else {"mean": column.mean, "scale": column.scale, "blanks": column.blanks}
            for name, column in self.columns.items()
        }

    @property
    def width(self) -> int:
        """Columns of the matrix."""
        return sum(
            len(column.values) + 1 if isinstance(column, Category) else 1 + column.blanks
            for column in self.columns.values()
        )

    @classmethod
    def of_document(cls, document: Mapping[str, Any], order: Sequence[str]) -> Encoding:
        """From an artefact's settings. Raises ModelRefused."""
        try:
            return cls({name: _column(document[name]) for name in order})
        except (KeyError, TypeError, ValueError) as error:
            raise ModelRefused(f"a model whose columns cannot be read: {error}") from None


def learn(table: TextTable, kinds: Mapping[str, bool]) -> Encoding:
    """What these rows say of each column. kinds: by column whether it holds numbers."""
    columns: dict[str, Figure | Category] = {}
    for name, numeric in kinds.items():
        if numeric:
            columns[name] = _figure(table.figures(name))
            continue
        counts = Counter(table.columns[name].tolist())
        often = [value for value, count in counts.most_common(_MOST_CATEGORIES) if count >= RARE]
        columns[name] = Category(tuple(sorted(often)))
    return Encoding(columns)


def kinds_of(table: TextTable, names: Sequence[str]) -> dict[str, bool]:
    """Which of these columns hold numbers. Raises FileMalformed for a figure among them that is none."""
    kinds = {name: table.is_numeric(name) for name in names}
    for name, numeric in kinds.items():
        if numeric:
            table.figures(name)
    return kinds


def like_names(table: TextTable, kinds: Mapping[str, bool]) -> list[str]:
    """Columns that tell rows apart rather than describe them: of text, or of numbers where they are called ids."""
    return [
        name
        for name, numeric in kinds.items()
        if (not numeric or "id" in words_of(name))
        and len(set(table.columns[name].tolist())) > max(_MOST_CATEGORIES, _LIKE_NAMES * table.rows)
    ]


def classes(table: TextTable, target: str, positive: str) -> Floats:
    """1 for the rows of the positive class, ``(n,)``. Raises TrainingRefused when there is one class only."""
    values = table.columns[target]
    wanted: Floats = (values == positive).astype(np.float64)
    if 0 < wanted.sum() < len(wanted):
        return wanted
    present = sorted(set(values.tolist()))
    raise TrainingRefused(
        f"{table.path}: column {target}: {'no row is' if not wanted.any() else 'every row is'} {positive!r}: "
        f"two classes are needed (found: {_shown(present)})"
    )


_YES = ("yes", "y", "true", "t", "1", "1.0", "si", "sí", "sim", "s", "churn", "churned", "ported")


def positive_value(table: TextTable, target: str, told: str | None) -> str:
    """Which value is the positive one, told or known by its word. Raises TrainingRefused where it must be told."""
    present = sorted(set(table.columns[target].tolist()))
    if told is not None:
        return told
    known: list[str] = [value for value in present if value.lower() in _YES]
    if len(known) == 1 and len(present) <= 2:
        return known[0]
    shown = _shown(present)
    if len(present) < 2:
        raise TrainingRefused(f"{table.path}: column {target}: two classes are needed (found: {shown})")
    raise TrainingRefused(f"{table.path}: column {target}: say with --positive which value is meant (found: {shown})")


def _figure(values: Floats) -> Figure:
    known = values[~np.isnan(values)]
    if not len(known):
        return Figure(0.0, 1.0, blanks=bool(len(values)))
    return Figure(float(known.mean()), float(known.std()) or 1.0, blanks=len(known) < len(values))


def _column(told: Mapping[str, Any]) -> Figure | Category:
    if "values" in told:
        return Category(tuple(map(str, told["values"])))
    figure = Figure(float(told["mean"]), float(told["scale"]), bool(told["blanks"]))
    if not (np.isfinite(figure.mean) and 0 < figure.scale < np.inf):
        raise ValueError("a figure without a scale")
    return figure


def _shown(present: Sequence[str]) -> str:
    """Many values may be people's names or numbers."""
    if len(present) > _MOST_SHOWN:
        return f"{len(present)} different values"
    return ", ".join(map(repr, present)) or "no rows"
