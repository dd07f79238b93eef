"""Recharges as a table of what customers spend a month: rows that count, added up by customer, month and category.

What two customers spend alike in a month is one row with a weight: recharges come in few amounts, so millions of rows
become thousands, and everything after works on those. Months are those of UTC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scoring.combo_values import MONTH_DAYS, SCALE, Told
from scoring.errors import FileMalformed, NothingToMine
from scoring.files import ROWS, Column, Kind, opened
from scoring.values import Floats, Ints

COLUMNS = (
    Column("customer_id"),
    Column("recharge_type", optional=True),
    Column("recharge_date", Kind.TIME),
    Column("amount", Kind.NUMBER, least=0, optional=True),
    Column("status", optional=True),
    Column("circle", optional=True, may_lack=True),
    Column("service_type", optional=True, may_lack=True),
    Column("validity_days", Kind.NUMBER, least=0, optional=True, may_lack=True),
)
SUCCESS = ("success", "successful", "succeeded", "completed", "complete", "confirmed", "ok")
NOTHING = -1
"""In place of an amount: no recharge in this category."""
_MEMORY = "700MB"
_EXACT = 2.0**53
"""Sums of whole numbers are exact in DuckDB's DOUBLE below this, and it takes a third less memory than its DECIMAL."""
_MONTH = "CAST(datediff('month', DATE '1970-01-01', make_timestamp(epoch_us(recharge_date))) AS SMALLINT)"
_KIND = ('"recharge_type"', '"status"', '"circle"', '"service_type"', '"amount" IS NULL')


@dataclass(frozen=True, slots=True)
class Counted:
    """Which rows count. Words are compared without regard to case. circles: empty for all.

    service_types: looked at where the file tells them.
    """

    statuses: frozenset[str] = frozenset(SUCCESS)
    circles: frozenset[str] = frozenset()
    service_types: frozenset[str] = frozenset({"prepaid"})


@dataclass(frozen=True, slots=True)
class Spending:
    """What customers spend a month, by category; n rows that differ, T categories.

    amounts: ``(n, T)`` in thousandths, NOTHING for none. weights: ``(n,)``, how many customers and months are so.
    days: ``(n, T)``, for how many days of the month what they bought lasts, all of them together; None where the file
    does not tell. left_out: rows by why they do not count.
    """

    categories: tuple[str, ...]
    amounts: Ints
    weights: Ints
    days: Floats | None
    left_out: Mapping[str, int]


class _RowKind(NamedTuple):
    """What decides whether a row counts."""

    category: str | None
    status: str | None
    circle: str | None
    service_type: str | None
    lacks_amount: bool


def read_spending(path: Path, counted: Counted, categories: Sequence[str], told: Told) -> Spending:
    """Add up the recharges of a file. categories: empty for all that are in it; others are left out.

    The file is read twice: for what is in it and whether each row can be used, and to add up.
    Raises FileMalformed, NothingToMine.
    """
    with opened(path, COLUMNS, checked=False, memory=_MEMORY) as table:
        if counted.circles and not table.has("circle"):
            raise FileMalformed(f"{path}: line 1: there is no column 'circle' to choose by")
        looked_at = {"status": True, "circle": bool(counted.circles), "service_type": table.has("service_type")}
        told("checking recharges", table.progress)
        kinds = {_RowKind(*kind): rows for kind, rows in table.counted(_KIND).items()}
        why = {kind: _why_not(kind, counted, categories, looked_at) for kind in kinds}
        kept = [kind for kind in kinds if not why[kind]]
        _require_some(path, kinds, kept, counted)
        left_out: Counter[str] = Counter()
        for kind, rows in kinds.items():
            left_out[why[kind]] += rows
        del left_out[""]
        spelled = _spelled(kept, categories)
        told("adding recharges up", table.progress)
        days = table.has("validity_days")
        found = table.ask(*_added_up(kept, spelled, [name for name, looked in looked_at.items() if looked], days=days))
    amounts = np.stack([found[f"a{at}"] for at in range(len(spelled))], axis=1)
    if amounts.size and amounts.max() >= _EXACT:
        raise FileMalformed(f"{path}: column amount: too large to be added up exactly")
    return Spending(
        tuple(spelled),
        amounts.astype(np.int64),
        found["weight"].astype(np.int64),
        np.stack([found[f"d{at}"] for at in range(len(spelled))], axis=1, dtype=np.float64) if days else None,
        left_out,
    )


