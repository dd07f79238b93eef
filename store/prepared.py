"""Statements as the driver takes them: compiled once, then only values are bound.

SQLAlchemy writes the SQL and knows how each type is bound; what it does again for every row of an
``executemany`` costs more than the row itself, so it is done once a statement here (ADR 0003).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect, bindparam
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert, Update, UpdateBase

Row = Sequence[Any]
_Bind = tuple[str, Callable[[Any], Any] | None]
_ROWS_AT_ONCE = (64, 16, 4, 1)
"""How many rows one statement that returns something may have: few texts, so that the driver keeps them prepared."""


class Prepared:
    """One statement for one dialect. sql: its text; ``row`` gives its values in order."""

    def __init__(self, statement: UpdateBase, names: Sequence[str], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
        assert isinstance(compiled, SQLCompiler)
        self.sql = str(compiled)
        order = compiled.positiontup
        assert order is not None, "only dialects with positions are spoken"
        self._binds: list[_Bind] = [(name, _processor(compiled, name, dialect)) for name in order]
        self._constants = {name: value for name, value in compiled.params.items() if name not in names}

    def row(self, values: Mapping[str, Any]) -> Row:
        """The values of one row, as the driver binds them. Raises KeyError for one that is missing."""
        known = {**self._constants, **values} if self._constants else values
        return [known[name] if process is None else process(known[name]) for name, process in self._binds]


class Statements:
    """All statements that were ever written through one engine."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._one: dict[int, tuple[UpdateBase, Prepared]] = {}
        self._many: dict[tuple[int, int], tuple[UpdateBase, Prepared]] = {}

    def one(self, statement: UpdateBase, values: Mapping[str, Any]) -> Prepared:
        """``statement`` for one row at a time; all rows of a statement have the same names."""
        known = self._one.get(id(statement))
        if known is None:
            known = self._one[id(statement)] = (statement, Prepared(statement, list(values), self._dialect))
        return known[1]

    def returning(self, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, Row]]:
        """Calls that insert all of ``rows`` and return what the statement returns: text and values of each."""
        calls: list[tuple[str, Row]] = []
        single = self.one(statement, rows[0])
        done = 0
        while done < len(rows):
            size = next(size for size in _ROWS_AT_ONCE if size <= len(rows) - done)
            chunk = rows[done : done + size]
            values = [value for row in chunk for value in single.row(row)]
            calls.append((self._wide(statement, size, rows[0]).sql if size > 1 else single.sql, values))
            done += size
        return calls

    def _wide(self, statement: Insert, size: int, names: Mapping[str, Any]) -> Prepared:
        """``statement`` for ``size`` rows, whose values stand row by row in the order of a single one's."""
        key = (id(statement), size)
        if key not in self._many:
            columns = statement.table.c
            rows = [
                {name: bindparam(f"{name}__{at}", type_=columns[name].type) for name in names} for at in range(size)
            ]
            self._many[key] = (statement, Prepared(statement.values(rows), (), self._dialect))
        return self._many[key][1]

    def taking(self, statement: Update, ids: Sequence[str], values: Mapping[str, Any]) -> list[tuple[str, Row]]:
        """Calls that run ``statement`` on the rows with these ids, and return what it returns."""
        calls: list[tuple[str, Row]] = []
        done = 0
        while done < len(ids):
            left = len(ids) - done
            size = next((size for size in reversed(_ROWS_AT_ONCE) if size >= left), _ROWS_AT_ONCE[0])
            some = ids[done : done + size]
            padded = [*some, *[some[-1]] * (size - len(some))]  # the same id twice finds the same row once
            named = {**values, **{f"id__{at}": one for at, one in enumerate(padded)}}
            prepared = self._of_ids(statement, size, named)
            calls.append((prepared.sql, prepared.row(named)))
            done += size
        return calls

    def _of_ids(self, statement: Update, size: int, names: Mapping[str, Any]) -> Prepared:
        key = (id(statement), size)
        if key not in self._many:
            columns = statement.table.c
            found = columns.id.in_([bindparam(f"id__{at}", type_=columns.id.type) for at in range(size)])
            self._many[key] = (statement, Prepared(statement.where(found), list(names), self._dialect))
        return self._many[key][1]


def _processor(compiled: SQLCompiler, name: str, dialect: Dialect) -> Callable[[Any], Any] | None:
    return compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
