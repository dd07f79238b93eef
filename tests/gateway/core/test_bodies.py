"""The body of a request: in time, within bounds, unpacked."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from gateway.core import bodies
from gateway.core.problems import middleware
from gateway.telemetry import Metrics

MOST = 1000
PATIENCE = 20.0


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Where every body is sent back."""

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await bodies.body_of(request, MOST))

    app = web.Application(middlewares=[middleware(Metrics())], client_max_size=10 * MOST)
    app.router.add_post("/", echo)
    runner = web.AppRunner(app, auto_decompress=False, lingering_time=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield int(runner.addresses[0][1])
    await runner.cleanup()


async def posted(port: int, body: bytes, *headers: str) -> tuple[int, bytes]:
    """Status and body of the answer to exactly these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = "\r\n".join(("POST / HTTP/1.1", "Host: here", *headers, "", ""))
    writer.write(head.encode() + body)
    async with asyncio.timeout(PATIENCE):
        top = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split()[1]) for line in top.lower().split(b"\r\n") if line.startswith(b"content-length"))
        answer = await reader.readexactly(length)
    writer.close()
    return int(top.split()[1]), answer


def length(body: bytes) -> str:
    """The header that says it."""
    return f"Content-Length: {len(body)}"


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"as it is", "identity"),
        (b"as it is", ""),
        (gzip.compress(b"as it is", mtime=0), "gzip"),
        (gzip.compress(b"as it is", mtime=0), " GZIP"),
        (zlib.compress(b"as it is"), "deflate"),
    ],
)
async def test_a_body_is_unpacked(port: int, body: bytes, coding: str) -> None:
    """As its head says."""
    assert await posted(port, body, length(body), f"Content-Encoding: {coding}") == (200, b"as it is")


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"not packed", ("Content-Encoding: gzip",), 400, "bad-encoding"),
        (gzip.compress(b"half", mtime=0)[:-9], ("Content-Encoding: gzip",), 400, "bad-encoding"),
        (gzip.compress(b"one", mtime=0) + b"more", ("Content-Encoding: gzip",), 400, "bad-encoding"),
        (b"xx", ("Content-Encoding: br",), 400, "unknown-encoding"),
        (b"xx", ("Content-Encoding: gzip, gzip",), 400, "unknown-encoding"),
        (gzip.compress(b"a" * 1_000_000, mtime=0), ("Content-Encoding: gzip",), 413, "too-large"),
        (b"a" * (MOST + 1), (), 413, "too-large"),
    ],
)
async def test_what_cannot_be_taken_is_a_problem(
    port: int, body: bytes, headers: tuple[str, ...], status: int, code: str
) -> None:
    """Also what would grow beyond all bounds."""
    found, answer = await posted(port, body, length(body), *headers)
    assert (found, json.loads(answer)["code"]) == (status, code)


@pytest.mark.parametrize("size", [MOST + 1, 20 * MOST])
async def test_a_body_without_a_length_is_bounded_too(port: int, size: int) -> None:
    """Beyond what one handler takes, and beyond what any does."""
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (size, b"a" * size)
    status, answer = await posted(port, chunk, "Transfer-Encoding: chunked")
    assert (status, json.loads(answer)["code"]) == (413, "too-large")


async def test_a_body_that_does_not_come_is_not_waited_for(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is free again."""
    monkeypatch.setattr(bodies, "_SECONDS", 0.05)
    status, answer = await posted(port, b"half", "Content-Length: 50")
    assert (status, json.loads(answer)["code"]) == (408, "too-slow")


async def test_a_body_that_comes_later_is_taken(port: int) -> None:
    """Networks cut where they like."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        writer.write(b"late")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_chunks_that_break_later_are_answered_too(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """aiohttp tells nobody who waits for the rest."""
    monkeypatch.setattr(bodies, "_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        writer.write(b"5\r\nhello\r\nzz\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 408")
    writer.close()
