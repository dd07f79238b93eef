"""What people said no to lately, for the ranking that learns; nobody looks where today's rule decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from flows.values import SubscriptionId
from gateway.core.context import Context
from store import offers

Refused = Mapping[SubscriptionId, frozenset[str]]


async def refused_by(context: Context, people: Sequence[SubscriptionId], at: datetime) -> Refused:
    """The bundles that each of these refused when they were offered, not too long before."""
    if context.ranking is None or not people:
        return {}
    return await offers.refused(context.reader, people, at - context.ranking.refused_for)
