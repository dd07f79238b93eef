"""Tables in files, CSV or Parquet: read by DuckDB, on one core unless told, and refused by file, line and column.

A file is read whole or not at all. What DuckDB refuses is looked for again, row by row, only to say where it stands.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from numpy.typing import NDArray

from scoring.errors import FileMalformed

_PARQUET = ".parquet"
ROWS = "rows"
"""The name of the table in SQL."""


class Kind(Enum):
    """What a column holds, by the name of DuckDB's type."""

    TEXT = "VARCHAR"
    TIME = "TIMESTAMPTZ"
    NUMBER = "DOUBLE"
    WHOLE = "BIGINT"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a file must have.

    least, most: the smallest and largest figure that makes sense. shape: what the whole text must match (RE2), and
    ``says``, what that means; a text that does not is never shown. optional: may be empty in a row. may_lack: may be
    missing in the file; it is then empty in every row.
    """

    name: str
    kind: Kind = Kind.TEXT
    least: float | None = None
    optional: bool = False
    may_lack: bool = False
    most: float | None = None
    shape: str = ""
    says: str = ""


class Table:
    """A file that can be asked in SQL, as the table ``rows``. Times are UTC. names: of all its columns."""

    def __init__(
        self, path: Path, columns: Sequence[Column], connection: duckdb.DuckDBPyConnection, names: Sequence[str]
    ) -> None:
        self._path, self._columns, self._connection = path, columns, connection
        self.names = tuple(names)

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> dict[str, NDArray[Any]]:
        """The columns of what SQL finds. Raises FileMalformed when a row on the way cannot be read."""
        with self._told():
            found: dict[str, NDArray[Any]] = self._connection.execute(sql, list(parameters)).fetchnumpy()
        return found

    def run(self, sql: str, parameters: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        """SQL whose outcome is fetched by the caller, or that writes. Raises FileMalformed."""
        with self._told():
            return self._connection.execute(sql, list(parameters))

    def check(self) -> int:
        """Read every row once, keeping none. How many there are. Raises FileMalformed."""
        wrong = " OR ".join(filter(None, map(_wrong, self._columns))) or "false"
        names = ", ".join(f'count("{column.name}")' for column in self._columns)
        with self._told():
            row = self._connection.execute(
                f"SELECT count(*), count(*) FILTER (WHERE {wrong}), {names} FROM {ROWS}"
            ).fetchone()
        rows, faults = (row[0], row[1]) if row else (0, 0)
        if faults:
            raise self._fault(f"{faults} rows cannot be used")
        return int(rows)

    def counted(self, by: Sequence[str]) -> dict[tuple[Any, ...], int]:
        """How many rows there are by what these expressions of SQL are in them. Raises FileMalformed."""
        with self._told():
            found = self._connection.execute(f"SELECT {', '.join(by)}, count(*) FROM {ROWS} GROUP BY ALL").fetchall()
        return {row[:-1]: int(row[-1]) for row in found}

    def has(self, name: str) -> bool:
        """Whether the file has this column."""
        return any(column.name == name for column in self._columns)

    def progress(self) -> float:
        """How much of the question that is being answered is done, in percent; below 0 where that is not known.

        For another thread than the one that asks.
        """
        return float(self._connection.query_progress())

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise FileMalformed(f"{self._path}: too large for this machine's memory: {_first_line(error)}") from None
        except duckdb.Error as error:
            raise self._fault(_first_line(error)) from None

    def _fault(self, otherwise: str) -> FileMalformed:
        found = None if _is_parquet(self._path) else _first_fault(self._path, self._columns)
        return FileMalformed(f"{self._path}: {found or otherwise}")


@contextmanager
def opened(
    path: Path, columns: Sequence[Column], *, threads: int = 1, checked: bool = True, memory: str = ""
) -> Iterator[Table]:
    """A file of these columns and perhaps others, which are left alone. Every row is checked before it is handed out.

    checked: False checks each value when a question reads it, which spares a reading of the whole file.
    memory: how much DuckDB may take, such as ``700MB``, before it goes on in a temporary folder; empty for no limit
    of ours. Raises FileMalformed.
    """
    with TemporaryDirectory(prefix="chasqui-") as spill, duckdb.connect(config={"threads": threads}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        connection.execute(f"SET temp_directory = {_quoted(spill)}")
        if memory:
            connection.execute(f"SET memory_limit = {_quoted(memory)}")
        present = _header(path, connection)
        for column in columns:
            if column.name not in present and not column.may_lack:
                raise FileMalformed(f"{path}: {_lacking(column.name, present)}")
        _view(connection, path, present, columns, checking=not checked)
        table = Table(path, [column for column in columns if column.name in present], connection, present)
        if checked:
            table.check()
        yield table


def read(path: Path, columns: Sequence[Column]) -> dict[str, NDArray[Any]]:
    """All rows, in the file's order: text as objects, times as epoch seconds UTC, figures as floats or whole numbers.

    An empty place in an optional column is None, NaN, or masked for whole numbers. Raises FileMalformed.
    """
    wanted = ", ".join(f"{_read(column)} AS {_named(column.name)}" for column in columns)
    with opened(path, columns) as table:
        return table.ask(f"SELECT {wanted} FROM {ROWS}")


def column_names(path: Path) -> Sequence[str]:
    """What the columns of a file are called. Raises FileMalformed."""
    with duckdb.connect() as connection:
        return _header(path, connection)


def line_of(path: Path, row: int) -> int:
    """The line on which a row ends, both as people count them: the first row of a file of one-line rows is on line 2.

    row: from 0. Of a Parquet file, which has no lines, as if it were such a file.
    """
    if _is_parquet(path):
        return row + 2
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        rows = (reader.line_num for fields in reader if fields)
        return next(islice(rows, row + 1, None), row + 2)


def _read(column: Column) -> str:
    name = _named(column.name)
    if column.kind is Kind.TIME:
        name = f"epoch({name})"
    return f"coalesce({name}, 'nan'::DOUBLE)" if column.kind in (Kind.TIME, Kind.NUMBER) else name


def _header(path: Path, connection: duckdb.DuckDBPyConnection) -> list[str]:
    if not path.is_file():
        raise FileMalformed(f"{path}: there is no such file")
    if _is_parquet(path):
        try:
            described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
        except duckdb.Error as error:
            raise FileMalformed(f"{path}: {_first_line(error)}") from None
        return [str(row[0]) for row in described]
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            names = next(csv.reader(file), [])
    except UnicodeDecodeError:
        raise FileMalformed(f"{path}: {_not_utf8(path)}") from None
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


def _lacking(name: str, present: Sequence[str]) -> str:
    other = next((one for one in present if one.strip().casefold() == name.casefold()), None)
    hint = f"; {other!r} is to be written so" if other else ""
    if len(present) == 1 and re.search(r"[;\t|]", present[0]):
        hint = "; columns are parted by commas"
    return f"line 1: there is no column {name!r}{hint}"


def _not_utf8(path: Path) -> str:
    """The first line that is not."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return f"line {number}: is not UTF-8; save it as UTF-8"
    return "is not UTF-8; save it as UTF-8"


