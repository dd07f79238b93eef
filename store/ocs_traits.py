"""What was found out about each charging system, and by which order."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.sqlite import insert

from flows.values import OrderKey
from store.reader import Reader
from store.tables import ocs_traits as t
from store.unit import Op

_OF = select(t.c.trait).where(t.c.ocs == bindparam("ocs"))
_LEARN = insert(t).on_conflict_do_nothing()


async def of(reader: Reader, ocs: str) -> frozenset[str]:
    """All that is known of this one."""
    return frozenset(str(row.trait) for row in await reader.rows(_OF, {"ocs": ocs}))


def learn(ocs: str, trait: str, key: OrderKey, at: datetime) -> Op:
    """Keep that this was seen; the first order that showed it stays the one that is named."""
    return Op(_LEARN, {"ocs": ocs, "trait": trait, "order_key": key, "at": at})
