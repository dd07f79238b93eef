"""The writing half of a connection, and its end.

Writes are collected during one turn of the event loop and leave in one piece. Whoever does not read what was written is
cut off: beyond so many octets, or a moment after the end.
"""

from __future__ import annotations

import asyncio
from typing import Final

from gateway.smpp.counters import SessionCounters

_MAX_UNREAD_BY_PEER: Final = 4 * 1024 * 1024
"""Octets; a peer that sends but does not read is cut off beyond them."""
_LINGER: Final = 5.0
"""Seconds in which a peer may read what was written before the end; whoever does not is cut off."""


class Writer:
    """reason: why the connection ended. ended: whether we have ended it, so that nothing more can be answered."""

    def __init__(self, counters: SessionCounters) -> None:
        self.reason = "connection closed by the peer"
        self.ended = False
        self._counters = counters
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []

    @property
    def open(self) -> bool:
        """Whether there is a connection."""
        return self._transport is not None

    @property
    def closing(self) -> bool:
        """Whether the connection is about to be gone, or is."""
        return self._transport is None or self._transport.is_closing()

    def made(self, transport: asyncio.Transport) -> None:
        """The connection is there."""
        self._transport = transport

    def lost(self) -> None:
        """The connection is gone, and with it what was still to be written."""
        self._transport = None
        self._out.clear()

    def write(self, pdu: bytes) -> None:
        """Let it out at the end of this turn."""
        if self._transport is None:
            return
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(pdu)
        self._counters.pdus_out += 1

    def close(self, reason: str) -> None:
        """End the connection once what is collected has been written."""
        if self._transport is not None and not self.closing:
            self.reason = reason
            self.ended = True
            self._flush()
            self._transport.close()
            self.cut_off_soon()

    def abort(self, reason: str) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self.reason = reason
            self.ended = True
            self._transport.abort()

    def cut_off_soon(self) -> None:
        """It ends by itself, if the peer reads; if not, then after a moment."""
        self._loop.call_later(_LINGER, self._cut)

    def _cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _flush(self) -> None:
        if not self._out or self._transport is None:
            return
        octets = b"".join(self._out) if len(self._out) > 1 else self._out[0]
        self._out.clear()
        self._transport.write(octets)
        if self._transport.get_write_buffer_size() > _MAX_UNREAD_BY_PEER:
            self.abort("the peer does not read")
