"""Processes that write one chain of consents, and are killed while they do."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from store.consent_check import check

_PATIENCE = 60.0
_WRITING = """
import asyncio, random, sys
from pathlib import Path
from fakes import consent
from store.consent_ledger import ConsentLedger
from store.engine import open_engine
from store.errors import WriteFailed
from store.reader import Reader
from store.unit import Unit
from store.writer import Writer

async def run(name):
    engine = open_engine("sqlite+aiosqlite:///chasqui.db", Path())
    reader, writer = Reader(engine), Writer(engine)
    await reader.start()
    writer.start()
    ledger, number = ConsentLedger(reader, writer), 0
    while True:
        number += 1
        await asyncio.sleep(random.uniform(0, 0.02))  # people are not that quick either
        try:
            await ledger.commit(Unit(), [consent(record_id=f"con-{name}-{number}")])
        except WriteFailed as failure:
            if not failure.retryable:
                raise
            continue
        print(f"con-{name}-{number}", flush=True)

asyncio.run(run(sys.argv[1]))
"""


async def test_killed_processes_leave_a_whole_chain_with_everything_they_acknowledged(
    tmp_path: Path, migrated: Path
) -> None:
    """Two at once, twice over: no hole, no fork, nothing lost that was said to be durable."""
    shutil.copy(migrated, tmp_path / "chasqui.db")
    told = {name for lap in range(2) for name in await _killed(tmp_path, f"a{lap}", f"b{lap}")}
    verdict = check(tmp_path / "chasqui.db")
    assert verdict.fault == ""
    with closing(sqlite3.connect(tmp_path / "chasqui.db")) as database:
        kept = {name for (name,) in database.execute("SELECT record_id FROM consents")}
    assert told <= kept
    assert verdict.records == len(kept) >= 60


async def _killed(folder: Path, *names: str) -> set[str]:
    """What these processes acknowledged before they were killed, at least fifteen records each."""
    house = Path(__file__).parent.parent.parent
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", _WRITING, name,
            cwd=folder, env={"PYTHONPATH": f"{house}:{house / 'tests'}"}, stdout=asyncio.subprocess.PIPE,
        )
        for name in names
    ]  # fmt: skip
    told: set[str] = set()
    async with asyncio.timeout(_PATIENCE):
        try:
            for process in processes:
                assert process.stdout is not None
                for _ in range(15):
                    told.add((await process.stdout.readline()).decode().strip())
        finally:
            for process in processes:
                process.kill()
        for process in processes:
            rest, _ = await process.communicate()
            told |= {line for line in rest.decode().split("\n")[:-1] if line}
    return told
