"""``chasqui menus draft``, ``publish``, ``rollback``, ``log``, ``show``, ``status``, from the outside."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from flows.market import PACKS
from gateway.cli import main
from menu_versions import menu, source
from menus.loader import LIBRARY

Output = pytest.CaptureFixture[str]
INSTANT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"


@pytest.fixture
def folder(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a database, two versions of a menu and one with a printed code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setenv("LOGNAME", "ana")
    shutil.copy(migrated, tmp_path / "chasqui.db")
    for mark, shortcuts in (("one", {}), ("two", {}), ("three", {"50": "shop"})):
        (tmp_path / f"{mark}.yaml").write_text(source(mark, shortcuts=shortcuts).text, encoding="utf-8")
    return tmp_path


def counts(folder: Path) -> tuple[int, int]:
    """How many revisions and publications there are."""
    with closing(sqlite3.connect(folder / "chasqui.db")) as database:
        found = [
            database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("menu_revisions", "menu_publications")
        ]
    return found[0], found[1]


def told(capsys: Output, *arguments: str) -> str:
    """What a command says that goes well."""
    assert main(["menus", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out.replace("; a running gateway takes it up within seconds\n", "\n")


def refused(capsys: Output, *arguments: str) -> list[str]:
    """The lines of one that does not."""
    assert main(["menus", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def test_a_version_is_drafted_published_and_rolled_back(folder: Path, capsys: Output) -> None:
    """Each says what is served then."""
    assert told(capsys, "draft", "one.yaml") == "main@1 is drafted\n"
    assert told(capsys, "draft", "one.yaml", "--author", "ben") == "main@1 has this content already\n"
    assert told(capsys, "status") == "main: nothing is published; main@1 is drafted\n"
    assert told(capsys, "publish", "main@1") == "main: publication 1, main@1 100 %\n"
    assert told(capsys, "publish", "one.yaml") == "main@1 100 % already\n"
    assert told(capsys, "publish", "two.yaml", "--canary", "2.5%") == (
        "main: publication 2, main@1 97.5 %, main@2 2.5 % canary\n"
    )
    assert told(capsys, "publish", "main@2", "--arms", "b=50") == "main: publication 3, main@1 50 % a, main@2 50 % b\n"
    assert told(capsys, "publish", "main@2", "--message", "it sells") == "main: publication 4, main@2 100 %\n"
    assert told(capsys, "rollback", "main", "--author", "ben") == "main: publication 5, main@1 100 %\n"
    assert told(capsys, "rollback", "main", "--to", "2") == "main: publication 6, main@2 100 %\n"
    assert counts(folder) == (2, 6)


def test_the_log_has_every_step_newest_first(folder: Path, capsys: Output) -> None:
    """With who and why."""
    told(capsys, "publish", "one.yaml", "--message", "  the first\n one ")
    told(capsys, "publish", "two.yaml", "--author", "ben")
    lines = told(capsys, "log", "main").splitlines()
    assert all(re.match(INSTANT, line) for line in lines)
    assert [re.sub(f"^{INSTANT}  ", "", line) for line in lines] == [
        "2 publish: main@2 100 %  by ben",
        f"main@2 drafted, {menu('two').version}  by ben",
        "1 publish: main@1 100 %  by ana: the first one",
        f"main@1 drafted, {menu('one').version}  by ana: the first one",
    ]
    status = told(capsys, "status")
    assert re.fullmatch(rf"main: main@2 100 %, publication 2 \(publish by ben {INSTANT}\)\n", status)


def test_a_version_is_shown_as_it_was_written(folder: Path, capsys: Output) -> None:
    """To the letter, whatever became of the file; included files behind it."""
    written = (folder / "one.yaml").read_text(encoding="utf-8")
    told(capsys, "draft", "one.yaml")
    (folder / "one.yaml").unlink()
    assert told(capsys, "show", "main@1") == written
    (folder / "shared.yaml").write_text("pages:\n  more: {text: {es: Mas, pt_BR: Mais, en: More}}\n")
    including = written.replace("start: home\n", "start: home\ninclude: [shared.yaml]\n").replace(
        "options: [", "options: [{text: {es: A, pt_BR: A, en: A}, goto: more}, ", 1
    )
    (folder / "both.yaml").write_text(including, encoding="utf-8")
    told(capsys, "draft", "both.yaml")
    assert told(capsys, "show", "main@2") == f"{including}# shared.yaml\n{(folder / 'shared.yaml').read_text()}"


def test_a_printed_code_is_let_go_only_on_purpose(folder: Path, capsys: Output) -> None:
    """A version without it is refused, and not even drafted; a rollback says what it moves."""
    told(capsys, "publish", "one.yaml")
    told(capsys, "publish", "three.yaml")
    assert refused(capsys, "publish", "two.yaml") == [
        "main: shortcut 50 leads to page shop and would be gone; let it go with --retire-shortcut 50"
    ]
    assert refused(capsys, "publish", "main@1") == [
        "main: shortcut 50 leads to page shop and would be gone; let it go with --retire-shortcut 50"
    ]
    assert refused(capsys, "publish", "two.yaml", "--retire-shortcut", "50", "--retire-shortcut", "7") == [
        "main: there is no shortcut 7 to retire"
    ]
    assert counts(folder) == (2, 2)
    assert main(["menus", "rollback", "main"]) == 0
    assert capsys.readouterr() == (
        "main: publication 3, main@1 100 %; a running gateway takes it up within seconds\n",
        "chasqui: note: main: shortcut 50 leads to page shop and would be gone\n",
    )
    told(capsys, "publish", "three.yaml")
    assert "main@3 100 %" in told(capsys, "publish", "two.yaml", "--retire-shortcut", "50")


def test_every_problem_of_a_menu_is_a_line_and_nothing_is_written(folder: Path, capsys: Output) -> None:
    """For a draft and for a publication."""
    bad = (
        (folder / "one.yaml")
        .read_text(encoding="utf-8")
        .replace("goto: shop", "goto: shp")
        .replace("start: h", "start: x")
    )
    (folder / "bad.yaml").write_text(bad, encoding="utf-8")
    for command in ("draft", "publish"):
        lines = refused(capsys, command, "bad.yaml")
        assert len(lines) == 2
        assert all(re.match(r"bad\.yaml:\d+: ", line) for line in lines)
    assert counts(folder) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("publish", "none.yaml"), "none.yaml: cannot be read"),
        (("publish", "."), ". is a folder; name the menu's file, such as main.yaml"),
        (("publish", "main@9"), "main@9: there is no such version; chasqui menus log main"),
        (("publish", "main@0"), "main@0: give a file or a version, such as main@3"),
        (("publish", "main@99999999999"), "give a file or a version, such as main@3"),
        (("publish", "main"), "main: give a file or a version, such as main@3"),
        (("publish", "main@two"), "main@two: give a file or a version, such as main@3"),
        (("publish", "mian@1"), "there is no menu mian; there is main"),
        (("publish", "two.yaml", "--retire-shortcut", "*123*59#"), "'*123*59#' are no keys; write what stands behind"),
        (("publish", "two.yaml", "--retire-shortcut", "60,59"), "--retire-shortcut 60 --retire-shortcut 59"),
        (("publish", "two.yaml", "--retire-shortcut", "x"), "'x' are no keys; write --retire-shortcut 60"),
        (("publish", "two.yaml", "--canary", "0"), "--canary: '0' must be a percentage"),
        (("publish", "two.yaml", "--canary", "100"), "--canary: '100' must be a percentage"),
        (("publish", "two.yaml", "--canary", "nan"), "--canary: 'nan' must be a percentage"),
        (("publish", "two.yaml", "--canary", "0.001"), "at most two decimals"),
        (("publish", "two.yaml", "--canary", "1e999999"), "must be a percentage"),
        (("publish", "two.yaml", "--arms", "b"), "--arms: '' must be a percentage"),
        (("publish", "two.yaml", "--arms", "a=50"), "arm a is what is served now"),
        (("publish", "two.yaml", "--arms", "B!=50"), "--arms must be NAME=PERCENT"),
        (("publish", "one.yaml", "--canary", "10"), "main@1: is what is served now"),
        (("publish", "two.yaml", "--author", " "), "--author must have 1 to 60 characters"),
        (("publish", "two.yaml", "--author", "x" * 61), "--author must have 1 to 60 characters"),
        (("draft", "two.yaml", "--message", "x" * 501), "--message must have at most 500 characters"),
        (("rollback", "none"), "there is no menu none; there is main"),
        (("rollback", "main"), "main: nothing was served before"),
        (("rollback", "main", "--to", "7"), "main@7: there is no such version; chasqui menus log main"),
        (("rollback", "main", "--to", "x"), "--to: x is no version of main; write 2 or main@2"),
        (("rollback", "main", "--to", "other@1"), "--to: other@1 is no version of main"),
        (("log", "none"), "there is no menu none; there is main"),
        (("show", "main"), "main: write MENU@N"),
        (("show", "main@2"), "main@2: there is no such version"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_one_line(
    arguments: tuple[str, ...], complaint: str, folder: Path, capsys: Output
) -> None:
    """With exit status 2; what is served stays."""
    told(capsys, "publish", "one.yaml")
    lines = refused(capsys, *arguments)
    assert len(lines) == 1
    assert complaint in lines[0]
    assert counts(folder) == (1, 1)


@pytest.mark.parametrize(
    "arguments", [("draft", "one.yaml"), ("publish", "one.yaml"), ("rollback", "main"), ("log", "main"), ("status",)]
)
def test_no_command_makes_a_database(arguments: tuple[str, ...], folder: Path, capsys: Output) -> None:
    """A wrong folder is told, not filled, and an old database is not migrated."""
    (folder / "chasqui.db").unlink()
    (line,) = refused(capsys, *arguments)
    assert line.endswith(
        "there is no such database; chasqui db upgrade makes it; which gateway is meant? give its --config"
    )
    assert not (folder / "chasqui.db").exists()
    sqlite3.connect(folder / "chasqui.db").close()
    (line,) = refused(capsys, *arguments)
    assert "no such table: menu_" in line


def test_publishers_in_many_processes_lose_nothing(folder: Path) -> None:
    """Each one's version is drafted and published, one after the other."""
    for number in range(6):
        (folder / f"v{number}.yaml").write_text(source(f"v{number}").text, encoding="utf-8")
    house = Path(__file__).parent.parent.parent
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "menus", "publish", f"v{number}.yaml", "--author", "ana"],
            cwd=folder,
            env={"PYTHONPATH": str(house)},
        )
        for number in range(6)
    ]
    assert [process.wait(60) for process in processes] == [0] * 6
    assert counts(folder) == (6, 6)


