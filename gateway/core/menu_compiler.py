"""Compiling a menu in a process of its own: it is pure Python for seconds, and a thread would hold up every hop.

The process is made for one menu and gone afterwards. It is told the menu on its standard input and answers with the
compiled one, or with what is wrong; it gives way to whoever needs the processor more.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from flows.menu_vocabulary import starter_vocabulary
from gateway.errors import CompilerFailed
from menus.errors import MenuError
from menus.loader import load_source
from menus.sources import Source
from menus.table import CompiledMenu, compile_menu

LONGEST_COMPILE = 120.0
"""Seconds; a menu of 500 pages takes a few."""
_NICENESS = 10

Compile = Callable[[Source, str], Awaitable[CompiledMenu]]
"""From a source, and the version under which it was kept, to a menu. Raises MenuError, CompilerFailed."""


async def compile_apart(
    region: str, source: Source, version: str, *, longest: float = LONGEST_COMPILE
) -> CompiledMenu:
    """The compiled menu. Raises MenuError for one that this version cannot serve, CompilerFailed when it may next time.

    region: as in ``starter_vocabulary``. version: the menu's version from now on, however this Chasqui would digest it.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", __name__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(),
    )
    try:
        async with asyncio.timeout(longest):
            told, complaint = await process.communicate(_asked(region, source, version))
    except TimeoutError:
        raise CompilerFailed(f"compiling took more than {longest:g} seconds") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        raise CompilerFailed(f"the compiling process ended with status {process.returncode}: {last}")
    return await asyncio.to_thread(_heard, told)  # a thread gives way where the loop would not


def _environment() -> dict[str, str]:
    """Ours, so that the same modules are found."""
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path}


def _asked(region: str, source: Source, version: str) -> bytes:
    return json.dumps([region, source.file, dict(source.texts), version]).encode()


def _heard(told: bytes) -> CompiledMenu:
    answer: CompiledMenu | list[str] = pickle.loads(told)  # noqa: S301 - from our own process
    if isinstance(answer, list):
        raise MenuError(answer)
    return answer


def compiled(region: str, source: Source, version: str) -> CompiledMenu:
    """The same in this process. Raises MenuError."""
    return compile_menu(replace(load_source(source, starter_vocabulary(region)), version=version))


def _answer(asked: Any) -> CompiledMenu | list[str]:
    region, file, texts, version = asked
    try:
        return compiled(region, Source(file, texts), version)
    except MenuError as error:
        return list(error.problems)


def main() -> None:
    """Be the process."""
    os.nice(_NICENESS)
    answer = _answer(json.load(sys.stdin.buffer))
    sys.stdout.buffer.write(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))


if __name__ == "__main__":
    main()
