"""``/api/v1/controls``: what an operator stops, holds back and takes back, for consoles and scripts. Role admin."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web

from gateway.api import models, views
from gateway.api.access import Access, Caller, Right
from gateway.api.once import Answer, Claim, Once
from gateway.api.operations import Operation, Parameter
from gateway.api.queries import flag
from gateway.api.request_models import ControlPeriod
from gateway.api.requests import instant, unknown_fields
from gateway.core.bodies import json_body
from gateway.core.control_desk import MOST_WORDS, ControlDesk, Wish, checked
from gateway.core.problems import Problem
from gateway.errors import BadControl
from store.controls import Control

_PATH = "/api/v1/controls"
_FIELDS = ("message", "starts_at", "ends_at")


_ONE = f"{_PATH}/{{kind}}/{{value}}"
_ALL = Operation(
    id="listControls",
    method="GET",
    path=_PATH,
    summary="What is stopped, held back and restricted, whether it counts now or not",
    right=Right.CONTROL,
    answers={200: models.ControlList},
)
_PUT = Operation(
    id="putControl",
    method="PUT",
    path=_ONE,
    summary="Stop something, hold a number back, or restrict to a number; other periods of the same value stay",
    right=Right.CONTROL,
    answers={200: models.Control},
    body=ControlPeriod,
    key="optional",
    problems=((422, "invalid-control"), (404, "unknown-control")),
)
_DROP = Operation(
    id="deleteControl",
    method="DELETE",
    path=_ONE,
    summary="Take back what is in force; what is still to begin stays unless scheduled=true",
    right=Right.CONTROL,
    answers={200: models.StillScheduled, 204: None},
    key="optional",
    parameters=(Parameter("scheduled", "query", bool, "Also what is still to begin."),),
    problems=((422, "invalid-control"), (422, "invalid-query"), (404, "unknown-control")),
)


class ControlRoutes:
    """look: called after each change, so that it is in force when it is answered."""

    def __init__(self, desk: ControlDesk, access: Access, once: Once, look: Callable[[], Awaitable[None]]) -> None:
        self._desk = desk
        self._access = access
        self._once = once
        self._look = look

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        for operation, handler in ((_ALL, self._all), (_PUT, self._put), (_DROP, self._drop)):
            self._access.add(app, operation, handler)

    async def _all(self, request: web.Request, caller: Caller) -> web.Response:
        return views.answer(models.ControlList(items=[_view(one) for one in await self._desk.all()], next=None))

    async def _put(self, request: web.Request, caller: Caller) -> web.Response:
        document = await json_body(request)
        work = partial(self._set, request, document, f"api:{caller.name}")
        return await self._once.if_keyed(request, caller, document, work)

    async def _set(self, request: web.Request, document: dict[str, Any], author: str, claim: Claim) -> Answer:
        errors = unknown_fields(document, _FIELDS)
        times = {name: instant(document, name, errors) for name in ("starts_at", "ends_at")}
        message = document.get("message", "")
        if not isinstance(message, str) or len(message) > MOST_WORDS:
            errors.append({"pointer": "/message", "detail": f"must be a text of at most {MOST_WORDS} characters"})
        if errors:
            raise Problem(422, "invalid-control", "nothing was changed; see errors", errors=errors)
        wish = _wish(request, **times)
        try:
            await self._desk.put([wish], author, message)
        except BadControl as error:
            raise Problem(422, "invalid-control", str(error)) from None
        await self._look()
        found = await self._desk.periods(wish.kind, wish.value)
        standing = next((one for one in found if one.starts_at == wish.starts_at), None)
        if standing is None:
            raise Problem(404, "unknown-control", "somebody took it back in the same moment")
        return 200, _view(standing)

    async def _drop(self, request: web.Request, caller: Caller) -> web.Response:
        """204, or 200 with what is still to begin; that goes with ``?scheduled=true`` alone."""
        work = partial(self._taken_back, request, f"api:{caller.name}")
        return await self._once.if_keyed(request, caller, None, work)

    async def _taken_back(self, request: web.Request, author: str, claim: Claim) -> Answer:
        wish, scheduled = _wish(request), flag(request, "scheduled")
        found = await self._desk.periods(wish.kind, wish.value)
        done = await self._desk.take_back(found, author, "", scheduled=scheduled)
        if not done.gone:
            more = "; ?scheduled=true takes back what is still to begin" if done.stay else ""
            raise Problem(404, "unknown-control", f"this is not in force{more}")
        await self._look()
        if not done.stay:
            return 204, None
        return 200, models.StillScheduled(scheduled=[_view(one) for one in done.stay])


def _wish(request: web.Request, starts_at: datetime | None = None, ends_at: datetime | None = None) -> Wish:
    try:
        return checked(request.match_info["kind"], request.match_info["value"], starts_at, ends_at)
    except BadControl as error:
        raise Problem(422, "invalid-control", str(error)) from None


def _view(one: Control) -> models.Control:
    return models.Control(
        kind=one.kind,
        value=one.value,
        starts_at=None if one.starts_at is None else one.starts_at.isoformat(),
        ends_at=None if one.ends_at is None else one.ends_at.isoformat(),
        author=one.author,
        message=one.message,
        at=one.at.isoformat(),
    )
