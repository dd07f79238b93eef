"""Reading whole tables for what is worked out of everybody: straight from the file, in pages, beside a gateway.

Each call is one read transaction, so it sees one state of the table, whatever is written meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from operator import itemgetter
from pathlib import Path
from typing import Any

from store.errors import DatabaseUnusable

PAGE = 10_000
_USAGE = "SELECT subscription_id, state FROM usage"
_HERE_AND_NOW = " AND ".join(f"instr(traits, '\"{trait}\"') = 0" for trait in ("zone", "window", "service", "roaming"))
_DATA = (
    "SELECT subscription_id, remaining, initial, activated_at / 1e6, expires_at / 1e6 FROM bundles "  # noqa: S608 - no value
    f"WHERE unit = 'byte' AND remaining > 0 AND {_HERE_AND_NOW}"
)
_ENDED = "SELECT id FROM subscriptions WHERE ended_at IS NOT NULL"
Page = Sequence[Sequence[Any]]
"""Columns of so many rows."""


def usage_states(file: Path) -> Iterator[Page]:
    """Every subscription that has one, and its state, as bytes. Raises DatabaseUnusable."""
    return _pages(file, _USAGE)


def data_bundles(file: Path) -> Iterator[Page]:
    """Every bundle of data that can be used anywhere, at any time, for anything, and is not empty.

    Whose, remaining, initial, activated and expires (epoch seconds UTC), None for what is not known. Raises as above.
    """
    return _pages(file, _DATA)


def ended_subscriptions(file: Path) -> Iterator[Page]:
    """Those that are over. Raises DatabaseUnusable."""
    return _pages(file, _ENDED)


def _pages(file: Path, query: str) -> Iterator[Page]:
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            cursor = connection.execute(query)
            while rows := cursor.fetchmany(PAGE):
                yield [list(map(itemgetter(column), rows)) for column in range(len(rows[0]))]
    except sqlite3.Error as error:
        raise DatabaseUnusable(f"{file}: {error}; chasqui db upgrade makes what is missing") from None
