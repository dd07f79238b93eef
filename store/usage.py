"""Rolling usage features, one row a subscription."""

from __future__ import annotations

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
_OF = select(t.c.state).where(t.c.subscription_id == bindparam("subscription"))


async def of(reader: Reader, subscription: SubscriptionId) -> bytes | None:
    """The features of one subscription; None for one whose use was never reported."""
    row = await reader.first(_OF, {"subscription": subscription})
    return None if row is None else bytes(row.state)


def put(subscription: SubscriptionId, state: bytes, at: datetime) -> Op:
    """Write the features of one subscription."""
    return Op(_PUT, {"subscription_id": subscription, "state": state, "updated_at": at})
