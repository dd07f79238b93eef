"""Columns of a file as SQL of DuckDB: in their kinds, and what in them cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scoring.file_columns import Column, Kind, is_parquet


def source_of(path: Path, columns: Sequence[Column], present: Sequence[str]) -> str:
    """The file as a table; columns that it has, in their kinds."""
    known = {column.name: column for column in columns}
    if is_parquet(path):
        casts = ", ".join(f"{cast(known[name], present)} AS {named(name)}" for name in present if name in known)
        return f"(SELECT {casts or '1'} FROM read_parquet({quoted(str(path))}))"
    types = ", ".join(f"{quoted(name)}: {quoted(_parsed(known.get(name)))}" for name in present)
    return (
        f"read_csv({quoted(str(path))}, header=true, auto_detect=false, delim=',', quote='\"', escape='\"', "
        f"columns={{{types}}})"
    )


def cast(column: Column, present: Sequence[str]) -> str:
    """A column in its kind; empty where the file lacks it."""
    if column.name not in present:
        return f"CAST(NULL AS {column.kind.value})"
    name = named(column.name)
    if column.kind is not Kind.WHOLE:
        return f"CAST({name} AS {column.kind.value})"
    broken = f"CAST({name} AS DOUBLE) <> floor(CAST({name} AS DOUBLE))"
    return f"CASE WHEN {broken} THEN error('not a whole number') ELSE CAST({name} AS BIGINT) END"


def usable(column: Column, present: Sequence[str]) -> str:
    """The same; reading what cannot be used is an error."""
    unusable = wrong(column, named(column.name)) if column.name in present else ""
    plain = cast(column, present)
    return f"CASE WHEN {unusable} THEN error('a row cannot be used') ELSE {plain} END" if unusable else plain


def wrong(column: Column, value: str) -> str:
    """What is true where ``value``, an expression of the column's kind, cannot be used; empty where all can."""
    conditions = [] if column.optional else [f"{value} IS NULL"]
    if column.kind in (Kind.NUMBER, Kind.TIME):
        conditions.append(f"NOT isfinite({value})")
    if column.least is not None:
        conditions.append(f"{value} < {_limit(column, column.least)}")
    if column.most is not None:
        conditions.append(f"{value} > {_limit(column, column.most)}")
    if column.shape:
        conditions.append(f"NOT regexp_full_match({value}, {quoted(column.shape)})")
    return " OR ".join(conditions)


def filled(column: Column) -> str:
    """A column as arrays take it: times as epoch seconds, NaN for an empty figure."""
    name = named(column.name)
    if column.kind is Kind.TIME:
        name = f"epoch({name})"
    return f"coalesce({name}, 'nan'::DOUBLE)" if column.kind in (Kind.TIME, Kind.NUMBER) else name


def quoted(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def _parsed(column: Column | None) -> str:
    """Whole numbers are parsed as others, since DuckDB would round 2.5 where it is told to expect a whole one."""
    kind = column.kind if column else Kind.TEXT
    return Kind.NUMBER.value if kind is Kind.WHOLE else kind.value


def _limit(column: Column, limit: float) -> str:
    return f"to_timestamp({limit})" if column.kind is Kind.TIME else str(limit)
