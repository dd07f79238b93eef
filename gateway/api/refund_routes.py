"""``POST /api/v1/orders/{key}/refund``: an operator gives the price of an order back. Role admin."""

from __future__ import annotations

from functools import partial
from typing import Any

from aiohttp import web

from gateway.api import models, views
from gateway.api.access import Access, Caller, Right
from gateway.api.once import Answer, Claim, Once
from gateway.api.operations import Operation
from gateway.api.request_models import MOST_REASON, RefundReason
from gateway.api.requests import unknown_fields
from gateway.core.bodies import json_body
from gateway.core.problems import Problem
from gateway.core.refund_desk import RefundDesk
from gateway.errors import NotRefundable, OrderUnknown

_REFUND = Operation(
    id="refundOrder",
    method="POST",
    path="/api/v1/orders/{key}/refund",
    summary="Give the price of an order back; its one refund is an order of its own",
    right=Right.CONTROL,
    answers={202: models.Order},
    body=RefundReason,
    key="optional",
    problems=((404, "unknown-order"), (409, "not-refundable"), (422, "invalid-request")),
)


class RefundRoutes:
    """An order has one refund, so asking again is answered with the same one."""

    def __init__(self, desk: RefundDesk, access: Access, once: Once) -> None:
        self._desk = desk
        self._access = access
        self._once = once

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        self._access.add(app, _REFUND, self._refund)

    async def _refund(self, request: web.Request, caller: Caller) -> web.Response:
        document = await json_body(request)
        work = partial(self._given_back, request.match_info["key"], f"api:{caller.name}", document)
        return await self._once.if_keyed(request, caller, document, work)

    async def _given_back(self, key: str, author: str, document: dict[str, Any], claim: Claim) -> Answer:
        errors = unknown_fields(document, ("reason",))
        reason = document.get("reason", "asked")
        if not isinstance(reason, str) or not 0 < len(reason) <= MOST_REASON:
            errors.append({"pointer": "/reason", "detail": f"must be a text of 1 to {MOST_REASON} characters"})
        if errors:
            raise Problem(422, "invalid-request", "nothing was given back; see errors", errors=errors)
        try:
            refund = await self._desk.ask(key, author, str(reason))
        except OrderUnknown as error:
            raise Problem(404, "unknown-order", str(error)) from None
        except NotRefundable as error:
            raise Problem(409, "not-refundable", str(error)) from None
        return 202, views.order(refund)
