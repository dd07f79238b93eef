"""The ``chasqui`` command: what it says of itself, and how it ends."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import pytest

from flows.errors import FlowError
from gateway import cli
from gateway.cli import USAGE_ERROR, db, main
from store.engine import head

COMMANDS = [
    (),
    ("serve",),
    ("db",),
    ("db", "upgrade"),
    ("sim",),
    ("sim", "smsc"),
    ("sim", "ocs"),
    ("sim", "aggregator"),
    ("menus",),
    ("menus", "lint"),
    ("menus", "preview"),
    ("menus", "play"),
    ("menus", "diff"),
    ("menus", "graph"),
    ("menus", "count"),
    ("menus", "extract"),
    ("menus", "translate"),
    ("menus", "draft"),
    ("menus", "publish"),
    ("menus", "rollback"),
    ("menus", "log"),
    ("menus", "show"),
    ("menus", "status"),
    ("controls",),
    ("controls", "list"),
    ("controls", "stop"),
    ("controls", "resume"),
    ("controls", "blackout"),
    ("controls", "test"),
    ("controls", "dry-run"),
    ("consent",),
    ("consent", "verify"),
    ("consent", "export"),
    ("consent", "erase"),
    ("demo",),
    ("sim", "usage"),
    ("catalogue",),
    ("catalogue", "drafts"),
    *(("catalogue", "drafts", word) for word in ("list", "show", "approve", "reject")),
    ("usage",),
    ("usage", "load"),
    ("usage", "export"),
    ("score",),
    ("score", "train"),
    *(("score", "train", kind) for kind in ("depletion", "propensity", "profiles", "acceptance")),
    ("score", "predict"),
    *(("score", "predict", kind) for kind in ("propensity", "profiles")),
    ("score", "evaluate"),
    *(("score", "evaluate", kind) for kind in ("depletion", "propensity", "profiles")),
    *(("score", word) for word in ("forecast", "combos", "risks", "win-back", "ope", "model", "models", "compare")),
    *(("score", word) for word in ("batch", "decisions", "replay")),
]
Output = pytest.CaptureFixture[str]


def _ended(*arguments: str) -> int:
    """The exit status of a command that argparse ends."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...], capsys: Output) -> None:
    """On standard output, in plain words, with exit status 0."""
    assert _ended(*command, "--help") == 0
    out, err = capsys.readouterr()
    assert "`" not in out
    assert out.startswith(f"usage: {' '.join(('chasqui', *command))}")
    assert err == ""


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("nothing",), "chasqui: argument COMMAND: invalid choice: 'nothing'"),
        (("score", "forecast"), "chasqui score forecast: the following arguments are required: --model"),
        (("score", "train", "depletion", "--seed", "x"), "chasqui score train depletion: argument --seed: 'x' is not"),
        (("score", "train", "profiles", "--seed", "-1"), "chasqui score train profiles: argument --seed: '-1' is not"),
        (("score", "train", "acceptance", "--floor", "x"), "chasqui score train acceptance: argument --floor: must be"),
    ],
)
def test_a_command_that_is_not_understood_is_told_in_one_line(
    command: tuple[str, ...], told: str, capsys: Output
) -> None:
    """Where its help is, and no page of usage around what is wrong."""
    assert _ended(*command) == USAGE_ERROR
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(told)
    assert err.endswith("; --help explains\n")
    assert err.count("\n") == 1


def test_help_knows_every_command(capsys: Output) -> None:
    """The list above leaves none out."""
    _ended("--help")
    listed = capsys.readouterr().out
    for name in {command[0] for command in COMMANDS if command}:
        assert f"\n    {name}" in listed


def test_the_version_is_the_packages(capsys: Output) -> None:
    """As it was installed."""
    assert _ended("--version") == 0
    assert capsys.readouterr().out == f"chasqui {version('chasqui')}\n"


@pytest.mark.parametrize(
    "arguments",
    [(), ("dance",), ("db",), ("db", "downgrade"), ("sim",), ("sim", "moon"), ("serve", "--prot", "1"), ("serve", "x")],
    ids=" ".join,
)
def test_what_is_no_command_ends_with_two(arguments: tuple[str, ...], capsys: Output) -> None:
    """And a line on standard error that says what there is."""
    assert _ended(*arguments) == USAGE_ERROR == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "chasqui" in err.splitlines()[-1]


@pytest.mark.parametrize("port", ["x", "1.5", ""])
def test_a_port_is_a_number(port: str, capsys: Output) -> None:
    """Exit status 2."""
    assert _ended("sim", "smsc", "--port", port) == 2
    assert "--port" in capsys.readouterr().err


