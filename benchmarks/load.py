"""An HTTP client that costs little: ready-made requests down connections that stay open."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator


def request(body: bytes, content_type: str) -> bytes:
    """One POST to /triggers."""
    head = (
        f"POST /triggers HTTP/1.1\r\nHost: bench\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


async def post(port: int, requests: Iterable[bytes], connections: int = 64) -> None:
    """Send all requests, one unanswered a connection. Raises RuntimeError for an answer other than 202."""
    waiting = iter(requests)
    await asyncio.gather(*(_connection(port, waiting) for _ in range(connections)))


async def _connection(port: int, waiting: Iterator[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for one in waiting:
            writer.write(one)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:"))
            body = await reader.readexactly(length)
            if not head.startswith(b"HTTP/1.1 202"):
                raise RuntimeError(f"{head[:12]!r} {body[:200]!r}")
    finally:
        writer.close()
        await writer.wait_closed()
