"""Queries as the driver takes them: compiled once a shape, so that a read costs one hop to the driver and its rows.

What ``store.prepared`` is for writing. A list of values (``IN``) is padded to one of a few lengths with its own last
value, which changes no answer and keeps the number of texts small.
"""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect, Select
from sqlalchemy.sql.compiler import SQLCompiler

AnyRow = Any
"""A row of any query: a named tuple of its columns."""
AnySelect = Select[*tuple[Any, ...]]
_LENGTHS = (1, 4, 16, 64, 256)
_MOST_REMEMBERED = 512
_Process = Callable[[Any], Any]


class Query:
    """One query for one dialect and one length of each list."""

    def __init__(self, query: AnySelect, lists: Mapping[str, int], dialect: Dialect) -> None:
        compiled = query.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        single = [name for name in compiled.bind_names.values() if name not in lists]
        values = {name: compiled.params.get(name) for name in single} | {name: [None] * n for name, n in lists.items()}
        expanded = compiled.construct_expanded_state(values)
        assert expanded.positiontup is not None, "only dialects with positions are spoken"
        self.sql = expanded.statement
        self._binds = [_Bind(compiled, expanded.parameter_expansion, name, dialect) for name in expanded.positiontup]
        self._constants = {name: value for name, value in compiled.params.items() if name not in lists}
        names = [column.key or "" for column in query.selected_columns]  # a count has none, and is read by its place
        self._row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        self._results = [
            (at, process)
            for at, column in enumerate(query.selected_columns)
            if (process := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]

    def values(self, given: Mapping[str, Any]) -> Sequence[Any]:
        """The values in order. Lists must have the length that the query was made for."""
        known = {**self._constants, **given}
        return [bind.value(known) for bind in self._binds]

    def rows(self, found: Sequence[Sequence[Any]]) -> list[AnyRow]:
        """The rows with their types."""
        if not self._results:
            return [self._row._make(row) for row in found]
        rows = []
        for raw in found:
            row = list(raw)
            for at, process in self._results:
                row[at] = process(row[at])
            rows.append(self._row._make(row))
        return rows


class _Bind:
    """One place of a query: a value, or one entry of a list."""

    def __init__(
        self, compiled: SQLCompiler, expansion: Mapping[str, Sequence[str]], name: str, dialect: Dialect
    ) -> None:
        self._name, self._at = name, -1
        for whole, entries in expansion.items():
            if name in entries:
                self._name, self._at = whole, list(entries).index(name)
        self._process = compiled.binds[self._name].type.dialect_impl(dialect).bind_processor(dialect)

    def value(self, known: Mapping[str, Any]) -> Any:
        value = known[self._name] if self._at < 0 else known[self._name][self._at]
        return value if self._process is None else self._process(value)


class Queries:
    """All queries that were made through one engine, the latest remembered."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: OrderedDict[tuple[int, tuple[int, ...]], tuple[AnySelect, Query]] = OrderedDict()

    def prepare(self, query: AnySelect, given: Mapping[str, Any]) -> tuple[Query, Sequence[Any]]:
        """The query for these values, and the values in its order."""
        assert not any(isinstance(value, tuple) for value in given.values()), "a list of values comes as a list"
        padded = {name: _padded(value) if isinstance(value, list) else value for name, value in given.items()}
        lists = {name: len(value) for name, value in padded.items() if isinstance(value, list)}
        key = (id(query), tuple(lists.values()))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (query, Query(query, lists, self._dialect))
            if len(self._known) > _MOST_REMEMBERED:
                self._known.popitem(last=False)
        return known[1], known[1].values(padded)


def _padded(values: list[Any]) -> list[Any]:
    if not values:
        return values
    length = next((length for length in _LENGTHS if length >= len(values)), len(values))
    return [*values, *[values[-1]] * (length - len(values))]
