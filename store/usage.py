"""Rolling usage features, one row a subscription."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.sqlite import insert

from flows.values import SubscriptionId
from store.tables import usage as t
from store.unit import Op

_INSERT = insert(t)
_PUT = _INSERT.on_conflict_do_update(
    index_elements=[t.c.subscription_id],
    set_={"state": _INSERT.excluded.state, "updated_at": _INSERT.excluded.updated_at},
)


def put(subscription: SubscriptionId, state: bytes, at: datetime) -> Op:
    """Write the features of one subscription."""
    return Op(_PUT, {"subscription_id": subscription, "state": state, "updated_at": at})
