"""Tables in files, CSV or Parquet: read by DuckDB, on one core unless told, and refused by file, line and column.

A file is read whole or not at all. What DuckDB refuses is looked for again, row by row, only to say where it stands
(``file_faults``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from numpy.typing import NDArray

from scoring.errors import FileMalformed
from scoring.file_columns import Column, Kind, column_names, first_line, header, require
from scoring.file_faults import first_fault, line_of
from scoring.file_sql import cast, filled, named, quoted, source_of, usable, wrong

__all__ = ["ROWS", "Column", "Kind", "Table", "column_names", "line_of", "opened", "read"]
ROWS = "rows"
"""The name of the table in SQL."""


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
        unusable = " OR ".join(filter(None, (wrong(one, named(one.name)) for one in self._columns))) or "false"
        names = ", ".join(f'count("{column.name}")' for column in self._columns)
        with self._told():
            row = self._connection.execute(
                f"SELECT count(*), count(*) FILTER (WHERE {unusable}), {names} FROM {ROWS}"
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
        except (duckdb.InterruptException, RuntimeError) as error:  # what DuckDB makes of Ctrl-C
            if not isinstance(error, duckdb.InterruptException) and "interrupted" not in str(error):
                raise
            raise KeyboardInterrupt from None
        except duckdb.OutOfMemoryException as error:
            raise FileMalformed(f"{self._path}: too large for this machine's memory: {first_line(error)}") from None
        except duckdb.Error as error:
            raise self._fault(first_line(error)) from None

    def _fault(self, otherwise: str) -> FileMalformed:
        found = first_fault(self._path, self._columns, self._connection)
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
        connection.execute(f"SET temp_directory = {quoted(spill)}")
        if memory:
            connection.execute(f"SET memory_limit = {quoted(memory)}")
        present = header(path, connection)
        require(path, columns, present)
        _view(connection, path, present, columns, checking=not checked)
        table = Table(path, [column for column in columns if column.name in present], connection, present)
        if checked:
            table.check()
        yield table


def read(path: Path, columns: Sequence[Column]) -> dict[str, NDArray[Any]]:
    """All rows, in the file's order: text as objects, times as epoch seconds UTC, figures as floats or whole numbers.

    An empty place in an optional column is None, NaN, or masked for whole numbers. Raises FileMalformed.
    """
    wanted = ", ".join(f"{filled(column)} AS {named(column.name)}" for column in columns)
    with opened(path, columns) as table:
        return table.ask(f"SELECT {wanted} FROM {ROWS}")


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
    read = usable if checking else cast
    wanted = ", ".join(f"{read(column, present)} AS {named(column.name)}" for column in columns)
    try:
        connection.execute(f"CREATE VIEW {ROWS} AS SELECT {wanted} FROM {source_of(path, columns, present)}")
    except duckdb.Error as error:
        had = [column for column in columns if column.name in present]
        raise FileMalformed(f"{path}: {first_fault(path, had, connection) or first_line(error)}") from None
