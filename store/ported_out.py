"""Who ported out, and what became of their number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Exists, FromClause, bindparam, exists, or_, select

from flows.effects import RecordAudit
from flows.events import LifeCycle
from flows.frozen import dataclass
from flows.values import Msisdn, SubscriptionId
from flows.win_back import Left
from store import audit
from store.consent_erasure import ERASED
from store.reader import Reader
from store.tables import audit as noted
from store.tables import subscriptions as t
from store.unit import Op

_ASKED = "win_back.listed"
_now, _former = t.alias("now"), t.alias("former")


def _since_then(other: FromClause, condition: ColumnElement[bool]) -> Exists:
    return exists().where(
        other.c.msisdn == t.c.msisdn, condition, other.c.id != t.c.id, other.c.created_at >= t.c.ended_at
    )


_LEFT = (
    select(
        t.c.id,
        t.c.msisdn,
        t.c.language,
        t.c.marketing,
        t.c.ended_at,
        or_(  # each by the index that holds such numbers
            _since_then(_now, _now.c.ended_at.is_(None)), _since_then(_former, _former.c.ended_at.is_not(None))
        ),
        exists().where(noted.c.subscription_id == t.c.id, noted.c.action == _ASKED),
    )
    .where(
        t.c.state == "ended",
        t.c.ended_at > bindparam("since", type_=t.c.ended_at.type),
        exists().where(noted.c.subscription_id == t.c.id, noted.c.action == LifeCycle.PORTED_OUT.value),
    )
    .order_by(t.c.id)
)
_ENDINGS = select(
    t.c.id,
    t.c.ended_at,
    exists().where(noted.c.subscription_id == t.c.id, noted.c.action == LifeCycle.PORTED_OUT.value),
    exists().where(noted.c.subscription_id == t.c.id, noted.c.action == ERASED),
).where(t.c.id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class Ending:
    """How a subscription ended. at: None for one that goes on. ported: to another operator. erased: on request."""

    at: datetime | None
    ported: bool
    erased: bool


async def endings(reader: Reader, ids: Sequence[SubscriptionId]) -> dict[SubscriptionId, Ending]:
    """Of those of these subscriptions that there ever were."""
    rows = await reader.rows(_ENDINGS, {"ids": list(ids)})
    return {SubscriptionId(row.id): Ending(row.ended_at, bool(row[2]), bool(row[3])) for row in rows}


async def left_since(reader: Reader, since: datetime) -> list[Left]:
    """All who ported out since then."""
    return [
        Left(
            subscription=SubscriptionId(row.id),
            msisdn=Msisdn(row.msisdn),
            language=row.language,
            marketing=row.marketing,
            at=row.ended_at,
            held=bool(row[5]),
            asked=bool(row[6]),
        )
        for row in await reader.rows(_LEFT, {"since": since})
    ]


def asked(subscription: SubscriptionId, grounds: str, actor: str, at: datetime) -> Op:
    """That somebody was handed on to be asked back, and on what grounds: once."""
    return audit.note(
        RecordAudit(actor=actor, action=_ASKED, subscription=subscription, at=at, detail={"grounds": grounds})
    )
