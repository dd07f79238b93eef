"""Recharges as a table of what customers spend a month: rows that count, added up by customer, month and category.

What two customers spend alike in a month is one row with a weight: recharges come in few amounts, so millions of rows
become thousands, and everything after works on those. Months are those of UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scoring.combo_rows import COLUMNS, Counted, KeptRows, kept_rows
from scoring.combo_values import MONTH_DAYS, SCALE, Told
from scoring.errors import FileMalformed
from scoring.files import ROWS, opened
from scoring.values import Floats, Ints

NOTHING = -1
"""In place of an amount: no recharge in this category."""
_MEMORY = "2GB"
"""With less, DuckDB goes to disk long before it is used up: ten million rows took longer with 700 MB, and as much."""
_EXACT = 2.0**53
"""Sums of whole numbers are exact in DuckDB's DOUBLE below this, and take less memory than in its DECIMAL."""
_MONTH = "CAST(datediff('month', DATE '1970-01-01', make_timestamp(epoch_us(recharge_date))) AS SMALLINT)"


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


def read_spending(path: Path, counted: Counted, categories: Sequence[str], told: Told) -> Spending:
    """Add up the recharges of a file. categories: empty for all that are in it; others are left out.

    The file is read twice: for the kinds of rows that are in it, and to add up. Raises FileMalformed, NothingToMine.
    """
    with opened(path, COLUMNS, checked=False, memory=_MEMORY) as table:
        told("checking recharges", table.progress)
        kept = kept_rows(path, table, counted, categories)
        told("adding recharges up", table.progress)
        days = table.has("validity_days")
        found = table.ask(*_added_up(kept, days=days, once=table.has("recharge_id")))
    columns = range(len(kept.spelled))
    amounts = np.stack([found[f"a{at}"] for at in columns], axis=1)
    if amounts.size and amounts.max() >= _EXACT:
        raise FileMalformed(f"{path}: column amount: too large to be added up exactly")
    twice = kept.rows - int(found["recharges"].sum()) if "recharges" in found else 0
    return Spending(
        tuple(kept.spelled),
        amounts.astype(np.int64),
        found["weight"].astype(np.int64),
        np.stack([found[f"d{at}"] for at in columns], axis=1, dtype=np.float64) if days else None,
        {**kept.left_out, "told twice": twice},
    )


def _added_up(kept: KeptRows, *, days: bool, once: bool) -> tuple[str, list[str]]:
    """SQL, and its values in the order of their places. once: rows that are the same in every column are one."""
    values: list[str] = []

    def one_of(column: str, words: Iterable[str]) -> str:
        many = sorted(words)
        values.extend(many)
        return f"{column} IN ({', '.join('?' * len(many))})" if many else "false"

    of_each = list(kept.spelled.values())
    amounts = [
        f"coalesce(sum(round(amount * {SCALE})) FILTER (WHERE {one_of('recharge_type', words)}), {NOTHING}) AS a{at}"
        for at, words in enumerate(of_each)
    ]
    lasting = [
        f"coalesce(least(sum(validity_days) FILTER (WHERE {one_of('recharge_type', words)}), {MONTH_DAYS}), 0) AS l{at}"
        for at, words in enumerate(of_each if days else [])
    ]
    conditions = [one_of(column, words) for column, words in kept.values.items()]
    conditions.append(one_of("recharge_type", [word for words in of_each for word in words]))
    names = ", ".join(f"a{at}" for at in range(len(amounts)))
    sums = ["count(*) AS weight", *(f"sum(l{at}) AS d{at}" for at in range(len(lasting)))]
    source, counts = ROWS, []
    if once:
        source, counts = f"(SELECT DISTINCT * FROM {ROWS})", ["count(*) AS n"]
        sums.append("sum(n) AS recharges")
    sql = (
        f"SELECT {names}, {', '.join(sums)} FROM ("
        f"SELECT {', '.join([*amounts, *lasting, *counts])} FROM {source} "
        f"WHERE amount IS NOT NULL AND {' AND '.join(conditions)} "
        f"GROUP BY customer_id, {_MONTH}"
        f") GROUP BY {names} ORDER BY {names}"
    )
    return sql, values
