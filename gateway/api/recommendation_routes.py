"""``GET /api/v1/subscribers/{msisdn}/recommendations``: what suits a person, at a new order or a renewal."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from msgspec import Meta

from gateway.api import models, views
from gateway.api.access import Access, Caller, Right
from gateway.api.operations import Operation, Parameter
from gateway.api.requests import msisdn_of
from gateway.core.context import Context
from gateway.core.facts import Facts
from gateway.core.problems import Problem
from gateway.core.recommending import Occasion, Recommender

_OCCASIONS = tuple(occasion.value for occasion in Occasion)
_RECOMMENDED = Operation(
    id="listRecommendations",
    method="GET",
    path="/api/v1/subscribers/{msisdn}/recommendations",
    summary="What a subscriber may buy and can pay, at their price, the best first; nothing is offered by asking",
    right=Right.OFFERS,
    answers={200: models.RecommendationList},
    parameters=(
        Parameter(
            "occasion",
            "query",
            Annotated[str, Meta(extra_json_schema={"enum": list(_OCCASIONS)})],
            "new_order: as if nothing were left; renewal: in place of the bundle that ends first.",
        ),
    ),
    problems=((400, "invalid-occasion"), (503, "balance-unknown")),
)


class RecommendationRoutes:
    """The list that an app shows where somebody orders."""

    def __init__(self, context: Context, facts: Facts, access: Access) -> None:
        self._context = context
        self._recommender = Recommender(context, facts)
        self._access = access

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        self._access.add(app, _RECOMMENDED, self._list)

    async def _list(self, request: web.Request, caller: Caller) -> web.Response:
        occasion = request.query.get("occasion", Occasion.NEW_ORDER)
        if occasion not in _OCCASIONS:
            raise Problem(400, "invalid-occasion", f"occasion must be one of {', '.join(_OCCASIONS)}")
        person = await self._context.known(msisdn_of(request))
        if person is None:
            return views.answer(models.RecommendationList(items=[], next=None))
        best = await self._recommender.recommend(person, Occasion(occasion))
        if best is None:
            raise Problem(503, "balance-unknown", "the charging system does not tell the balance now; try again")
        items = [views.bundle(one, person.language) for one in best]
        return views.answer(models.RecommendationList(items=items, next=None))
