"""``/api/v1/reconciliations``: what comparing our orders with the charging system has found. Role admin."""

from __future__ import annotations

import msgspec
from aiohttp import web

from gateway.api.access import Access, Caller, Right
from gateway.api.operations import MOST_ITEMS, PAGES, Operation
from gateway.api.order_models import ReconciliationFound, ReconciliationList
from gateway.api.queries import FULL, flag
from gateway.api.requests import limit_of
from gateway.api.views import answer
from gateway.core import discrepancy_views as views
from gateway.core.problems import Problem
from store import reconciliations
from store.reader import Reader

_PATH = "/api/v1/reconciliations"

_LIST = Operation(
    id="listReconciliations",
    method="GET",
    path=_PATH,
    summary="Comparisons with the charging system, newest first",
    right=Right.CONTROL,
    answers={200: ReconciliationList},
    parameters=PAGES,
)
_GET = Operation(
    id="getReconciliation",
    method="GET",
    path=f"{_PATH}/{{id}}",
    summary="One comparison with what it found",
    right=Right.CONTROL,
    answers={200: ReconciliationFound},
    parameters=(*PAGES, FULL),
    problems=((404, "unknown-reconciliation"), (422, "invalid-query")),
)


class ReconciliationRoutes:
    """Reads alone: what is found is settled with ``chasqui orders settle``."""

    def __init__(self, reader: Reader, access: Access) -> None:
        self._reader = reader
        self._access = access

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        self._access.add(app, _LIST, self._all)
        self._access.add(app, _GET, self._one)

    async def _all(self, request: web.Request, caller: Caller) -> web.Response:
        """Newest first, and how much of each kind nobody has settled."""
        limit = limit_of(request, MOST_ITEMS)
        found = await reconciliations.latest(self._reader, limit + 1, request.query.get("after"))
        following = found[limit - 1].id if len(found) > limit else None
        standing = dict(await reconciliations.standing(self._reader))
        items = [views.run(one) for one in found[:limit]]
        return answer(msgspec.convert({"items": items, "next": following, "standing": standing}, ReconciliationList))

    async def _one(self, request: web.Request, caller: Caller) -> web.Response:
        """One with what it found, oldest first."""
        limit, full = limit_of(request, MOST_ITEMS), flag(request, "full")
        run = await reconciliations.by_id(self._reader, request.match_info["id"])
        if run is None:
            raise Problem(404, "unknown-reconciliation", "there is no reconciliation with this id")
        found = await reconciliations.of_run(self._reader, run.id, limit + 1, request.query.get("after"))
        following = found[limit - 1].id if len(found) > limit else None
        items = [views.discrepancy(one, full=full) for one in found[:limit]]
        document = {**views.run(run), "items": items, "next": following}
        return answer(msgspec.convert(document, ReconciliationFound))
