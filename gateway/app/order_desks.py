"""What tells of orders: their stories and what reconciling them has found."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from gateway.api.access import Access
from gateway.api.reconciliation_routes import ReconciliationRoutes
from gateway.api.story_routes import StoryRoutes
from gateway.app.front import Routes
from gateway.config.tree import Config
from gateway.core.context import Context
from gateway.core.stories import StoryDesk
from gateway.core.story_seal import open_key


def story_key(config: Config) -> Path:
    """The file of the key that stories are signed with."""
    return config.folder / config.story.key


def order_routes(config: Config, context: Context, access: Access) -> tuple[Routes, ...]:
    """What is served about orders."""
    desk = StoryDesk(context.reader, context.market, context.catalogue, context.catalogues, context.clock)
    story = StoryRoutes(desk, partial(open_key, story_key(config)), access)
    return (story, ReconciliationRoutes(context.reader, access))
