"""Days of many people side by side: what profiles are made from, read from files of behaviour or made of rings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scoring import behaviour_files, files
from scoring.behaviour import DAYS
from scoring.behaviour_columns import CATEGORIES, COLUMNS, NIGHT_ENDS, PLACES, TROUBLES
from scoring.errors import FileMalformed, ScoringError, ShapeMismatch
from scoring.files import ROWS
from scoring.time_spans import check_span
from scoring.values import Floats, Ints

AHEAD = 7
"""Days that a profile's worth is judged by: what they bring is guessed from the 28 before."""
_DAY_SECONDS = 86_400.0
MOST_CELLS = 4 * 10**8
"""Figures that a panel may have: three gigabytes."""


@dataclass(frozen=True, slots=True)
class Panel:
    """people ``(n,)``; sums ``(n, days, columns)``, oldest day first; first ``(n,)``: the day from which each is known.

    columns: names of the figures. last_day: since 1970-01-01, of the last of the days.
    """

    people: Sequence[str]
    columns: tuple[str, ...]
    sums: Floats
    first: Ints
    last_day: int

    def __post_init__(self) -> None:
        n, days, width = self.sums.shape
        if (len(self.people), len(self.columns), self.first.shape) != (n, width, (n,)) or days < 1:
            raise ShapeMismatch(f"{len(self.people)} people, {len(self.columns)} columns, sums {self.sums.shape}")

    @property
    def days(self) -> int:
        """How many days there are."""
        return int(self.sums.shape[1])

    def window(self, back: int = 0) -> Floats:
        """The 28 days that end so many days before the last: ``(n, 28, columns)``. Raises ScoringError."""
        end = self.days - back
        if end < DAYS:
            raise ScoringError(f"{self.days} days of behaviour, where {DAYS + back} are needed")
        return self.sums[:, end - DAYS : end]

    def known(self, back: int = 0) -> Ints:
        """Of how many of these 28 days something can be known of each person."""
        end = self.last_day - back + 1
        return np.clip(end - self.first, 0, DAYS)

    def of(self, rows: Ints) -> Panel:
        """These people alone."""
        return Panel([self.people[row] for row in rows], self.columns, self.sums[rows], self.first[rows], self.last_day)


def _sum_where(condition: str, figure: str = "1") -> str:
    return f"sum(CASE WHEN {condition} THEN {figure} ELSE 0 END)"


_WORDS = ", ".join(f"'{name}'" for name in CATEGORIES)
_NAMED = f"CASE WHEN category IN ({_WORDS}) THEN category ELSE 'other' END"
_SQL: Mapping[str, tuple[str, ...]] = {
    "sessions": ("sum(bytes)", "count(*)", _sum_where(f"wall_hour < {NIGHT_ENDS}", "bytes")),
    "recharges": ("count(*)", "sum(amount)"),
    "categories": tuple(_sum_where(f"{_NAMED} = '{name}'", "bytes") for name in CATEGORIES),
    "places": tuple(_sum_where(f"place = '{name}'") for name in PLACES),
    "device": ("count(*)", *(f"sum(coalesce({one}, 0))" for one in ("1 - battery", "1 - storage_free", "crashes"))),
    "support": ("count(*)", _sum_where(" OR ".join(f"topic = '{name}'" for name in TROUBLES))),
    "social": ("count(*)", "sum(sentiment)"),
}  # fmt: skip
"""The columns of each source in SQL: the same as ``scoring.behaviour_columns.added``, which a test holds it to."""
_Day = tuple[Sequence[str], Ints, Floats]


def read(paths: Mapping[str, Path], zone: str) -> Panel:
    """The days in these files, by source; ``sessions`` must be among them. zone: whose days, such as America/Bogota.

    A row that is there twice counts once. Raises FileMalformed, ScoringError.
    """
    found = {source: _daily(path, source, zone) for source, path in sorted(paths.items())}
    if not len(found["sessions"][1]):
        raise FileMalformed(f"{paths['sessions']}: there is no row in it")
    numbered = {name: row for row, name in enumerate(sorted({one for who, _, _ in found.values() for one in who}))}
    first_day = min(int(day.min()) for _, day, _ in found.values() if len(day))
    last_day = int(found["sessions"][1].max())
    for source, (_, day, _) in found.items():
        if len(day):
            spans = (float(one) * _DAY_SECONDS for one in (day.min(), day.max()))
            check_span(paths[source], behaviour_files.time_of(source), *spans)
    columns = tuple(name for source in COLUMNS if source in found for name in COLUMNS[source])
    shape = (len(numbered), last_day - first_day + 1, len(columns))
    if shape[0] * shape[1] * shape[2] > MOST_CELLS:
        raise ScoringError(f"{shape[0]} people over {shape[1]} days are too many at once; take fewer of them")
    sums, first = np.zeros(shape), np.full(shape[0], last_day + 1)
    at = 0
    for source in (one for one in COLUMNS if one in found):
        who, day, figures = found[source]
        rows, kept = np.array([numbered[one] for one in who], dtype=int), day <= last_day
        sums[rows[kept], day[kept] - first_day, at : at + figures.shape[1]] = figures[kept]
        np.minimum.at(first, rows, day)
        at += figures.shape[1]
    return Panel(list(numbered), columns, sums, first, last_day)


def _daily(path: Path, source: str, zone: str) -> _Day:
    """Who, which day, and its figures."""
    when = f'"{behaviour_files.time_of(source)}"'
    names = ["msisdn", when, *(f'"{column.name}"' for column in behaviour_files.VALUES[source])]
    with ExitStack() as stack:
        table = stack.enter_context(files.opened(path, behaviour_files.columns_of(source)))
        behaviour_files.refuse_coordinates(table, path)
        wall = f"timezone(?, {when})"
        figures = ", ".join(f"CAST({sql} AS DOUBLE) AS f{at}" for at, sql in enumerate(_SQL[source]))
        found = table.ask(
            f"WITH once AS (SELECT DISTINCT {', '.join(names)} FROM {ROWS}), "
            f"placed AS (SELECT *, {wall} AS wall FROM once), "
            "dated AS (SELECT *, date_diff('day', DATE '1970-01-01', CAST(wall AS DATE)) AS day, "
            "hour(wall) AS wall_hour FROM placed) "
            f"SELECT ltrim(msisdn, '+') AS who, day, {figures} FROM dated GROUP BY ALL ORDER BY who, day",
            [zone],
        )
    return list(found["who"]), found["day"].astype(int), np.column_stack(list(_figures(found)))


def _figures(found: Mapping[str, Floats]) -> Iterator[Floats]:
    return (np.asarray(found[name], dtype=float) for name in found if name.startswith("f"))
