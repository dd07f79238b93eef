"""``/api/v1/controls``: what an operator stops, holds back and takes back, for consoles and scripts. Role admin."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from gateway.api.access import Access, Caller, Right
from gateway.api.requests import instant, unknown_fields
from gateway.core.bodies import json_body
from gateway.core.control_desk import MOST_WORDS, ControlDesk, Wish, checked
from gateway.core.problems import Problem
from gateway.errors import BadControl
from store.controls import Control

_PATH = "/api/v1/controls"
_FIELDS = ("message", "starts_at", "ends_at")


class ControlRoutes:
    """look: called after each change, so that it is in force when it is answered."""

    def __init__(self, desk: ControlDesk, access: Access, look: Callable[[], Awaitable[None]]) -> None:
        self._desk = desk
        self._access = access
        self._look = look

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        guard, one = self._access.guard, f"{_PATH}/{{kind}}/{{value}}"
        app.router.add_get(_PATH, guard(Right.CONTROL, self._all))
        app.router.add_put(one, guard(Right.CONTROL, self._put))
        app.router.add_delete(one, guard(Right.CONTROL, self._drop))

    async def _all(self, request: web.Request, caller: Caller) -> web.Response:
        return web.json_response({"items": [_view(one) for one in await self._desk.all()], "next": None})

    async def _put(self, request: web.Request, caller: Caller) -> web.Response:
        document = await json_body(request)
        errors = unknown_fields(document, _FIELDS)
        times = {name: instant(document, name, errors) for name in ("starts_at", "ends_at")}
        message = document.get("message", "")
        if not isinstance(message, str) or len(message) > MOST_WORDS:
            errors.append({"pointer": "/message", "detail": f"must be a text of at most {MOST_WORDS} characters"})
        if errors:
            raise Problem(422, "invalid-control", "nothing was changed; see errors", errors=errors)
        wish = _wish(request, **times)
        try:
            await self._desk.put([wish], f"api:{caller.name}", message)
        except BadControl as error:
            raise Problem(422, "invalid-control", str(error)) from None
        await self._look()
        found = await self._desk.periods(wish.kind, wish.value)
        return web.json_response(next((_view(one) for one in found if one.starts_at == wish.starts_at), {}))

    async def _drop(self, request: web.Request, caller: Caller) -> web.Response:
        """204, or 200 with what is still to begin; that goes with ``?scheduled=true`` alone."""
        wish, scheduled = _wish(request), _flag(request, "scheduled")
        found = await self._desk.periods(wish.kind, wish.value)
        done = await self._desk.take_back(found, f"api:{caller.name}", "", scheduled=scheduled)
        if not done.gone:
            more = "; ?scheduled=true takes back what is still to begin" if done.stay else ""
            raise Problem(404, "unknown-control", f"this is not in force{more}")
        await self._look()
        if not done.stay:
            return web.Response(status=204)
        return web.json_response({"scheduled": [_view(one) for one in done.stay]})


def _wish(request: web.Request, starts_at: datetime | None = None, ends_at: datetime | None = None) -> Wish:
    try:
        return checked(request.match_info["kind"], request.match_info["value"], starts_at, ends_at)
    except BadControl as error:
        raise Problem(422, "invalid-control", str(error)) from None


def _flag(request: web.Request, name: str) -> bool:
    given = request.query.get(name, "false")
    if given not in ("true", "false"):
        raise Problem(422, "invalid-query", f"{name} is true or false")
    return given == "true"


def _view(one: Control) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "value": one.value,
        "starts_at": one.starts_at and one.starts_at.isoformat(),
        "ends_at": one.ends_at and one.ends_at.isoformat(),
        "author": one.author,
        "message": one.message,
        "at": one.at.isoformat(),
    }
