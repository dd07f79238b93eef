"""The main job with CGRateS behind it: a bundle runs low, the person answers 1, and is charged once."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from fakes import ANA, BEN, NUMBER, FakeClock, eventually
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.ocs_faults import Faults
from gateway.simulators.smsc import SmscSimulator
from running import PATIENCE, Town, configuration, free_port, running, simulators

OPENING = 1_000_000
ROOT = Path(__file__).parent.parent.parent


def written(folder: Path, smsc: SmscSimulator, ocs: OcsSimulator, port: int = 0) -> Path:
    """A configuration with CGRateS at the simulator's port."""
    text = configuration(smsc=smsc.port, ocs=ocs.url, port=port)
    file = folder / "chasqui.toml"
    file.write_text(text.replace('kind = "tmf"', 'kind = "cgrates"\ntimeout = 0.5'), encoding="utf-8")
    return file


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia that asks a CGRateS engine."""
    shutil.copy(migrated, tmp_path / "chasqui.db")
    clock = FakeClock(datetime.now(UTC).replace(hour=15))  # bundles expire by the engine's own clock
    async with AsyncExitStack() as stack:
        smsc, ocs = await stack.enter_async_context(simulators())
        gateway = await stack.enter_async_context(running(written(tmp_path, smsc, ocs), clock))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        town = Town(gateway, smsc, ocs, http, clock)
        await town.bound()
        yield town


async def test_a_yes_is_charged_once_and_leaves_its_marker(it: Town) -> None:
    """The confirmation tells the new balance, and the bundle is what a gigabyte is in the engine's units."""
    offer = await it.offer()
    it.clock.advance(seconds=1)
    await it.smsc.send_mo(ANA, NUMBER, "1", repeat=5)
    told = (await it.texts(ANA, 2))[1]
    (charge,) = await it.ledger(ANA, 1)
    (order,) = await it.items("orders")
    assert told.startswith("Listo: ")
    assert charge["amount"] == offer["price"]["amount"]
    assert (order["state"], order["key"]) == ("confirmed", charge["key"])
    body = {"id": 1, "method": "APIerSv2.GetAccount", "params": [{"Tenant": "cgrates.org", "Account": ANA}]}
    async with it.http.post(f"{it.ocs.url}/jsonrpc", json=body) as answer:
        held = (await answer.json())["result"]["BalanceMap"]
    (marker,) = held["*order"]
    assert (marker["ID"], marker["Value"], marker["Disabled"]) == (order["key"], 1_000_000_001.5, True)
    assert order["ocs_reference"] == marker["Uuid"]
    assert [one["ID"] for one in held["*data"]] == [order["key"]]


@pytest.mark.parametrize(
    ("path", "body", "what"),
    [
        ("top-ups", {"pin": "123456789012"}, "a top-up by voucher"),
        ("advances", {"advance": "advance-small"}, "airtime in advance"),
        ("transfers", {"to": BEN, "amount": 200_000}, "a transfer of balance"),
    ],
)
async def test_what_the_engine_cannot_do_is_refused_at_once_and_nothing_is_kept(
    it: Town, path: str, body: dict[str, object], what: str
) -> None:
    """409 with a line that says what and over what; not an order that is declined later."""
    status, problem = await it.call("POST", f"subscribers/{ANA}/{path}", body, role="app", Idempotency_Key="key-1")
    assert (status, problem["code"]) == (409, "not-offered")
    assert problem["detail"] == f"{what} cannot be asked for over CGRateS; nothing was ordered"
    wish = {"out_of_bundle": True}
    status, problem = await it.call("PUT", f"subscribers/{ANA}/preferences", wish, role="app")
    assert (status, problem["code"]) == (409, "not-offered")
    assert await it.items("orders") == []


async def test_a_gift_is_refused_at_once_and_the_offer_stays_open(it: Town) -> None:
    """No order is kept of it; who was offered it may still buy it, under the same key."""
    offer = await it.offer()
    status, problem = await it.accept(offer["id"], "key-1", {"beneficiary": BEN})
    assert (status, problem["code"]) == (409, "not-offered")
    assert problem["detail"] == "a bundle for another number cannot be asked for over CGRateS; nothing was ordered"
    assert await it.items("orders") == []
    status, order = await it.accept(offer["id"], "key-1", {"beneficiary": ANA})
    assert (status, order["beneficiary"]) == (202, ANA)
    assert len(await it.ledger(ANA, 1)) == 1


