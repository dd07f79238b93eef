"""Forgetting what is old, a bounded number of rows at a time, so that nobody waits for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, delete, func, or_, select
from sqlalchemy.sql.dml import Delete

from flows.frozen import dataclass
from store.ids import first_id
from store.reader import Reader
from store.tables import alerts, inbox
from store.unit import Op

ROWS = 250
"""Forgotten in one go."""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one table that may go. until: of the last of them."""

    statement: Delete
    before: object
    until: object

    def op(self) -> Op:
        """Delete them."""
        return Op(self.statement, {"before": self.before, "until": self.until})


@dataclass(frozen=True, slots=True)
class Sweep:
    """How one table forgets. last: where its oldest page ends; forget: deletes up to there; older: than what."""

    last: Select[Any]
    forget: Delete
    older: type

    async def page(self, reader: Reader, before: datetime) -> Page | None:
        """The oldest rows that may go, None where there are none."""
        bound = first_id(before) if self.older is str else before
        row = await reader.first(self.last, {"before": bound})
        return None if row is None or row[0] is None else Page(self.forget, bound, row[0])


_OLD_ENTRY = and_(inbox.c.id < bindparam("before"), or_(inbox.c.processed_at.is_not(None), inbox.c.kind == "receipt"))
"""What was dealt with, and receipts whose text never came; never a trigger or text that still waits."""
_ENTRIES = select(inbox.c.id).where(_OLD_ENTRY).order_by(inbox.c.id).limit(ROWS).subquery()
INBOX = Sweep(select(func.max(_ENTRIES.c.id)), delete(inbox).where(_OLD_ENTRY, inbox.c.id <= bindparam("until")), str)
_BEFORE = bindparam("before", type_=alerts.c.at.type)
_OLD_ALERT = and_(alerts.c.at < _BEFORE, func.coalesce(alerts.c.expires_at, alerts.c.at) < _BEFORE)
"""Told long ago, of a bundle that is over as long, if its end was told."""
_ALERTS = select(alerts.c.at).where(_OLD_ALERT).order_by(alerts.c.at).limit(ROWS).subquery()
ALERTS = Sweep(
    select(func.max(_ALERTS.c.at, type_=alerts.c.at.type)),
    delete(alerts).where(_OLD_ALERT, alerts.c.at <= bindparam("until", type_=alerts.c.at.type)),
    datetime,
)
