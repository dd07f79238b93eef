"""A gateway in this process between both simulators, and the ways in which others reach it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from socket import socket
from typing import Any

import aiohttp

from fakes import ANA, NUMBER, FakeClock, eventually
from flows.catalogue import load_starter
from flows.market import load_market
from gateway.app import Gateway
from gateway.config.loading import load
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.smsc import SmscSimulator

PATIENCE = 20.0
"""Seconds after which something that should have come is missing."""
TOKENS = {"app": "token-of-the-app", "crm": "token-of-the-crm", "admin": "token-of-the-admin"}
Json = dict[str, Any]


def free_port() -> int:
    """A port that nobody listens on now."""
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bind_to(port: int, name: str, lines: str = f'source = "{NUMBER}"\n') -> str:
    """An ``[[smpp]]`` at this port of this machine. lines: what else it says."""
    return f'[[smpp]]\nname = "{name}"\nhost = "127.0.0.1"\nport = {port}\nreconnect_max = 0.05\n{lines}\n'


def configuration(
    *,
    smsc: int,
    ocs: str,
    market: str = "co",
    host: str = "127.0.0.1",
    port: int = 0,
    server: str = "",
    policy: str = "",
    smpp: str | None = f'source = "{NUMBER}"\ntps = 1000\n',
    more: str = "",
) -> str:
    """A ``chasqui.toml``: staging's policy, one token a role.

    server, policy, smpp: further lines of those sections, smpp None = there is no bind; more: sections.
    """
    tokens = "".join(
        f'[[api.tokens]]\nname = "{role}"\nrole = "{role}"\nsha256 = "{hashlib.sha256(token.encode()).hexdigest()}"\n'
        for role, token in TOKENS.items()
    )
    gap = "" if "alert_gap" in policy else "alert_gap = 0\n"  # one text an event, and at once
    bind = "" if smpp is None else bind_to(smsc, "smsc-a", smpp)
    return f"""
market = "{market}"
[server]
host = "{host}"
port = {port}
metrics_port = 0
{server}
[ocs]
kind = "tmf"
url = "{ocs}"
{bind}
[policy]
quiet_hours = "off"
assume_opt_in = "yes"
{gap}{policy}
{tokens}
{more}
"""


@dataclass(slots=True)
class Town:
    """The gateway, everybody around it, and one call for every way in."""

    gateway: Gateway
    smsc: SmscSimulator
    ocs: OcsSimulator
    http: aiohttp.ClientSession
    clock: FakeClock
    scheme: str = "http"
    _events: count[int] = field(default_factory=lambda: count(1))

    @property
    def url(self) -> str:
        """Where the gateway answers."""
        return f"{self.scheme}://127.0.0.1:{self.gateway.port}"

    async def call(
        self, method: str, path: str, body: object = None, *, role: str = "crm", **headers: str
    ) -> tuple[int, Any]:
        """Status and document of a REST request. headers: with ``_`` for ``-``."""
        sent = {"Authorization": f"Bearer {TOKENS[role]}"} if role else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.request(method, f"{self.url}/api/v1/{path}", json=body, headers=sent) as answer:
            return answer.status, await answer.json(content_type=None)

    async def accept(self, offer: str, key: str, body: Json | None = None, role: str = "app") -> tuple[int, Any]:
        """Accept an offer as the app does."""
        return await self.call("POST", f"offers/{offer}/accept", body or {}, role=role, Idempotency_Key=key)

    async def raw(self, head: bytes, body: bytes = b"{}") -> tuple[int, Json]:
        """Status and problem for a request as these bytes. head: request line and headers but the usual."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.gateway.port)
        usual = b"Host: gateway\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        writer.write(head + usual + body)
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        top, _, document = answer.partition(b"\r\n\r\n")
        return int(top.split()[1]), json.loads(document)

    async def read(self, url: str) -> tuple[int, str, Mapping[str, str]]:
        """Status, text and headers of a plain GET."""
        async with self.http.get(url) as answer:
            return answer.status, await answer.text(), dict(answer.headers)

    async def metrics(self) -> str:
        """What Prometheus reads."""
        return (await self.read(f"http://127.0.0.1:{self.gateway.metrics_port}/metrics"))[1]

    async def trigger(self, msisdn: str = ANA, **headers: str) -> int:
        """A new bundle of this person runs low; the status."""
        event = self.event(msisdn)
        sent = {"Content-Type": "application/cloudevents+json", **headers}
        async with self.http.post(f"{self.url}/triggers", json=event, headers=sent) as answer:
            await answer.read()
            return answer.status

    def event(self, msisdn: str = ANA) -> Json:
        """A CloudEvent that nobody has sent yet."""
        number = next(self._events)
        bundle = {"id": f"b-{number}", "unit": "byte", "initial": 1073741824, "remaining": 96636764}
        return {
            "specversion": "1.0",
            "id": f"evt-{number}",
            "source": "ocs/test",
            "type": "bundle.depleting",
            "time": self.clock().isoformat(),
            "subject": f"+{msisdn}",
            "data": {"bundle": bundle, "threshold": 0.1},
        }

    async def texts(self, msisdn: str = ANA, number: int = 1) -> list[str]:
        """What this phone got, once there are so many."""
        async with asyncio.timeout(PATIENCE), self.smsc.news:
            await self.smsc.news.wait_for(lambda: len(self._got(msisdn)) >= number)
        return self._got(msisdn)

    def _got(self, msisdn: str) -> list[str]:
        return [message["text"] for message in self.smsc.messages if message["to"] == msisdn]

    async def ledger(self, msisdn: str = "", number: int = 0) -> list[Json]:
        """What was charged, once there are so many entries."""
        query = f"msisdn={msisdn}&count={number}&timeout={PATIENCE if number else 0}"
        async with self.http.get(f"{self.ocs.control_url}/ledger?{query}") as answer:
            items: list[Json] = (await answer.json())["items"]
            return items

    async def items(self, what: str, msisdn: str = ANA, role: str = "crm") -> list[Json]:
        """Their offers, orders or messages."""
        status, document = await self.call("GET", f"subscribers/{msisdn}/{what}", role=role)
        assert status == 200, document
        found: list[Json] = document["items"]
        return found

    async def send(self, msisdn: str, key: str, **body: Any) -> Json:
        """A system of the operator asks for a text; the message."""
        path = f"subscribers/{msisdn}/messages"
        status, message = await self.call("POST", path, {"text": "Hola.", **body}, Idempotency_Key=key)
        assert status == 202, message
        sent: Json = message
        return sent

    async def becomes(self, which: str, state: str) -> Json:
        """This text, once it is in this state."""
        found: Json = {}

        async def there() -> bool:
            nonlocal found
            found = (await self.call("GET", f"messages/{which}"))[1]
            return bool(found["state"] == state)

        await eventually(there, PATIENCE)
        return found

    async def offer(self, msisdn: str = ANA) -> Json:
        """The newest open offer after one more trigger."""
        before = len(self._got(msisdn))
        assert await self.trigger(msisdn) == 202
        await self.texts(msisdn, before + 1)
        return (await self.items("offers", msisdn))[0]

    async def bound(self) -> None:
        """Wait until the gateway is at every SMSC."""

        async def ready() -> bool:
            checks = json.loads((await self.read(f"{self.url}/readyz"))[1])["checks"]
            return all(up for name, up in checks.items() if name != "ocs")

        await eventually(ready, PATIENCE)


