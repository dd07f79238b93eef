"""``/api/v1/reconciliations``: what comparing our orders with the charging system has found. Role admin."""

from __future__ import annotations

from aiohttp import web

from gateway.api.access import Access, Caller, Right
from gateway.api.queries import flag, page_size
from gateway.core import discrepancy_views as views
from gateway.core.problems import Problem
from store import reconciliations
from store.reader import Reader

_PATH = "/api/v1/reconciliations"


class ReconciliationRoutes:
    """Reads alone: what is found is settled with ``chasqui orders settle``."""

    def __init__(self, reader: Reader, access: Access) -> None:
        self._reader = reader
        self._access = access

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        guard = self._access.guard
        app.router.add_get(_PATH, guard(Right.CONTROL, self._all))
        app.router.add_get(f"{_PATH}/{{id}}", guard(Right.CONTROL, self._one))

    async def _all(self, request: web.Request, caller: Caller) -> web.Response:
        """Newest first, and how much of each kind nobody has settled."""
        limit = page_size(request)
        found = await reconciliations.latest(self._reader, limit + 1, request.query.get("after"))
        following = found[limit - 1].id if len(found) > limit else None
        standing = dict(await reconciliations.standing(self._reader))
        items = [views.run(one) for one in found[:limit]]
        return web.json_response({"items": items, "next": following, "standing": standing})

    async def _one(self, request: web.Request, caller: Caller) -> web.Response:
        """One with what it found, oldest first."""
        limit, full = page_size(request), flag(request, "full")
        run = await reconciliations.by_id(self._reader, request.match_info["id"])
        if run is None:
            raise Problem(404, "unknown-reconciliation", "there is no reconciliation with this id")
        found = await reconciliations.of_run(self._reader, run.id, limit + 1, request.query.get("after"))
        following = found[limit - 1].id if len(found) > limit else None
        items = [views.discrepancy(one, full=full) for one in found[:limit]]
        return web.json_response({**views.run(run), "items": items, "next": following})
