"""``/healthz`` is the process; ``/readyz`` is the store, the peers and the lanes; ``/metrics`` on its own port."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import web
from prometheus_client import generate_latest
from sqlalchemy import literal, select

from gateway.core.context import Context
from gateway.core.ports import ChargingSystem

_ALIVE = select(literal(1))


class Health:
    """binds, lanes: name to whether it is up.

    The gateway works without its peers, and begins a lane that broke off again, so only ``/readyz`` speaks of them; one
    bind or account that is up is enough for being ready.
    """

    def __init__(
        self,
        context: Context,
        ocs: ChargingSystem,
        binds: Callable[[], Mapping[str, bool]],
        lanes: Callable[[], Mapping[str, bool]],
    ) -> None:
        self._context = context
        self._ocs = ocs
        self._binds = binds
        self._lanes = lanes
        self.stopping = False

    def add_to(self, app: web.Application) -> None:
        """Add ``/healthz`` and ``/readyz``."""
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)

    def add_metrics_to(self, app: web.Application) -> None:
        """Add ``/metrics``."""
        app.router.add_get("/metrics", self._metrics)

    async def ocs_answers(self) -> bool:
        """Whether the charging system does."""
        return await self._ocs.answers()

    async def _healthz(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, request: web.Request) -> web.Response:
        """Ready with the store and one way to the network; what else is away is told, and worked around."""
        binds = self._binds()
        needed = {
            "store": await self._store(),
            "network": any(binds.values()) or not binds,
            **self._lanes(),
            "taking_work": not self.stopping,
        }
        ready = all(needed.values())
        checks = {**needed, **binds, "ocs": await self.ocs_answers()}
        return web.json_response(
            {"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503
        )

    async def _metrics(self, request: web.Request) -> web.Response:
        metrics, writer = self._context.metrics, self._context.writer
        metrics.commits.set(writer.groups)
        metrics.units.set(writer.units)
        for name, up in self._binds().items():
            if name.startswith("smpp "):
                metrics.bound.labels(name.removeprefix("smpp ")).set(up)
        return web.Response(body=generate_latest(metrics.registry), content_type="text/plain", charset="utf-8")

    async def _store(self) -> bool:
        try:
            return not self._context.writer.failing and await self._context.reader.first(_ALIVE) is not None
        except Exception:  # whatever it is, the store does not answer
            return False
