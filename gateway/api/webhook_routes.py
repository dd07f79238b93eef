"""``GET /api/v1/webhooks``: how the operator's own systems take what is told to them. Role admin."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from gateway.api import models, views
from gateway.api.access import Access, Caller, Right
from gateway.api.operations import Operation
from gateway.config.tree import WebhookEndpointConfig
from gateway.core.context import Context
from gateway.core.webhook_lane import WebhookLane
from store import webhook_rows

_WEBHOOKS = Operation(
    id="listWebhooks",
    method="GET",
    path="/api/v1/webhooks",
    summary="The endpoints that events go to, and how they take them",
    right=Right.CONTROL,
    answers={200: models.WebhookList},
)


class WebhookRoutes:
    """endpoints: as they are configured. Their URLs are not shown: one may hold a secret."""

    def __init__(
        self, context: Context, endpoints: Sequence[WebhookEndpointConfig], lane: WebhookLane, access: Access
    ) -> None:
        self._context = context
        self._endpoints = endpoints
        self._lane = lane
        self._access = access

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        self._access.add(app, _WEBHOOKS, self._list)

    async def _list(self, request: web.Request, caller: Caller) -> web.Response:
        counts = await webhook_rows.counts(self._context.reader)
        items = [
            self._view(one, {state: number for (name, state), number in counts.items() if name == one.name})
            for one in self._endpoints
        ]
        return views.answer(models.WebhookList(items=items, next=None))

    def _view(self, one: WebhookEndpointConfig, counts: dict[str, int]) -> models.Webhook:
        line = self._lane.lines[one.name].state
        return models.Webhook(
            name=one.name,
            events=list(one.events),
            state=line.state,
            waiting=counts.get("queued", 0),
            delivered=counts.get("delivered", 0),
            failed=counts.get("failed", 0),
            delivered_at=views.instant_or_none(line.delivered_at),
            failed_at=views.instant_or_none(line.failed_at),
            reason=line.reason,
        )
