"""A process beside this one that takes commands, one JSON line each, and tells its own processor time."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

_LONGEST_WAIT = 120.0


class Peer:
    """One child: ``benchmarks.peer ROLE``. Used as an async context manager.

    told: what the child said when it was ready (its ports).
    """

    def __init__(self, role: str, **settings: Any) -> None:
        self._role = role
        self._settings = settings
        self.told: dict[str, Any] = {}
        self._process: asyncio.subprocess.Process

    async def __aenter__(self) -> Peer:
        arguments = ("-m", "benchmarks.peer", self._role, json.dumps(self._settings))
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
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
            raise RuntimeError(f"the {self._role} process ended")
        answer: dict[str, Any] = json.loads(line)
        return answer
