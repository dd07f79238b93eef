"""``chasqui score porting``: from what is kept with consent to a model of who ports, and to prices."""

from __future__ import annotations

import asyncio
import csv
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakes import consent
from flows.behaviour import Source
from flows.values import Msisdn
from gateway.cli import USAGE_ERROR, main, score_porting
from gateway.core.behaviour_desk import BehaviourDesk
from scoring.porting import FEATURES
from store import subscriptions
from store.consent_ledger import ConsentLedger
from store.engine import open_engine
from store.reader import Reader
from store.tables import microseconds
from store.unit import Unit
from store.writer import Writer

Output = pytest.CaptureFixture[str]
NOW = datetime.now(UTC).replace(microsecond=0)
MONTH = timedelta(days=28)
PEOPLE = 60
"""Every third of them falls silent and ports."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a database of people whose recharges and sessions were loaded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {})
    shutil.copy(migrated, tmp_path / "chasqui.db")
    load("recharges", "at,amount", [(number(n), ago(days), 5000) for n in range(PEOPLE) for days in recharged(n)])
    load("sessions", "start,bytes", [(number(n), ago(days), 10**6) for n in range(PEOPLE) for days in used(n)])
    return tmp_path


def recharged(n: int) -> range:
    """On which days ago."""
    return range(40, 110, 10) if leaves(n) else range(n % 10, 110, 10)


def used(n: int) -> range:
    """On which days ago."""
    return range(15 + n % 5, 28) if leaves(n) else range(n % 3, 28)


def leaves(n: int) -> bool:
    """Whether this one will port."""
    return n % 3 == 0


def number(n: int) -> str:
    """Of one of them."""
    return f"57300{n:07}"


def ago(days: int) -> str:
    """An instant."""
    return (NOW - timedelta(days=days, minutes=1)).isoformat()


def load(kind: str, columns: str, rows: list[tuple[object, ...]]) -> None:
    """Into the store."""
    lines = "".join(",".join(map(str, row)) + "\n" for row in rows)
    Path("f.csv").write_text(f"msisdn,{columns}\n{lines}")
    assert main(["usage", "load", "f.csv", "--kind", kind]) == 0


def change(statement: str, *values: object) -> None:
    """Something in the store."""
    with closing(sqlite3.connect("chasqui.db")) as database, database:
        database.execute(statement, values)


def agree(kind: str, *numbers: str) -> None:
    """They say yes to a source."""

    async def say() -> None:
        engine = open_engine("sqlite+aiosqlite:///chasqui.db", Path.cwd())
        reader, writer = Reader(engine), Writer(engine)
        await reader.start()
        writer.start()
        known = await subscriptions.by_msisdn(reader, list(map(Msisdn, numbers)))
        given = [
            consent(at, subscription=one.id, purpose=Source(kind).purpose)
            for at, one in enumerate(known.values(), start=1)
        ]
        await ConsentLedger(reader, writer).commit(Unit(), given)
        await writer.stop()
        await reader.stop()
        await engine.dispose()

    asyncio.run(say())


def ended(n: int, days: float, action: str = "subscriber.ported_out") -> None:
    """A subscription ended so many days from now."""
    at = microseconds(NOW + timedelta(days=days))
    change("UPDATE subscriptions SET state = 'ended', ended_at = ? WHERE msisdn = ?", at, number(n))
    who = "(SELECT id FROM subscriptions WHERE msisdn = ?)"
    change(
        f"INSERT INTO audit (id, at, actor, action, subscription_id, detail) VALUES (?, ?, 'ocs', ?, {who}, '{{}}')",
        f"end-{n}-{action}",
        at,
        action,
        number(n),
    )


def rows_of(name: str) -> list[dict[str, str]]:
    """Of a file."""
    with Path(name).open(newline="") as file:
        return list(csv.DictReader(file))


def taken() -> list[dict[str, str]]:
    """The features as they are now."""
    assert main(["score", "porting", "features", "--out", "now.csv"]) == 0
    return rows_of("now.csv")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features are taken now; what follows is a month later."""
    assert main(["score", "porting", "features", "--out", "now.csv"]) == 0
    monkeypatch.setattr(score_porting, "utc_now", lambda: datetime.now(UTC) + MONTH + timedelta(minutes=5))


def outcomes(*more: str) -> list[dict[str, str]]:
    """Who ported."""
    assert main(["score", "porting", "outcomes", "--features", "now.csv", "--out", "then.csv", *more]) == 0
    return rows_of("then.csv")


def test_features_are_made_of_what_is_kept(capsys: Output) -> None:
    """One row a person, readable by its owner alone; support, of which nobody was told, is not known."""
    rows = taken()
    assert capsys.readouterr().out.splitlines()[-1] == f"now.csv: {PEOPLE} people"
    assert Path("now.csv").stat().st_mode & 0o077 == 0
    assert list(rows[0]) == ["id", "subscription", "as_of", *FEATURES]
    found = {row["id"]: row for row in rows}
    stays, goes = found[number(1)], found[number(3)]
    assert float(stays["spend_share"]) == 1
    assert float(goes["spend_share"]) == 0
    assert float(goes["recharge_gap"]) > 3 > float(stays["recharge_gap"])
    assert (stays["silent_days"], goes["silent_days"]) == ("1", "18")
    assert {row["contacts"] for row in rows} == {""}


def test_whoever_never_called_did_so_not_once_where_calls_are_kept() -> None:
    """Of those who let us keep them: in Colombia that wants a yes."""
    caller, silent = number(1), number(2)
    agree("support", caller, silent)
    load("support", "at,topic", [(caller, ago(1), "network"), (caller, ago(2), "billing")])
    found = {row["id"]: (row["contacts"], row["troubles"]) for row in taken()}
    assert (found[caller], found[silent]) == (("2", "1"), ("0", "0"))
    assert {found[number(n)] for n in range(3, PEOPLE)} == {("", "")}


