"""``chasqui score batch``: everybody into files."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from gateway.app.night_apart import run_apart
from gateway.cli import main
from gateway.config.loading import load
from gateway.errors import BatchFailed
from scoring.features import UsageState, observe, to_bytes


@pytest.fixture
def config(tmp_path: Path, migrated: Path) -> Path:
    """Of a store with forty people, one of whom has a damaged state."""
    shutil.copy(migrated, tmp_path / "chasqui.db")
    states = [(f"01{n:024d}", to_bytes(observe(UsageState(), 1_795_000_000 + n, 1e6))) for n in range(39)]
    with sqlite3.connect(tmp_path / "chasqui.db") as connection:
        connection.executemany("INSERT INTO usage VALUES (?, ?, 0)", [*states, ("01X", b"damaged")])
    connection.close()
    file = tmp_path / "chasqui.toml"
    file.write_text("[scoring.batch]\nshards = 3\n", encoding="utf-8")
    return file


def batch(config: Path, *options: str) -> int:
    """The exit status."""
    return main(["score", "batch", "--config", str(config), *options])


def test_a_folder_of_shards(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One by one; the last tells what came of it."""
    out = str(tmp_path / "out")
    for shard in range(3):
        assert batch(config, "--out", out, "--shard", str(shard), "--at", "2026-11-24T03:00:00Z") == 0
    told = capsys.readouterr().out.splitlines()
    assert told[:2] == [f"{out}: 2 of 3 shards are missing", f"{out}: 1 of 3 shards are missing"]
    assert told[2:] == [
        f"{out}: 39 people as of 2026-11-24 03:00:00 UTC, 0 with data left",
        "1 states could not be read and were left out",
    ]


@pytest.mark.parametrize("name", ["all.csv", "all.parquet"])
def test_one_file(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Its shards stand beside it, so that it can be gone on with."""
    assert batch(config, "--out", str(tmp_path / name), "--json") == 0
    assert json.loads(capsys.readouterr().out)["people"] == 39
    assert (tmp_path / name).exists()
    assert len(list((tmp_path / f"{name}.shards").glob("*.parquet"))) == 3


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--shard", "3"], "--shard must be from 0 to 2"),
        (["--shards", "5000"], "--shards must be from 1 to 512"),
        (["--shards", "0"], "--shards must be from 1 to 512"),
        (["--per-second", "-1"], "--per-second must not be negative; 0 is as fast as one core goes"),
        (["--per-second", "nan"], "--per-second must not be negative; 0 is as fast as one core goes"),
        (["--out", "/dev/null"], "/dev/null: cannot be written: File exists"),
        (["--out", "/dev/null/all.parquet"], "/dev/null/all.parquet.shards: cannot be written: Not a directory"),
        (["--at", "yesterday"], "--at: 'yesterday' is no time with its zone"),
        (["--at", "2026-11-24T03:00:00"], "is no time with its zone"),
        (["--config", "elsewhere.toml"], "elsewhere.toml: there is no such file"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    config: Path, capsys: pytest.CaptureFixture[str], options: list[str], complaint: str
) -> None:
    """And status 2."""
    assert batch(config, *options) == 2
    told = capsys.readouterr().err
    assert complaint in told
    assert told.count("\n") == 1


def test_without_a_store_nothing_is_begun(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even a folder."""
    (tmp_path / "chasqui.db").unlink()
    assert batch(config) == 2
    assert "there is no such database" in capsys.readouterr().err
    assert not (tmp_path / "scores").exists()


async def test_the_job_runs_it_apart(config: Path, tmp_path: Path) -> None:
    """In a process that says in one line what went wrong."""
    loaded = load(config, {})
    await run_apart(loaded, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["people"] == 39
    (tmp_path / "chasqui.db").write_bytes(b"x" * 5000)
    with pytest.raises(BatchFailed, match=r"chasqui\.db"):
        await run_apart(loaded, tmp_path / "again")
