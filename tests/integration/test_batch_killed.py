"""A nightly batch that is killed goes on where it stood, and ends with the same files byte for byte."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import sys
from pathlib import Path

from fakes import eventually
from scoring.features import UsageState, observe, to_bytes

ROOT = Path(__file__).parents[2]
AT = "2026-11-24T03:00:00Z"
PEOPLE = 3_000


def fill(database: Path) -> None:
    """People whose use is remembered."""
    states = [
        (f"01{number:024d}", to_bytes(observe(UsageState(), 1_795_000_000 + 60 * number, 1e6 + number)))
        for number in range(PEOPLE)
    ]
    with sqlite3.connect(database) as connection:
        connection.executemany("INSERT INTO usage VALUES (?, ?, 0)", states)
    connection.close()


async def batch(folder: Path, out: str, *options: str) -> asyncio.subprocess.Process:
    """The command, begun."""
    arguments = ("score", "batch", "--config", str(folder / "chasqui.toml"), "--out", str(folder / out), "--at", AT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.cli", *arguments, "--shards", "6", *options, env=environment
    )


def content(folder: Path) -> dict[str, bytes]:
    """All but the locks."""
    return {one.name: one.read_bytes() for one in sorted(folder.iterdir()) if not one.name.startswith("lock")}


async def test_killed_in_the_middle_and_started_again(tmp_path: Path, migrated: Path) -> None:
    """After the first shards; the rest follows."""
    shutil.copy(migrated, tmp_path / "chasqui.db")
    fill(tmp_path / "chasqui.db")
    (tmp_path / "chasqui.toml").write_text("", encoding="utf-8")
    slowly = await batch(tmp_path, "killed", "--per-second", "400")
    await eventually((tmp_path / "killed" / "scores-0001.parquet").exists)
    slowly.send_signal(signal.SIGKILL)
    await slowly.wait()
    assert not (tmp_path / "killed" / "summary.json").exists()
    ends = [await (await batch(tmp_path, out)).wait() for out in ("killed", "whole")]
    assert ends == [0, 0]
    assert content(tmp_path / "killed") == content(tmp_path / "whole")
