"""A gateway that is killed (``kill -9``) while it tells an event, and started again."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from listener import listening

from fakes import ANA, eventually
from running import PATIENCE, configuration, free_port, simulators

_ROOT = Path(__file__).parent.parent.parent


@asynccontextmanager
async def _gateway(file: Path, url: str, http: aiohttp.ClientSession) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process, once it is ready; killed at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.cli", "serve", "--config", str(file), "--log-level", "error"), cwd=_ROOT
    )

    async def ready() -> bool:
        try:
            async with http.get(f"{url}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    try:
        await eventually(ready, PATIENCE)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_killed_before_the_answer_an_event_is_told_again_under_the_same_id(
    tmp_path: Path, migrated: Path
) -> None:
    """At least once, with the same body; and what was answered before is not told again."""
    shutil.copy(migrated, tmp_path / "chasqui.db")
    port, file = free_port(), tmp_path / "chasqui.toml"
    url = f"http://127.0.0.1:{port}"
    event = {
        "specversion": "1.0",
        "id": "evt-1",
        "source": "ocs/test",
        "type": "bundle.depleting",
        "time": datetime.now(UTC).isoformat(),
        "subject": f"+{ANA}",
        "data": {"bundle": {"id": "b-1", "unit": "byte", "initial": 1 << 30, "remaining": 1 << 26}, "threshold": 0.1},
    }
    headers = {"Content-Type": "application/cloudevents+json"}
    async with simulators() as (smsc, ocs), listening() as app, aiohttp.ClientSession() as http:
        file.write_text(configuration(smsc=smsc.port, ocs=ocs.url, port=port, more=app.endpoint("app")))
        app.go.clear()
        async with _gateway(file, url, http) as process:
            async with http.post(f"{url}/triggers", json=event, headers=headers) as answer:
                assert answer.status == 202
            await app.hears("offer.made")
            process.kill()
            await process.wait()
        app.go.set()
        async with _gateway(file, url, http):
            await eventually(lambda: len(app.heard) == 2, PATIENCE)
            first, second = app.heard
            assert (first.id, first.body) == (second.id, second.body)
            await smsc.send_mo(ANA, "12345", "1")
            await eventually(lambda: "order.confirmed" in app.types, PATIENCE)
        told = [one.document["type"] for one in app.heard]
        assert told.count("offer.made") == 2
        assert sorted(app.types) == ["offer.accepted", "offer.made", "order.confirmed"]
