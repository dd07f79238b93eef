"""A gateway that is killed (``kill -9``) while a screen is on a phone, and started again."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from restcomm_gateway import RestcommGateway, restcomm

from fakes import ANA, NUMBER, eventually
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.smsc import SmscSimulator
from running import PATIENCE, configuration, free_port, simulators

SOON, LATE = 15.0, 60.0
"""Seconds until the text behind a screen goes: long enough to be pushed to on a busy machine, or never in a test."""


@dataclass
class Place:
    """Everything around a gateway that is a process of its own."""

    folder: Path
    port: int
    smsc: SmscSimulator
    ocs: OcsSimulator
    network: RestcommGateway
    http: aiohttp.ClientSession

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """The process, once it answers and is bound; killed at the end of the block."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.cli", "serve", "--config", str(self.folder / "chasqui.toml")),
            *("--log-level", "error"),
            cwd=Path(__file__).parent.parent.parent,
        )
        try:
            await eventually(self._ready, PATIENCE)
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _ready(self) -> bool:
        try:
            async with self.http.get(f"http://127.0.0.1:{self.port}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def trigger(self) -> None:
        """Ana's bundle runs low."""
        event = {
            "specversion": "1.0",
            "id": "evt-1",
            "source": "ocs/test",
            "type": "bundle.depleting",
            "time": datetime.now(UTC).isoformat(),
            "subject": f"+{ANA}",
            "data": {
                "bundle": {"id": "b-1", "unit": "byte", "initial": 1 << 30, "remaining": 1 << 26},
                "threshold": 0.1,
            },
        }
        headers = {"Content-Type": "application/cloudevents+json"}
        async with self.http.post(f"http://127.0.0.1:{self.port}/triggers", json=event, headers=headers) as answer:
            assert answer.status == 202

    async def texts(self, number: int) -> list[str]:
        """What Ana's phone got, once there are so many."""
        async with asyncio.timeout(PATIENCE), self.smsc.news:
            await self.smsc.news.wait_for(lambda: len(self.smsc.messages) >= number)
        return self.got

    @property
    def got(self) -> list[str]:
        """What it got so far."""
        return [message["text"] for message in self.smsc.messages]

    async def charges(self) -> int:
        """How often Ana was charged."""
        async with self.http.get(f"{self.ocs.control_url}/ledger?msisdn={ANA}") as answer:
            return len((await answer.json())["items"])


@pytest.fixture
async def place(tmp_path: Path, migrated: Path, request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """Mexico, where a week's offers may come on any channel. param: seconds until the text behind a screen goes."""
    shutil.copy(migrated, tmp_path / "chasqui.db")
    port = free_port()
    async with AsyncExitStack() as stack:
        smsc, ocs = await stack.enter_async_context(simulators("mx"))
        network = await stack.enter_async_context(restcomm())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        door = f'[[doors]]\nname = "op"\ndialect = "restcomm"\nservice = "*123#"\npush_url = "{network.url}"\n'
        policy = f'channels = ["ussd", "sms"]\npush_hours = ""\npush_wait = {request.param}\n'
        text = configuration(smsc=smsc.port, ocs=ocs.url, market="mx", policy=policy, more=door)
        (tmp_path / "chasqui.toml").write_text(text.replace("port = 0\n", f"port = {port}\n", 1), encoding="utf-8")
        yield Place(tmp_path, port, smsc, ocs, network, http)


@pytest.mark.parametrize("place", [SOON], indirect=True)
async def test_killed_while_the_screen_is_there_the_text_goes_and_the_screen_does_not_come_again(place: Place) -> None:
    """What the phone shows may still be read; nobody hears its answer, and the text is answered instead."""
    place.network.hold.clear()
    async with place.gateway() as process:
        await place.trigger()
        await place.network.shown(1)
        process.kill()
        await process.wait()
    place.network.hold.set()
    async with place.gateway():
        assert "responde 1" in (await place.texts(1))[0]
        assert len(place.network.screens) == 1
        await place.smsc.send_mo(ANA, NUMBER, "1")
        assert (await place.texts(2))[1].startswith("Listo: ")
        assert (await place.charges(), len(place.network.screens)) == (1, 1)


@pytest.mark.parametrize("place", [LATE], indirect=True)
async def test_killed_after_the_yes_there_is_no_text_and_one_charge(place: Place) -> None:
    """The order goes on; its confirmation, perhaps repeated, is all that comes by itself."""
    async with place.gateway() as process:
        await place.trigger()
        await place.network.shown(2)
        process.kill()
        await process.wait()
    async with place.gateway():
        assert (await place.texts(1))[0].startswith("Listo: ")
        await place.smsc.send_mo(ANA, NUMBER, "1")
        await eventually(lambda: any(text.startswith("Ya compraste") for text in place.got), PATIENCE)
        assert await place.charges() == 1
        assert not any("responde 1" in text for text in place.got)
