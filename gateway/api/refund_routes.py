"""``POST /api/v1/orders/{key}/refund``: an operator gives the price of an order back. Role admin."""

from __future__ import annotations

from aiohttp import web

from gateway.api import views
from gateway.api.access import Access, Caller, Right
from gateway.api.requests import unknown_fields
from gateway.core.bodies import json_body
from gateway.core.problems import Problem
from gateway.core.refund_desk import RefundDesk
from gateway.errors import NotRefundable, OrderUnknown

_MOST_WORDS = 40


class RefundRoutes:
    """An order has one refund, so asking again is answered with the same one."""

    def __init__(self, desk: RefundDesk, access: Access) -> None:
        self._desk = desk
        self._access = access

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_post("/api/v1/orders/{key}/refund", self._access.guard(Right.CONTROL, self._refund))

    async def _refund(self, request: web.Request, caller: Caller) -> web.Response:
        document = await json_body(request)
        errors = unknown_fields(document, ("reason",))
        reason = document.get("reason", "asked")
        if not isinstance(reason, str) or not 0 < len(reason) <= _MOST_WORDS:
            errors.append({"pointer": "/reason", "detail": f"must be a text of 1 to {_MOST_WORDS} characters"})
        if errors:
            raise Problem(422, "invalid-request", "nothing was given back; see errors", errors=errors)
        try:
            refund = await self._desk.ask(request.match_info["key"], f"api:{caller.name}", str(reason))
        except OrderUnknown as error:
            raise Problem(404, "unknown-order", str(error)) from None
        except NotRefundable as error:
            raise Problem(409, "not-refundable", str(error)) from None
        return web.json_response(views.order(refund), status=202)
