"""Rolling usage features, one row a subscription."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.sqlite import insert

from flows.values import SubscriptionId
from store.reader import Reader
from store.tables import usage as t
from store.unit import Op

_INSERT = insert(t)
_PUT = _INSERT.on_conflict_do_update(
    index_elements=[t.c.subscription_id],
    set_={"state": _INSERT.excluded.state, "updated_at": _INSERT.excluded.updated_at},
)
_BEGIN = insert(t).on_conflict_do_nothing()
_OF_ALL = select(t.c.subscription_id, t.c.state).where(
    t.c.subscription_id.in_(bindparam("subscriptions", expanding=True))
)
_OF = select(t.c.state).where(t.c.subscription_id == bindparam("subscription"))


async def of(reader: Reader, subscription: SubscriptionId) -> bytes | None:
    """The features of one subscription; None for one whose use was never reported."""
    row = await reader.first(_OF, {"subscription": subscription})
    return None if row is None else bytes(row.state)


async def of_all(reader: Reader, subscriptions: Sequence[SubscriptionId]) -> dict[SubscriptionId, bytes]:
    """The features of these subscriptions; whose use was never reported is left out."""
    rows = await reader.rows(_OF_ALL, {"subscriptions": list(subscriptions)})
    return {SubscriptionId(row.subscription_id): bytes(row.state) for row in rows}


def begin(subscription: SubscriptionId, state: bytes, at: datetime) -> Op:
    """Write the features of a subscription that has none yet; those that there are stay."""
    return Op(_BEGIN, {"subscription_id": subscription, "state": state, "updated_at": at})


def put(subscription: SubscriptionId, state: bytes, at: datetime) -> Op:
    """Write the features of one subscription."""
    return Op(_PUT, {"subscription_id": subscription, "state": state, "updated_at": at})
