"""The ESME against an SMSC that others wrote (npm ``smpp``)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from certificates import authority, signed

from fakes import NUMBERS, FakeInbox, submitted
from flows.values import Msisdn, Purpose
from gateway.app.tls import bind_tls
from gateway.config.tree import Config, SmppConfig
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
async def peer_and_client(
    folder: Path, *arguments: str, ssl_context: ssl.SSLContext | None = None, **changes: Any
) -> AsyncIterator[tuple[Peer, SmppClient, FakeInbox]]:
    """A client with these settings and a fresh peer; bound, unless it waits to be asked."""
    sink = FakeInbox()
    async with peer(folder, "smsc.js", *arguments) as smsc:
        port = (await smsc.event("listening"))["port"]
        settings = SmppSettings("peer", "127.0.0.1", port, "chasqui", "longer-than-eight", numbers=NUMBERS)
        client = SmppClient(replace(settings, **changes), sink, ssl_context=ssl_context)
        await client.start()
        try:
            if changes.get("bind") != "receiver":
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
            "as": "bind_transceiver",
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


async def test_the_peer_tells_what_became_of_a_text_and_takes_it_back(peer_folder: Path) -> None:
    """query_sm and cancel_sm, once each; what it does not have it refuses."""
    async with peer_and_client(peer_folder) as (smsc, client, _):
        outcome = await submitted(client, a_text("hola"))
        assert isinstance(outcome, Submitted)
        (message_id,) = outcome.message_ids
        receipt = await client.query(message_id, "12345")
        asked = await smsc.event("queried")
        assert (asked["id"], asked["source"], asked["source_ton"]) == (message_id, "12345", 3)
        assert receipt is not None
        assert (receipt.message_id, receipt.state) == (message_id, "delivered")
        assert receipt.done_at == datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
        assert [await client.cancel(message_id, "12345", Msisdn("573001112233")) for _ in range(2)] == [True, False]
        asked = await smsc.event("cancelled")
        assert (asked["id"], asked["destination"], asked["dest_ton"]) == (message_id, "573001112233", 1)
        assert await client.query("unknown", "12345") is None


async def test_a_data_sm_of_the_peer_is_a_text(peer_folder: Path) -> None:
    """And its alert_notification is taken note of."""
    async with peer_and_client(peer_folder) as (smsc, client, sink):
        smsc.send(**{"command": "alert_notification", "from": "573001112233", "to": "12345"})
        smsc.send(**{"command": "data_sm", "from": "573001112233", "to": "12345", "text": "SI"})
        async with asyncio.timeout(SECONDS):
            assert (await sink.texts.get()).text == "SI"
        assert (await smsc.event("mo_answered"))["status"] == 0
        assert client.counters.alerts == 1


async def test_a_long_text_of_the_peer_is_answered_part_by_part(peer_folder: Path) -> None:
    """Each with ROK."""
    async with peer_and_client(peer_folder) as (smsc, client, _):
        smsc.send(**{"from": "573001112233", "to": "12345", "parts": ["quiero ", "comprar"]})
        assert [(await smsc.event("mo_answered"))["status"] for _ in range(2)] == [0, 0]
        assert client.counters.inbound.parts == 2


@pytest.mark.parametrize(("bind", "bound_as"), [("receiver", "bind_receiver"), ("transceiver", "bind_transceiver")])
async def test_the_peer_asks_for_a_bind(peer_folder: Path, bind: str, bound_as: str) -> None:
    """outbind on a connection that it makes; then it delivers there."""
    async with peer_and_client(peer_folder, bind=bind, outbind_port=0) as (smsc, client, sink):
        if bind == "transceiver":
            await smsc.event("bound")
        smsc.send(command="outbind", port=client.outbind_port, system_id="chasqui", password="longer-than-eight")
        assert (await smsc.event("bound"))["as"] == bound_as
        smsc.send(**{"from": "573001112233", "to": "12345", "text": "SI"})
        async with asyncio.timeout(SECONDS):
            assert (await sink.texts.get()).text == "SI"
        assert (await smsc.event("mo_answered"))["status"] == 0


async def test_the_peer_and_we_know_each_other_by_certificates(peer_folder: Path, tmp_path: Path) -> None:
    """A private authority, and a certificate of ours."""
    ca = authority(tmp_path, "ca")
    theirs, ours = signed(tmp_path, "theirs", ca), signed(tmp_path, "ours", ca)
    files = [str(file) for file in (theirs.certificate_file, theirs.key_file, ca.certificate_file)]
    bind = SmppConfig(
        "peer",
        "127.0.0.1",
        tls=True,
        tls_ca=ca.certificate_file.name,
        tls_certificate=ours.certificate_file.name,
        tls_key=ours.key_file.name,
    )
    context = bind_tls(Config(folder=tmp_path), bind).client
    async with peer_and_client(peer_folder, *files, ssl_context=context, tls=True) as (smsc, client, _):
        outcome = await submitted(client, a_text("hola"))
        assert outcome == Submitted("peer", ((await smsc.event("submit"))["id"],))
