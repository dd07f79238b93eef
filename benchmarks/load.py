"""An HTTP client that costs little: ready-made requests down connections that stay open."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def request(body: bytes, content_type: str, path: str = "/triggers") -> bytes:
    """One POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode("ascii") + body


async def converse(port: int, dialogues: Iterable[Sequence[bytes]], connections: int) -> None:
    """Dialogues side by side, the hops of each one after another. Raises RuntimeError for an answer other than 200."""
    waiting = iter(dialogues)
    await asyncio.gather(*(_connection(port, (hop for one in waiting for hop in one), 200) for _ in range(connections)))


async def post(port: int, requests: Iterable[bytes], connections: int = 64) -> None:
    """Send all requests, one unanswered a connection. Raises RuntimeError for an answer other than 202."""
    waiting = iter(requests)
    await asyncio.gather(*(_connection(port, waiting, 202) for _ in range(connections)))


async def _connection(port: int, waiting: Iterator[bytes], wanted: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for one in waiting:
            await _exchange((reader, writer), one, wanted)
    finally:
        writer.close()
        await writer.wait_closed()


async def _exchange(connection: _Connection, one: bytes, wanted: int) -> bytes:
    reader, writer = connection
    writer.write(one)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:"))
    body = await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 %d" % wanted):
        raise RuntimeError(f"{head[:12]!r} {body[:200]!r}")
    return body
