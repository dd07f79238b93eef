"""The ports of one gateway, and the pages that stand on them beside what others register."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, NamedTuple, Protocol

from aiohttp import web

from gateway.app.connections import MOST_TO_METRICS, Connections, Serve, most_connections
from gateway.app.listening import listen, port_of
from gateway.app.peers import Peers
from gateway.config.tree import Config
from gateway.console.first_steps import first_steps
from gateway.console.health import Health
from gateway.console.listed_doors import listed
from gateway.console.status import Part, StatusPage
from gateway.core import traced
from gateway.core.context import Context
from gateway.core.doors import Doors
from gateway.core.problems import middleware
from gateway.ocs.taking import MOST_BYTES
from gateway.simulators.handset import HandsetPage
from gateway.ussd.africastalking import AfricasTalking
from gateway.ussd.services import Services

DRAIN_SECONDS = 20.0
PORT, METRICS_PORT = "server.port", "server.metrics_port"
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


class Routes(Protocol):
    """Something that answers over HTTP."""

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        ...


class Behind(NamedTuple):
    """What the pages tell of."""

    peers: Peers
    parts: Callable[[], Sequence[Part]]
    number: str
    services: Services
    doors: Doors


class Front:
    """Opens the ports; what it opens is closed with ``stack``. port, metrics_port: 0 until then.

    handset: whether the phone in the browser is there.
    """

    def __init__(self, config: Config, stack: AsyncExitStack) -> None:
        self._config = config
        self._stack = stack
        self.port = 0
        self.metrics_port = 0
        self.handset = False

    async def open(
        self, context: Context, health: Health, behind: Behind, routes: Sequence[Routes], tls: ssl.SSLContext | None
    ) -> None:
        """Answer: last of all, when everything behind the ports runs."""
        server, peers = self._config.server, behind.peers
        metrics_app = web.Application(middlewares=[middleware(context.metrics)])
        health.add_metrics_to(metrics_app)
        few = partial(Connections, metrics=context.metrics, most=MOST_TO_METRICS)
        self.metrics_port = await self._listen(metrics_app, server.metrics_port, METRICS_PORT, few)
        app = web.Application(middlewares=_middlewares(context), client_max_size=MOST_BYTES + 1)
        for one in (*routes, health):
            one.add_to(app)
        local = server.host in _LOCAL
        page = StatusPage(
            context,
            lambda: self._parts(health, behind),
            lambda: _first_steps(server.scheme, self.port, behind),
            listed(self._config.doors),
            self._config.policy,
            local=local,
        )
        page.add_to(app)
        if peers.smsc is not None and local:
            self.handset = True
            HandsetPage(peers.smsc, behind.services.codes, behind.number).add_to(app)
        many = partial(Connections, metrics=context.metrics, tls=tls, most=most_connections())
        self.port = await self._listen(app, server.port, PORT, many)

    async def _listen(self, app: web.Application, port: int, key: str, open_to: Callable[[Serve], Connections]) -> int:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_SECONDS, auto_decompress=False)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        assert runner.server is not None, "it is set up"
        connections = open_to(runner.server)
        self._stack.push_async_callback(connections.close)
        server = await listen(connections, self._config.server.host, port, key)
        self._stack.callback(server.close)
        return port_of(server)

    async def _parts(self, health: Health, behind: Behind) -> list[Part]:
        peers = behind.peers
        host, scheme = self._config.server.host, self._config.server.scheme
        metrics = f"http://{host}:{self.metrics_port}/metrics"
        parts = [
            Part("Gateway", f"{scheme}://{host}:{self.port}", True, link="/"),
            Part("Metrics", metrics, True, link=metrics if host in _LOCAL else ""),
            Part("Store", self._config.store.url, True),
            *behind.parts(),
            Part("Charging system", peers.ocs_url, await health.ocs_answers()),
        ]
        if peers.smsc is not None:
            control = f"http://127.0.0.1:{peers.smsc.control_port}"
            parts.append(Part("SMSC simulator (control)", control, True, link=f"{control}/messages"))
        if self.handset:
            parts.append(Part("Handset", f"{scheme}://{host}:{self.port}/handset/", True, link="/handset/"))
        if peers.ocs_simulator is not None:
            control = peers.ocs_simulator.control_url
            parts.append(Part("OCS simulator (control)", control, True, link=f"{control}/ledger"))
        return parts


def _middlewares(context: Context) -> Sequence[Any]:
    answering = middleware(context.metrics)
    return [answering] if context.traces is None else [traced.traced_requests(context.traces), answering]


def _dialled(behind: Behind) -> str | None:
    """The first code, if this machine may dial it with no more than its address."""
    return behind.services.codes[0] if behind.doors.admit(AfricasTalking.name, "127.0.0.1", "") else None


def _first_steps(scheme: str, port: int, behind: Behind) -> list[tuple[str, str]]:
    peers = behind.peers
    smsc, ocs = peers.smsc, peers.ocs_simulator
    return first_steps(
        f"{scheme}://127.0.0.1:{port}",
        f"http://127.0.0.1:{smsc.control_port}" if smsc else None,
        behind.number,
        ocs.control_url if ocs else None,
        _dialled(behind),
    )
