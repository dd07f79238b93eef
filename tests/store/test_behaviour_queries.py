"""Questions about a page of people read those people's rows, however much is kept of others."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite

from store import behaviour
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
    sql = Query(query, lists, sqlite.dialect()).sql
    with closing(sqlite3.connect(migrated)) as database:
        plan = database.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?")).fetchall()
    assert [step[3].split(" ", 2)[2].split(" (")[0] for step in plan] == ["USING PRIMARY KEY"]
