"""USSD over SMPP with peers that others wrote (npm ``smpp``): as the network's gateway, and as our SMSC's ESME."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fakes import ANA, NUMBERS, FakeClock, FakeInbox
from flows.values import Msisdn
from gateway.config.tree import UssdProfileConfig
from gateway.core.doors import Door
from gateway.core.ports import PushRequest, Shown
from gateway.simulators.smsc import SmscSimulator
from gateway.smpp.client import SmppClient
from gateway.smpp.settings import SmppSettings
from gateway.ussd.smpp_door import SmppDoor
from running import Town, configuration, running, simulators
from smpp_peers import SECONDS, Peer, installed, peer
from ussd_bind import FakeDesk

pytestmark = pytest.mark.peer
DOOR = '[[doors]]\nname = "claro"\ndialect = "smpp"\nbind = "smsc-a"\n'


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The peers' scripts with their package."""
    return installed(tmp_path_factory.mktemp("peer"))


@asynccontextmanager
async def gateway_and_network(scripts: Path, folder: Path, migrated: Path) -> AsyncIterator[tuple[Peer, Town]]:
    """A gateway whose only bind is to the peer."""
    shutil.copy(migrated, folder / "chasqui.db")
    async with AsyncExitStack() as stack:
        network = await stack.enter_async_context(peer(scripts, "ussd.js"))
        port = (await network.event("listening"))["port"]
        smsc, ocs = await stack.enter_async_context(simulators())
        file, clock = folder / "chasqui.toml", FakeClock()
        file.write_text(configuration(smsc=port, ocs=ocs.url, more=DOOR))
        gateway = await stack.enter_async_context(running(file, clock))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        here = Town(gateway, smsc, ocs, http, clock)
        await here.bound()
        yield network, here


async def hop(network: Peer, text: str, op: int = 18, info: str = "0700") -> dict[str, Any]:
    """What a phone says, taken, and the screen that follows."""
    network.send(**{"from": ANA, "service": "*123#", "op": op, "info": info, "text": text})
    assert (await network.event("taken"))["status"] == 0
    return await network.event("screen")


async def test_a_bundle_is_bought_in_a_session_of_the_peers_and_charged_once(
    scripts: Path, tmp_path: Path, migrated: Path
) -> None:
    """Begun by PSSR indication, asked by USSR, ended by PSSR response; then a text on the same bind."""
    async with gateway_and_network(scripts, tmp_path, migrated) as (network, here):
        begun = await hop(network, "*123#", 1)
        assert (begun["op"], begun["info"], begun["data_coding"]) == (2, "0700", 0x0F)
        assert (begun["source"], begun["destination"], begun["service_type"]) == ("*123#", ANA, "USSD")
        for text in ("2", "4"):
            assert (await hop(network, text))["op"] == 2
        last = await hop(network, "1")
        assert (last["op"], last["info"]) == (17, "0701")
        assert "1 GB" in last["text"]
        assert "1 GB" in (await network.event("text"))["text"]
        assert len(await here.ledger(ANA)) == 1


async def test_a_hop_that_the_peer_delivers_twice_is_answered_twice_alike(
    scripts: Path, tmp_path: Path, migrated: Path
) -> None:
    """And buys once."""
    async with gateway_and_network(scripts, tmp_path, migrated) as (network, here):
        for text, op in (("*123#", 1), ("2", 18), ("4", 18)):
            await hop(network, text, op)
        first, second = await hop(network, "1"), await hop(network, "1")
        assert first == second
        assert len(await here.ledger(ANA, 1)) == 1


async def test_the_peer_releases_a_session(scripts: Path, tmp_path: Path, migrated: Path) -> None:
    """By the end bit; the next dial begins anew."""
    async with gateway_and_network(scripts, tmp_path, migrated) as (network, here):
        begun = await hop(network, "*123#", 1)
        network.send(**{"from": ANA, "service": "*123#", "op": 18, "info": "0701", "text": ""})
        assert (await network.event("taken"))["status"] == 0
        assert 'outcome="ended_incomplete"' in await here.metrics()
        assert (await hop(network, "*123#", 1, "0800"))["text"] == begun["text"]


async def test_a_screen_is_pushed_to_the_peer_and_answered(scripts: Path) -> None:
    """USSR request, USSR confirm, and the session goes on."""
    desk = FakeDesk()
    desk.gate.set()
    async with peer(scripts, "ussd.js") as network:
        port = (await network.event("listening"))["port"]
        client = SmppClient(SmppSettings("peer", "127.0.0.1", port, "menu", "secret", numbers=NUMBERS), FakeInbox())
        door = SmppDoor(client, desk, Door("claro", "smpp"), UssdProfileConfig("standard"), (3, 0, "12345"))
        client.ussd = door
        await client.start()
        try:
            async with asyncio.timeout(SECONDS):
                await client.wait_ready()
            door.open()
            session = door.pusher.new_session(Msisdn(ANA))
            push = asyncio.create_task(door.pusher.push(PushRequest(session, Msisdn(ANA), "¿1 GB por $3.000?", True)))
            screen = await network.event("screen")
            assert (screen["op"], screen["source"], screen["destination"]) == (2, "12345", ANA)
            desk.last = 1
            last = await hop(network, "1", info=screen["info"])
            assert (last["text"], last["op"]) == ("screen 1", 17)
            assert await push == Shown()
            assert (desk.hops[0].session, desk.hops[0].said.text) == (session, "1")
        finally:
            await door.close()
            await client.stop()


async def test_the_peer_serves_phones_of_our_smsc(scripts: Path) -> None:
    """It is dialled, answered, and pushes a notification that the phone confirms."""
    simulator = SmscSimulator(0, 0)
    await simulator.start()
    try:
        async with peer(scripts, "esme.js", str(simulator.port)) as esme:
            assert (await esme.event("bound"))["status"] == 0
            number, _ = await simulator.ussd.dial(ANA, "*123#")
            assert (await esme.event("heard"))["text"] == "*123#"
            assert (await esme.event("shown"))["status"] == 0
            await simulator.ussd.answer(ANA, number, "4")
            heard = await esme.event("heard")
            assert (heard["op"], heard["info"], heard["text"]) == (18, f"{number:02x}02", "4")
            assert (await esme.event("shown"))["status"] == 0
            assert [(one["text"], one["ends"]) for one in simulator.ussd.screens] == [
                ("Hola", False),
                ("Dijiste 4", True),
            ]
            fields = {"source_addr": "12345", "destination_addr": ANA, "short_message": "Hola otra vez"}
            esme.send(**fields, ussd_service_op=3, its_session_info="6300")
            confirmed = await esme.event("heard")
            assert (confirmed["op"], confirmed["info"]) == (19, "6300")
            assert simulator.ussd.screens[-1]["pushed"]
    finally:
        await simulator.stop()
