"""One ``chasqui`` command as a process of its own: started, greeted, stopped or killed, and always reaped."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_GREETING_SECONDS = 30.0
_GRACE_SECONDS = 5.0


class NotStarted(Exception):
    """A process ended, or kept silent, before it said that it is up."""


class Process:
    """name: for people. arguments: of the ``chasqui`` command. folder: where it runs and where its log goes."""

    def __init__(self, name: str, arguments: Sequence[str], folder: Path, log: Path) -> None:
        self.name = name
        self.log = log
        self._arguments = arguments
        self._folder = folder
        self._running: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Of the process that runs; 0 when none does."""
        return self._running.pid if self._running else 0

    async def start(self) -> str:
        """Start it; the line with which it says that it is up. Raises NotStarted."""
        with self.log.open("ab") as log:
            running = self._running = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "gateway.cli",
                *self._arguments,
                cwd=self._folder,
                env=_environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we stop it in order
            )
        assert running.stdout is not None
        try:
            async with asyncio.timeout(_GREETING_SECONDS):
                greeting = (await running.stdout.readline()).decode().strip()
        except TimeoutError:
            raise NotStarted(f"{self.name} said nothing for {_GREETING_SECONDS:g} s") from None
        if not greeting:
            raise NotStarted(f"{self.name} ended before it was up")
        return greeting

    async def kill(self) -> None:
        """SIGKILL: it gets no chance to finish anything."""
        if self._running is not None:
            with suppress(ProcessLookupError):
                self._running.kill()
            await self._reap(self._running)

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL when that does not help in five seconds or when we are in a hurry ourselves."""
        running = self._running
        if running is None:
            return
        try:
            with suppress(ProcessLookupError):
                running.terminate()
            async with asyncio.timeout(_GRACE_SECONDS):
                await self._reap(running)
        except TimeoutError:
            await self.kill()
        except asyncio.CancelledError:
            await self.kill()
            raise

    def tail(self, lines: int) -> list[str]:
        """The end of its log."""
        if not self.log.exists():
            return []
        return self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]

    async def _reap(self, running: asyncio.subprocess.Process) -> None:
        await running.communicate()
        self._running = None


async def run_command(*arguments: str) -> tuple[int, str]:
    """Run a ``chasqui`` command to its end; its exit status and the last line that it said."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.cli",
        *arguments,
        env=_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await running.communicate()
    assert running.returncode is not None
    return running.returncode, (said.decode(errors="replace").strip().splitlines() or [""])[-1]


def _environment() -> dict[str, str]:
    """Ours without what would configure the gateway: the demonstration is the same for everybody."""
    return {key: value for key, value in os.environ.items() if not key.startswith("CHASQUI_")}
