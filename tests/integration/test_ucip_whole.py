"""The main job against an AIR: a bundle runs low, the person answers 1, and is charged once over UCIP."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from fakes import ANA, NUMBER, FakeClock
from gateway.ocs.ucip_wire import transaction_id
from running import Town, configuration, running, simulators

REPEATS = "repeats_are_recognised = true\n"


@asynccontextmanager
async def town(folder: Path, migrated: Path, ucip: str = "") -> AsyncIterator[Town]:
    """Everything up and bound, the charging system spoken to in UCIP. ucip: lines of that section."""
    shutil.copy(migrated, folder / "chasqui.db")
    clock, file = FakeClock(), folder / "chasqui.toml"
    async with AsyncExitStack() as stack:
        smsc, ocs = await stack.enter_async_context(simulators())
        text = configuration(smsc=smsc.port, ocs=ocs.url, more=f"[ocs.ucip]\n{ucip}")
        file.write_text(text.replace('kind = "tmf"', 'kind = "ucip"'), encoding="utf-8")
        gateway = await stack.enter_async_context(running(file, clock))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        it = Town(gateway, smsc, ocs, http, clock)
        await it.bound()
        yield it


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia whose AIR recognises repeats."""
    async with town(tmp_path, migrated, REPEATS) as opened:
        yield opened


async def faults(it: Town, body: dict[str, object]) -> None:
    """Replace the charging system's faults."""
    async with it.http.put(f"{it.ocs.control_url}/faults", json=body) as answer:
        assert answer.status == 200


async def yes(it: Town) -> None:
    """They are offered a bundle and take it."""
    await it.offer()
    it.clock.advance(seconds=30)
    await it.smsc.send_mo(ANA, NUMBER, "1")


async def test_one_is_enough(it: Town) -> None:
    """Alert and offer, one charge by refill profile, a confirmation with the balance that is left."""
    before = it.ocs.ledger.account(ANA).balance
    await yes(it)
    told = (await it.texts(ANA, 2))[1]
    (charge,) = await it.ledger()
    (order,) = await it.items("orders")
    assert told.startswith("Listo: ")
    assert (charge["key"], charge["msisdn"], charge["beneficiary"]) == (order["key"], ANA, ANA)
    assert it.ocs.ledger.account(ANA).balance == before - order["price"]["amount"]
    assert (order["state"], order["ocs_reference"]) == ("confirmed", transaction_id(order["key"]))
    async with it.http.get(f"{it.ocs.control_url}/orders") as answer:
        assert [one["id"] for one in (await answer.json())["items"]] == ["air-1"]


@pytest.mark.parametrize("fault", [{"drop_answer": 1}, {"lose": 1}])
async def test_a_lost_answer_is_asked_for_and_charged_once(it: Town, fault: dict[str, object]) -> None:
    """The same message again, which the AIR knows, or gets for the first time."""
    await faults(it, fault | {"recognise_repeats": True})
    await yes(it)
    assert (await it.texts(ANA, 2))[1].startswith("Listo: ")
    assert len(await it.ledger()) == 1
    (order,) = await it.items("orders")
    assert (order["state"], order["attempts"]) == ("confirmed", 1)


async def test_a_lost_answer_that_nobody_can_tell_is_left_in_doubt(tmp_path: Path, migrated: Path) -> None:
    """Never sent again, and the person is told that it is being looked into."""
    async with town(tmp_path, migrated) as it:
        await faults(it, {"drop_answer": 1})
        await yes(it)
        assert not (await it.texts(ANA, 2))[1].startswith("Listo: ")
        (order,) = await it.items("orders")
        assert order["state"] == "in_doubt"
        assert transaction_id(order["key"]) in order["detail"]
        assert len(await it.ledger()) == 1
