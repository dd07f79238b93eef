"""Which threshold of which bundle was told, in which of its periods (ADR 23)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.sqlite import insert

from flows.bundle_periods import Told
from flows.effects import RecordAlert
from flows.values import SubscriptionId
from store.reader import Reader
from store.tables import alerts as t
from store.tables import microseconds
from store.unit import Gate, Op

_NOT_TOLD = datetime(1970, 1, 1, tzinfo=UTC)
_PUT = insert(t).on_conflict_do_nothing().returning(t.c.subscription_id, t.c.bundle_id, t.c.threshold, t.c.period)
_PUT_ALONG = insert(t).on_conflict_do_nothing()
_KEY = ("subscription_id", "bundle_id", "threshold", "period")
_OF = select(t).where(
    t.c.subscription_id.in_(bindparam("subscriptions", expanding=True)),
    t.c.bundle_id.in_(bindparam("bundles", expanding=True)),
)


def once_per_threshold(effect: RecordAlert) -> Gate:
    """Shut when this bundle's threshold was dealt with before, in this period."""
    return Gate(_PUT, _values(effect), _KEY)


def told_along(effect: RecordAlert) -> Op:
    """The same without a gate: what another alert tells along with itself."""
    return Op(_PUT_ALONG, _values(effect))


async def told(
    reader: Reader, bundles: Iterable[tuple[SubscriptionId, str]]
) -> Mapping[tuple[SubscriptionId, str], list[Told]]:
    """What was told of these people's bundles."""
    wanted = set(bundles)
    found: defaultdict[tuple[SubscriptionId, str], list[Told]] = defaultdict(list)
    if wanted:
        values = {"subscriptions": [who for who, _ in wanted], "bundles": [bundle for _, bundle in wanted]}
        for row in await reader.rows(_OF, values):
            found[SubscriptionId(row.subscription_id), row.bundle_id].append(
                Told(
                    threshold=row.threshold,
                    happened_at=row.happened_at or row.at,
                    activated_at=row.activated_at,
                    expires_at=row.expires_at,
                    text=row.text_key or "",
                )
            )
    return found


def _values(effect: RecordAlert) -> dict[str, Any]:
    return {
        "subscription_id": effect.subscription,
        "bundle_id": effect.bundle_id,
        "threshold": effect.threshold,
        "period": microseconds(effect.activated_at or effect.expires_at or _NOT_TOLD),
        "at": effect.at,
        "outcome": effect.outcome,
        "happened_at": effect.happened_at,
        "activated_at": effect.activated_at,
        "expires_at": effect.expires_at,
        "text_key": effect.text or None,
    }
