"""Questions about a page of people read those people's rows, however much is kept of others."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite

from store import behaviour, ported_out
from store.queries import AnySelect, Query


@pytest.mark.parametrize(
    ("query", "lists"),
    [
        (behaviour._TOLD_OF, {"subscriptions": 4}),
        (behaviour._KNOWN, {"digests": 4}),
        (behaviour._OF, {"subscriptions": 4}),
        (behaviour._PEOPLE, {}),
        (behaviour._ALL, {}),
    ],
    ids=["told of", "known", "sums", "people", "all sums"],
)
def test_nothing_is_read_but_by_whose_it_is(query: AnySelect, lists: dict[str, int], migrated: Path) -> None:
    """By the key, with no sorting after."""
    assert [step.split(" ", 2)[2].split(" (")[0] for step in plan(query, lists, migrated)] == ["USING PRIMARY KEY"]


def test_who_has_the_number_of_somebody_who_left_is_not_looked_for_among_everybody(migrated: Path) -> None:
    """The list of win-back reads all subscriptions once, not once for each that ended."""
    assert [step for step in plan(ported_out._LEFT, {}, migrated) if step.startswith("SCAN")] == [
        "SCAN subscriptions USING INDEX sqlite_autoindex_subscriptions_1"
    ]


def plan(query: AnySelect, lists: dict[str, int], database: Path) -> list[str]:
    """The steps in which SQLite answers it."""
    sql = Query(query, lists, sqlite.dialect()).sql
    with closing(sqlite3.connect(database)) as opened:
        return [step[3] for step in opened.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?"))]
