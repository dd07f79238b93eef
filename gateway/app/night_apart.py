"""A nightly batch beside the gateway that serves: in a process of its own."""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from pathlib import Path

from gateway.config.tree import Config
from gateway.errors import BatchFailed

_PROCESS = "gateway.app.night_process"


async def run_apart(config: Config, out: Path) -> None:
    """Score everybody into this folder; whoever gives up waiting ends it. Raises BatchFailed."""
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", _PROCESS),
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
        )
    except OSError as error:
        raise BatchFailed(f"no process can be started: {error.strerror}") from None
    try:
        _, complaint = await process.communicate(pickle.dumps((config, out)))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        raise BatchFailed(last or f"the process ended with status {process.returncode}")


def _environment() -> dict[str, str]:
    """Ours, so that the same modules are found."""
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path}