async def test_a_yes_whose_answer_is_lost_is_found_and_charged_once(it: Town) -> None:
    """It is in doubt until the marker is read."""
    await it.offer()
    it.clock.advance(seconds=1)
    it.ocs._desk.set_faults(Faults(drop_answer=1))
    await it.smsc.send_mo(ANA, NUMBER, "1")
    assert (await it.texts(ANA, 2))[1].startswith("Listo: ")
    (order,) = await it.items("orders")
    assert (order["state"], order["attempts"]) == ("confirmed", 1)
    assert [charge["key"] for charge in await it.ledger(ANA)] == [order["key"]]


async def test_a_yes_that_the_money_does_not_cover_is_refused(it: Town) -> None:
    """The money went after the offer was made."""
    await it.offer()
    it.clock.advance(seconds=1)
    it.ocs.ledger.put(ANA, 1, None)
    await it.smsc.send_mo(ANA, NUMBER, "1")
    await it.texts(ANA, 2)
    (order,) = await it.items("orders")
    assert (order["state"], order["reason"]) == ("declined", "insufficient_funds")
    assert await it.ledger(ANA) == []


async def test_an_order_is_given_back_once(it: Town) -> None:
    """However often an operator asks; the refund has a marker of its own."""
    await it.offer()
    it.clock.advance(seconds=1)
    await it.smsc.send_mo(ANA, NUMBER, "1")
    await it.texts(ANA, 2)
    (order,) = await it.items("orders")
    for _ in range(3):
        status, _ = await it.call("POST", f"orders/{order['key']}/refund", {}, role="admin")
        assert status == 202
    assert (await it.texts(ANA, 3))[2].startswith("Te devolvimos")
    charge, back = await it.ledger(ANA, 2)
    assert (charge["kind"], back["kind"], back["amount"]) == ("charge", "refund", charge["amount"])
    assert it.ocs.ledger.account(ANA).balance == OPENING


@asynccontextmanager
async def process(file: Path, port: int, http: aiohttp.ClientSession) -> AsyncIterator[asyncio.subprocess.Process]:
    """``chasqui serve``, once it is ready; killed at the end of the block."""
    serving = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.cli", "serve", "--config", str(file), "--log-level", "error"), cwd=ROOT
    )

    async def ready() -> bool:
        try:
            async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    try:
        await eventually(ready, PATIENCE)
        yield serving
    finally:
        if serving.returncode is None:
            serving.kill()
        await serving.wait()


async def test_killed_after_the_charge_and_before_its_answer_it_is_found_at_the_next_start(
    tmp_path: Path, migrated: Path
) -> None:
    """``kill -9`` while the engine holds its answer back: one charge, one order, told once it is known."""
    shutil.copy(migrated, tmp_path / "chasqui.db")
    port = free_port()
    async with simulators() as (smsc, ocs), aiohttp.ClientSession() as http:
        file = written(tmp_path, smsc, ocs, port)
        file.write_text(file.read_text(encoding="utf-8").replace("timeout = 0.5", "timeout = 30"), encoding="utf-8")

        async def texts(number: int) -> list[str]:
            async with asyncio.timeout(PATIENCE), smsc.news:
                await smsc.news.wait_for(lambda: len(smsc.messages) >= number)
            return [message["text"] for message in smsc.messages]

        async with process(file, port, http) as serving:
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
            async with http.post(f"http://127.0.0.1:{port}/triggers", json=event) as answer:
                assert answer.status == 202, await answer.text()
            await texts(1)
            ocs._desk.set_faults(Faults(delay=PATIENCE))
            await smsc.send_mo(ANA, NUMBER, "1")
            await eventually(lambda: len(ocs.ledger.items) == 1)
            serving.kill()
            await serving.wait()
        ocs._desk.set_faults(Faults())
        async with process(file, port, http):
            assert any(text.startswith("Listo: ") for text in (await texts(2))[1:])
            (charge,) = ocs.ledger.items
            assert ocs.ledger.account(ANA).balance == OPENING - charge.amount
