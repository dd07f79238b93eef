"""Compiling a menu in a process of its own: it is pure Python for seconds, and a thread would hold up every hop.

The process is made for one menu and gone afterwards. It is told the menu on its standard input and answers with the
compiled one, or with what is wrong; it gives way to whoever needs the processor more. It is told first which Chasqui
asks: one that was upgraded meanwhile would answer with classes that the asking one does not have.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import pickle
import sys
from dataclasses import replace
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, Protocol

from flows.menu_vocabulary import starter_vocabulary
from gateway.errors import CompilerFailed
from menus.errors import MenuError
from menus.loader import load_source
from menus.sources import Source
from menus.table import CompiledMenu, compile_menu

LONGEST_COMPILE = 120.0
"""Seconds; a menu of 500 pages takes a few."""
CHASQUI = version_of("chasqui")
"""Of the code that is running, whatever is installed by now."""
_UPGRADED = 75
"""The process's exit status when it is of another Chasqui."""
_NICENESS = 19
_PAGES_AT_ONCE, _BREATH = 10, 0.002


class Compile(Protocol):
    """From a source, and the version under which it was kept, to a menu."""

    async def __call__(self, source: Source, version: str, *, gently: bool) -> CompiledMenu:
        """Raises MenuError, CompilerFailed."""
        ...


async def compile_apart(
    region: str, source: Source, version: str, *, gently: bool, longest: float = LONGEST_COMPILE
) -> CompiledMenu:
    """The compiled menu. Raises MenuError for one that this version cannot serve, CompilerFailed when it may next time.

    region: as in ``starter_vocabulary``. version: the menu's version from now on, however this Chasqui would digest it.
    gently: hops are being answered meanwhile.
    """
    process = await _started()
    try:
        async with asyncio.timeout(longest):
            told, complaint = await process.communicate(_asked(region, source, version, gently=gently))
    except TimeoutError:
        raise CompilerFailed(f"compiling took more than {longest:g} seconds") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == _UPGRADED:
        raise CompilerFailed("Chasqui was upgraded; restart the gateway")
    if process.returncode:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        raise CompilerFailed(f"the compiling process ended with status {process.returncode}: {last}")
    try:
        return await _unpickled(told)
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, TypeError, ValueError, IndexError) as error:
        raise CompilerFailed(f"the compiling process gave no answer that can be read: {error}") from None


async def _started() -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            __name__,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
        )
    except OSError as error:
        raise CompilerFailed(f"no process can be started: {error.strerror}") from None


def _environment() -> dict[str, str]:
    """Ours, so that the same modules are found."""
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path}


def _asked(region: str, source: Source, version: str, *, gently: bool) -> bytes:
    return json.dumps([CHASQUI, gently, region, source.file, dict(source.texts), version]).encode()


def _pickled(answer: CompiledMenu | list[str]) -> bytes:
    """Page by page and then the whole, which refers to the pages."""
    told = io.BytesIO()
    pickler = pickle.Pickler(told, pickle.HIGHEST_PROTOCOL)
    pages = [] if isinstance(answer, list) else list(answer.menu.pages.values())
    for piece in (len(pages), *pages, answer):
        pickler.dump(piece)
    return told.getvalue()


async def _unpickled(told: bytes) -> CompiledMenu:
    """Hops are answered between some pages and the next: in one piece they would wait for tens of milliseconds."""
    unpickler = pickle.Unpickler(io.BytesIO(told))  # noqa: S301 - from our own process
    for at in range(unpickler.load()):
        unpickler.load()
        if at % _PAGES_AT_ONCE == 0:
            await asyncio.sleep(_BREATH)
    answer: CompiledMenu | list[str] = unpickler.load()
    if isinstance(answer, list):
        raise MenuError(answer)
    return answer


def compiled(region: str, source: Source, version: str) -> CompiledMenu:
    """The same in this process. Raises MenuError."""
    return compile_menu(replace(load_source(source, starter_vocabulary(region)), version=version))


def _answer(asked: Any) -> CompiledMenu | list[str]:
    gently, region, file, texts, version = asked
    if gently:
        _give_way()
    try:
        return compiled(region, Source(file, texts), version)
    except MenuError as error:
        return list(error.problems)


def _give_way() -> None:
    """Run when nobody else wants to. With a low priority alone, who wakes up would wait for milliseconds each time."""
    os.nice(_NICENESS)
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def main() -> None:
    """Be the process."""
    asking, *asked = json.load(sys.stdin.buffer)
    if asking != CHASQUI:
        sys.exit(_UPGRADED)
    answer = _answer(asked)
    sys.stdout.buffer.write(_pickled(answer))


if __name__ == "__main__":
    main()