def test_a_price_without_tax_is_not_published_where_the_law_wants_it_in(folder: Path, capsys: Output) -> None:
    """A menu that shows prices, in Colombia; nothing is written, and it can still be drafted."""
    shutil.copytree(LIBRARY, folder / "library")
    starter = (PACKS.parent / "catalogues" / "starter-co.yaml").read_text(encoding="utf-8")
    (folder / "catalogue.yaml").write_text(starter.replace("tax_included: true", "tax_included: false", 1), "utf-8")
    (folder / "chasqui.toml").write_text('market = "co"\n[catalogue]\npath = "catalogue.yaml"\n', "utf-8")
    (line,) = refused(capsys, "publish", "library/main.yaml")
    assert "Ley 1480 de 2011 art. 26" in line
    assert counts(folder) == (0, 0)
    told(capsys, "draft", "library/main.yaml")
    assert len(refused(capsys, "publish", "main@1")) == 1
    assert counts(folder) == (1, 0)


def test_a_version_that_was_published_is_not_called_drafted_only(folder: Path, capsys: Output) -> None:
    """After a rollback, which takes a version as other commands do."""
    for name in ("one", "two"):
        told(capsys, "publish", f"{name}.yaml")
    told(capsys, "rollback", "main", "--to", "main@1")
    assert told(capsys, "status").endswith("; main@2 was published before\n")
    told(capsys, "draft", "three.yaml")
    assert told(capsys, "status").endswith("; main@3 is drafted\n")


