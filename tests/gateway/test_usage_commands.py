"""``chasqui usage load``: whole files or nothing, each row once, and only of those who let us."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fakes import ANA, BEN, consent
from flows.behaviour import Source
from gateway.cli import main
from scoring import behaviour_files
from scoring.features import features, from_bytes
from store import subscriptions, usage_loads
from store.consent_ledger import ConsentLedger
from store.engine import open_engine
from store.reader import Reader
from store.unit import Unit
from store.writer import Writer

Output = pytest.CaptureFixture[str]
NOW = datetime.now(UTC).replace(microsecond=0)
YESTERDAY = (NOW - timedelta(days=1)).isoformat()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a database in which Ana said yes to everything."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {})
    shutil.copy(migrated, tmp_path / "chasqui.db")

    async def fill() -> None:
        engine = open_engine("sqlite+aiosqlite:///chasqui.db", tmp_path)
        reader, writer = Reader(engine), Writer(engine)
        await reader.start()
        writer.start()
        ana = subscriptions.begin(ANA, "es", NOW)
        await writer.commit(subscriptions.create(ana, NOW))
        given = [
            consent(number, subscription=ana.id, purpose=source.purpose) for number, source in enumerate(Source, 1)
        ]
        await ConsentLedger(reader, writer).commit(Unit(), given)
        await writer.stop()
        await reader.stop()
        await engine.dispose()

    asyncio.run(fill())
    return tmp_path


def load(kind: str, *lines: str, name: str = "f.csv") -> int:
    """Write a file and load it."""
    Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return main(["usage", "load", name, "--kind", kind, "--json"])


def figures(capsys: Output) -> dict[str, Any]:
    """What it said came of it; nothing for nothing."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return {name: value for name, value in found.items() if value}


def stored(query: str) -> list[tuple[Any, ...]]:
    """Rows of the database."""
    with closing(sqlite3.connect("chasqui.db")) as database:
        return database.execute(query).fetchall()


GOOD = {
    "sessions": ("start,bytes", "1048576"),
    "recharges": ("at,amount,currency", "300000,COP"),
    "categories": ("start,category,bytes", "streaming,1048576"),
    "places": ("at,place", "home"),
    "device": ("at,battery,storage_free,crashes", "0.8,,2"),
    "support": ("at,topic", "network"),
    "social": ("at,sentiment", "-0.5"),
}


@pytest.mark.parametrize("kind", GOOD)
def test_every_kind_of_file_is_kept_of_who_let_us(kind: str, capsys: Output) -> None:
    """And of who was never asked, where the law wants no yes beforehand."""
    columns, values = GOOD[kind]
    rows = [f"{number},{YESTERDAY},{values}" for number in (ANA, f"+{BEN}")]
    assert load(kind, f"msisdn,{columns}", *rows) == 0
    expected = {"kept": 2} if kind in ("sessions", "recharges") else {"kept": 1, "no_consent": 1}
    assert figures(capsys) == {"rows": 2, **expected}
    assert len(stored(f"SELECT * FROM behaviour_records WHERE source = '{kind}'")) == expected["kept"]
    assert len(stored("SELECT * FROM subscriptions")) == expected["kept"]


def test_the_same_file_again_changes_nothing(capsys: Output) -> None:
    """Nor does another file with a row of it."""
    row = f"{ANA},{YESTERDAY},7"
    for lines in ((row, f"{ANA},{NOW.isoformat()},8"), (row, f"{ANA},{NOW.isoformat()},8")):
        assert load("sessions", "msisdn,start,bytes", *lines) == 0
    first = capsys.readouterr().out.splitlines()
    assert json.loads(first[0])["kept"] == 2
    assert {name: value for name, value in json.loads(first[1]).items() if value} == {"rows": 2, "done_before": 2}
    before = stored("SELECT * FROM behaviour")
    assert load("sessions", "msisdn,start,bytes", row, name="g.csv") == 0
    assert figures(capsys) == {"rows": 1, "known": 1}
    assert stored("SELECT * FROM behaviour") == before


