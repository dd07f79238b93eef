"""The operator's own systems and how events get to them: one line an endpoint, on one session."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack

from gateway.api.webhook_posts import HttpPoster, open_session
from gateway.config.tree import WebhookEndpointConfig
from gateway.core.context import Context
from gateway.core.webhook_lane import WebhookLane
from gateway.core.webhook_line import WebhookLine


def webhook_lane(context: Context, endpoints: Sequence[WebhookEndpointConfig], closing: AsyncExitStack) -> WebhookLane:
    """The lane, begun with what a stopped process left. closing: ends it, and then its session."""
    if not endpoints:
        return WebhookLane({})
    session = open_session()
    closing.push_async_callback(session.close)
    lane = WebhookLane(
        {one.name: WebhookLine(one.name, context, HttpPoster(context, one, session)) for one in endpoints}
    )
    lane.start()
    closing.push_async_callback(lane.stop)
    return lane
