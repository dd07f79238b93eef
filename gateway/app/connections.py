"""The connections of one port, within bounds: whoever says nothing must not keep others from being heard.

A connection is silent until the head of its first request is complete; it has ten seconds for that, TLS included. As
many may be open as the process has file descriptors for; beyond that the one that is silent for the longest makes room,
and if none is, the new one is closed at once. What comes after the first head is aiohttp's business: hops pass through
here unread.
"""

from __future__ import annotations

import asyncio
import resource
import ssl
from collections import Counter
from collections.abc import Callable

from gateway.core.doors import is_loopback
from gateway.telemetry import Metrics

SECONDS = 10.0
"""For a first head."""
MOST_OF_ONE = 1_000
"""Connections of one address that is not this machine's."""
MOST_TO_METRICS = 16
_MOST = 10_000
_LEAST = 16
_KEPT = 200
"""File descriptors for everything else: 100 connections to the charging system, the store, the binds, and what the
loop takes in before it is closed here."""
_TICK = 0.5
_END = b"\r\n\r\n"
Serve = Callable[[], asyncio.Protocol]


def most_connections() -> int:
    """How many the process has file descriptors for (RLIMIT_NOFILE)."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if files == resource.RLIM_INFINITY else max(_LEAST, min(_MOST, files - _KEPT))


class Connections:
    """All connections of one port; itself the factory of their protocols.

    serve: makes the protocol that speaks HTTP. seconds: for a first head. most: of all; most_of_one: of one address.
    """

    def __init__(
        self,
        serve: Serve,
        metrics: Metrics,
        tls: ssl.SSLContext | None = None,
        *,
        most: int,
        most_of_one: int = MOST_OF_ONE,
        seconds: float = SECONDS,
    ) -> None:
        self.serve = serve
        self.tls = tls
        self.seconds = seconds
        self._most = most
        self._most_of_one = most_of_one
        self._closed = metrics.closed_connections
        self._open = 0
        self._of: Counter[str] = Counter()
        self._silent: dict[Connection, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.shaking: set[asyncio.Task[None]] = set()

    def __call__(self) -> Connection:
        """The protocol of one more connection."""
        return Connection(self)

    def admit(self, connection: Connection) -> bool:
        """Whether it may stay."""
        address = connection.address
        if address and self._of[address] >= self._most_of_one:
            return self._refuse("address")
        if self._open >= self._most and not self._make_room():
            return self._refuse("full")
        self._open += 1
        if address:
            self._of[address] += 1
        loop = asyncio.get_running_loop()
        self._silent[connection] = loop.time() + self.seconds
        if self._timer is None:
            self._timer = loop.call_later(min(_TICK, self.seconds), self._tick, loop)
        return True

    def heard(self, connection: Connection) -> None:
        """It has said something that can be answered."""
        self._silent.pop(connection, None)

    def gone(self, connection: Connection) -> None:
        """One that was admitted has ended."""
        self._silent.pop(connection, None)
        self._open -= 1
        address = connection.address
        if address:
            self._of[address] -= 1
            if not self._of[address]:
                del self._of[address]

    async def close(self) -> None:
        """Close those that have said nothing."""
        if self._timer is not None:
            self._timer.cancel()
        for connection in list(self._silent):
            connection.abort()
        await asyncio.gather(*self.shaking, return_exceptions=True)

    def _refuse(self, reason: str) -> bool:
        self._closed.labels(reason).inc()
        return False

    def _make_room(self) -> bool:
        longest = next(iter(self._silent), None)
        if longest is not None:
            self._closed.labels("silent").inc()
            longest.abort()
        return longest is not None

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        while self._silent and next(iter(self._silent.values())) <= now:
            self._make_room()
        self._timer = loop.call_later(min(_TICK, self.seconds), self._tick, loop) if self._silent else None


class Connection(asyncio.Protocol):
    """One connection: watched until its first head is complete, handed through from then on."""

    __slots__ = (
        "_admitted",
        "_begun",
        "_connections",
        "_early",
        "_handler",
        "_heard",
        "_last",
        "_transport",
        "address",
    )

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._handler: asyncio.Protocol | None = None
        self._transport: asyncio.Transport | None = None
        self._admitted = self._begun = self._heard = False
        self._last = self._early = b""
        self.address = ""
        """Empty for this machine's own, of which there may be any number."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "a stream"
        self._transport = transport
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        self.address = "" if is_loopback(address) else address
        self._admitted = self._connections.admit(self)
        if not self._admitted:
            transport.abort()
        elif self._connections.tls is None:
            self._serve(transport)
        else:
            task = asyncio.get_running_loop().create_task(self._shake_hands(transport, self._connections.tls))
            self._connections.shaking.add(task)
            task.add_done_callback(self._connections.shaking.discard)

    async def _shake_hands(self, plain: asyncio.Transport, context: ssl.SSLContext) -> None:
        loop, seconds = asyncio.get_running_loop(), self._connections.seconds
        try:
            made = await loop.start_tls(plain, self, context, server_side=True, ssl_handshake_timeout=seconds)
        except OSError:  # counted where it failed: see core.knocks
            self._leave()
            return
        if made is None or not self._admitted:  # the peer left, or had to
            self._leave()
            return
        self._transport = made
        self._serve(made)

    def _serve(self, transport: asyncio.Transport) -> None:
        self._handler = self._connections.serve()
        self._handler.connection_made(transport)
        if self._early:
            early, self._early = self._early, b""
            self.data_received(early)

    def abort(self) -> None:
        """Close it now."""
        transport = self._transport
        self._leave()
        if transport is not None:
            transport.abort()

    def _leave(self) -> None:
        if self._admitted:
            self._admitted = False
            self._connections.gone(self)

    # ── what the transport says ──

    def data_received(self, data: bytes) -> None:
        if not self._heard:
            self._look(data)
        if self._handler is None:  # with the end of the handshake
            self._early += data
        else:
            self._handler.data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._handler is None else self._handler.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        self._transport = None
        if self._handler is not None:
            self._handler.connection_lost(exc)

    def pause_writing(self) -> None:
        if self._handler is not None:
            self._handler.pause_writing()

    def resume_writing(self) -> None:
        if self._handler is not None:
            self._handler.resume_writing()

    def _look(self, data: bytes) -> None:
        """Whether the head is complete now; empty lines before it are none of it (RFC 9112 §2.2)."""
        if not self._begun:
            data = data.lstrip(b"\r\n")
            self._begun = bool(data)
        seen = self._last + data
        if _END in seen:
            self._heard, self._last = True, b""
            self._connections.heard(self)
        else:
            self._last = seen[-len(_END) :]
