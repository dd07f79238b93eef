"""``/api/v1/orders/{key}/story``: the signed story of an order, and the public key that it is checked with."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from gateway.api.access import Access, Caller, Right
from gateway.api.operations import Operation
from gateway.api.order_models import SignedStory, StoryKey
from gateway.api.queries import FULL, LANGUAGE, flag
from gateway.api.views import answer
from gateway.core.problems import Problem
from gateway.core.stories import StoryDesk
from gateway.core.story_seal import ALGORITHM, Seal
from gateway.errors import OrdersProblem, StoryKeyUnusable

_STORY = Operation(
    id="getOrderStory",
    method="GET",
    path="/api/v1/orders/{key}/story",
    summary="The signed story of an order; its bytes are what is checked",
    right=Right.READ,
    answers={200: SignedStory},
    parameters=(FULL, LANGUAGE),
    problems=((404, "unknown-order"), (409, "no-story-key"), (422, "invalid-query")),
)
_KEY = Operation(
    id="getStoryKey",
    method="GET",
    path="/api/v1/story-key",
    summary="The public key that stories are checked with",
    right=Right.READ,
    answers={200: StoryKey},
    problems=((409, "no-story-key"),),
)


class StoryRoutes:
    """seal: opens the installation's key each time, so that one that was made meanwhile counts at once."""

    def __init__(self, desk: StoryDesk, seal: Callable[[], Seal], access: Access) -> None:
        self._desk = desk
        self._seal = seal
        self._access = access

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        self._access.add(app, _STORY, self._story)
        self._access.add(app, _KEY, self._key)

    async def _story(self, request: web.Request, caller: Caller) -> web.Response:
        seal, full = self._opened(), flag(request, "full")
        key, language = request.match_info["key"], request.query.get("language", "")
        try:
            story = await self._desk.tell(key, language=language, full=full)
        except OrdersProblem as error:
            raise Problem(422, "invalid-query", str(error)) from None
        if story is None:
            raise Problem(404, "unknown-order", "there is no order with this key")
        return web.Response(body=seal.signed(story, self._desk.clock()), content_type="application/json")

    async def _key(self, request: web.Request, caller: Caller) -> web.Response:
        seal = self._opened()
        return answer(StoryKey(algorithm=ALGORITHM, key=seal.key_id, public_key=seal.public_pem))

    def _opened(self) -> Seal:
        try:
            return self._seal()
        except StoryKeyUnusable:  # which says where it is, and is the operator's to put right
            raise Problem(
                409, "no-story-key", "this gateway has no key to sign with; chasqui orders key makes one"
            ) from None
