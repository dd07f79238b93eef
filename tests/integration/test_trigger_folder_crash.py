"""A gateway that is killed while it reads a file of events."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from fakes import TUESDAY, eventually
from running import simulators

_LINES = 4_000
_HEADER = "type,time,subject,direction"


def _kept(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "chasqui.db")) as database:
        (found,) = database.execute("SELECT count(*) FROM inbox").fetchone()
    return int(found)


async def test_every_line_is_there_once_after_three_kills(tmp_path: Path, migrated: Path) -> None:
    """Killed with the file half read, wherever that is; the next start reads it again and nothing comes twice."""
    shutil.copy(migrated, tmp_path / "chasqui.db")
    lines = [f"porting.intent,{TUESDAY.isoformat()},57300{number:07d},out" for number in range(_LINES)]
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.csv").write_text("\n".join([_HEADER, *lines]) + "\n", encoding="utf-8")
    async with simulators() as (smsc, ocs):
        (tmp_path / "chasqui.toml").write_text(
            '[server]\nport = 0\nmetrics_port = 0\n[triggers]\nfolder = "inbox"\n'
            f'[ocs]\nkind = "tmf"\nurl = "{ocs.url}"\n'
            f'[[smpp]]\nname = "smsc-a"\nhost = "127.0.0.1"\nport = {smsc.port}\nsource = "12345"\n',
            encoding="utf-8",
        )
        for kill in range(1, 4):
            gateway = await _started(tmp_path)
            seen = _kept(tmp_path)
            most = max(seen, min(_LINES - 1, kill * _LINES // 5 + random.randrange(200)))
            await eventually(lambda most=most: _kept(tmp_path) >= most)
            gateway.kill()
            await gateway.wait()
        gateway = await _started(tmp_path)
        try:
            await eventually((inbox / "done" / "a.csv").exists, 60.0)
        finally:
            gateway.kill()
            await gateway.wait()
    assert _kept(tmp_path) == _LINES
    assert not (inbox / "a.csv").exists()


async def _started(folder: Path) -> asyncio.subprocess.Process:
    house = Path(__file__).parent.parent.parent
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.cli", "serve", "--config", "chasqui.toml",
        cwd=folder, env={"PYTHONPATH": str(house)}, stderr=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
