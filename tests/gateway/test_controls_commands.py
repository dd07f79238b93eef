"""``chasqui controls``: what an operator types, also while a gateway runs on the database."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.cli import main

Output = pytest.CaptureFixture[str]
ANA, BEN = "573001112233", "+573009998877"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a database in which nothing is set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {"LOGNAME": "ops"})
    shutil.copy(migrated, tmp_path / "chasqui.db")
    return tmp_path


def controls(*words: str) -> int:
    """Run the command."""
    return main(["controls", *words])


def test_a_stop_is_set_listed_and_taken_back(capsys: Output) -> None:
    """With who and why."""
    assert controls("list") == 0
    assert capsys.readouterr().out == "nothing is stopped, nobody is held back\n"
    assert controls("stop", "campaign:xmas", "--message", "wrong  price", "--author", "Ana") == 0
    assert capsys.readouterr().out == "campaign:xmas is stopped; a running gateway takes it up within a second\n"
    controls("list")
    listed = capsys.readouterr().out
    assert "campaign:xmas" in listed
    assert "in force" in listed
    assert "Ana: wrong price" in listed
    assert controls("resume", "campaign:xmas") == 0
    capsys.readouterr()
    controls("list")
    assert "nothing is stopped" in capsys.readouterr().out


def test_periods_of_one_stop_stand_side_by_side(capsys: Output) -> None:
    """A stop on election day does not end the one of today; each is taken back knowingly."""
    controls("stop", "marketing")
    controls("stop", "marketing", "--from", "2031-05-01T00:00Z", "--until", "2031-05-02T00:00Z")
    capsys.readouterr()
    controls("list")
    listed = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    period = "from 2031-05-01 00:00 UTC until 2031-05-02 00:00 UTC"
    assert listed == ["stop marketing in force ops", f"stop marketing {period} ops"]
    assert controls("resume", "marketing") == 0
    assert f"it is stopped again {period} (--scheduled takes that back, too)" in capsys.readouterr().out
    assert controls("resume", "marketing") == 2
    assert f"it is not in force; --scheduled takes back what is set {period}" in capsys.readouterr().err
    assert controls("resume", "marketing", "--scheduled") == 0
    controls("list")
    assert "nothing is stopped" in capsys.readouterr().out


def test_a_stop_that_takes_the_place_of_another_says_so(capsys: Output) -> None:
    """With the same begin there can be one end only."""
    controls("stop", "marketing")
    capsys.readouterr()
    assert controls("stop", "marketing", "--until", "2031-05-02T00:00Z") == 0
    told = "marketing is stopped until 2031-05-02 00:00 UTC, instead of for good; "
    assert told in capsys.readouterr().out


def test_numbers_are_read_as_people_write_them(folder: Path, capsys: Output) -> None:
    """With remarks, empty lines, blanks and dashes."""
    (folder / "vip.txt").write_text("# the board\n\n+57 300 111-2233\n  57-300-999 8877  \n\t\n")
    assert controls("blackout", "--file", "vip.txt") == 0
    controls("list", "--numbers")
    listed = capsys.readouterr().out
    assert listed.startswith("2 numbers ")
    assert ANA in listed
    assert BEN.removeprefix("+") in listed


def test_a_stop_may_have_a_begin_and_an_end(capsys: Output) -> None:
    """In any zone; they are told in UTC."""
    assert controls("stop", "marketing", "--from", "2031-05-01T00:00-05:00", "--until", "2031-05-02T00:00-05:00") == 0
    assert "from 2031-05-01 05:00 UTC until 2031-05-02 05:00 UTC" in capsys.readouterr().out
    controls("list")
    assert "from 2031-05-01 05:00 UTC" in capsys.readouterr().out


def test_lists_of_numbers_come_from_the_line_and_from_files(folder: Path, capsys: Output) -> None:
    """They are counted; only --numbers names them."""
    (folder / "vip.txt").write_text(f"{BEN}\n\n{ANA}\n")
    assert controls("blackout", ANA, "--file", "vip.txt") == 0
    assert capsys.readouterr().out.startswith("2 numbers on the blackout list: nothing goes there unasked")
    assert controls("test", ANA) == 0
    assert capsys.readouterr().out.startswith("1 number on the test list: nobody else is contacted")
    controls("list")
    assert capsys.readouterr().out == "blackout  2 numbers\ntest      1 number\n"
    controls("list", "--numbers")
    assert ANA in capsys.readouterr().out
    assert controls("blackout", "--remove", BEN) == 0
    capsys.readouterr()
    controls("list")
    assert "blackout  1 number\n" in capsys.readouterr().out


def test_dry_run_goes_on_and_off(capsys: Output) -> None:
    """Without touching the configuration."""
    assert controls("dry-run", "on") == 0
    assert controls("dry-run", "off") == 0
    assert "dry run is off" in capsys.readouterr().out


def test_who_did_what_is_kept_without_numbers(folder: Path) -> None:
    """For whoever asks later."""
    controls("blackout", ANA, "--message", "asked for it", "--author", "Ana")
    controls("stop", "everything")
    with closing(sqlite3.connect(folder / "chasqui.db")) as database:
        rows = database.execute("SELECT actor, action, detail FROM audit ORDER BY id").fetchall()
    assert rows[0][:2] == ("Ana", "control.set")
    assert ANA not in str(rows)
    assert "stop everything" in rows[1][2]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("stop", "offers"), "what is stopped is everything, marketing or campaign:NAME"),
        (("resume", "marketing"), "it is not set; chasqui controls list tells what is"),
        (("blackout",), "no number is given; name some, or a --file with one a line"),
        (("blackout", "12345"), "a number is wanted in E.164"),
        (("blackout", "--file", "none.txt"), "none.txt: cannot be read"),
        (
            ("blackout", "--file", "bad.txt"),
            "bad.txt:2: 'nobody': a number is wanted in E.164, with or without +; n",
        ),
        (("stop", "marketing", "--author", "x" * 61), "--author has at most 60 characters"),
        (("stop", "marketing", "--from", "2031-05-02T00:00Z", "--until", "2031-05-01T00:00Z"), "end before it begins"),
        (("stop", "marketing", "--until", "2020-01-01T00:00Z"), "its end is over already, so nothing would change"),
    ],
)
def test_what_cannot_be_done_is_one_line(folder: Path, capsys: Output, words: tuple[str, ...], complaint: str) -> None:
    """Exit status 2, and nothing changed."""
    (folder / "bad.txt").write_text(f"{ANA}\nnobody\n")
    assert controls(*words) == 2
    told = capsys.readouterr()
    assert complaint in told.err
    assert told.err.count("\n") == 1
    controls("list")
    assert "nothing is stopped" in capsys.readouterr().out


@pytest.mark.parametrize("time", ["soon", "2031-05-01T00:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"])
def test_a_time_without_its_zone_is_none(capsys: Output, time: str) -> None:
    """Nobody guesses which midnight."""
    with pytest.raises(SystemExit) as ended:
        controls("stop", "marketing", "--from", time)
    assert ended.value.code == 2
    assert time in capsys.readouterr().err


def test_a_list_that_a_spreadsheet_wrote_is_read(folder: Path, capsys: Output) -> None:
    """With its mark in front and its line ends."""
    (folder / "vip.txt").write_bytes(f"\ufeff{BEN}\r\n{ANA}\r\n".encode())
    assert controls("blackout", "--file", "vip.txt") == 0
    assert capsys.readouterr().out.startswith("2 numbers ")


def test_whoever_has_no_name_says_who_they_are(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    """In a container the user may be a number."""
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)
    assert controls("stop", "everything") == 2
    assert capsys.readouterr().err == "chasqui: the system does not know who you are; say it with --author\n"
    assert controls("stop", "everything", "--author", "Ana") == 0


def test_what_the_database_does_not_take_is_told_with_its_reason(folder: Path, capsys: Output) -> None:
    """Whoever must stop everything now wants to know why they cannot."""
    with closing(sqlite3.connect(folder / "chasqui.db")) as database:
        database.execute("DROP TABLE controls")
        columns = "kind, value, starts_at, ends_at, author, message, at"
        database.execute(f"CREATE VIEW controls ({columns}) AS SELECT 1, 1, 1, 1, 1, 1, 1")
    assert controls("stop", "everything") == 2
    assert "chasqui.db: cannot modify controls because it is a view" in capsys.readouterr().err
