"""Forecasts whose outcome is not known yet, one a bundle, and what was learnt of a model from those that were.

A forecast is looked at when it is due, whatever has become of the bundle (ADR 30); what is learnt is a few figures a
segment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from flows.frozen import dataclass
from flows.values import SubscriptionId
from scoring.adaptation import Offsets
from store.reader import Reader
from store.tables import forecast_offsets as o
from store.tables import forecasts as t
from store.unit import Op

PAGE = 500
_INSERT = insert(t)
_NEW = _INSERT.excluded
_PUT = _INSERT.on_conflict_do_update(
    index_elements=[t.c.subscription_id, t.c.bundle_id],
    set_={
        column.name: getattr(_NEW, column.name)
        for column in t.c
        if column.name not in ("subscription_id", "bundle_id", "ended_at")
    },
    where=and_(t.c.ended_at.is_(None), t.c.remaining < _NEW.remaining),  # it was filled up: the old one is void
)
_ONE = (t.c.subscription_id == bindparam("whose"), t.c.bundle_id == bindparam("which"))
_ENDED = (
    update(t)
    .where(*_ONE, t.c.ended_at.is_(None), t.c.made_at <= bindparam("ended"))
    .values(ended_at=bindparam("ended"))
)
_DONE = delete(t).where(*_ONE, t.c.made_at == bindparam("made"))
_FORGET_OF = delete(t).where(t.c.subscription_id == bindparam("whose"))
_FORGET = delete(t).where(t.c.due_at < bindparam("before"))
_DUE = select(t).where(t.c.due_at <= bindparam("now")).order_by(t.c.due_at).limit(PAGE)
_OFFSETS_OF = select(o).where(o.c.model == bindparam("of"))
_INSERT_OFFSETS = insert(o)
_PUT_OFFSETS = _INSERT_OFFSETS.on_conflict_do_update(
    index_elements=[o.c.model, o.c.segment],
    set_={name: getattr(_INSERT_OFFSETS.excluded, name) for name in ("p10", "p90", "seen", "learnt_at")},
)


@dataclass(frozen=True, slots=True)
class OpenForecast:
    """p10, p90: hours from made_at, as told. due_at: when it is looked at. ended_at: when it was used up, if yet.

    model: version. segment: of its intervals. remaining: bytes.
    """

    subscription: SubscriptionId
    bundle: str
    model: str
    segment: str
    remaining: int
    p10: float
    p90: float
    made_at: datetime
    due_at: datetime
    ended_at: datetime | None = None


def put(made: OpenForecast) -> Op:
    """Remember a forecast; one that is open stays, unless the bundle was filled up since."""
    return Op(
        _PUT,
        {
            "subscription_id": made.subscription,
            "bundle_id": made.bundle,
            "model": made.model,
            "segment": made.segment,
            "remaining": made.remaining,
            "p10": made.p10,
            "p90": made.p90,
            "made_at": made.made_at,
            "due_at": made.due_at,
            "ended_at": made.ended_at,
        },
    )


def ended(subscription: SubscriptionId, bundle: str, at: datetime) -> Op:
    """A bundle was used up."""
    return Op(_ENDED, {"whose": subscription, "which": bundle, "ended": at})


def done(made: OpenForecast) -> Op:
    """It was learnt from."""
    return Op(_DONE, {"whose": made.subscription, "which": made.bundle, "made": made.made_at})


def forget_of(subscription: SubscriptionId) -> Op:
    """Delete a person's."""
    return Op(_FORGET_OF, {"whose": subscription})


def forget(before: datetime) -> Op:
    """Delete what was due before and nobody has looked at, since no model is in service any more."""
    return Op(_FORGET, {"before": before})


async def due(reader: Reader, now: datetime) -> Sequence[OpenForecast]:
    """A page of those that are to be looked at, in the order in which they were due."""
    return [
        OpenForecast(
            SubscriptionId(row.subscription_id),
            row.bundle_id,
            row.model,
            row.segment,
            row.remaining,
            row.p10,
            row.p90,
            row.made_at,
            row.due_at,
            row.ended_at,
        )
        for row in await reader.rows(_DUE, {"now": now})
    ]


async def offsets(reader: Reader, model: str) -> Mapping[str, Offsets]:
    """What was learnt of this version so far, by segment."""
    rows = await reader.rows(_OFFSETS_OF, {"of": model})
    return {row.segment: Offsets(row.p10, row.p90, row.seen, row.learnt_at) for row in rows}


def put_offsets(model: str, segment: str, learnt: Offsets) -> Op:
    """Write what was learnt of one segment."""
    return Op(
        _PUT_OFFSETS,
        {
            "model": model,
            "segment": segment,
            "p10": learnt.p10,
            "p90": learnt.p90,
            "seen": learnt.seen,
            "learnt_at": learnt.learnt_at,
        },
    )
