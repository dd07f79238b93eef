"""The REST interface: every route behind one set of tokens, and the document of them all."""

from __future__ import annotations

from typing import NamedTuple

from gateway.api import event_models
from gateway.api.acceptance_routes import AcceptanceRoutes
from gateway.api.access import Access
from gateway.api.catalogue_routes import CatalogueRoutes
from gateway.api.control_routes import ControlRoutes
from gateway.api.message_routes import MessageRoutes
from gateway.api.message_views import MessageViews
from gateway.api.once import Once
from gateway.api.openapi import OpenApiRoute
from gateway.api.recommendation_routes import RecommendationRoutes
from gateway.api.refund_routes import RefundRoutes
from gateway.api.routes import ApiRoutes
from gateway.api.service_routes import ServiceRoutes
from gateway.api.source_routes import SourceRoutes
from gateway.api.webhook_routes import WebhookRoutes
from gateway.app.front import Routes
from gateway.app.order_desks import order_routes
from gateway.app.texting import Texting
from gateway.config.tree import Config
from gateway.core.accepting import Acceptances
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.control_desk import ControlDesk
from gateway.core.facts import Facts
from gateway.core.refund_desk import RefundDesk
from gateway.core.service_desk import ServiceDesk
from gateway.core.webhook_lane import WebhookLane
from gateway.jobs.control_watch import ControlWatch


class Behind(NamedTuple):
    """What the routes act on."""

    facts: Facts
    committer: Committer
    acceptances: Acceptances
    texting: Texting
    controls: ControlWatch
    webhooks: WebhookLane


def rest_routes(config: Config, context: Context, behind: Behind) -> tuple[Routes, ...]:
    """All of ``/api``."""
    access = Access(config.api.tokens, config.api.requests_per_second)
    facts, committer, texting = behind.facts, behind.committer, behind.texting
    once, views = Once(context, committer), MessageViews(context, texting.numbers)
    desk = ControlDesk(context.reader, context.writer, context.clock)
    return (
        CatalogueRoutes(context, access),
        ApiRoutes(context, facts, committer, access, once, message_views=views),
        RecommendationRoutes(context, facts, access),
        SourceRoutes(context, facts, committer, access, once, config=config.behaviour),
        ServiceRoutes(context, facts, ServiceDesk(context, committer), access, once),
        AcceptanceRoutes(context, facts, behind.acceptances, access, once),
        MessageRoutes(context, facts, committer, access, once, recalls=texting.recalls, message_views=views),
        RefundRoutes(RefundDesk(context, committer), access, once),
        ControlRoutes(desk, access, once, behind.controls.look),
        *order_routes(config, context, access),
        WebhookRoutes(context, config.webhooks.endpoints, behind.webhooks, access),
        OpenApiRoute(lambda: access.operations, event_models.MODELS),
    )
