"""A process beside this one that takes commands, one JSON line each, and tells its own processor time."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

_LONGEST_WAIT = 120.0


class Child:
    """One child. Used as an async context manager; it ends with its standard input.

    told: what the child said when it was ready (its ports).
    """

    def __init__(self, name: str, command: Sequence[str], folder: Path | None = None) -> None:
        self._name = name
        self._command = command
        self._folder = folder
        self.told: dict[str, Any] = {}
        self._process: asyncio.subprocess.Process

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, cwd=self._folder, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        self.told = await self._answer()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(_LONGEST_WAIT):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def do(self, command: str, **values: Any) -> dict[str, Any]:
        """Run a command and return its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": command, **values}).encode() + b"\n")
        return await self._answer()

    async def cpu(self) -> float:
        """Seconds of processor time that all threads of the child have used."""
        return float((await self.do("cpu"))["cpu"])

    async def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        async with asyncio.timeout(_LONGEST_WAIT):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the {self._name} process ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


class Peer(Child):
    """``benchmarks.peer ROLE``."""

    def __init__(self, role: str, **settings: Any) -> None:
        super().__init__(role, (sys.executable, "-m", "benchmarks.peer", role, json.dumps(settings)))
