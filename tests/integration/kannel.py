"""Kannel (bearerbox and smsbox) as an ESME at our SMSC, and what it fetches over HTTP."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from fakes import eventually
from gateway.simulators.smsc import SmscSimulator
from running import free_port
from smpp_peers import absent

SECONDS = 20
_CONF = """
group = core
admin-port = {admin}
admin-password = x
smsbox-port = {boxes}
log-level = 1
sms-resend-freq = 1

group = smsc
smsc = smpp
smsc-id = sim
host = 127.0.0.1
port = {smsc}
transceiver-mode = true
smsc-username = kannel
smsc-password = secret
system-type = ""
reconnect-delay = 1

group = smpp-tlv
name = template
tag = 0x1401
type = octetstring
length = 30

group = smpp-tlv
name = uso
tag = 0x0501
type = integer
length = 1

group = smpp-tlv
name = its
tag = 0x1383
type = octetstring
length = 2

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
global-sender = 12345
http-request-retry = 20
http-queue-delay = 1

group = sendsms-user
username = u
password = p
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "{fetched}"
"""


@dataclass(frozen=True, slots=True)
class Kannel:
    """Kannel bound to a simulator. fetched: the query of what it asked for, by path."""

    smsc: SmscSimulator
    http: aiohttp.ClientSession
    fetched: asyncio.Queue[tuple[str, dict[str, str]]]
    sendsms: int
    answers: int

    async def send(self, to: str, text: str, **fields: str) -> str:
        """What it says to a submission; fields with ``_`` for ``-``."""
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        query = {"username": "u", "password": "p", "to": to, "text": text, **named}
        url = f"http://127.0.0.1:{self.sendsms}/cgi-bin/sendsms"
        async with self.http.get(url, params=query) as answer:
            return await answer.text()

    async def next(self, path: str) -> dict[str, str]:
        """The query of the next fetch of this path."""
        async with asyncio.timeout(SECONDS):
            while True:
                fetched, query = await self.fetched.get()
                if fetched == path:
                    return query


@asynccontextmanager
async def kannel(folder: Path, fetched_from: str = "") -> AsyncIterator[Kannel]:
    """Both boxes, bound, until the end of the block. fetched_from: with a text from a phone, instead of ``/mo``."""
    if not (_found("bearerbox") and _found("smsbox")):
        absent("kannel (bearerbox and smsbox) is absent")
    async with AsyncExitStack() as stack:
        smsc = SmscSimulator(0, 0)
        await smsc.start()
        stack.push_async_callback(smsc.stop)
        fetched: asyncio.Queue[tuple[str, dict[str, str]]] = asyncio.Queue()
        answers = await _answering(stack, fetched)
        ports = {name: free_port() for name in ("admin", "boxes", "sendsms")}
        conf = folder / "kannel.conf"
        url = fetched_from or f"http://127.0.0.1:{answers}/mo?from=%p&to=%P&text=%b&meta=%D"
        conf.write_text(_CONF.format(smsc=smsc.port, fetched=url, **ports))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        await _box(stack, "bearerbox", conf)
        await eventually(lambda: bool(smsc.binds()), SECONDS)
        await _box(stack, "smsbox", conf)

        async def connected() -> bool:
            async with http.get(f"http://127.0.0.1:{ports['admin']}/status.txt?password=x") as answer:
                return "smsbox:" in await answer.text()

        await eventually(connected, SECONDS)
        yield Kannel(smsc, http, fetched, ports["sendsms"], answers)


def _found(box: str) -> str | None:
    """Debian puts it where the path of a user who is not root does not lead."""
    return shutil.which(box, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


async def _answering(stack: AsyncExitStack, fetched: asyncio.Queue[tuple[str, dict[str, str]]]) -> int:
    """The port of a server that takes note of every GET."""

    async def got(request: web.Request) -> web.Response:
        fetched.put_nowait((request.path, dict(request.query)))
        return web.Response()

    app = web.Application()
    app.router.add_get("/{path}", got)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return int(runner.addresses[0][1])


async def _box(stack: AsyncExitStack, name: str, conf: Path) -> None:
    """Start a box; it is killed at the end, with its log beside the configuration."""
    log = stack.enter_context((conf.parent / f"{name}.log").open("wb"))
    box = _found(name) or name
    process = await asyncio.create_subprocess_exec(box, str(conf), cwd=conf.parent, stdout=log, stderr=log)

    async def end() -> None:
        if process.returncode is None:
            process.kill()
        await process.wait()

    stack.push_async_callback(end)
