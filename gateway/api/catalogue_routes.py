"""``GET /api/v1/catalogue``: what is on sale today, in a language."""

from __future__ import annotations

from aiohttp import web

from gateway.api import models, views
from gateway.api.access import Access, Caller, Right
from gateway.api.operations import Operation, Parameter
from gateway.api.request_models import Language
from gateway.core.context import Context
from gateway.core.problems import Problem

_CATALOGUE = Operation(
    id="listCatalogue",
    method="GET",
    path="/api/v1/catalogue",
    summary="What is on sale today, by the market's calendar",
    right=Right.OFFERS,
    answers={200: models.CatalogueList},
    parameters=(Parameter("language", "query", Language, "Of the names; the market's first where it is left out."),),
    problems=((400, "invalid-language"),),
)


class CatalogueRoutes:
    """The catalogue as an app shows it. Who may buy what is decided for each person, when they get offers."""

    def __init__(self, context: Context, access: Access) -> None:
        self._context = context
        self._access = access

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        self._access.add(app, _CATALOGUE, self._list)

    async def _list(self, request: web.Request, caller: Caller) -> web.Response:
        context = self._context
        language = request.query.get("language", context.market.languages[0])
        if language not in context.catalogues.languages:
            known = ", ".join(context.catalogues.languages)
            raise Problem(400, "invalid-language", f"language must be one of {known}")
        sold = context.on_sale(context.clock())
        return views.answer(models.CatalogueList(items=[views.bundle(one, language) for one in sold], next=None))
