"""``/healthz`` is the process; ``/readyz`` is the store and the peers; ``/metrics`` on its own port."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import web
from prometheus_client import generate_latest
from sqlalchemy import literal, select

from gateway.core.context import Context

_ALIVE = select(literal(1))


class Health:
    """peers: name to whether it is there. The gateway works without them, so only ``/readyz`` speaks of them."""

    def __init__(self, context: Context, peers: Callable[[], Mapping[str, bool]]) -> None:
        self._context = context
        self._peers = peers
        self.stopping = False

    def add_to(self, app: web.Application) -> None:
        """Add ``/healthz`` and ``/readyz``."""
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)

    def add_metrics_to(self, app: web.Application) -> None:
        """Add ``/metrics``."""
        app.router.add_get("/metrics", self._metrics)

    async def _healthz(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, request: web.Request) -> web.Response:
        checks = {"store": await self._store(), **self._peers(), "taking_work": not self.stopping}
        ready = all(checks.values())
        return web.json_response(
            {"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503
        )

    async def _metrics(self, request: web.Request) -> web.Response:
        metrics, writer = self._context.metrics, self._context.writer
        metrics.commits.set(writer.groups)
        metrics.units.set(writer.units)
        for name, up in self._peers().items():
            if name.startswith("smpp "):
                metrics.bound.labels(name.removeprefix("smpp ")).set(up)
        return web.Response(body=generate_latest(metrics.registry), content_type="text/plain", charset="utf-8")

    async def _store(self) -> bool:
        try:
            return await self._context.reader.first(_ALIVE) is not None
        except Exception:  # whatever it is, the store does not answer
            return False
