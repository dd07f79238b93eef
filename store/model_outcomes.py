"""What came of the people, bundles and offers that models spoke of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, select

from store.reader import Reader
from store.tables import alerts, bundles, offers, subscriptions

Which = tuple[str, str]
"""Whose bundle, and which."""
_PEOPLE: BindParameter[str] = bindparam("people", expanding=True)
_BUNDLES: BindParameter[str] = bindparam("bundles", expanding=True)
_TOLD = select(alerts.c.subscription_id, alerts.c.bundle_id, alerts.c.at, alerts.c.happened_at).where(
    alerts.c.subscription_id.in_(_PEOPLE), alerts.c.bundle_id.in_(_BUNDLES), alerts.c.threshold == "depleted"
)
_EMPTY = select(bundles.c.subscription_id, bundles.c.bundle_id, bundles.c.seen_at).where(
    bundles.c.subscription_id.in_(_PEOPLE), bundles.c.bundle_id.in_(_BUNDLES), bundles.c.remaining == 0
)
_OFFERS = select(offers.c.id, offers.c.state).where(offers.c.id.in_(bindparam("ids", expanding=True)))
_ENDED = select(subscriptions.c.id, subscriptions.c.ended_at).where(
    subscriptions.c.id.in_(_PEOPLE), subscriptions.c.ended_at.is_not(None)
)


async def depleted(reader: Reader, which: Iterable[Which]) -> Mapping[Which, Sequence[datetime]]:
    """When these bundles were used up, as far as events told it or usage reports showed it, earliest first."""
    wanted = set(which)
    found: defaultdict[Which, list[datetime]] = defaultdict(list)
    if wanted:
        values = {"people": [who for who, _ in wanted], "bundles": [bundle for _, bundle in wanted]}
        for row in await reader.rows(_TOLD, values):
            found[row.subscription_id, row.bundle_id].append(row.happened_at or row.at)
        for row in await reader.rows(_EMPTY, values):
            found[row.subscription_id, row.bundle_id].append(row.seen_at)
    return {one: sorted(times) for one, times in found.items()}


async def offer_states(reader: Reader, ids: Sequence[str]) -> Mapping[str, str]:
    """How these offers stand."""
    return {row.id: row.state for row in await reader.rows(_OFFERS, {"ids": list(ids)})} if ids else {}


async def ended(reader: Reader, people: Sequence[str]) -> Mapping[str, datetime]:
    """Which of these subscriptions have ended, and when."""
    return {row.id: row.ended_at for row in await reader.rows(_ENDED, {"people": list(people)})} if people else {}
