"""Files of sessions, bundles and triggers as the arrays that training and forecasts take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring import files
from scoring.bundle_moments import Bundles, Moments
from scoring.errors import FileMalformed
from scoring.files import Column, Kind
from scoring.sessions import Sessions, sessions
from scoring.time_spans import LONGEST_SECONDS, check_span
from scoring.values import Bools, Floats

USAGE = (Column("msisdn"), Column("start", Kind.TIME), Column("bytes", Kind.NUMBER, least=0))
BUNDLES = (
    Column("msisdn"),
    Column("bundle_id"),
    Column("activated_at", Kind.TIME),
    Column("expires_at", Kind.TIME, optional=True),
    Column("size_bytes", Kind.NUMBER, least=0),
    Column("segment", optional=True, may_lack=True),
)
TRIGGERS = (
    Column("trigger_id"),
    Column("msisdn"),
    Column("bundle_id"),
    Column("at", Kind.TIME),
    Column("remaining_bytes", Kind.NUMBER, least=0),
)
_PEOPLE = "SELECT DISTINCT msisdn FROM rows ORDER BY msisdn"
_SESSIONS = (
    "SELECT dense_rank() OVER (ORDER BY msisdn) - 1 AS person, epoch(start) AS start, bytes "
    "FROM (SELECT DISTINCT msisdn, start, bytes FROM rows) ORDER BY person, start"
)


@dataclass(frozen=True, slots=True)
class UsageFiles:
    """names: of the people, by index. places: of bundles, by number and bundle id. repeated: sessions told again."""

    names: tuple[str, ...]
    sessions: Sessions
    bundles: Bundles
    places: Mapping[tuple[str, str], int]
    repeated: int


@dataclass(frozen=True, slots=True)
class Triggers:
    """ids: as the file has them, in its order. new: whose use is not told of at all.

    early: from before their bundle was activated. full: with more left than its size.
    """

    ids: tuple[str, ...]
    moments: Moments
    new: int
    early: int
    full: int


def read(usage: Path, bundles: Path) -> UsageFiles:
    """Sessions in any order, each counted once however often it stands there. Raises FileMalformed."""
    with files.opened(usage, USAGE) as table:
        rows = table.check()
        told = table.ask(_SESSIONS)
        used = [str(name) for name in table.ask(_PEOPLE)["msisdn"]]
    if len(told["start"]):
        check_span(usage, "start", float(told["start"].min()), float(told["start"].max()))
    found = files.read(bundles, BUNDLES)
    holders = [str(name) for name in found["msisdn"]]
    names = (*used, *sorted(set(holders) - set(used)))
    index = {name: place for place, name in enumerate(names)}
    kept = _once(bundles, holders, found)
    _check_times(bundles, found)
    people = np.array([index[name] for name in holders], dtype=np.int64)[kept]
    segment = ["" if text is None or text is np.ma.masked else str(text) for text in found["segment"][kept]]
    return UsageFiles(
        names,
        sessions(told["person"].astype(np.int64), told["start"], told["bytes"], len(names)),
        Bundles(people, found["activated_at"][kept], found["expires_at"][kept], found["size_bytes"][kept], segment),
        {
            (holders[row], str(found["bundle_id"][row])): place
            for place, row in enumerate(np.flatnonzero(kept).tolist())
        },
        rows - len(told["start"]),
    )


def read_triggers(path: Path, known: UsageFiles) -> Triggers:
    """Raises FileMalformed, also for a bundle that is not known."""
    found = files.read(path, TRIGGERS)
    bundle = np.zeros(len(found["at"]), dtype=np.int64)
    for row, key in enumerate(zip(map(str, found["msisdn"]), map(str, found["bundle_id"]), strict=True)):
        place = known.places.get(key)
        if place is None:
            raise _fault(path, row, "bundle_id", f"{key[1][:40]!r} is not a bundle of this msisdn among the bundles")
        bundle[row] = place
    _check_late(path, found["at"], known)
    person = known.bundles.person[bundle]
    new = ~np.isfinite(known.sessions.first(person)) if len(person) else np.zeros(0, dtype=bool)
    moments = Moments(bundle, person, found["at"], found["remaining_bytes"])
    early = found["at"] < known.bundles.activated[bundle]
    full = found["remaining_bytes"] > known.bundles.size[bundle]
    return Triggers(tuple(map(str, found["trigger_id"])), moments, int(new.sum()), int(early.sum()), int(full.sum()))


def _once(path: Path, holders: list[str], found: Mapping[str, NDArray[Any]]) -> Bools:
    """Which rows to take of bundles that are told twice. Raises FileMalformed when what is told differs."""
    seen: dict[tuple[str, str], tuple[object, ...]] = {}
    kept = np.ones(len(holders), dtype=bool)
    columns = [found[name].tolist() for name in ("activated_at", "expires_at", "size_bytes")]
    for row, (holder, bundle, *figures) in enumerate(zip(holders, found["bundle_id"], *columns, strict=True)):
        told = tuple(map(repr, figures))
        before = seen.setdefault((holder, str(bundle)), told)
        if before is not told:
            kept[row] = False
            if before != told:
                raise _fault(path, row, "bundle_id", "the same bundle again, with other figures")
    return kept


def _check_late(path: Path, at: Floats, known: UsageFiles) -> None:
    """One trigger that is wrong by decades would make everybody's hours a table of decades, as a session would."""
    latest = max(known.sessions.until, float(known.bundles.activated.max(initial=0.0)))
    late = np.flatnonzero(at > latest + LONGEST_SECONDS)
    if len(late):
        raise _fault(path, int(late[0]), "at", "more than three years after all else; is the time wrong?")


def _check_times(path: Path, found: Mapping[str, NDArray[Any]]) -> None:
    wrong = np.flatnonzero(found["expires_at"] <= found["activated_at"])
    if len(wrong):
        raise _fault(path, int(wrong[0]), "expires_at", "not after activated_at")


def _fault(path: Path, row: int, column: str, what: str) -> FileMalformed:
    return FileMalformed(f"{path}: line {row + 2}, column {column}: {what}")
