"""What tells of orders: their stories and what reconciling them has found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from gateway.api.access import Access
from gateway.api.reconciliation_routes import ReconciliationRoutes
from gateway.api.story_routes import StoryRoutes
from gateway.app.front import Routes
from gateway.config.tree import Config
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.ports import ChargingSystem
from gateway.core.refund_desk import RefundDesk
from gateway.core.settling import Settler
from gateway.core.stories import StoryDesk
from gateway.core.story_seal import open_key
from gateway.jobs.reconciliation import ReconciliationJobs


def story_key(config: Config) -> Path:
    """The file of the key that stories are signed with."""
    return config.folder / config.story.key


def order_jobs(
    config: Config, context: Context, committer: Committer, ocs: ChargingSystem
) -> Sequence[tuple[float, str, Callable[[], Awaitable[None]]]]:
    """What the clock starts about orders: how often, under which name, what."""
    settler = Settler(context, committer, RefundDesk(context, committer))
    return ReconciliationJobs(context, ocs, settler, config.reconciliation).jobs


def order_routes(config: Config, context: Context, access: Access) -> tuple[Routes, ...]:
    """What is served about orders."""
    desk = StoryDesk(context.reader, context.market, context.catalogue, context.catalogues, context.clock)
    story = StoryRoutes(desk, partial(open_key, story_key(config)), access)
    return (story, ReconciliationRoutes(context.reader, access))
