"""The SMSC simulator, an ESME bound to it, and its control API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import aiohttp

from fakes import NUMBERS, FakeInbox, submitted
from flows.values import Msisdn, Purpose
from gateway.core.ports import ShortMessage
from gateway.simulators.smsc import SmscSimulator
from gateway.smpp.client import SmppClient
from gateway.smpp.settings import SmppSettings

_T = TypeVar("_T")


async def within(work: Awaitable[_T], seconds: float = 5.0) -> _T:
    """The result of ``work``; fails the test when it takes too long."""
    async with asyncio.timeout(seconds):
        return await work


@dataclass(frozen=True, slots=True)
class Bench:
    """A simulator, an ESME bound to it, and its control API."""

    simulator: SmscSimulator
    client: SmppClient
    inbox: FakeInbox
    http: aiohttp.ClientSession
    states: asyncio.Queue[bool]

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and document of a control request."""
        url = f"http://127.0.0.1:{self.simulator.control_port}{path}"
        async with self.http.request(method, url, json=body) as response:
            return response.status, await response.json(content_type=None)

    async def submit(self, text: str = "hola") -> object:
        """What becomes of a text."""
        message = ShortMessage("m-1", "", Msisdn("573001112233"), text, Purpose.REPLY)
        return await within(submitted(self.client, message))


@asynccontextmanager
async def bench(*, simulator: SmscSimulator | None = None, **changes: Any) -> AsyncIterator[Bench]:
    """All of it on free ports. changes: of the ESME's settings."""
    simulator = simulator or SmscSimulator(0, 0)
    await simulator.start()
    inbox, states = FakeInbox(), asyncio.Queue[bool]()
    settings = SmppSettings(
        "a",
        "127.0.0.1",
        simulator.port,
        "chasqui",
        "secret",
        numbers=NUMBERS,
        tps=0,
        reconnect_max=0.05,
    )
    client = SmppClient(
        replace(settings, **changes), inbox, on_state=lambda name, bound, detail: states.put_nowait(bound)
    )
    await client.start()
    async with aiohttp.ClientSession() as http:
        try:
            await within(states.get())
            yield Bench(simulator, client, inbox, http, states)
        finally:
            await client.stop(1.0)
            await simulator.stop()
