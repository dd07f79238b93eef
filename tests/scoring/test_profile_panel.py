"""Panels from files: the same sums as from the same records one by one, in the days of the market."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scoring import profile_panel
from scoring.behaviour import DayRing, observe, window
from scoring.behaviour_columns import CATEGORIES, COLUMNS, PLACES, TOPICS, added
from scoring.behaviour_files import time_of
from scoring.errors import FileMalformed

FIRST = datetime(2026, 9, 7, tzinfo=UTC)
BOGOTA = ZoneInfo("America/Bogota")
_SIZES = st.integers(0, 10**9)
_SHARES = st.none() | st.sampled_from((0.0, 0.25, 1.0))
VALUES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "sessions": st.fixed_dictionaries({"bytes": _SIZES}),
    "recharges": st.fixed_dictionaries({"amount": _SIZES}),
    "categories": st.fixed_dictionaries({"category": st.sampled_from((*CATEGORIES, "chess")), "bytes": _SIZES}),
    "places": st.fixed_dictionaries({"place": st.sampled_from(PLACES)}),
    "device": st.fixed_dictionaries(
        {"battery": _SHARES, "storage_free": _SHARES, "crashes": st.none() | st.integers(0, 9)}
    ),
    "support": st.fixed_dictionaries({"topic": st.sampled_from(TOPICS)}),
    "social": st.fixed_dictionaries({"sentiment": st.sampled_from((-1.0, 0.5, 0.0))}),
}
WHO = ("573001112233", "573009998877")


def write(folder: Path, source: str, rows: Sequence[tuple[str, datetime, dict[str, Any]]], suffix: str = "csv") -> Path:
    """A file of these rows."""
    names = ("msisdn", time_of(source), *rows[0][2])
    lines = [",".join(names)]
    for who, at, values in rows:
        lines.append(
            ",".join(
                ("" if one is None else str(one))
                for one in (who, at.isoformat(), *(values[name] for name in names[2:]))
            )
        )
    path = folder / f"{source}.{suffix}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("source", COLUMNS)
@settings(
    max_examples=6,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)
@given(data=st.data())
def test_a_file_gives_what_its_records_give(source: str, tmp_path: Path, data: st.DataObject) -> None:
    """Streaming equals batch: the ring of each person holds the last 28 days of the panel."""
    minutes = st.integers(0, 27 * 24 * 60)
    drawn = data.draw(st.lists(st.tuples(st.sampled_from(WHO), minutes, VALUES[source]), min_size=1, max_size=20))
    rows = [(who, FIRST + timedelta(minutes=at), values) for who, at, values in drawn]
    last = (FIRST + timedelta(days=28), {"bytes": 1})
    sessions = [(who, last[0], last[1]) for who in WHO]
    paths = {"sessions": write(tmp_path, "sessions", [*sessions, *(rows if source == "sessions" else ())])}
    if source != "sessions":
        paths[source] = write(tmp_path, source, rows)
    panel = profile_panel.read(paths, BOGOTA.key)
    at = panel.columns.index(COLUMNS[source][0])
    kept = {(who, moment, tuple(sorted(values.items()))): (who, moment, values) for who, moment, values in rows}
    if source == "sessions":
        kept |= {(who, last[0], tuple(last[1].items())): (who, *last) for who in WHO}
    for row, person in enumerate(panel.people):
        ring = DayRing(len(COLUMNS[source]))
        for who, moment, values in kept.values():
            if who == person:
                local = moment.astimezone(BOGOTA)
                day = local.date().toordinal() - FIRST.date().toordinal() + 20_000
                ring = observe(ring, day, added(source, local.hour, values))
        today = last[0].astimezone(BOGOTA).date().toordinal() - FIRST.date().toordinal() + 20_000
        expected = window(ring, today)[-panel.days :]
        found = panel.sums[row, -len(expected) :, at : at + len(COLUMNS[source])]
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_people_are_known_from_their_first_row_on(tmp_path: Path) -> None:
    """In any file; who is only in another than sessions is there too."""
    sessions = write(tmp_path, "sessions", [(WHO[0], FIRST + timedelta(days=n), {"bytes": 1}) for n in (5, 40)])
    places = write(tmp_path, "places", [(f"+{WHO[1]}", FIRST, {"place": "home"})])
    panel = profile_panel.read({"sessions": sessions, "places": places}, "UTC")
    assert list(panel.people) == list(WHO)
    assert panel.days == 41
    assert list(panel.known()) == [28, 28]
    assert list(panel.known(back=20)) == [16, 21]


def test_parquet_in_any_order_with_rows_twice(tmp_path: Path) -> None:
    """As DuckDB writes it, times with a zone; the sums are those of the CSV."""
    rows = [(WHO[n % 2], FIRST + timedelta(hours=7 * n), {"bytes": n}) for n in range(30)]
    ordered = write(tmp_path, "sessions", rows)
    shuffled = write(tmp_path, "sessions", [*rows[::-1], *rows[:7]], suffix="txt")
    packed = tmp_path / "sessions.parquet"
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{shuffled}', all_varchar=false)) TO '{packed}'")
    one, other = (profile_panel.read({"sessions": path}, "UTC") for path in (ordered, packed))
    np.testing.assert_array_equal(one.sums, other.sums)
    assert list(one.people) == list(other.people)


def test_a_file_without_rows_is_told(tmp_path: Path) -> None:
    """In one line."""
    path = tmp_path / "sessions.csv"
    path.write_text("msisdn,start,bytes\n", encoding="utf-8")
    with pytest.raises(FileMalformed, match="there is no row in it"):
        profile_panel.read({"sessions": path}, "UTC")


def test_a_time_that_is_wrong_by_years_is_told_by_its_file(tmp_path: Path) -> None:
    """It would make everybody's days a table of years."""
    rows = [(WHO[0], FIRST, {"bytes": 1}), (WHO[1], FIRST + timedelta(days=1200), {"bytes": 1})]
    told = r"sessions\.csv: column start: from 2026-09-07 to 2029-12-20, more than three years; is a time wrong\?"
    with pytest.raises(FileMalformed, match=told):
        profile_panel.read({"sessions": write(tmp_path, "sessions", rows)}, "UTC")