def _view(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    present: Sequence[str],
    columns: Sequence[Column],
    *,
    checking: bool,
) -> None:
    """The file as it lies there, its known columns in their kinds. SQL that makes a view takes no parameters.

    checking: reading what cannot be used is an error.
    """
    kinds = {column.name: column.kind for column in columns}
    if _is_parquet(path):
        source = f"read_parquet({_quoted(str(path))})"
    else:
        types = ", ".join(f"{_quoted(name)}: {_quoted(_parsed(kinds.get(name, Kind.TEXT)))}" for name in present)
        source = (
            f"read_csv({_quoted(str(path))}, header=true, auto_detect=false, delim=',', quote='\"', escape='\"', "
            f"columns={{{types}}})"
        )
    read = _usable if checking else _cast
    wanted = ", ".join(f"{read(column, present)} AS {_named(column.name)}" for column in columns)
    try:
        connection.execute(f"CREATE VIEW {ROWS} AS SELECT {wanted} FROM {source}")
    except duckdb.Error as error:
        raise FileMalformed(f"{path}: {_first_line(error)}") from None


def _parsed(kind: Kind) -> str:
    """Whole numbers are parsed as others, since DuckDB would round 2.5 where it is told to expect a whole one."""
    return Kind.NUMBER.value if kind is Kind.WHOLE else kind.value


