"""Dialogues that come whether the server keeps up or not, and how long each hop takes to be answered.

One loop sends what is due, on protocols of its own: the client must have time left where the server has none.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Iterable, Iterator, Sequence

_TICK = 0.001
_OK = b"HTTP/1.1 200"
_Later = tuple[float, int, Iterator[bytes]]


class Paced:
    """Sends dialogues with a pause between their hops."""

    def __init__(self, port: int, pause: float) -> None:
        self._port = port
        self._pause = pause
        self._later: list[_Later] = []
        self._order = itertools.count()
        self._idle: list[_Line] = []
        self._lines: list[_Line] = []
        self._open = 0
        self._latencies: list[float] = []

    async def talk(self, dialogues: Iterable[Sequence[bytes]], per_second: float) -> list[float]:
        """Begin so many a second; seconds from sending to answer for every hop. Raises RuntimeError for no answer."""
        began = time.perf_counter()
        beginnings = ((began + at / per_second, one) for at, one in enumerate(dialogues))
        following = next(beginnings, None)
        while following is not None or self._later or self._open:
            now = time.perf_counter()
            while following is not None and following[0] <= now:
                self._put(following[0], iter(following[1]))
                following = next(beginnings, None)
            while self._later and self._later[0][0] <= now:
                await self._send(heapq.heappop(self._later)[2])
            await asyncio.sleep(_TICK)
        for line in self._lines:
            line.close()
        return self._latencies

    def _put(self, due: float, hops: Iterator[bytes]) -> None:
        heapq.heappush(self._later, (due, next(self._order), hops))

    async def _send(self, hops: Iterator[bytes]) -> None:
        hop = next(hops, None)
        if hop is None:
            return
        if not self._idle:
            _, line = await asyncio.get_running_loop().create_connection(lambda: _Line(self), "127.0.0.1", self._port)
            self._lines.append(line)
            self._idle.append(line)
        self._open += 1
        self._idle.pop().send(hop, hops)

    def answered(self, line: _Line, hops: Iterator[bytes], seconds: float) -> None:
        """A hop has its answer; the next one of its dialogue comes after a pause."""
        self._open -= 1
        self._latencies.append(seconds)
        self._idle.append(line)
        self._put(time.perf_counter() + self._pause, hops)


class _Line(asyncio.Protocol):
    """One connection with at most one hop on its way."""

    def __init__(self, paced: Paced) -> None:
        self._paced = paced
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, hop: bytes, hops: Iterator[bytes]) -> None:
        """Send one; ``hops`` are those after it."""
        self._hops, self._sent = hops, time.perf_counter()
        self._transport.write(hop)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, _, body = self._heard.partition(b"\r\n\r\n")
        at = head.find(b"Content-Length:")
        if at < 0 or len(body) < int(head[at + 15 :].partition(b"\r\n")[0]):
            return
        if not self._heard.startswith(_OK):
            raise RuntimeError(f"{self._heard[:200]!r}")
        self._heard = b""
        self._paced.answered(self, self._hops, time.perf_counter() - self._sent)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()
