"""Plays the scenes on a stage of separate processes; whatever happens, none of them is left behind."""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from time import monotonic
from typing import TextIO

import aiohttp

from gateway.simulators.demo.person import Show
from gateway.simulators.demo.processes import NotStarted
from gateway.simulators.demo.scenes import SCENES, Scene
from gateway.simulators.demo.stage import Stage
from gateway.simulators.demo.transcript import Transcript
from gateway.simulators.demo.waiting import CheckFailed, until
from gateway.simulators.demo.wires import UnexpectedAnswer, Wires

INTERRUPTED = 130
_LOG_LINES = 20
_CALL_SECONDS = 30.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FAILURES = (CheckFailed, NotStarted, UnexpectedAnswer, aiohttp.ClientError, TimeoutError)


async def play(out: TextIO, *, keep: bool = False, colour: bool = False, scenes: Sequence[Scene] = SCENES) -> int:
    """Play all scenes; the exit status: 0, or 1 at the first check that fails, or 130 when interrupted.

    keep: leave the folder with the database, the logs and the configuration.
    """
    if isinstance(out, TextIOWrapper):
        out.reconfigure(errors="replace")  # a terminal without arrows is no reason to fail
    transcript = Transcript(out, colour=colour)
    folder = Path(tempfile.mkdtemp(prefix="chasqui-demo-"))
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    for number in _SIGNALS:
        loop.add_signal_handler(number, task.cancel)
    try:
        return await _play(Stage(folder), transcript, scenes)
    except asyncio.CancelledError:
        transcript.say("interrupted; everything is stopped")
        return INTERRUPTED
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        if keep:
            transcript.quote(f"database, logs and configuration: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


async def _play(stage: Stage, transcript: Transcript, scenes: Sequence[Scene]) -> int:
    began, failure = monotonic(), ""
    try:
        await _scenes(stage, transcript, scenes)
    except _FAILURES as error:
        failure = str(error) or type(error).__name__
    finally:
        await stage.stop()
    transcript.say("")
    if not failure:
        transcript.say(f"{len(scenes)} scenes played, every check held, {monotonic() - began:.1f} s.")
        return 0
    transcript.failed(failure)
    for process in stage.processes:
        lines = process.tail(_LOG_LINES)
        if lines:
            transcript.say(f"The end of the log of the {process.name}:")
        for line in lines:
            transcript.quote(line)
    return 1


async def _scenes(stage: Stage, transcript: Transcript, scenes: Sequence[Scene]) -> None:
    transcript.say("Chasqui: five processes on this machine, market co, all over the real wires.")
    await stage.start()
    transcript.say(f"SMSC simulators pid {stage.smsc.pid} and pid {stage.second.pid},")
    transcript.say(f"aggregator simulator pid {stage.aggregator.pid} (Africa's Talking, over HTTP),")
    transcript.say(f"OCS simulator pid {stage.ocs.pid} (TM Forum),")
    transcript.say(f"gateway pid {stage.gateway.pid}, {stage.gateway_url}, SQLite.")
    timeout = aiohttp.ClientTimeout(total=_CALL_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        show = Show(stage, Wires(session, stage), transcript)

        async def ready() -> bool | None:
            return await show.wires.ready() or None

        await until(ready, "/readyz")
        for scene in scenes:
            transcript.scene(scene.title)
            await scene.play(show)
