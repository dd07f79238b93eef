"""The ESME against an SMSC that others wrote (npm ``smpp``)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fakes import NUMBERS, FakeInbox, submitted
from flows.values import Msisdn, Purpose
from gateway.core.ports import MobileOriginated, ShortMessage, Submitted
from gateway.smpp.client import SmppClient
from gateway.smpp.settings import SmppSettings
from smpp_peers import SECONDS, Peer, installed, peer

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def peer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The peer's script with its package."""
    return installed(tmp_path_factory.mktemp("peer"))


@asynccontextmanager
async def peer_and_client(folder: Path) -> AsyncIterator[tuple[Peer, SmppClient, FakeInbox]]:
    """A client bound to a fresh peer."""
    sink = FakeInbox()
    async with peer(folder, "smsc.js") as smsc:
        port = (await smsc.event("listening"))["port"]
        settings = SmppSettings("peer", "127.0.0.1", port, "chasqui", "longer-than-eight", numbers=NUMBERS)
        client = SmppClient(settings, sink)
        await client.start()
        try:
            async with asyncio.timeout(SECONDS):
                await client.wait_ready()
            yield smsc, client, sink
        finally:
            await client.stop()


def a_text(text: str) -> ShortMessage:
    """An alert with this text."""
    return ShortMessage("m-1", "", Msisdn("573001112233"), text, Purpose.ALERT)


async def test_the_peer_accepts_the_bind_with_a_long_password(peer_folder: Path) -> None:
    """A password of more than eight characters reaches the SMSC whole."""
    async with peer_and_client(peer_folder) as (smsc, _, _):
        assert await smsc.event("bound") == {
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
    async with peer_and_client(peer_folder) as (smsc, client, _):
        outcome = await submitted(client, a_text(text))
        seen = await smsc.event("submit")
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
    async with peer_and_client(peer_folder) as (smsc, client, _):
        outcome = await submitted(client, a_text(text))
        seen = [await smsc.event("submit") for _ in range(parts)]
        assert outcome == Submitted("peer", tuple(event["id"] for event in seen))
        assert "".join(event["text"] for event in seen) == text
        assert [event["udh"][0][-4:] for event in seen] == [f"{parts:02x}{at:02x}" for at in range(1, parts + 1)]


async def test_the_peers_receipt_is_read_and_answered(peer_folder: Path) -> None:
    """A receipt with a hex error and a date with seconds comes through and is answered ROK."""
    async with peer_and_client(peer_folder) as (smsc, client, sink):
        outcome = await submitted(client, a_text("hola"))
        assert isinstance(outcome, Submitted)
        async with asyncio.timeout(SECONDS):
            receipt = await sink.receipts.get()
        assert (receipt.message_id, receipt.state, receipt.error) == (outcome.message_ids[0], "delivered", "0A1")
        assert receipt.done_at is not None
        assert receipt.done_at.second == 30
        assert (await smsc.event("receipt_answered"))["status"] == 0


@pytest.mark.parametrize("text", ["1", "SÍ quiero mañana €", "да"])
async def test_a_text_from_the_peer_is_handed_on_and_answered(peer_folder: Path, text: str) -> None:
    """A deliver_sm in whatever coding the peer picks becomes an MO, answered ROK."""
    async with peer_and_client(peer_folder) as (smsc, _, sink):
        smsc.send(**{"from": "573001112233", "to": "12345", "text": text})
        async with asyncio.timeout(SECONDS):
            assert await sink.texts.get() == MobileOriginated("peer", Msisdn("573001112233"), "12345", text)
        assert (await smsc.event("mo_answered"))["status"] == 0


async def test_the_peer_sees_the_unbind(peer_folder: Path) -> None:
    """Stopping says unbind before the connection goes."""
    async with peer_and_client(peer_folder) as (smsc, client, _):
        await client.stop()
        assert await smsc.event("unbound")
        assert not client.bound
