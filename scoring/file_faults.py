"""Where in a file that DuckDB has refused the first row stands that cannot be used, and why.

Rows are looked at one by one, which is slow, and only done to say this.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import duckdb

from scoring.file_columns import Column, Kind, is_parquet, not_utf8
from scoring.file_sql import named, wrong

_EXTENDED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:|$)")
"""DuckDB reads the extended form alone, Python the basic one too."""
_WORDS = {Kind.TEXT: "a text", Kind.TIME: "a time in ISO 8601", Kind.NUMBER: "a number", Kind.WHOLE: "a whole number"}


def first_fault(path: Path, columns: Sequence[Column], connection: duckdb.DuckDBPyConnection) -> str | None:
    """In words, with line and column; None where nothing is found. columns: those that the file has."""
    return _in_parquet(path, columns, connection) if is_parquet(path) else _in_csv(path, columns)


def line_of(path: Path, row: int) -> int:
    """The line on which a row ends, both as people count them: the first row of a file of one-line rows is on line 2.

    row: from 0. Of a Parquet file, which has no lines, as if it were such a file.
    """
    if is_parquet(path):
        return row + 2
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        rows = (reader.line_num for fields in reader if fields)
        return next(islice(rows, row + 1, None), row + 2)


def _in_csv(path: Path, columns: Sequence[Column]) -> str | None:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            names = next(reader)
            places = [(names.index(column.name), column) for column in columns]
            for row in reader:
                fault = _in_row(row, names, places)
                if fault:
                    return f"line {reader.line_num}, column {fault}"
    except UnicodeDecodeError:
        return not_utf8(path)
    except csv.Error as error:
        return f"line {reader.line_num}: {error}"
    return None


def _in_row(row: Sequence[str], names: Sequence[str], places: Sequence[tuple[int, Column]]) -> str | None:
    if len(row) != len(names):
        return f"{names[min(len(row), len(names) - 1)]}: {len(row)} values, where there are {len(names)} columns"
    told = ((column, _in_value(row[index], column)) for index, column in places)
    return next((f"{column.name}: {fault}" for column, fault in told if fault), None)


def _in_parquet(path: Path, columns: Sequence[Column], connection: duckdb.DuckDBPyConnection) -> str | None:
    """Of the first row that cannot be used the first column."""
    found: list[tuple[int, int, str]] = []
    for place, column in enumerate(columns):
        name, kind = named(column.name), column.kind.value
        cast = f"TRY_CAST({name} AS {kind})"
        unusable = " OR ".join(filter(None, (f"({name} IS NOT NULL AND {cast} IS NULL)", wrong(column, cast))))
        sql = (
            f"SELECT file_row_number, CAST({name} AS VARCHAR) FROM read_parquet(?, file_row_number = true) "
            f"WHERE {unusable} ORDER BY file_row_number LIMIT 1"
        )
        try:
            row = connection.execute(sql, [str(path)]).fetchone()
        except duckdb.Error:  # what it said at first is told
            continue
        if row is not None:
            fault = _in_value(row[1] or "", column) or f"not {_WORDS[column.kind]}: {row[1][:40]!r}"
            found.append((int(row[0]), place, f"line {line_of(path, int(row[0]))}, column {column.name}: {fault}"))
    return min(found)[2] if found else None


def _in_value(value: str, column: Column) -> str | None:
    if value == "":
        return None if column.optional else "empty"
    try:
        figure = _PARSERS[column.kind](value)
    except (ValueError, OverflowError):
        return f"not {_WORDS[column.kind]}: {value[:40]!r}"
    if column.least is not None and figure < column.least:
        return f"{value[:40]} is {_before(column)} {_limit(column, column.least)}"
    if column.most is not None and figure > column.most:
        return f"{value[:40]} is {_beyond(column)} {_limit(column, column.most)}"
    if column.shape and not re.fullmatch(column.shape, value):
        return column.says
    return None


def _before(column: Column) -> str:
    return "before" if column.kind is Kind.TIME else "less than"


def _beyond(column: Column) -> str:
    return "after" if column.kind is Kind.TIME else "more than"


def _limit(column: Column, limit: float) -> str:
    return f"{datetime.fromtimestamp(limit, UTC):%Y-%m-%d}" if column.kind is Kind.TIME else f"{limit:g}"


def _number(text: str) -> float:
    number = float(text)
    if not (text.isascii() and math.isfinite(number)):
        raise ValueError(text)
    return number


def _time(text: str) -> float:
    if not _EXTENDED.match(text):
        raise ValueError(text)
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


_PARSERS: Mapping[Kind, Callable[[str], float]] = {
    Kind.TEXT: lambda _: math.inf,
    Kind.TIME: _time,
    Kind.NUMBER: _number,
    Kind.WHOLE: int,
}
