"""Reading the consent chain for a check: read-only, page by page, as the bytes that are there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from store.consent_chain import HASHED, Link, Verdict, verify
from store.errors import DatabaseUnusable

_PAGE = 1000
_SELECT = f"SELECT hash, {', '.join(HASHED)} FROM consents ORDER BY position"  # noqa: S608 (constants)


def check(file: Path, expected_head: str = "", progress: Callable[[int], None] = lambda records: None) -> Verdict:
    """Check the chain in a database file, which is neither changed nor migrated. Raises DatabaseUnusable.

    progress: told how many records have been read, once a page.
    """
    if not file.is_file():
        raise DatabaseUnusable(f"{file}: there is no such database")
    log = file.with_name(f"{file.name}-wal")
    at_rest = not log.exists()  # nobody has it open: it can be read without leaving files beside it
    try:
        verdict = _check(file, expected_head, progress, at_rest=at_rest)
        if verdict.fault and at_rest and log.exists():  # somebody opened it meanwhile: look again, as they see it
            verdict = _check(file, expected_head, progress, at_rest=False)
    except sqlite3.Error as error:
        hint = "; chasqui db upgrade makes it" if "no such table" in str(error) else ""
        raise DatabaseUnusable(f"{file}: cannot read the consent chain: {error}{hint}") from None
    return verdict


def _check(file: Path, expected_head: str, progress: Callable[[int], None], *, at_rest: bool) -> Verdict:
    how = "mode=ro&immutable=1" if at_rest else "mode=ro"
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?{how}", uri=True)) as connection:
        connection.text_factory = lambda octets: octets.decode("utf-8", "surrogateescape")
        return verify(_links(connection, progress), expected_head)


def _links(connection: sqlite3.Connection, progress: Callable[[int], None]) -> Iterator[Link]:
    cursor = connection.execute(_SELECT)
    records = 0
    while page := cursor.fetchmany(_PAGE):
        for found, *fields, position in page:
            yield Link(position, tuple(fields), found)
        records += len(page)
        progress(records)