def _why_not(kind: _RowKind, counted: Counted, categories: Sequence[str], looked_at: Mapping[str, bool]) -> str:
    """Why a row does not count, by the first reason; empty if it does."""
    if _folded(kind.status) not in counted.statuses:
        return "not successful"
    if looked_at["circle"] and _folded(kind.circle) not in counted.circles:
        return "another circle"
    if looked_at["service_type"] and _folded(kind.service_type) not in counted.service_types:
        return "not prepaid"
    if not _folded(kind.category) or kind.lacks_amount:
        return "no type or no amount"
    if categories and _folded(kind.category) not in map(_folded, categories):
        return "a type without groups"
    return ""


def _require_some(path: Path, kinds: Iterable[_RowKind], kept: Sequence[_RowKind], counted: Counted) -> None:
    """A file in which no status counts is hardly meant so."""
    told = sorted({kind.status or "" for kind in kinds})
    if told and not kept and not counted.statuses.intersection(map(_folded, told)):
        names = ", ".join(repr(name[:40]) for name in told[:5])
        raise NothingToMine(f"{path}: no row has a status that counts (there is {names}); --status says which do")


def _spelled(kept: Iterable[_RowKind], categories: Sequence[str]) -> dict[str, list[str]]:
    """How the file spells each category; at least one category, so that there is a column."""
    names = {_folded(name): name for name in categories}
    for kind in sorted(kept, key=str):
        names.setdefault(_folded(kind.category), (kind.category or "").strip())
    spelled: dict[str, set[str]] = {name: set() for name in names.values()} or {"": set()}
    for kind in kept:
        spelled[names[_folded(kind.category)]].add(kind.category or "")
    return {name: sorted(words) for name, words in spelled.items()}


def _added_up(
    kept: Sequence[_RowKind], spelled: Mapping[str, Sequence[str]], looked_at: Sequence[str], *, days: bool
) -> tuple[str, list[str]]:
    """SQL, and its values in the order of their places."""
    values: list[str] = []

    def one_of(column: str, words: Iterable[str]) -> str:
        many = sorted(words)
        values.extend(many)
        return f"{column} IN ({', '.join('?' * len(many))})" if many else "false"

    amounts = [
        f"coalesce(sum(round(amount * {SCALE})) FILTER (WHERE {one_of('recharge_type', words)}), {NOTHING}) AS a{at}"
        for at, words in enumerate(spelled.values())
    ]
    lasting = [
        f"coalesce(least(sum(validity_days) FILTER (WHERE {one_of('recharge_type', words)}), {MONTH_DAYS}), 0) AS l{at}"
        for at, words in enumerate(spelled.values())
        if days
    ]
    conditions = [one_of(column, {getattr(kind, column) for kind in kept}) for column in looked_at]
    conditions.append(one_of("recharge_type", {word for words in spelled.values() for word in words}))
    names = [f"a{at}" for at in range(len(amounts))]
    sums = [f"sum(l{at}) AS d{at}" for at in range(len(lasting))]
    sql = (
        f"SELECT {', '.join([*names, *sums])}, count(*) AS weight FROM ("
        f"SELECT {', '.join([*amounts, *lasting])} FROM {ROWS} "
        f"WHERE amount IS NOT NULL AND {' AND '.join(conditions)} "
        f"GROUP BY customer_id, {_MONTH}"
        f") GROUP BY {', '.join(names)} ORDER BY {', '.join(names)}"
    )
    return sql, values


def _folded(text: str | None) -> str:
    return (text or "").strip().casefold()
