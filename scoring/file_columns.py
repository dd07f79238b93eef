"""What a table in a file has as columns: those that are wanted, and those that its head names."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import duckdb

from scoring.errors import FileMalformed

_PARQUET = ".parquet"


class Kind(Enum):
    """What a column holds, by the name of DuckDB's type."""

    TEXT = "VARCHAR"
    TIME = "TIMESTAMPTZ"
    NUMBER = "DOUBLE"
    WHOLE = "BIGINT"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a file must have.

    least, most: the smallest and largest figure that makes sense, of a time epoch seconds UTC. shape: what the whole
    text must match (RE2), and ``says``, what that means; a text that does not is never shown. optional: may be empty in
    a row. may_lack: may be missing in the file; it is then empty in every row.
    """

    name: str
    kind: Kind = Kind.TEXT
    least: float | None = None
    optional: bool = False
    may_lack: bool = False
    most: float | None = None
    shape: str = ""
    says: str = ""


def is_parquet(path: Path) -> bool:
    """By the name's ending."""
    return path.suffix.lower() == _PARQUET


def column_names(path: Path) -> Sequence[str]:
    """What the columns of a file are called. Raises FileMalformed."""
    with duckdb.connect() as connection:
        return header(path, connection)


def header(path: Path, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The same, asked on a connection of the caller's. Raises FileMalformed."""
    if not path.is_file():
        raise FileMalformed(f"{path}: there is no such file")
    return _parquet_names(path, connection) if is_parquet(path) else _csv_names(path)


def require(path: Path, columns: Sequence[Column], present: Sequence[str]) -> None:
    """Raises FileMalformed for the first of ``columns`` that a file must have and has not."""
    for column in columns:
        if column.name not in present and not column.may_lack:
            raise FileMalformed(f"{path}: line 1: there is no column {column.name!r}{_hint(column.name, present)}")


def not_utf8(path: Path) -> str:
    """The first line that is not."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return f"line {number}: is not UTF-8; save it as UTF-8"
    return "is not UTF-8; save it as UTF-8"


def first_line(error: Exception) -> str:
    """Of what DuckDB says."""
    return str(error).splitlines()[0]


def _parquet_names(path: Path, connection: duckdb.DuckDBPyConnection) -> list[str]:
    try:
        described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    except duckdb.Error as error:
        raise FileMalformed(f"{path}: {first_line(error)}") from None
    return [str(row[0]) for row in described]


def _csv_names(path: Path) -> list[str]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            names = next(csv.reader(file), [])
    except UnicodeDecodeError:
        raise FileMalformed(f"{path}: {not_utf8(path)}") from None
    except csv.Error as error:
        raise FileMalformed(f"{path}: line 1: {error}") from None
    except OSError as error:
        raise FileMalformed(f"{path}: cannot be read: {error.strerror}") from None
    if not names:
        raise FileMalformed(f"{path}: line 1: empty, where the names of the columns should be")
    _refuse_twice(path, names)
    return [name or f"column {number}" for number, name in enumerate(names, start=1)]  # numbered rows have no name


def _refuse_twice(path: Path, names: Sequence[str]) -> None:
    """Names of columns are the same for DuckDB whatever their case."""
    seen: dict[str, str] = {}
    for name in filter(None, names):
        before = seen.setdefault(name.casefold(), name)
        if before is not name:
            told = f"{name!r}" if before == name else f"{before!r} and {name!r}, the same but for case"
            raise FileMalformed(f"{path}: line 1: two columns are named {told}")


def _hint(name: str, present: Sequence[str]) -> str:
    """Names are shown where they are nearly right alone: without a head, the first line is somebody's."""
    if len(present) == 1 and re.search(r"[;\t|]", present[0]):
        return "; columns are parted by commas"
    other = next((one for one in present if one.strip().casefold() == name.casefold()), None)
    return f"; there is {other!r}, which is to be written {name!r}" if other else ""