def _cast(column: Column, present: Sequence[str]) -> str:
    if column.name not in present:
        return f"CAST(NULL AS {column.kind.value})"
    name = _named(column.name)
    if column.kind is not Kind.WHOLE:
        return f"CAST({name} AS {column.kind.value})"
    return f"CASE WHEN {name} <> floor({name}) THEN error('not a whole number') ELSE CAST({name} AS BIGINT) END"


def _usable(column: Column, present: Sequence[str]) -> str:
    wrong = _wrong(column) if column.name in present else ""
    cast = _cast(column, present)
    return f"CASE WHEN {wrong} THEN error('a row cannot be used') ELSE {cast} END" if wrong else cast


def _wrong(column: Column) -> str:
    """SQL that is true for a row whose column cannot be used."""
    name = _named(column.name)
    conditions = [] if column.optional else [f"{name} IS NULL"]
    if column.kind is Kind.NUMBER:
        conditions.append(f"NOT isfinite({name})")
    if column.kind is Kind.TIME:
        conditions.append(f"NOT isfinite({name})")
    if column.least is not None:
        conditions.append(f"{name} < {column.least}")
    if column.most is not None:
        conditions.append(f"{name} > {column.most}")
    if column.shape:
        conditions.append(f"NOT regexp_full_match({name}, {_quoted(column.shape)})")
    return " OR ".join(conditions)


def _first_fault(path: Path, columns: Sequence[Column]) -> str | None:
    """Where the first row stands that cannot be used, and why."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            names = next(reader)
            places = [(names.index(column.name), column) for column in columns]
            for row in reader:
                fault = _fault_in(row, names, places)
                if fault:
                    return f"line {reader.line_num}, {fault}"
    except UnicodeDecodeError:
        return _not_utf8(path)
    except csv.Error as error:
        return f"line {reader.line_num}: {error}"
    return None


def _fault_in(row: Sequence[str], names: Sequence[str], places: Sequence[tuple[int, Column]]) -> str | None:
    if len(row) != len(names):
        return f"column {names[min(len(row), len(names) - 1)]}: {len(row)} values, where there are {len(names)} columns"
    for index, column in places:
        value = row[index]
        if value == "":
            if column.optional:
                continue
            return f"column {column.name}: empty"
        try:
            figure = _PARSERS[column.kind](value)
        except (ValueError, OverflowError):
            return f"column {column.name}: not {_WORDS[column.kind]}: {value[:40]!r}"
        if column.least is not None and figure < column.least:
            return f"column {column.name}: {value[:40]} is less than {column.least:g}"
        if column.most is not None and figure > column.most:
            return f"column {column.name}: {value[:40]} is more than {column.most:g}"
        if column.shape and not re.fullmatch(column.shape, value):
            return f"column {column.name}: {column.says}"
    return None


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


_EXTENDED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:|$)")
"""DuckDB reads the extended form alone, Python the basic one too."""
_PARSERS: Mapping[Kind, Callable[[str], float]] = {
    Kind.TEXT: lambda _: math.inf,
    Kind.TIME: _time,
    Kind.NUMBER: _number,
    Kind.WHOLE: int,
}
_WORDS = {Kind.TEXT: "a text", Kind.TIME: "a time in ISO 8601", Kind.NUMBER: "a number", Kind.WHOLE: "a whole number"}


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == _PARQUET


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
