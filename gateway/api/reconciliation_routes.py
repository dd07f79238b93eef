"""``/api/v1/reconciliations``: what comparing our orders with the charging system has found. Role admin."""

from __future__ import annotations

import msgspec
from aiohttp import web

from gateway.api.access import Access, Caller, Right
from gateway.api.operations import PAGES, Operation
from gateway.api.order_models import ReconciliationFound, ReconciliationList
from gateway.api.paging import page_of
from gateway.api.queries import FULL, flag
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
        page = page_of(request)
        found = await reconciliations.latest(self._reader, page.ask_for, page.after)
        shown, following = page.cut(found, lambda one: one.id)
        standing = dict(await reconciliations.standing(self._reader))
        items = [views.run(one) for one in shown]
        return answer(msgspec.convert({"items": items, "next": following, "standing": standing}, ReconciliationList))

    async def _one(self, request: web.Request, caller: Caller) -> web.Response:
        """One with what it found, oldest first."""
        page, full = page_of(request), flag(request, "full")
        run = await reconciliations.by_id(self._reader, request.match_info["id"])
        if run is None:
            raise Problem(404, "unknown-reconciliation", "there is no reconciliation with this id")
        found = await reconciliations.of_run(self._reader, run.id, page.ask_for, page.after)
        shown, following = page.cut(found, lambda one: one.id)
        items = [views.discrepancy(one, full=full) for one in shown]
        document = {**views.run(run), "items": items, "next": following}
        return answer(msgspec.convert(document, ReconciliationFound))
