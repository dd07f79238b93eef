"""``chasqui menus`` on a database that somebody wrote into by hand: each damage is told, and nothing is a traceback."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.cli import main
from menu_versions import source

Output = pytest.CaptureFixture[str]
DAMAGE = [
    ("menu_revisions SET source = '{oops'", "main@2 is damaged: its content cannot be read"),
    ("menu_revisions SET source = replace(source, 'two', 'ten')", "main@2 is damaged: its content was changed"),
    ("menu_revisions SET shortcuts = 'x'", "main@2 is damaged: its shortcuts cannot be read"),
    ("menu_publications SET split = '?'", "publication 2 of main is damaged: its shares cannot be read"),
]


@pytest.fixture
def folder(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> Path:
    """Two versions, one published after the other."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {"LOGNAME": "ana"})
    shutil.copy(migrated, tmp_path / "chasqui.db")
    for mark in ("one", "two"):
        (tmp_path / f"{mark}.yaml").write_text(source(mark).text, encoding="utf-8")
        assert main(["menus", "publish", f"{mark}.yaml"]) == 0
    capsys.readouterr()
    return tmp_path


def by_hand(folder: Path, change: str) -> None:
    """Change what has number 2."""
    with closing(sqlite3.connect(folder / "chasqui.db")) as database, database:
        database.execute(f"UPDATE {change} WHERE number = 2")


@pytest.mark.parametrize(("change", "reason"), DAMAGE)
def test_damage_is_marked(folder: Path, capsys: Output, change: str, reason: str) -> None:
    """Once in the log, and where it says what is served."""
    by_hand(folder, change)
    for command in (["log", "main"], ["status"]):
        assert main(["menus", *command]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert sum(reason in line for line in lines) == 1
        assert len(lines) == (4 if command[0] == "log" else 1)


@pytest.mark.parametrize(("change", "reason"), DAMAGE)
def test_what_is_damaged_is_left_behind(folder: Path, capsys: Output, change: str, reason: str) -> None:
    """By a rollback, with a note."""
    by_hand(folder, change)
    assert main(["menus", "rollback", "main"]) == 0
    out, err = capsys.readouterr()
    assert "main: publication 3, main@1 100 %" in out
    assert re.search(rf"note: main: {reason}.*; its shortcuts may move", err)


@pytest.mark.parametrize(("change", "reason"), DAMAGE[:3])
def test_a_damaged_version_is_not_published_until_its_file_is(
    folder: Path, capsys: Output, change: str, reason: str
) -> None:
    """Publishing the file again repairs the version."""
    by_hand(folder, change)
    assert main(["menus", "publish", "main@2"]) == 2
    assert capsys.readouterr().err.startswith(f"chasqui: {reason}")
    assert main(["menus", "publish", "two.yaml"]) == 0
    assert main(["menus", "publish", "main@2"]) == 0
    capsys.readouterr()
    assert main(["menus", "status"]) == 0
    assert "damaged" not in capsys.readouterr().out
