"""SMPP that others wrote: scripts on the npm package ``smpp``, and the events that they tell."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

SECONDS = 10
_SCRIPTS = Path(__file__).parent / "smpp-peer"


def absent(reason: str) -> NoReturn:
    """Skip, or fail where peers are required."""
    if os.environ.get("CHASQUI_REQUIRE_PEERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def installed(folder: Path, scripts: Path = _SCRIPTS) -> Path:
    """A copy of the peers' scripts in ``folder``, with their packages."""
    if not (shutil.which("node") and shutil.which("npm")):
        absent("node or npm is absent")
    copy = folder / scripts.name
    shutil.copytree(scripts, copy, ignore=shutil.ignore_patterns("node_modules"))
    command = ["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    if done.returncode:
        absent(f"npm ci did not work (no registry?): {done.stderr}")
    return copy


class Peer:
    """One script that runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def event(self, name: str) -> dict[str, Any]:
        """The next event called ``name``."""
        assert self._process.stdout is not None
        async with asyncio.timeout(SECONDS):
            while True:
                event: dict[str, Any] = json.loads(await self._process.stdout.readline())
                if event["event"] == name:
                    return event

    def send(self, **fields: Any) -> None:
        """Give it a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(fields).encode() + b"\n")


@asynccontextmanager
async def peer(folder: Path, script: str, *arguments: str) -> AsyncIterator[Peer]:
    """A script until the end of the block."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("node", script, *arguments, cwd=folder, stdin=pipe, stdout=pipe)
    try:
        yield Peer(process)
    finally:
        process.kill()
        await process.communicate()
