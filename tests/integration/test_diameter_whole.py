"""The main job with a Diameter charging system: a bundle runs low, the person answers 1, and is charged once."""

from __future__ import annotations

import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from benchmarks.chaos.town import Process
from fakes import ANA, NUMBER, FakeClock, eventually
from flows.catalogue import load_starter
from gateway.ocs.diameter_wire import session_of
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.ocs_faults import Faults
from gateway.simulators.smsc import SmscSimulator
from running import PATIENCE, Json, Town, configuration, free_port, running

_HOST = "chasqui.example"


def _clock(hours: float = 0) -> FakeClock:
    """The gateway's: so many hours ago. The adapter's own is this machine's."""
    clock = FakeClock()
    clock.now = datetime.now(UTC) - timedelta(hours=hours)
    return clock


@asynccontextmanager
async def outside(
    folder: Path, migrated: Path, *, duplicates_detected: bool = True, port: int = 0
) -> AsyncIterator[tuple[SmscSimulator, OcsSimulator, Path]]:
    """Both simulators, and the configuration of a gateway between them."""
    shutil.copy(migrated, folder / "chasqui.db")
    async with AsyncExitStack() as stack:
        smsc = SmscSimulator(0, 0)
        await smsc.start()
        stack.push_async_callback(smsc.stop)
        ocs = await stack.enter_async_context(OcsSimulator(load_starter("co"), "COP", diameter_port=0))
        diameter = f"""
[ocs.diameter]
host = "{_HOST}"
realm = "example"
balance_context = "balance@operator"
reconnect_max = 0.05
duplicates_detected = {str(duplicates_detected).lower()}
"""
        text = configuration(smsc=smsc.port, ocs=ocs.diameter_url, port=port, more=diameter)
        file = folder / "chasqui.toml"
        file.write_text(text.replace('kind = "tmf"', 'kind = "diameter"\ntimeout = 2'), encoding="utf-8")
        yield smsc, ocs, file


@asynccontextmanager
async def between(smsc: SmscSimulator, ocs: OcsSimulator, file: Path, clock: FakeClock) -> AsyncIterator[Town]:
    """A gateway that is up and bound until the end of the block."""
    async with running(file, clock) as gateway, aiohttp.ClientSession() as http:
        it = Town(gateway, smsc, ocs, http, clock)
        await it.bound()
        yield it


@asynccontextmanager
async def town(folder: Path, migrated: Path, *, duplicates_detected: bool = True) -> AsyncIterator[Town]:
    """A gateway between the SMSC simulator and the charging system's Diameter port."""
    async with (
        outside(folder, migrated, duplicates_detected=duplicates_detected) as (smsc, ocs, file),
        between(smsc, ocs, file, _clock()) as it,
    ):
        yield it


async def say(it: Town, text: str) -> None:
    """Ana sends a text."""
    url = f"http://127.0.0.1:{it.smsc.control_port}/mo"
    async with it.http.post(url, json={"from": ANA, "to": NUMBER, "text": text}) as answer:
        assert answer.status == 202


async def settled(it: Town, state: str) -> Json:
    """Ana's order, once it is in this state."""

    async def there() -> bool:
        found = await it.items("orders")
        return bool(found) and found[0]["state"] == state

    await eventually(there, PATIENCE)
    (found,) = await it.items("orders")
    return found


async def test_a_gift_is_refused_at_once_and_no_order_is_kept(tmp_path: Path, migrated: Path) -> None:
    """A request names one subscriber, and the app hears of it before anything is written."""
    async with town(tmp_path, migrated) as it:
        offer = await it.offer()
        status, problem = await it.accept(offer["id"], "key-1", {"beneficiary": "573009998877"})
        assert (status, problem["code"]) == (409, "not-offered")
        assert problem["detail"].startswith("a bundle for another number cannot be asked for over Diameter")
        assert await it.items("orders") == []
        assert [one["id"] for one in await it.items("offers")] == [offer["id"]]


async def test_a_yes_is_charged_once_and_confirmed_with_the_balance(tmp_path: Path, migrated: Path) -> None:
    """Trigger, alert, 1, debit, confirmation; /readyz knows the peer."""
    async with town(tmp_path, migrated) as it:

        async def ready() -> bool:
            return '"ocs": true' in (await it.read(f"{it.url}/readyz"))[1]

        await eventually(ready, PATIENCE)
        offer = await it.offer()
        await say(it, "1")
        _alert, confirmation = await it.texts(number=2)
        assert confirmation.startswith("Listo: ")
        order = await settled(it, "confirmed")
        assert order["ocs_reference"] == session_of(_HOST, order["key"])
        assert order["attempts"] == 1
        (charge,) = await it.ledger(ANA, 1)
        assert (charge["kind"], charge["amount"]) == ("charge", offer["price"]["amount"])
        assert charge["key"] == order["ocs_reference"]
        balance = it.ocs.ledger.account(it.smsc.messages[0]["to"]).balance
        assert f"Saldo ${balance // 100:,}".replace(",", ".") in confirmation