def test_what_a_publication_leaves_out_is_a_note(folder: Path, capsys: Output) -> None:
    """A menu that no service leads to, and an arm that a condition asks for and that nobody has."""
    (folder / "other.yaml").write_text(source("x", menu="mein").text, encoding="utf-8")
    assert main(["menus", "publish", "other.yaml"]) == 0
    assert capsys.readouterr().err == "chasqui: note: no service leads to menu mein; there is main\n"
    told(capsys, "publish", "one.yaml")
    asking = (folder / "two.yaml").read_text(encoding="utf-8").replace("goto: help}", "goto: help, when: arm == b}")
    (folder / "asking.yaml").write_text(asking, encoding="utf-8")
    told(capsys, "publish", "asking.yaml", "--arms", "b=50")
    assert main(["menus", "publish", "asking.yaml"]) == 0
    assert capsys.readouterr().err == (
        "chasqui: note: main: page home: option 2 asks for arm b, which no subscriptions have now\n"
    )


@pytest.mark.parametrize("options", [("--can", "10"), ("--retire", "50"), ("--mess", "x")])
def test_an_option_is_not_guessed(options: tuple[str, str], folder: Path, capsys: Output) -> None:
    """Half a name publishes nothing."""
    with pytest.raises(SystemExit):
        main(["menus", "publish", "one.yaml", *options])
    assert "unrecognized arguments" in capsys.readouterr().err
    assert counts(folder) == (0, 0)


def test_lint_finds_a_printed_code_that_moved(folder: Path, capsys: Output) -> None:
    """Against a version of the store or a file, with the line to look at."""
    told(capsys, "draft", "three.yaml")
    (folder / "four.yaml").write_text(source("four", shortcuts={"50": "help"}).text, encoding="utf-8")
    for before in ("main@1", "three.yaml"):
        assert main(["menus", "lint", "four.yaml", "one.yaml", "three.yaml", "--against", before]) == 2
        assert "four.yaml:4: shortcut 50 leads to page shop and would lead to page help" in (
            lines := capsys.readouterr().out.splitlines()
        )
        assert "one.yaml:1: shortcut 50 leads to page shop and would be gone" in lines
        assert not any(line.startswith("three.yaml") and "shortcut" in line for line in lines)
    assert len(refused(capsys, "lint", "four.yaml", "--against", "main@9")) == 1
