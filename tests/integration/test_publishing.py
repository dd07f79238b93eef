"""A real gateway, real dialogues, and an operator who publishes and rolls back while they go on."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp

from fakes import eventually
from menu_versions import source

_HOUSE = Path(__file__).parent.parent.parent
_PATIENCE = 60.0
_DIALOGUE = ("", "1", "1*0", "1*0*2", "1*0*2*9", "1*0*2*9*00")
"""Dial, shop, back, help, a mistake, home."""
_PAGES = ("home", "shop", "home", "help", "help", "home")
_AT_ONCE = 8
_THINKING = 0.02
"""Seconds between a screen and the answer: people are not that quick either."""
_MARK = re.compile(r"\b(one|two)\b")


class Phones:
    """People who dial all the time. shown: for each session that has ended its screens; failed: what was no screen."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.shown: list[Sequence[str]] = []
        self.failed: list[str] = []
        self.stopped = False
        self._began = 0

    async def talk(self, http: aiohttp.ClientSession) -> None:
        """One session after the other until ``stopped``."""
        while not self.stopped:
            self._began += 1
            session, number = f"s-{self._began}", f"+57300{self._began % 40:07}"
            self.shown.append([await self._hop(http, session, number, text) for text in _DIALOGUE])

    async def _hop(self, http: aiohttp.ClientSession, session: str, number: str, text: str) -> str:
        form = {"sessionId": session, "phoneNumber": number, "networkCode": "1", "serviceCode": "*123#", "text": text}
        async with http.post(f"{self._url}/ussd/africastalking", data=form) as answer:
            shown = await answer.text()
        await asyncio.sleep(_THINKING)
        if answer.status != 200 or not shown.startswith("CON "):
            self.failed.append(shown)
        return shown

    async def until_new_sessions_show(self, *marks: str) -> None:
        """Wait until sessions that end from now on have begun in each of these versions."""
        known = len(self.shown)

        def all_seen() -> bool:
            return {mark for screens in self.shown[known:] for mark in _marks(screens[:1])} >= set(marks)

        await eventually(all_seen, _PATIENCE)


@asynccontextmanager
async def _serving(folder: Path) -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.cli", "serve", "--config", str(folder / "chasqui.toml")),
        cwd=_HOUSE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(_PATIENCE):
            greeting = (await process.stdout.readline()).decode()
        found = re.search(r"http://[0-9.:]+", greeting)
        assert found, greeting
        yield found.group()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _menus(folder: Path, *arguments: str) -> None:
    """``chasqui menus``, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.cli", "menus", *arguments, "--config", str(folder / "chasqui.toml")),
        cwd=_HOUSE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(_PATIENCE):
        told, _ = await process.communicate()
    assert process.returncode == 0, told


def _marks(screens: Sequence[str]) -> set[str]:
    """The versions that these screens are of."""
    return {mark for screen in screens for mark in _MARK.findall(screen)}


async def test_publishing_drops_no_session_and_shows_nobody_a_mix(tmp_path: Path) -> None:
    """New sessions see the new version within seconds; each session sees one version alone, whatever happens."""
    (tmp_path / "menus").mkdir()
    (tmp_path / "menus" / "main.yaml").write_text(source("one").text, encoding="utf-8")
    (tmp_path / "two.yaml").write_text(source("two").text, encoding="utf-8")
    (tmp_path / "chasqui.toml").write_text("[server]\nport = 0\nmetrics_port = 0\n[menus]\npath = 'menus'\n")
    async with _serving(tmp_path) as url, aiohttp.ClientSession() as http:
        phones = Phones(url)
        talking = [asyncio.ensure_future(phones.talk(http)) for _ in range(_AT_ONCE)]
        await phones.until_new_sessions_show("one")
        two = str(tmp_path / "two.yaml")
        for arguments, mark in ((("publish", two), "two"), (("rollback", "main"), "one"), (("publish", two), "two")):
            await _menus(tmp_path, *arguments)
            await phones.until_new_sessions_show(mark)
        await _menus(tmp_path, "rollback", "main")
        await _menus(tmp_path, "publish", two, "--arms", "b=50")
        await phones.until_new_sessions_show("one", "two")
        phones.stopped = True
        await asyncio.gather(*talking)
    assert phones.failed == []
    for screens in phones.shown:
        (mark,) = _marks(screens)
        assert all(f"{mark} {page}" in screen for screen, page in zip(screens, _PAGES, strict=True))
    _turns_tell_one_arm_a_session(tmp_path)


def _turns_tell_one_arm_a_session(folder: Path) -> None:
    query = "SELECT count(*), count(DISTINCT version), count(DISTINCT arm), min(arm) FROM turns GROUP BY session"
    with closing(sqlite3.connect(folder / "chasqui.db")) as database:
        sessions = database.execute(query).fetchall()
    assert {(turns, versions, arms) for turns, versions, arms, _ in sessions} == {(len(_DIALOGUE), 1, 1)}
    assert {arm for *_, arm in sessions} == {"", "a", "b"}
