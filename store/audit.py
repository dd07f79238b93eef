"""Who did what, kept for care calls and regulators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, insert, literal_column, select

from flows.care import REPORTED
from flows.documents import decode, encode
from flows.effects import RecordAudit
from flows.frozen import dataclass
from flows.values import Msisdn, SubscriptionId
from store.ids import first_id, new_id
from store.reader import AnyRow, Reader
from store.tables import audit as t
from store.tables import subscriptions
from store.unit import Op

_INSERT = insert(t)
_SINCE = select(func.count()).where(
    t.c.subscription_id == bindparam("subscription"),
    t.c.id >= bindparam("first"),
    t.c.action == bindparam("action"),
)
_REPORTS = (
    select(t.c.id, t.c.at, t.c.subscription_id, t.c.detail, subscriptions.c.msisdn)
    .join(subscriptions, subscriptions.c.id == t.c.subscription_id)
    .where(
        t.c.action == literal_column(f"'{REPORTED}'"),  # written out, for its index
        t.c.id > bindparam("after"),
        t.c.id < bindparam("before"),
    )
    .order_by(t.c.id)
    .limit(bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class Report:
    """A problem that somebody reported. kind: the menu's word for it; msisdn: where they could last be reached."""

    id: str
    reference: str
    kind: str
    subscription: SubscriptionId
    msisdn: Msisdn
    at: datetime


def note(effect: RecordAudit) -> Op:
    """One line of the audit."""
    return Op(
        _INSERT,
        {
            "id": new_id(effect.at),
            "at": effect.at,
            "actor": effect.actor,
            "action": effect.action,
            "subscription_id": effect.subscription,
            "detail": encode(dict(effect.detail)),
        },
    )


async def count_since(reader: Reader, subscription: SubscriptionId, action: str, since: datetime) -> int:
    """How often somebody did this from ``since`` on."""
    values = {"subscription": subscription, "action": action, "first": first_id(since)}
    row = await reader.first(_SINCE, values)
    return 0 if row is None else int(row[0])


async def reports(reader: Reader, limit: int, after: str | None, before: datetime) -> Sequence[Report]:
    """Problems reported before an instant, oldest first. after: the id that the last page ended with.

    Whoever asks again and again must leave out what may still be on its way into the store: its id can be older.
    """
    values = {"after": after or "", "before": first_id(before), "limit": limit}
    return [_report(row) for row in await reader.rows(_REPORTS, values)]


def _report(row: AnyRow) -> Report:
    detail = decode(row.detail)
    return Report(
        id=row.id,
        reference=detail["reference"],
        kind=detail["kind"],
        subscription=SubscriptionId(row.subscription_id),
        msisdn=Msisdn(row.msisdn),
        at=row.at,
    )
