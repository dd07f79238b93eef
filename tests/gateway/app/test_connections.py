"""Connections that say nothing: closed in time, and never at the cost of those that speak."""

from __future__ import annotations

import asyncio
import resource
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from certificates import authority, signed

from gateway.app import connections as module
from gateway.app.connections import Connections, most_connections
from gateway.app.listening import listen, port_of
from gateway.app.tls import server_tls
from gateway.config.tree import Config, ServerConfig
from gateway.telemetry import Metrics

PATIENCE = 20.0
NEVER = 3600.0
HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Served:
    """A port that answers every request with 204, and what it counted."""

    def __init__(self, port: int, metrics: Metrics, tls: ssl.SSLContext | None) -> None:
        self.port = port
        self._metrics = metrics
        self._tls = tls
        self.opened: list[asyncio.StreamWriter] = []

    async def open(self, sent: bytes = b"", *, plain: bool = False) -> Streams:
        """A connection that has sent so much."""
        context = None if plain else self._tls
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=context)
        self.opened.append(writer)
        writer.write(sent)
        return reader, writer

    async def answers(self) -> bool:
        """Whether somebody who speaks is heard."""
        reader, writer = await self.open(HEAD + b"\r\n")
        answered = await said(reader)
        writer.close()
        return answered.startswith(b"HTTP/1.1 204")

    def closed(self, reason: str) -> float:
        """How many connections were closed for this."""
        return self._metrics.registry.get_sample_value("chasqui_closed_connections_total", {"reason": reason}) or 0


async def said(reader: asyncio.StreamReader) -> bytes:
    """The first line, or nothing from a connection that is closed."""
    async with asyncio.timeout(PATIENCE):
        try:
            return await reader.readline()
        except ConnectionError:
            return b""


@asynccontextmanager
async def served(
    *, most: int = 100, most_of_one: int = 100, seconds: float = NEVER, folder: Path | None = None
) -> AsyncIterator[Served]:
    """A port with these bounds. folder: for the certificates of one that speaks TLS."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=204)

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    assert runner.server is not None
    metrics = Metrics()
    tls, client = (None, None) if folder is None else _tls(folder, metrics)
    bounds = Connections(runner.server, metrics, tls, most=most, most_of_one=most_of_one, seconds=seconds)
    server = await listen(bounds, "127.0.0.1", 0, "server.port")
    it = Served(port_of(server), metrics, client)
    try:
        yield it
    finally:
        server.close()
        await bounds.close()
        await runner.cleanup()
        for writer in it.opened:
            writer.close()


def _tls(folder: Path, metrics: Metrics) -> tuple[ssl.SSLContext | None, ssl.SSLContext]:
    signed(folder, "gateway", authority(folder, "authority"))
    config = ServerConfig(tls_certificate="gateway.pem", tls_key="gateway.key")
    client = ssl.create_default_context(cafile=folder / "authority.pem")
    client.check_hostname = False
    return server_tls(Config(server=config, folder=folder), metrics), client


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n", HEAD, HEAD + b"\r"])
async def test_a_connection_without_a_whole_head_is_closed_in_time(sent: bytes) -> None:
    """Empty lines are no head."""
    async with served(seconds=0.05) as here:
        reader, _ = await here.open(sent)
        assert await said(reader) == b""
        assert here.closed("silent") == 1


@pytest.mark.parametrize("plain", [True, False])
async def test_a_silent_connection_to_tls_is_closed_too(tmp_path: Path, plain: bool) -> None:
    """Before the handshake and behind it; whoever speaks is answered."""
    async with served(seconds=0.2, folder=tmp_path) as here:
        assert await here.answers()
        reader, _ = await here.open(plain=plain)
        assert await said(reader) == b""
        assert await here.answers()


async def test_a_connection_that_has_spoken_may_be_silent_after_that() -> None:
    """Peers keep their connections; a head in pieces is a head."""
    async with served(seconds=0.2) as here:
        reader, writer = await here.open(HEAD[:20])
        silent, _ = await here.open()
        for piece in (HEAD[20:], b"\r", b"\n"):
            await writer.drain()
            writer.write(piece)
        assert (await said(reader)).startswith(b"HTTP/1.1 204")
        assert await said(silent) == b""
        while await said(reader) != b"\r\n":
            pass
        writer.write(HEAD + b"\r\n")
        assert (await said(reader)).startswith(b"HTTP/1.1 204")


async def test_silent_connections_make_room_for_those_that_speak() -> None:
    """The longest silent first: three hundred keep nobody out."""
    async with served(most=10) as here:
        for _ in range(300):
            await here.open()
        assert await here.answers()
        assert here.closed("silent") >= 290


async def test_without_a_silent_one_the_new_one_is_closed_at_once() -> None:
    """And as soon as somebody leaves the next may come."""
    async with served(most=2) as here:
        spoken = [await here.open(HEAD + b"\r\n") for _ in range(2)]
        for reader, _ in spoken:
            assert await said(reader)
        reader, _ = await here.open(HEAD + b"\r\n")
        assert await said(reader) == b""
        assert here.closed("full") == 1
        spoken[0][1].close()
        async with asyncio.timeout(PATIENCE):
            while not await here.answers():
                pass


async def test_one_address_has_so_many_and_this_machine_any_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever else comes is still let in."""
    async with served(most_of_one=2) as here:
        for _ in range(5):
            assert await here.answers()
        monkeypatch.setattr(module, "is_loopback", lambda _: False)
        kept = [await here.open(HEAD + b"\r\n") for _ in range(2)]
        for reader, _ in kept:
            assert await said(reader)
        assert not await here.answers()
        assert here.closed("address") == 1
        kept[0][1].close()
        async with asyncio.timeout(PATIENCE):
            while not await here.answers():
                pass


@pytest.mark.parametrize(
    ("files", "most"), [(256, 56), (1024, 824), (100, 16), (1_000_000, 10_000), (resource.RLIM_INFINITY, 10_000)]
)
def test_there_are_as_many_as_there_are_files(monkeypatch: pytest.MonkeyPatch, files: int, most: int) -> None:
    """What the process needs for itself is left to it."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert most_connections() == most
