"""Stands between the gateway and a charging system that speaks Diameter: one connection carries all purchases."""

from __future__ import annotations

import asyncio
from asyncio import Future, StreamReader, StreamWriter
from contextlib import suppress

from benchmarks.matrix.cells import Cell, Fault, Moment
from benchmarks.matrix.strikes import Strikes
from benchmarks.matrix.wires import Wire
from gateway.ocs import diameter_codec as codec
from gateway.ocs.diameter_codec import Packet, avp

_UNABLE = 5012
"""DIAMETER_UNABLE_TO_COMPLY, what stands here for a 500: it says nothing about the charge."""


_READ = 0.05
"""Seconds in which an answer is read; a reset would take it along."""


class DiameterMiddleman:
    """As ``Middleman``, on a stream of packets. A reset takes along whatever else is on the connection."""

    def __init__(self, wire: Wire, upstream: int, strikes: Strikes) -> None:
        self._wire = wire
        self._upstream = upstream
        self._strikes = strikes
        self._server: asyncio.Server | None = None
        self._open: set[_Relay] = set()
        self.url = ""

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"aaa://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """End all connections."""
        await self._strikes.applied()
        assert self._server is not None, "it was started"
        self._server.close()
        for relay in self._open:
            relay.cut()

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._upstream)
        relay = _Relay(self._wire, self._strikes, writer, back, self._upstream)
        self._open.add(relay)
        try:
            await asyncio.gather(relay.requests(reader), relay.answers(there))
        finally:
            relay.cut()
            self._open.discard(relay)


class _Relay:
    """One connection: to the gateway, and to the charging system."""

    def __init__(
        self, wire: Wire, strikes: Strikes, gateway: StreamWriter, charging: StreamWriter, upstream: int
    ) -> None:
        self._wire = wire
        self._strikes = strikes
        self._gateway = gateway
        self._charging = charging
        self._upstream = upstream
        self._caught: dict[int, Future[bytes]] = {}
        self._striking: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Reset both sides; nobody waits for an answer that cannot come any more."""
        for caught in self._caught.values():
            caught.cancel()
        for side in (self._gateway, self._charging):
            side.transport.abort()

    async def requests(self, reader: StreamReader) -> None:
        """What the gateway sends goes on, but for purchases to which something is to happen."""
        with suppress(OSError, EOFError):
            while True:
                octets = await _read(reader)
                cell = None
                if self._wire.buys("", "", octets):
                    cell = self._strikes.take(self._wire.numbers(octets))
                if cell is None:
                    _write(self._charging, octets)
                else:
                    task = asyncio.create_task(self._strike(cell, octets))
                    self._striking.add(task)
                    task.add_done_callback(self._striking.discard)
        self.cut()

    async def answers(self, reader: StreamReader) -> None:
        """What the charging system answers goes back, but for answers to those."""
        with suppress(OSError, EOFError):
            while True:
                octets = await _read(reader)
                caught = self._caught.pop(codec.header_of(octets).hop_by_hop, None)
                if caught is None:
                    _write(self._gateway, octets)
                elif not caught.done():
                    caught.set_result(octets)
        self.cut()

    async def _strike(self, cell: Cell, octets: bytes) -> None:
        match cell.moment:
            case Moment.BEFORE_SEND:
                pass
            case Moment.AFTER_SEND:
                self._strikes.apply_late(lambda: _apply(octets, self._upstream), after_kill=cell.fault is Fault.KILL)
            case _:
                answer = await self._pass_on(octets)
                if cell.moment is not Moment.AFTER_APPLY:
                    await self._answered(cell, answer)
                    return
        await self._instead(cell, codec.decode(octets))

    async def _instead(self, cell: Cell, request: Packet) -> None:
        """What the gateway gets in place of an answer; nothing at a time-out."""
        match cell.fault:
            case Fault.KILL:
                await self._strikes.kill(cell)
            case Fault.SERVER_ERROR:
                session = codec.text(request.avps, codec.SESSION_ID)
                _write(self._gateway, _answer(request, session, _UNABLE))
            case Fault.WRONG_ANSWER:
                _write(self._gateway, _answer(request, "of;somebody;else;1", codec.SUCCESS))
            case Fault.RESET:
                self.cut()
            case _:
                pass

    async def _answered(self, cell: Cell, answer: bytes) -> None:
        """The answer goes out whole, and then it happens."""
        _write(self._gateway, answer)
        with suppress(OSError):
            await self._gateway.drain()
        match cell.fault:
            case Fault.KILL:
                if cell.moment is Moment.DURING_COMMIT:  # a few thousandths of a second later, another each time
                    await asyncio.sleep(cell.repeat * 0.002)
                await self._strikes.at_the_moment(cell)
            case Fault.TWICE:
                _write(self._gateway, answer)
            case _:
                await asyncio.sleep(_READ)
                self.cut()

    async def _pass_on(self, octets: bytes) -> bytes:
        caught: Future[bytes] = asyncio.get_running_loop().create_future()
        self._caught[codec.header_of(octets).hop_by_hop] = caught
        _write(self._charging, octets)
        return await caught


def _write(side: StreamWriter, octets: bytes) -> None:
    """Unless it was cut."""
    if not side.is_closing():
        side.write(octets)


async def _apply(octets: bytes, upstream: int) -> None:
    """Over a connection of its own: the one that it came on may be gone."""
    reader, writer = await asyncio.open_connection("127.0.0.1", upstream)
    writer.write(octets)
    await _read(reader)
    writer.close()


def _answer(request: Packet, session: str, code: int) -> bytes:
    avps = [avp(codec.SESSION_ID, session), avp(codec.RESULT_CODE, code)]
    return codec.encode(request.answer(avps))


async def _read(reader: StreamReader) -> bytes:
    head = await reader.readexactly(codec.LENGTH_OCTETS)
    return head + await reader.readexactly(codec.length_of(head) - codec.LENGTH_OCTETS)
