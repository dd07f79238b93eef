"""Everybody scored at night, shard by shard; what was broken off is gone on with, since a shard is whole or absent.

Nothing here runs in the process that serves: it is a process of its own, for as long as it takes (ADR 34).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from flows.frozen import dataclass
from gateway.core.models import Models
from gateway.core.night_copy import copy
from gateway.core.night_folder import SOURCES, NightFolder, read, whole
from gateway.core.night_kinds import SAY, unwatched, watched
from gateway.errors import BatchFailed
from scoring.nightly import BUNDLE, GONE, PERSON, People, people, pooled, sorted_people
from scoring.values import Floats

_ID = "subscription_id"
_AT_ONCE = 4096
"""People: their profiles stay in the processor's cache."""
_COUNTED = 2048
"""People of a shard, about, by whom it is told how people have drifted: more of them tell nothing more."""
_RECORDS = dict(zip(SOURCES, (PERSON, BUNDLE, GONE), strict=True))
Progress = Callable[[int, int], object]
"""Hears how many people are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do. at: as of when, unless it was begun; exactly: nor then otherwise. kinds: of models.

    per_second: people, 0 = as fast as it goes.
    """

    at: datetime
    kinds: Sequence[str] = tuple(SAY)
    per_second: float = 0
    exactly: bool = False


class Night:
    """One batch."""

    def __init__(self, folder: NightFolder, database: Path, models: Models, plan: Plan) -> None:
        self._folder = folder
        self._database = database
        self._models = models
        self._plan = plan
        self._watched = {kind: found for kind in plan.kinds if (found := watched(models, kind)) is not None}

    def run(self, shard: int | None = None, progress: Progress = lambda done, of: None) -> dict[str, Any] | None:
        """Do what is missing of one shard, or of all; what came of the whole, None as long as shards are missing.

        Raises BatchRefused, BatchFailed, DatabaseUnusable.
        """
        folder, plan = self._folder, self._plan
        with folder.held(shard):
            versions = {kind: self._models.version(kind) for kind in plan.kinds}
            at = int(plan.at.timestamp())
            document = {"at": at, "shards": folder.shards, "models": versions}
            begun = folder.agree(document, but=() if plan.exactly else ("at",))
            with folder.alone():
                if not folder.copied.exists():
                    copy(folder, self._database, lambda copied: progress(0, copied))
            wanted = [one for one in folder.missing() if shard in (None, one)]
            total = sum(folder.source("people", one).stat().st_size // PERSON.itemsize for one in wanted)
            pace = _Pace(plan.per_second, total, progress)
            with _database() as connection:
                for one in wanted:
                    columns = self._score(one, begun["at"], pace)
                    whole(folder.scores(one), partial(_write, connection, columns))
                    for name in SOURCES:
                        folder.source(name, one).unlink()
            with folder.alone():  # whoever has done the last one, or both who did the last two
                return None if folder.missing() else self._sum_up(begun)

    def _score(self, shard: int, at: float, pace: _Pace) -> Mapping[str, Any]:
        """The columns of a shard; what was counted on the way is written."""
        folder = self._folder
        found = {name: np.fromfile(folder.source(name, shard), kind) for name, kind in _RECORDS.items()}
        records, damaged = sorted_people(found["people"], found["gone"])
        bundles = pooled(found["bundles"], at)
        counts = {kind: np.zeros(one.reference.shares.shape, np.int64) for kind, one in self._watched.items()}
        columns: dict[str, list[Floats]] = {}
        with_bundle, every = 0, max(-(-len(records) // _COUNTED), 1)
        for start in range(0, max(len(records), 1), _AT_ONCE):  # once for nobody: the columns are there all the same
            some = people(records[start : start + _AT_ONCE], bundles, at)
            with_bundle += int(some.has_bundle.sum())
            for name, values in self._said(some, counts, slice(-start % every, None, every)).items():
                columns.setdefault(name, []).append(values)
            pace.done(len(some.ids))
        pace.done(len(found["people"]) - len(records))
        document = {
            "people": len(records),
            "damaged": damaged,
            "with_bundle": with_bundle,
            "drift": {kind: of.tolist() for kind, of in counts.items()},
        }
        whole(folder.counted(shard), lambda part: part.write_text(json.dumps(document), encoding="utf-8"))
        ids = records["id"].astype("U").astype(object)
        return {_ID: ids, **{name: np.concatenate(parts) for name, parts in columns.items()}}

    def _said(self, some: People, counts: dict[str, Any], counted: slice) -> Mapping[str, Floats]:
        found: dict[str, Floats] = {
            "days_known": some.usage.days,
            "remaining_bytes": np.where(some.has_bundle, some.usage.remaining, np.nan),
        }
        for kind in self._plan.kinds:
            said = SAY[kind](self._models.champions.get(kind), some)
            found |= said
            if kind in counts:
                counts[kind] += self._watched[kind].counts(some, said, counted)
        return found

    def _sum_up(self, begun: Mapping[str, Any]) -> dict[str, Any]:
        folder = self._folder
        parts = [read(folder.counted(shard)) for shard in range(folder.shards)]
        hour = int(begun["at"] // 3600) % 24
        drift: dict[str, Mapping[str, float] | None] = {
            kind: one.reference.at(hour).psi(np.sum([part["drift"][kind] for part in parts], axis=0))
            for kind, one in self._watched.items()
        }
        drift |= dict.fromkeys(unwatched(self._models, self._plan.kinds))
        document = {
            **begun,
            "people": sum(part["people"] for part in parts),
            "with_bundle": sum(part["with_bundle"] for part in parts),
            "damaged": read(folder.copied)["damaged"] + sum(part["damaged"] for part in parts),
            "drift": drift,
        }
        whole(folder.summary, lambda part: part.write_text(json.dumps(document, indent=1), encoding="utf-8"))
        return document


class _Pace:
    """Tells how far it is, and holds back what goes faster than it may."""

    def __init__(self, per_second: float, total: int, progress: Progress) -> None:
        self._per_second = per_second
        self._total = total
        self._progress = progress
        self._done = 0
        self._began = time.monotonic()

    def done(self, people: int) -> None:
        """So many more."""
        self._done += people
        self._progress(self._done, self._total)
        if self._per_second:
            early = self._done / self._per_second - (time.monotonic() - self._began)
            if early > 0:
                time.sleep(early)


def merge(folder: NightFolder, out: Path) -> None:
    """All shards as one file, CSV or Parquet by its name. Raises BatchFailed."""
    shards = ", ".join(_quoted(folder.scores(shard)) for shard in range(folder.shards))
    kind = "CSV, HEADER" if out.suffix == ".csv" else "PARQUET"

    def write(part: Path) -> None:
        with _database() as connection:
            _execute(connection, f"COPY (FROM read_parquet([{shards}])) TO {_quoted(part)} (FORMAT {kind})")

    whole(out, write)


def _database() -> duckdb.DuckDBPyConnection:
    """With one thread, so that the same rows make the same file."""
    return duckdb.connect(config={"threads": 1})


def _write(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, Any], part: Path) -> None:
    told = ", ".join(f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END AS {name}" for name in columns if name != _ID)
    connection.register("rows", columns)
    _execute(connection, f"COPY (SELECT {_ID}, {told} FROM rows) TO {_quoted(part)} (FORMAT PARQUET)")  # noqa: S608 - names are ours
    connection.unregister("rows")


def _execute(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    try:
        connection.execute(statement)
    except duckdb.Error as error:
        raise BatchFailed(f"{str(error).splitlines()[0]}; what is whole is kept, start it again") from None


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
