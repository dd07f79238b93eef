"""The ESME against an SMSC that others wrote (npm ``smpp``)."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeInbox, submitted
from flows.values import Msisdn, Purpose
from gateway.core.ports import MobileOriginated, ShortMessage, Submitted
from gateway.smpp.client import SmppClient
from gateway.smpp.settings import SmppSettings

pytestmark = pytest.mark.peer
_SCRIPT = Path(__file__).parent / "smpp-peer"
_SECONDS = 10


@pytest.fixture(scope="module")
def peer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the peer's script with its package installed."""
    if not (shutil.which("node") and shutil.which("npm")):
        if os.environ.get("CHASQUI_REQUIRE_PEERS") == "1":
            pytest.fail("node and npm are required")
        pytest.skip("node or npm is absent")
    folder = tmp_path_factory.mktemp("peer") / "smpp-peer"
    shutil.copytree(_SCRIPT, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = ["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        if os.environ.get("CHASQUI_REQUIRE_PEERS") == "1":
            pytest.fail(f"npm ci: {done.stderr}")
        pytest.skip("npm ci did not work (no registry?)")
    return folder


class Peer:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def event(self, name: str) -> dict[str, Any]:
        """The next event called ``name``."""
        assert self._process.stdout is not None
        async with asyncio.timeout(_SECONDS):
            while True:
                event: dict[str, Any] = json.loads(await self._process.stdout.readline())
                if event["event"] == name:
                    return event

    def send(self, sender: str, service: str, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"from": sender, "to": service, "text": text}).encode() + b"\n")


@asynccontextmanager
async def peer_and_client(folder: Path) -> AsyncIterator[tuple[Peer, SmppClient, FakeInbox]]:
    """A client bound to a fresh peer."""
    process = await asyncio.create_subprocess_exec(
        "node", "smsc.js", cwd=folder, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    peer, sink = Peer(process), FakeInbox()
    try:
        port = (await peer.event("listening"))["port"]
        settings = SmppSettings("peer", "127.0.0.1", port, "chasqui", "longer-than-eight", source="12345")
        client = SmppClient(settings, sink)
        await client.start()
        try:
            async with asyncio.timeout(_SECONDS):
                await client.wait_ready()
            yield peer, client, sink
        finally:
            await client.stop()
    finally:
        process.kill()
        await process.communicate()


def a_text(text: str) -> ShortMessage:
    """An alert with this text."""
    return ShortMessage("m-1", "", Msisdn("573001112233"), text, Purpose.ALERT)


async def test_the_peer_accepts_the_bind_with_a_long_password(peer_folder: Path) -> None:
    """A password of more than eight characters reaches the SMSC whole."""
    async with peer_and_client(peer_folder) as (peer, _, _):
        assert await peer.event("bound") == {
            "event": "bound",
            "system_id": "chasqui",
            "password": "longer-than-eight",
        }


@pytest.mark.parametrize(
    ("text", "read", "data_coding"),
    [
        ("Compre 1 GB por $3.000, mañana", "Compre 1 GB por $3.000, mañana", 0),
        ("Olá, você tem [1] €", "Ola, voce tem [1] €", 0),
        ("Приветствие", "Приветствие", 8),
    ],
)
async def test_the_peer_reads_one_part(peer_folder: Path, text: str, read: str, data_coding: int) -> None:
    """What the peer decodes is the text, transliterated only where GSM-7 needs it."""
    async with peer_and_client(peer_folder) as (peer, client, _):
        outcome = await submitted(client, a_text(text))
        seen = await peer.event("submit")
        assert outcome == Submitted("peer", (seen["id"],))
        assert (seen["text"], seen["data_coding"]) == (read, data_coding)
        assert (seen["source"], seen["destination"], seen["source_ton"], seen["dest_ton"]) == (
            "12345",
            "573001112233",
            3,
            1,
        )
        assert seen["registered_delivery"] == 1


@pytest.mark.parametrize(("text", "parts"), [("abcdefghij" * 40, 3), ("Привет🎉" * 20, 3)])
async def test_the_peer_gets_every_part_in_order_with_its_header(peer_folder: Path, text: str, parts: int) -> None:
    """The parts' headers count from one and their texts join to the whole."""
    async with peer_and_client(peer_folder) as (peer, client, _):
        outcome = await submitted(client, a_text(text))
        seen = [await peer.event("submit") for _ in range(parts)]
        assert outcome == Submitted("peer", tuple(event["id"] for event in seen))
        assert "".join(event["text"] for event in seen) == text
        assert [event["udh"][0][-4:] for event in seen] == [f"{parts:02x}{at:02x}" for at in range(1, parts + 1)]


async def test_the_peers_receipt_is_read_and_answered(peer_folder: Path) -> None:
    """A receipt with a hex error and a date with seconds comes through and is answered ROK."""
    async with peer_and_client(peer_folder) as (peer, client, sink):
        outcome = await submitted(client, a_text("hola"))
        assert isinstance(outcome, Submitted)
        async with asyncio.timeout(_SECONDS):
            receipt = await sink.receipts.get()
        assert (receipt.message_id, receipt.state, receipt.error) == (outcome.message_ids[0], "delivered", "0A1")
        assert receipt.done_at is not None
        assert receipt.done_at.second == 30
        assert (await peer.event("receipt_answered"))["status"] == 0


@pytest.mark.parametrize("text", ["1", "SÍ quiero mañana €", "да"])
async def test_a_text_from_the_peer_is_handed_on_and_answered(peer_folder: Path, text: str) -> None:
    """A deliver_sm in whatever coding the peer picks becomes an MO, answered ROK."""
    async with peer_and_client(peer_folder) as (peer, _, sink):
        peer.send("573001112233", "12345", text)
        async with asyncio.timeout(_SECONDS):
            assert await sink.texts.get() == MobileOriginated("peer", Msisdn("573001112233"), "12345", text)
        assert (await peer.event("mo_answered"))["status"] == 0


async def test_the_peer_sees_the_unbind(peer_folder: Path) -> None:
    """Stopping says unbind before the connection goes."""
    async with peer_and_client(peer_folder) as (peer, client, _):
        await client.stop()
        assert await peer.event("unbound")
        assert not client.bound