def test_what_was_taken_back_is_empty_and_who_agrees_to_nothing_is_not_in_it(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Consent as it stands when the file is written."""
    standing = BehaviourDesk.standing

    async def less(self: object, people: list[str]) -> dict[str, frozenset[str]]:
        found = await standing(self, people)  # type: ignore[arg-type]
        silent, mute = sorted(found)[:2]
        return {**found, silent: found[silent] - {"recharges"}, mute: frozenset()}  # type: ignore[dict-item]

    monkeypatch.setattr(BehaviourDesk, "standing", less)
    rows = taken()
    assert len(rows) == PEOPLE - 1
    assert [row["spend_share"] for row in rows].count("") == 1
    assert "of whom nothing is known, or may be used for this: 1" in capsys.readouterr().out


@pytest.mark.usefixtures("later")
def test_outcomes_tell_who_ported_and_name_nobody(capsys: Output) -> None:
    """Within the time, and to another operator; who was erased or recycled is left out."""
    ended(0, 5)
    ended(3, 27.9)
    ended(6, 28.5)
    ended(9, 5, "subscriber.recycled")
    ended(12, 5)
    ended(12, 6, "consent.erased")
    change("DELETE FROM subscriptions WHERE msisdn = ?", number(15))
    rows = outcomes()
    assert list(rows[0]) == [*FEATURES, "ported"]
    assert len(rows) == PEOPLE - 3
    assert [row["ported"] for row in rows].count("yes") == 2
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "then.csv: 57 people, of whom 2 ported",
        "left out, ended otherwise in that time: 1",
        "left out, erased on request: 1",
        "left out, unknown to this store: 1",
    ]


@pytest.mark.usefixtures("later")
def test_what_was_taken_back_since_is_not_trained_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaving takes nothing back; saying no does."""

    async def standing(self: object, people: list[str]) -> dict[str, frozenset[str]]:
        return {one: frozenset({"recharges"}) for one in people}

    ended(0, 5)
    monkeypatch.setattr(BehaviourDesk, "standing", standing)
    silent = [row["silent_days"] for row in outcomes() if row["ported"] == "no"]
    assert set(silent) == {""}
    assert [row["silent_days"] for row in outcomes() if row["ported"] == "yes"] == ["15"]


@pytest.mark.usefixtures("later")
def test_a_model_of_it_says_of_everybody_what_prices_are_made_from(capsys: Output) -> None:
    """The whole way: features, outcomes, a model, what it says, and kept as risks."""
    for n in range(0, PEOPLE - 3, 3):
        ended(n, 10)
    assert [row["ported"] for row in outcomes()].count("yes") == 19
    assert main(["score", "train", "propensity", "--csv", "then.csv", "--target", "ported", "--out", "p.model"]) == 0
    known = {row["id"]: row for row in taken()}
    assert set(known) == {number(n) for n in range(PEOPLE) if not leaves(n)} | {number(57)}
    predict = ["score", "predict", "propensity", "--model", "p.model", "--csv", "now.csv", "--id", "id"]
    assert main([*predict, "--out", "p.csv"]) == 0
    said = {row["id"]: float(row["probability"]) for row in rows_of("p.csv")}
    assert max(said, key=lambda one: said[one]) == number(57)
    assert main(["score", "risks", "--csv", "p.csv", "--origin", "porting"]) == 0
    assert "41 people, 0 numbers that nobody has" in capsys.readouterr().out


def test_it_is_too_early_to_know(capsys: Output) -> None:
    """It says from when on it is not."""
    at = datetime.fromisoformat(taken()[0]["as_of"])
    assert main(["score", "porting", "outcomes", "--features", "now.csv", "--out", "then.csv"]) == USAGE_ERROR
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"chasqui: now.csv: who ports within 28 days is known from {at + MONTH:%F %R} UTC on"
    assert not Path("then.csv").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("subscription\n", "line 1: there is no column 'as_of'"),
        (f"subscription,as_of,{','.join(FEATURES)}\n", "there are no rows"),
        (f"subscription,as_of,{','.join(FEATURES)}\ns,yesterday,1,1,1,1,1,1,1\n", "line 2, column as_of: not a time"),
        (f"subscription,as_of,{','.join(FEATURES)}\ns,2026-01-01,1,1,-1,1,1,1,1\n", "column recharge_gap: -1 is less"),
        (f"subscription,as_of,{','.join(FEATURES)}\ns,2026-01-01,nan,1,1,1,1,1,1\n", "column spend_share"),
    ],
)
def test_a_bad_file_is_told_in_one_line(text: str, told: str, capsys: Output) -> None:
    """By line and column."""
    Path("now.csv").write_text(text)
    capsys.readouterr()
    assert main(["score", "porting", "outcomes", "--features", "now.csv", "--out", "then.csv"]) == USAGE_ERROR
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("chasqui: now.csv: ")
    assert told in line


@pytest.mark.parametrize("days", ["0", "366", "x"])
def test_a_time_must_make_sense(days: str, capsys: Output) -> None:
    """A day at least, a year at most."""
    with pytest.raises(SystemExit):
        main(["score", "porting", "outcomes", "--features", "f", "--within", days, "--out", "o"])
    assert "--within" in capsys.readouterr().err


def test_where_nothing_can_be_written_it_says_so(capsys: Output) -> None:
    """And writes nothing."""
    capsys.readouterr()
    assert main(["score", "porting", "features", "--out", "nowhere/now.csv"]) != 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "chasqui: nowhere/now.csv: there is no folder nowhere"
