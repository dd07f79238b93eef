"""Stands between the gateway and the charging system, and does to each purchase what its cell says, once."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp import web

from benchmarks.matrix.cells import Cell, Fault, Moment
from benchmarks.matrix.strikes import Strikes
from benchmarks.matrix.wires import Wire

_OF_ONE_HOP = ("Host", "Connection", "Content-Length", "Transfer-Encoding")
_KEPT = ("Content-Type", "X-Total-Count", "X-Result-Count")


class Middleman:
    """An HTTP server before another one, at this port. gives_up: seconds after which the gateway waits no more."""

    def __init__(self, wire: Wire, upstream: int, strikes: Strikes, gives_up: float) -> None:
        self._wire = wire
        self._upstream = f"http://127.0.0.1:{upstream}"
        self._strikes = strikes
        self._gives_up = gives_up
        self._runner: web.AppRunner | None = None
        self._http: aiohttp.ClientSession
        self.url = ""

    async def start(self) -> None:
        """Listen on a free port."""
        self._http = aiohttp.ClientSession()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._call)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """End all calls."""
        await self._strikes.applied()
        assert self._runner is not None, "it was started"
        await self._runner.cleanup()
        await self._http.close()

    async def _call(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        cell = None
        if self._wire.buys(request.method, request.path, body):
            cell = self._strikes.take(self._wire.numbers(body))
        return await (self._pass_on(request, body) if cell is None else self._strike(cell, request, body))

    async def _strike(self, cell: Cell, request: web.Request, body: bytes) -> web.StreamResponse:
        match cell.moment:
            case Moment.BEFORE_SEND:
                pass
            case Moment.AFTER_SEND:  # on its way when it happens, and applied after
                after_kill = cell.fault is Fault.KILL
                self._strikes.apply_late(lambda: self._pass_on(request, body), after_kill=after_kill)
            case _:
                answer = await self._pass_on(request, body)
                if cell.moment is not Moment.AFTER_APPLY:
                    return await self._answered(cell, request, answer)
        return await self._instead(cell, request)

    async def _instead(self, cell: Cell, request: web.Request) -> web.StreamResponse:
        """What the gateway gets in place of an answer."""
        match cell.fault:
            case Fault.KILL:
                await self._strikes.kill(cell)
            case Fault.TIMEOUT:
                await asyncio.sleep(self._gives_up * 2)
            case Fault.SERVER_ERROR:
                return web.Response(status=500, text="out of order")
            case Fault.WRONG_ANSWER:
                status, kind, text = self._wire.wrong
                return web.Response(status=status, body=text, headers={"Content-Type": kind})
            case _:
                pass
        return _cut(request)

    async def _answered(self, cell: Cell, request: web.Request, answer: web.Response) -> web.StreamResponse:
        """The answer goes out whole, and then it happens."""
        answer.force_close()
        await answer.prepare(request)
        await answer.write_eof()
        match cell.fault:
            case Fault.KILL:
                if cell.moment is Moment.DURING_COMMIT:  # a few thousandths of a second later, another each time
                    await asyncio.sleep(cell.repeat * 0.002)
                await self._strikes.at_the_moment(cell)
            case Fault.TWICE if request.transport is not None:
                assert isinstance(answer.body, bytes)
                request.transport.write(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n" % len(answer.body))
                request.transport.write(answer.body)
            case _:
                return _cut(request)
        return answer

    async def _pass_on(self, request: web.Request, body: bytes) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name not in _OF_ONE_HOP}
        async with self._http.request(
            request.method, self._upstream + request.path_qs, data=body, headers=headers
        ) as answer:
            kept = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
