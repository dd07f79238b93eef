"""``chasqui demo`` as somebody runs it: every scene, a check that fails, an interruption."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.simulators.demo.person import Person, Show
from gateway.simulators.demo.play import INTERRUPTED, play
from gateway.simulators.demo.scenes import SCENES, Scene
from gateway.simulators.demo.transcript import WIDTH

_SECONDS = 120
_PID = re.compile(r"\bpid (\d+)")
_MSISDN = re.compile(r"57300111\d{4}")
_WIRES = (
    "POST /ussd/africastalking",
    "POST /ussd/hubtel",
    "USSD over SMPP",
    "✓ the same confirm screen",
    "✓ that session is over",
    "SMPP 20 deliver_sm: ESME_ROK",
    "SMPP submit_sm op 2: nobody has dialled",
    "✓ 1 text sent, 1 delivered (receipts); 1",
    "✓ the text went at once",
    "by the first SMSC 4, by the second 8",
    "✓ 12 texts delivered (receipts)",
    "✓ exactly that one was bought",
    "✓ the alert goes alone",
    "✓ blacked out: nothing goes there",
    "POST /sms/africastalking: 200, 200",
    "✓ one text, whole and in order",
)
"""What USSD over every wire, a drop, a pushed screen, two SMSCs and an aggregator leave in the transcript."""


@asynccontextmanager
async def demo() -> AsyncIterator[asyncio.subprocess.Process]:
    """The command, gone at the end whatever happens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.cli", "demo", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def still_there(transcript: str) -> list[int]:
    """Which of the processes that a transcript names are still there, were it as zombies."""
    pids = [int(pid) for pid in _PID.findall(transcript)]
    assert len(pids) == 5
    return [pid for pid in pids if _exists(pid)]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_the_demonstration_plays_every_scene() -> None:
    """Exit status 0, every title, plain lines that fit, nobody's number, no process left."""
    async with demo() as process, asyncio.timeout(_SECONDS):
        out, err = await process.communicate()
    transcript = out.decode()
    assert (process.returncode, err.decode()) == (0, ""), transcript
    titles = [line for line in transcript.splitlines() if line.startswith("── ")]
    assert [title.strip("─ ") for title in titles] == [scene.title for scene in SCENES]
    assert transcript.splitlines()[-1].startswith(f"{len(SCENES)} scenes played, every check held")
    assert max(map(len, transcript.splitlines())) <= WIDTH
    assert "\x1b" not in transcript
    assert not _MSISDN.search(transcript)
    assert [words for words in _WIRES if words not in transcript] == []
    assert not still_there(transcript)


async def test_an_interruption_stops_everything() -> None:
    """Ctrl-C in the middle of a scene: exit status 130, and no process is left."""
    async with demo() as process, asyncio.timeout(_SECONDS):
        assert process.stdout is not None
        before = await process.stdout.readuntil(SCENES[0].title.encode())
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
    assert (process.returncode, err.decode()) == (INTERRUPTED, "")
    assert not still_there((before + out).decode())


async def _wrong(show: Show) -> None:
    person = Person(show, "573001119999")
    await person.texts("HELP")
    show.check("nonsense" in await person.gets(), "help is nonsense", "sense")


async def _killed_and_left(show: Show) -> None:
    await show.stage.gateway.kill()
    await Person(show, "573001119999").runs_low()


async def _raises(show: Show) -> None:
    raise KeyError("573001119999")


@pytest.mark.parametrize(
    ("scene", "words"),
    [(_wrong, "✗ FAILED: not so: help is nonsense; found sense"), (_killed_and_left, "✗ FAILED: Cannot connect")],
)
async def test_a_check_that_fails_is_told_with_the_gateways_log(
    scene: Callable[[Show], Awaitable[None]], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 1, one clear line, the end of the gateway's log, no later scene, no process left."""
    monkeypatch.setenv("CHASQUI_MARKET", "br")  # the demonstration minds its own configuration only
    out = io.StringIO()
    scenes = (Scene("x  Wrong", scene), Scene("y  Never", _raises))
    async with asyncio.timeout(_SECONDS):
        assert await play(out, scenes=scenes) == 1
    transcript = out.getvalue()
    assert words in transcript
    assert "The end of the log of the gateway:" in transcript
    assert "bind smsc-demo: bound" in transcript
    assert "y  Never" not in transcript
    assert "573001119999" not in transcript
    assert not still_there(transcript)


async def test_a_mistake_in_a_scene_leaves_no_process_behind() -> None:
    """An exception that nobody foresaw comes out, after everything is stopped."""
    out = io.StringIO()
    with pytest.raises(KeyError):
        await play(out, scenes=(Scene("x  Broken", _raises),))
    assert not still_there(out.getvalue())


async def test_the_folder_stays_only_when_asked_for() -> None:
    """keep leaves database, logs and configuration, and says where."""
    out = io.StringIO()
    assert await play(out, keep=True, scenes=()) == 0
    folder = Path(out.getvalue().splitlines()[-1].rpartition(" ")[2])
    try:
        assert {"demo.db", "demo.toml", "gateway.log"} <= {file.name for file in folder.iterdir()}
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
