"""One run: every cell buys at once, what is to be killed is killed when all are there, and then nothing stays open."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from benchmarks.chaos.town import Process, until
from benchmarks.matrix.audit import Case, findings
from benchmarks.matrix.cells import Cell, Fault, Moment
from benchmarks.matrix.deeds import DEEDS, Deed, Json
from benchmarks.matrix.diameter_middleman import DiameterMiddleman
from benchmarks.matrix.middleman import Middleman
from benchmarks.matrix.strikes import Strikes
from benchmarks.matrix.wires import Wire
from benchmarks.ports import free_ports
from flows.catalogue_services import OUT_OF_BUNDLE_OFF, OUT_OF_BUNDLE_ON

_TIMEOUT: Final = 0.5
_PATIENCE: Final = 120.0
_TOLD: Final = 12
"""Times that an event is told, at most, until there is an offer."""
_BEFORE_THE_KILL: Final = 90.0
_SWITCHED: Final = {True: OUT_OF_BUNDLE_ON, False: OUT_OF_BUNDLE_OFF}
_TOKEN: Final = "token-of-the-matrix"
_CONFIG: Final = """
market = "co"
[server]
port = {port}
metrics_port = 0
[ocs]
kind = "{kind}"
url = "{ocs}"
timeout = {timeout}
settle_seconds = 1
[ocs.breaker]
failures = 1000
{more}
[policy]
quiet_hours = "off"
assume_opt_in = "yes"
[[smpp]]
name = "smsc-a"
host = "127.0.0.1"
port = {smsc}
source = "12345"
tps = 2000
reconnect_max = 0.1
[[api.tokens]]
name = "matrix"
role = "admin"
sha256 = "{sha256}"
"""
_TEXTS: Final = "SELECT key FROM outbox WHERE kind = 'sms' AND msisdn = ? AND key LIKE 'ord-%' ORDER BY id"
_OPEN: Final = """SELECT
    (SELECT count(*) FROM orders WHERE settled_at IS NULL AND coalesce(reason, '') != 'needs_person')
    + (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'deferred'))
    + (SELECT count(*) FROM inbox WHERE processed_at IS NULL AND kind != 'receipt')"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """cases: what became of every cell. findings: what does not hold."""

    cases: Sequence[Case]
    findings: Sequence[str]
    seconds: float


async def run(folder: Path, wire: Wire, all_cells: Sequence[Cell], deed: Deed = DEEDS["purchase"]) -> Outcome:
    """These cells on one adapter. deed: what each asks for. Raises TimeoutError if something stays open."""
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        town = await _Town.opened(stack, folder, wire, all_cells)
        phases = [[cell for cell in all_cells if cell.fault is not Fault.KILL]]
        phases += [[one for one in all_cells if one.fault is Fault.KILL and one.moment is moment] for moment in Moment]
        if deed.switch is False:
            await town.switch_on(all_cells)
        town.strikes.begin()
        for phase in filter(None, phases):
            town.strikes.hold()
            await asyncio.gather(*(town.ask(cell, deed) for cell in phase))
            if phase[0].fault is Fault.KILL:
                await town.kill(phase)
        await until(town.at_rest, _PATIENCE, "orders, texts or entries stay open")
        cases = [await town.case(cell, deed) for cell in all_cells]
    return Outcome(cases, findings(cases, asks=wire.asks), time.monotonic() - began)


class _Town:
    """Charging system, middleman, SMSC and gateway, each a process but the middleman."""

    def __init__(self, folder: Path, wire: Wire, all_cells: Sequence[Cell]) -> None:
        self.database = folder / "chasqui.db"
        self._folder = folder
        self._wire = wire
        gateway, ocs, diameter, control, smsc, smsc_control = free_ports(6)
        self.url = f"http://127.0.0.1:{gateway}"
        self._faults = f"http://127.0.0.1:{control}/faults"
        self._control = f"http://127.0.0.1:{control}"
        self.ocs = Process(
            f"http://127.0.0.1:{control}/orders",
            folder / "ocs.log",
            *("sim", "ocs", "--port", str(ocs), "--diameter", str(diameter), "--control", str(control)),
        )
        self.smsc = Process(
            f"http://127.0.0.1:{smsc_control}/binds",
            folder / "smsc.log",
            *("sim", "smsc", "--port", str(smsc), "--control", str(smsc_control)),
        )
        self.strikes = Strikes({cell.msisdn: cell for cell in all_cells})
        self.middleman: Middleman | DiameterMiddleman
        if wire.kind == "diameter":
            self.middleman = DiameterMiddleman(wire, diameter, self.strikes)
        else:
            self.middleman = Middleman(wire, ocs, self.strikes, _TIMEOUT)
        self._ports = gateway, smsc
        self.gateway: Process
        self.http: aiohttp.ClientSession

    @classmethod
    async def opened(cls, stack: AsyncExitStack, folder: Path, wire: Wire, all_cells: Sequence[Cell]) -> _Town:
        """All up and bound until the stack is left."""
        town = cls(folder, wire, all_cells)
        for process in (town.ocs, town.smsc):
            stack.push_async_callback(process.end, signal.SIGKILL)
            await process.start()
        if wire.faults:
            await town.put_faults()
        await town.middleman.start()
        stack.push_async_callback(town.middleman.stop)
        port, smsc = town._ports
        file = folder / "chasqui.toml"
        settings = {"port": port, "smsc": smsc, "kind": wire.kind, "ocs": town.middleman.url, "timeout": _TIMEOUT}
        sha256 = hashlib.sha256(_TOKEN.encode()).hexdigest()
        file.write_text(_CONFIG.format(**settings, more=wire.config, sha256=sha256), encoding="utf-8")
        town.gateway = Process(
            f"{town.url}/readyz", folder / "gateway.log", "serve", "--config", str(file), "--log-level", "warning"
        )
        stack.push_async_callback(lambda: town.gateway.end(signal.SIGTERM))
        await town.gateway.start(lambda answer: answer.status == 200)
        headers = {"Authorization": f"Bearer {_TOKEN}"}
        town.http = await stack.enter_async_context(aiohttp.ClientSession(headers=headers))
        return town

    async def put_faults(self) -> None:
        """How the charging system is from now on."""
        async with aiohttp.ClientSession() as http, http.put(self._faults, json=dict(self._wire.faults)) as answer:
            answer.raise_for_status()

    async def ask(self, cell: Cell, deed: Deed) -> None:
        """For what the run is about."""
        if not deed.what:
            await self._buy(cell)
            return
        if deed.switch is not None:
            await self._prefer(cell, deed.body(cell.msisdn))
            return
        if deed.prepared is not None:
            path, body = deed.prepared(cell.msisdn)
            async with self.http.put(f"{self._control}/{path}", json=body) as answer:
                answer.raise_for_status()
        url, headers = f"{self.url}/api/v1/subscribers/{cell.msisdn}/{deed.what}", {"Idempotency-Key": cell.msisdn}
        async with self.http.post(url, json=deed.body(cell.msisdn), headers=headers) as answer:
            assert answer.status == 202, await answer.text()

    async def switch_on(self, all_cells: Sequence[Cell]) -> None:
        """Whoever is to switch off has it on, with nothing open."""
        await asyncio.gather(*(self._prefer(cell, DEEDS["switch_on"].body(cell.msisdn)) for cell in all_cells))
        await until(self.at_rest, _PATIENCE, "switches that are on before all begins")

    async def _prefer(self, cell: Cell, body: Json) -> None:
        url = f"{self.url}/api/v1/subscribers/{cell.msisdn}/preferences"
        async with self.http.put(url, json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def _buy(self, cell: Cell) -> None:
        """An offer of this person's, accepted once it is there."""
        offer = await self._offer(cell)
        headers = {"Idempotency-Key": cell.msisdn}
        async with self.http.post(f"{self.url}/api/v1/offers/{offer}/accept", json={}, headers=headers) as answer:
            assert answer.status == 202, await answer.text()

    async def _offer(self, cell: Cell) -> str:
        """Told again where the balance was just being asked for when somebody else's connection was cut."""
        found: list[dict[str, Any]] = []

        async def offered() -> bool:
            found[:] = await self._items(cell, "offers")
            return bool(found)

        for time_told in range(_TOLD):
            async with self.http.post(f"{self.url}/triggers", json=_event(cell, time_told)) as answer:
                assert answer.status == 202, await answer.text()
            with suppress(TimeoutError):
                await until(offered, _PATIENCE / _TOLD, f"{cell}: no offer")
                return str(found[0]["id"])
        raise TimeoutError(f"{cell}: no offer")

    async def kill(self, phase: Sequence[Cell]) -> None:
        """Once their purchases are all at the moment: kill -9, and begin again."""
        async with asyncio.timeout(_BEFORE_THE_KILL):
            await self.strikes.reached(list(phase))
        await self.gateway.end(signal.SIGKILL)
        self.strikes.killed()
        await self.gateway.start(lambda answer: answer.status == 200)

    async def at_rest(self) -> bool:
        """Whether nothing is open any more."""
        with closing(sqlite3.connect(self.database)) as connection:
            return not connection.execute(_OPEN).fetchone()[0]

    async def case(self, cell: Cell, deed: Deed) -> Case:
        """What became of it."""
        entries = await self._told_by_the_ocs(f"ledger?msisdn={cell.msisdn}")
        moved = Counter(item["kind"] for item in entries["items"])
        charges, others = moved[deed.kind], moved.total() - moved[deed.kind]
        with closing(sqlite3.connect(self.database)) as connection:
            texts = [key.rpartition(":") for (key,) in connection.execute(_TEXTS, (cell.msisdn,))]
        orders = await self._items(cell, "orders")
        if deed.switch is None:
            return Case(cell, orders, charges, [kind for _, _, kind in texts], others)
        orders = [one for one in orders if one["bundle"] == _SWITCHED[deed.switch]]
        told = [kind for order, _, kind in texts if order in {one["key"] for one in orders}]
        account = await self._told_by_the_ocs(f"subscribers/{cell.msisdn}")
        there = account.get("out_of_bundle", False) is deed.switch
        async with self.http.get(f"{self.url}/api/v1/subscribers/{cell.msisdn}") as answer:
            shown = (await answer.json())["preferences"]["out_of_bundle"] is deed.switch
        return Case(cell, orders, int(there), told, others, shown)

    async def _told_by_the_ocs(self, path: str) -> dict[str, Any]:
        async with self.http.get(f"{self._control}/{path}") as answer:
            told: dict[str, Any] = await answer.json()
            return told

    async def _items(self, cell: Cell, what: str) -> list[dict[str, Any]]:
        async with self.http.get(f"{self.url}/api/v1/subscribers/{cell.msisdn}/{what}") as answer:
            found: list[dict[str, Any]] = (await answer.json())["items"]
            return found


def _event(cell: Cell, time_told: int) -> dict[str, Any]:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    bundle = {"id": f"b-{cell.msisdn}-{time_told}", "unit": "byte", "initial": 1 << 30, "remaining": 0}
    return {
        "specversion": "1.0",
        "id": f"e-{cell.msisdn}-{time_told}",
        "source": "matrix",
        "type": "bundle.depleted",
        "time": now,
        "subject": f"+{cell.msisdn}",
        "data": {"bundle": bundle},
    }
