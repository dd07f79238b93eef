"""``chasqui score risks``: what a model said of numbers, kept where prices are made."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.cli import USAGE_ERROR, main

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a database in which there is one person."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {})
    shutil.copy(migrated, tmp_path / "chasqui.db")
    with closing(sqlite3.connect("chasqui.db")) as database:
        database.execute(
            "INSERT INTO subscriptions (id, msisdn, state, language, alerts, marketing_count, created_at)"
            " VALUES ('sub-1', '573001112233', 'active', 'es', 1, 0, 0)"
        )
        database.commit()
    return tmp_path


def kept() -> list[tuple[str, float, str]]:
    """Whose risks there are."""
    with closing(sqlite3.connect("chasqui.db")) as database:
        return database.execute("SELECT subscription_id, probability, origin FROM churn_risks").fetchall()


def test_risks_of_known_numbers_are_kept_and_others_counted(capsys: Output) -> None:
    """The newest run counts."""
    for chance in ("0.2", "0.7"):
        Path("p.csv").write_text(f"id,probability\n+573001112233,{chance}\n573009999999,0.1\n")
        assert main(["score", "risks", "--csv", "p.csv", "--origin", "churn-2026-11"]) == 0
        assert capsys.readouterr().out == "1 people, 1 numbers that nobody has\n"
    assert kept() == [("sub-1", 0.7, "churn-2026-11")]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("p7,0.1", "line 2, column id: not a number in E.164"),
        ("573001112233,1.5", "line 2, column probability: 1.5 is more than 1"),
        ("573001112233,-1", "line 2, column probability: -1 is less than 0"),
        ("573001112233,0.1\n573001112233,0.2", "line 3, column id: stands in line 2 already"),
    ],
)
def test_a_bad_file_is_told_in_one_line_and_nothing_is_kept(capsys: Output, rows: str, told: str) -> None:
    """By line and column."""
    Path("p.csv").write_text(f"id,probability\n{rows}\n")
    assert main(["score", "risks", "--csv", "p.csv"]) == USAGE_ERROR
    assert told in capsys.readouterr().err
    assert kept() == []