@pytest.mark.parametrize("simulator", ["smsc", "ocs", "aggregator"])
@pytest.mark.parametrize("ports", [("--port", "65536"), ("--port", "0", "--control", "-1")])
def test_a_port_that_is_none_is_one_line(simulator: str, ports: tuple[str, ...], capsys: Output) -> None:
    """With what listens there."""
    assert main(["sim", simulator, *ports]) == USAGE_ERROR
    told = capsys.readouterr().err
    assert told.startswith("chasqui: cannot listen on 127.0.0.1:")
    assert told.count("\n") == 1


def test_a_diameter_port_that_is_none_is_one_line(capsys: Output) -> None:
    """As for the others."""
    assert main(["sim", "ocs", "--port", "0", "--control", "0", "--diameter", "65536"]) == USAGE_ERROR
    told = capsys.readouterr().err
    assert told.startswith("chasqui: cannot listen on 127.0.0.1:65536 (charging system, Diameter)")
    assert told.count("\n") == 1


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://h", "http://", "http://[::1"])
def test_a_gateway_that_cannot_be_called_is_one_line(url: str, capsys: Output) -> None:
    """Before the first text from a phone is lost."""
    assert main(["sim", "aggregator", "--port", "0", "--control", "0", "--gateway", url]) == USAGE_ERROR
    assert capsys.readouterr().err == "chasqui: --gateway must be a URL such as http://127.0.0.1:8080\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and no settings from outside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {})
    return tmp_path


def test_upgrading_twice_changes_nothing_more(folder: Path, capsys: Output) -> None:
    """The second time finds the work done."""
    for _ in range(2):
        assert main(["db", "upgrade"]) == 0
        assert capsys.readouterr().out.endswith(f"is at revision {head()}\n")
    with closing(sqlite3.connect(folder / "chasqui.db")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [(head(),)]


def test_the_database_lies_beside_the_configuration_file(folder: Path) -> None:
    """Wherever the command is run."""
    (folder / "etc").mkdir()
    (folder / "etc" / "chasqui.toml").write_text('market = "mx"\n')
    assert main(["db", "upgrade", "--config", "etc/chasqui.toml"]) == 0
    assert (folder / "etc" / "chasqui.db").exists()
    assert not (folder / "chasqui.db").exists()


@pytest.mark.parametrize("command", [("serve",), ("db", "upgrade")], ids=" ".join)
def test_a_missing_configuration_file_is_one_line(command: tuple[str, ...], folder: Path, capsys: Output) -> None:
    """That names it; nothing is made."""
    assert main([*command, "--config", "nowhere.toml"]) == USAGE_ERROR
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("chasqui: nowhere.toml")
    assert list(folder.iterdir()) == []


def test_a_missing_catalogue_is_one_line(folder: Path, capsys: Output) -> None:
    """For the simulated charging system too."""
    assert main(["sim", "ocs", "--catalogue", "nowhere.yaml"]) == USAGE_ERROR
    assert capsys.readouterr().err.startswith("chasqui: nowhere.yaml")


def test_a_user_that_basic_authentication_cannot_carry_is_one_line(capsys: Output) -> None:
    """The name would end at its colon."""
    assert main(["sim", "ocs", "--air-user", "a:b"]) == USAGE_ERROR
    assert capsys.readouterr().err.startswith("chasqui: --air-user may not have a colon")


def _interrupted(_: object) -> int:
    raise KeyboardInterrupt


def _wrong(_: object) -> int:
    raise FlowError("a line")


@pytest.mark.parametrize(("run", "status"), [(_interrupted, 130), (_wrong, 2)])
def test_the_exit_status_says_how_it_ended(
    run: Callable[[object], int], status: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """130 for Ctrl-C as shells have it, 2 for an error that was told in a line."""
    monkeypatch.setattr(db, "_upgrade", run)
    assert main(["db", "upgrade"]) == status


async def test_a_simulator_says_where_it_is_and_ends_on_sigterm(folder: Path) -> None:
    """Ports of 0 are chosen, told, and given back."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.cli", "sim", "smsc", "--port", "0", "--control", "0",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(30):
        line = (await process.stdout.readline()).decode()
        process.terminate()
        assert await process.wait() == 0
    assert line.startswith("chasqui: SMSC on port ")
    assert "control on http://127.0.0.1:" in line


def test_who_presses_ctrl_c_while_a_command_is_loaded_gets_no_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """The same status as later."""

    def interrupted(words: Sequence[str]) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_parser", interrupted)
    assert main(["score"]) == 130
    assert capsys.readouterr() == ("", "")
