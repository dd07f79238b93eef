"""A statement of whatever length, sorted by key in a file of its own that goes when it was read (SQLite).

Ten million lines take 2.2 GB in the folder for temporary files (``TMPDIR``), twice that while they are sorted, and less
than 200 MB of memory.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from types import TracebackType

from flows.reconciliation import Charge
from flows.values import Msisdn
from store.errors import DatabaseUnusable

_AT_ONCE = 5_000
_KEYS = 200
_COLUMNS = "key, line, msisdn, amount, currency, at, reference"
_KEYED = f"SELECT {_COLUMNS}, 0 FROM charges WHERE key > '' ORDER BY key, line"  # noqa: S608 (constants)
_TWIN = "row_number() OVER (PARTITION BY msisdn, amount, currency, at, reference ORDER BY line)"
_KEYLESS = f"SELECT {_COLUMNS}, {_TWIN} FROM charges WHERE key = ''"  # noqa: S608 (constants)
_SETTINGS = ("journal_mode=OFF", "synchronous=OFF", "temp_store=FILE", "cache_size=-65536")
_TABLE = "(key TEXT, line INTEGER, msisdn TEXT, amount INTEGER, currency TEXT, at TEXT, reference TEXT"


class StatementTable:
    """The charges of one statement. lines: how many there are; gives_back: whether some are money given back."""

    def __init__(self) -> None:
        self.lines = 0
        self.gives_back = False
        self._folder = tempfile.TemporaryDirectory(prefix="chasqui-statement-")
        try:
            self._database = sqlite3.connect(Path(self._folder.name) / "statement.db", isolation_level=None)
            for setting in _SETTINGS:
                self._database.execute(f"PRAGMA {setting}")
        except sqlite3.Error as error:
            self._folder.cleanup()
            raise _unusable(error) from None

    def __enter__(self) -> StatementTable:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()
        self._folder.cleanup()

    def load(self, charges: Iterable[Charge]) -> Iterator[int]:
        """Take in all charges, then sort them; how many there are so far, some thousand at a time.

        Raises DatabaseUnusable.
        """
        rest = iter(charges)
        try:
            self._database.execute(f"CREATE TABLE loaded {_TABLE})")
            self._database.execute("BEGIN")
            while page := list(islice(rest, _AT_ONCE)):
                self._database.executemany("INSERT INTO loaded VALUES (?, ?, ?, ?, ?, ?, ?)", map(_row, page))
                self.lines += len(page)
                self.gives_back = self.gives_back or any(one.amount < 0 for one in page)
                yield self.lines
            self._database.execute("COMMIT")
            self._database.execute(f"CREATE TABLE charges {_TABLE}, PRIMARY KEY (key, line)) WITHOUT ROWID")
            self._database.execute("INSERT INTO charges SELECT * FROM loaded ORDER BY key, line")
            self._database.execute("DROP TABLE loaded")
        except sqlite3.Error as error:
            raise _unusable(error) from None

    def groups(self) -> Iterator[Sequence[Charge]]:
        """Each charge without a key by itself, then the charges of each key, in the order of keys."""
        yield from ([one] for one in self._charges(_KEYLESS))
        group: list[Charge] = []
        for charge in self._charges(_KEYED):
            if group and group[0].key != charge.key:
                yield group
                group = []
            group.append(charge)
        if group:
            yield group

    def _charges(self, query: str) -> Iterator[Charge]:
        with closing(self._database.cursor()) as cursor:
            for key, line, msisdn, amount, currency, at, reference, twin in cursor.execute(query):
                yield Charge(key, Msisdn(msisdn), amount, currency, at, reference, line, twin)

    def named(self, keys: Sequence[str]) -> set[str]:
        """Which of these keys are in it."""
        found: set[str] = set()
        for first in range(0, len(keys), _KEYS):
            some = keys[first : first + _KEYS]
            marks = ", ".join("?" * len(some))
            query = f"SELECT DISTINCT key FROM charges WHERE key IN ({marks})"  # noqa: S608 (question marks)
            found.update(row[0] for row in self._database.execute(query, some))
        return found


def _row(one: Charge) -> tuple[object, ...]:
    return one.key, one.line, one.msisdn, one.amount, one.currency, one.at, one.reference


def _unusable(error: sqlite3.Error) -> DatabaseUnusable:
    return DatabaseUnusable(f"{tempfile.gettempdir()}: a statement cannot be sorted there: {error}")