def test_a_load_that_was_broken_off_goes_on(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the last page that was noted; a page that was kept and not noted is known."""
    monkeypatch.setattr(behaviour_files, "_PAGE", 10)
    rows = [f"{ANA},{(NOW - timedelta(minutes=n)).isoformat()},{n}" for n in range(35)]
    noted = usage_loads.advance
    calls = iter(range(100))

    def broken(load: Any, ended_at: Any) -> Any:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return noted(load, ended_at)

    monkeypatch.setattr(usage_loads, "advance", broken)
    assert load("sessions", "msisdn,start,bytes", *rows) == 130
    assert stored("SELECT rows_done, ended_at IS NULL FROM usage_loads") == [(20, 1)]
    capsys.readouterr()
    assert load("sessions", "msisdn,start,bytes", *rows) == 0
    assert figures(capsys) == {"rows": 35, "done_before": 20, "known": 10, "kept": 5}
    assert stored("SELECT rows_done, ended_at IS NULL FROM usage_loads") == [(35, 0)]
    assert stored("SELECT count(*) FROM behaviour_records") == [(35,)]


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_kept_is_handed_out_of_who_lets_us(kind: str, capsys: Output) -> None:
    """As a file that could be loaded; a consent that was taken back is not in it, whatever is still kept."""
    columns, values = GOOD[kind]
    assert load(kind, f"msisdn,{columns}", f"{ANA},{YESTERDAY},{values}") == 0
    assert main(["usage", "export", "--kind", kind, "--out", "e.csv"]) == 0
    header, row = Path("e.csv").read_text(encoding="utf-8").splitlines()
    assert header == f"msisdn,{columns}"
    assert row == f"{ANA},{YESTERDAY},{values}"
    assert Path("e.csv").stat().st_mode & 0o077 == 0
    capsys.readouterr()
    assert main(["usage", "load", "e.csv", "--kind", kind, "--json"]) == 0
    assert figures(capsys) == {"rows": 1, "done_before": 1}  # byte for byte the file that was loaded
    with closing(sqlite3.connect("chasqui.db")) as database, database:
        database.execute("UPDATE consents SET event = 'withdrawn'")
    assert main(["usage", "export", "--kind", kind, "--out", "e.csv"]) == 0
    assert Path("e.csv").read_text(encoding="utf-8") == f"msisdn,{columns}\n"


def test_unsorted_rows_duplicates_and_time_zones(capsys: Output) -> None:
    """The order does not matter, the same instant in another zone is the same instant, and twice is once."""
    at = NOW - timedelta(hours=3)
    bogota = at.astimezone(datetime.strptime("-0500", "%z").tzinfo)
    rows = [
        f"{ANA},{NOW.isoformat()},1",
        f"{ANA},{at.isoformat()},2",
        f"{ANA},{bogota.isoformat()},2",
        f"{ANA},{at.replace(tzinfo=None).isoformat()},2",
    ]
    assert load("sessions", "msisdn,start,bytes", *rows) == 0
    assert figures(capsys) == {"rows": 4, "kept": 2, "known": 2}


def test_sessions_of_a_file_are_what_forecasts_are_made_from(capsys: Output) -> None:
    """Of who lets us, each once: the same rows in another file, or again, change no pace."""
    rows = [f"{ANA},{(NOW - timedelta(hours=5 * n)).isoformat()},{2**20}" for n in range(100)]
    for name in ("f.csv", "g.csv"):
        assert load("sessions", "msisdn,start,bytes", *rows, *([""] if name == "g.csv" else []), name=name) == 0
        ((state,),) = stored("SELECT state FROM usage")
        known = features(from_bytes(state), NOW.timestamp())
        assert known.recent_day == pytest.approx(5 * 2**20)
        assert known.days == pytest.approx(99 * 5 / 24, abs=1 / 24)
    assert capsys.readouterr().out.count('"kept": 100') == 1
    assert load("recharges", "msisdn,at,amount,currency", f"{BEN},{YESTERDAY},100,COP", name="r.csv") == 0
    assert len(stored("SELECT state FROM usage")) == 1


def test_parquet_is_read_as_csv_is(capsys: Output) -> None:
    """Times with or without a zone, whole numbers."""
    duckdb.sql(f"COPY (SELECT '{ANA}' AS msisdn, now() AS start, 7 AS bytes) TO 'f.parquet'")
    assert main(["usage", "load", "f.parquet", "--kind", "sessions"]) == 0
    assert capsys.readouterr().out == "1 rows\n         1 kept\n"


def test_what_is_too_old_or_to_come_is_left_out(capsys: Output) -> None:
    """Older than this source is kept, or more than an hour ahead."""
    rows = [f"{ANA},{(NOW + timedelta(days=n)).isoformat()},home" for n in (-31, -29, 1)]
    assert load("places", "msisdn,at,place", *rows) == 0
    assert figures(capsys) == {"rows": 3, "kept": 1, "too_old": 1, "too_new": 1}


BAD = {
    "no such column": ("sessions", ("msisdn,start", f"{ANA},{YESTERDAY}"), "line 1: there is no column 'bytes'"),
    "no number": (
        "sessions",
        ("msisdn,start,bytes", f"Ana,{YESTERDAY},1"),
        "line 2, column msisdn: not a phone number",
    ),
    "nan": ("social", ("msisdn,at,sentiment", f"{ANA},{YESTERDAY},nan"), "line 2, column sentiment"),
    "infinite": ("device", ("msisdn,at,battery", f"{ANA},{YESTERDAY},inf"), "line 2, column battery"),
    "negative": (
        "sessions",
        ("msisdn,start,bytes", f"{ANA},{YESTERDAY},-1"),
        "line 2, column bytes: -1 is less than 0",
    ),
    "too much": ("sessions", ("msisdn,start,bytes", f"{ANA},{YESTERDAY},{10**16}"), "is more than 1e+15"),
    "a half": (
        "recharges",
        ("msisdn,at,amount", f"{ANA},{YESTERDAY},2.5"),
        "line 2, column amount: not a whole number",
    ),
    "empty": ("places", ("msisdn,at,place", f"{ANA},{YESTERDAY},"), "line 2, column place: empty"),
    "no place": ("places", ("msisdn,at,place", f"{ANA},{YESTERDAY},bar"), "not one of home, work, other"),
    "a place on earth": ("places", ("msisdn,at,place", f'{ANA},{YESTERDAY},"4.711,-74.07"'), "not one of home, work"),
    "coordinates": (
        "places",
        ("msisdn,at,place,user_lat", f"{ANA},{YESTERDAY},home,4.7"),
        "line 1: column 'user_lat' looks like coordinates",
    ),
    "no time": ("places", ("msisdn,at,place", f"{ANA},yesterday,home"), "line 2, column at: not a time"),
    "the third": (
        "places",
        ("msisdn,at,place", f"{ANA},{YESTERDAY},home", f"{ANA},{YESTERDAY},hom"),
        "line 3, column place",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_file_is_refused_whole(name: str, capsys: Output) -> None:
    """In one line that names file, line and column, with exit status 2 and nothing written."""
    kind, lines, sentence = BAD[name]
    assert load(kind, *lines) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("chasqui: f.csv: ")
    assert sentence in line
    assert stored("SELECT * FROM behaviour_records") == stored("SELECT * FROM usage_loads") == []


@pytest.mark.parametrize(("out", "told"), [(".", ".: is a folder"), ("no/e.csv", "no/e.csv: there is no folder no")])
def test_an_export_that_cannot_be_written_is_told(capsys: Output, out: str, told: str) -> None:
    """In one line."""
    assert main(["usage", "export", "--kind", "sessions", "--out", out]) == 2
    assert capsys.readouterr().err.startswith(f"chasqui: {told}")