@pytest.mark.parametrize("fault", ["drop_answer", "lose"])
async def test_an_answer_that_was_lost_is_asked_for_and_charged_once(
    tmp_path: Path, migrated: Path, fault: str
) -> None:
    """Whether the charge was made or not; the person hears of it."""
    async with town(tmp_path, migrated) as it:
        await it.offer()
        await faults(it, {fault: 1})
        await say(it, "1")
        order = await settled(it, "confirmed")
        assert order["attempts"] == 1
        assert len(await it.ledger(ANA)) == 1
        assert (await it.texts(number=2))[-1].startswith("Listo: ")


async def test_without_detection_of_duplicates_a_lost_answer_is_left_to_a_person(
    tmp_path: Path, migrated: Path
) -> None:
    """In doubt, asked about and never sent again."""
    async with town(tmp_path, migrated, duplicates_detected=False) as it:
        await it.offer()
        await faults(it, {"drop_answer": 1, "forget_sessions": True})
        await say(it, "1")
        order = await settled(it, "in_doubt")
        assert order["attempts"] == 1
        assert [item["kind"] for item in await it.ledger(ANA)] == ["charge"]


async def test_a_yes_while_the_charging_system_is_away_is_charged_when_it_is_back(
    tmp_path: Path, migrated: Path
) -> None:
    """Refused connections are sent again; once."""
    async with town(tmp_path, migrated) as it:
        await it.offer()
        await faults(it, {"down": True})
        await say(it, "1")

        async def waits() -> bool:
            return [order["state"] for order in await it.items("orders")] == ["pending"]

        await eventually(waits, PATIENCE)
        await faults(it, {"down": False})
        await settled(it, "confirmed")
        assert len(await it.ledger(ANA)) == 1


@pytest.mark.parametrize("applied_late", [True, False])
async def test_a_gateway_that_is_killed_while_the_charge_is_on_its_way_charges_once(
    tmp_path: Path, migrated: Path, applied_late: bool
) -> None:
    """kill -9 between request and answer; the server carries it out all the same, or it was lost on the way."""
    port = free_port()
    async with outside(tmp_path, migrated, port=port) as (smsc, ocs, file), aiohttp.ClientSession() as http:
        url = f"http://127.0.0.1:{port}"
        gateway = Process(f"{url}/readyz", tmp_path / "gateway.log", "serve", "--config", str(file))
        try:
            await gateway.start(lambda answer: answer.status == 200)
            await trigger(http, url)
            await eventually(lambda: bool(smsc.messages), PATIENCE)
            ocs._desk.set_faults(Faults(hold=True) if applied_late else Faults(lose=1_000))
            async with http.post(
                f"http://127.0.0.1:{smsc.control_port}/mo", json={"from": ANA, "to": NUMBER, "text": "1"}
            ) as answer:
                assert answer.status == 202
            lost = ocs._desk
            await eventually(lambda: lost.waiting == 1 if applied_late else lost.faults.lose < 1_000, PATIENCE)
            await gateway.end(signal.SIGKILL)
            ocs._desk.set_faults(Faults())
            await gateway.start(lambda answer: answer.status == 200)
            await eventually(lambda: any("Listo: " in one["text"] for one in smsc.messages), PATIENCE)
        finally:
            await gateway.end(signal.SIGKILL)
        assert [item.kind for item in ocs.ledger.items] == ["charge"]


async def trigger(http: aiohttp.ClientSession, url: str) -> None:
    """A bundle of Ana's runs low."""
    bundle = {"id": "b-1", "unit": "byte", "initial": 1 << 30, "remaining": 96_636_764}
    event = {
        "specversion": "1.0",
        "id": "evt-1",
        "source": "ocs/test",
        "type": "bundle.depleting",
        "time": datetime.now(UTC).isoformat(),
        "subject": f"+{ANA}",
        "data": {"bundle": bundle, "threshold": 0.1},
    }
    headers = {"Content-Type": "application/cloudevents+json"}
    async with http.post(f"{url}/triggers", json=event, headers=headers) as answer:
        assert answer.status == 202, await answer.text()


async def _says(it: Town, words: str) -> bool:
    """Whether Ana's order is in doubt for this reason."""
    (order,) = await it.items("orders")
    return order["state"] == "in_doubt" and words in (order["detail"] or "")


@pytest.mark.parametrize("hours", [1, 30])
async def test_after_a_restart_the_same_session_is_asked_about_while_the_server_remembers_it(
    tmp_path: Path, migrated: Path, hours: int
) -> None:
    """An hour later it is confirmed; after thirty nothing is sent again, and a person has to look."""
    async with outside(tmp_path, migrated) as (smsc, ocs, file):
        clock = _clock(hours)
        async with between(smsc, ocs, file, clock) as it:
            await it.offer()
            await faults(it, {"lose": 1_000})
            await say(it, "1")
            await settled(it, "in_doubt")
        clock.advance(hours=hours)  # as for the server all the time
        ocs._desk.set_faults(Faults())
        async with between(smsc, ocs, file, clock) as it:
            if hours == 1:
                order = await settled(it, "confirmed")
                assert (await it.ledger(ANA))[0]["key"] == session_of(_HOST, order["key"])
            else:
                await eventually(lambda: _says(it, "a person must look"), PATIENCE)
            assert len(await it.ledger(ANA)) == (hours == 1)


async def faults(it: Town, body: Json) -> None:
    """Make the charging system misbehave."""
    async with it.http.put(f"{it.ocs.control_url}/faults", json=body) as answer:
        assert answer.status == 200, await answer.text()