@asynccontextmanager
async def simulators(
    market: str = "co", smsc_tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[SmscSimulator, OcsSimulator]]:
    """Both simulators on free ports."""
    smsc = SmscSimulator(0, 0, ssl_context=smsc_tls)
    await smsc.start()
    try:
        async with OcsSimulator(load_starter(market), load_market(market).currency) as ocs:
            yield smsc, ocs
    finally:
        await smsc.stop()


@asynccontextmanager
async def running(file: Path, clock: FakeClock) -> AsyncIterator[Gateway]:
    """A gateway from this file until the end of the block."""
    gateway = Gateway(load(file, {}), clock=clock)
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()


@asynccontextmanager
async def town(
    folder: Path,
    migrated: Path,
    tls: ssl.SSLContext | None = None,
    smsc_tls: ssl.SSLContext | None = None,
    **settings: Any,
) -> AsyncIterator[Town]:
    """Everything up and bound. tls: how clients speak with a gateway that has it; smsc_tls: how the SMSC speaks;
    settings: of ``configuration``, of which ``{smsc}`` in more is the SMSC's port.
    """
    clock = FakeClock()
    shutil.copy(migrated, folder / "chasqui.db")
    async with AsyncExitStack() as stack:
        smsc, ocs = await stack.enter_async_context(simulators(settings.get("market", "co"), smsc_tls))
        settings["more"] = settings.get("more", "").replace("{smsc}", str(smsc.port))
        file = folder / "chasqui.toml"
        file.write_text(configuration(smsc=smsc.port, ocs=ocs.url, **settings), encoding="utf-8")
        gateway = await stack.enter_async_context(running(file, clock))
        connector = aiohttp.TCPConnector(ssl=tls or True)
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        it = Town(gateway, smsc, ocs, http, clock, "https" if tls else "http")
        await it.bound()
        yield it


def ids(items: Sequence[Json], name: str = "id") -> list[str]:
    """One member of every item."""
    return [item[name] for item in items]
