"""What models said of people and bundles, beside each other, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update

from flows.documents import decode, encode
from flows.frozen import dataclass
from flows.values import SubscriptionId
from store.ids import first_id
from store.reader import AnyRow, Reader
from store.tables import model_scores as t
from store.unit import Op

PAGE = 500
_LAST_ID = "8"
"""What every id sorts before (``store.ids``)."""
Said = Mapping[str, float]
_INSERT = insert(t)
_OPEN = (
    select(t)
    .where(t.c.known_at.is_(None), t.c.until < bindparam("before", type_=t.c.until.type))
    .order_by(t.c.until)
    .limit(PAGE)
)
_KNOWN = (
    select(t)
    .where(
        t.c.kind == bindparam("kind"),
        t.c.id >= bindparam("since"),
        t.c.id < bindparam("before"),
        t.c.actual.is_not(None),
    )
    .order_by(t.c.id.desc())
    .limit(PAGE)
)
_SETTLE = (
    update(t)
    .where(t.c.id == bindparam("which"), t.c.known_at.is_(None))
    .values(known_at=bindparam("now", type_=t.c.known_at.type), actual=bindparam("came"))
)
_FORGET = delete(t).where(t.c.id < bindparam("before"))


@dataclass(frozen=True, slots=True)
class ModelScore:
    """One decision as two models saw it.

    reference: of the bundle or offer, empty where it is about the person. until: when it is over, one way or the other.
    challenger: its version, empty for none. actual: what came of it, as its kind counts that; None while not known.
    """

    id: str
    kind: str
    subscription: SubscriptionId
    reference: str
    at: datetime
    until: datetime
    champion: str
    champion_said: Said
    challenger: str = ""
    challenger_said: Said | None = None
    actual: float | None = None


def put(score: ModelScore) -> Op:
    """Write a new one."""
    return Op(
        _INSERT,
        {
            "id": score.id,
            "kind": score.kind,
            "subscription_id": score.subscription,
            "reference": score.reference,
            "at": score.at,
            "until": score.until,
            "champion": score.champion,
            "champion_said": encode(dict(score.champion_said)),
            "challenger": score.challenger or None,
            "challenger_said": None if score.challenger_said is None else encode(dict(score.challenger_said)),
        },
    )


def settle(score: ModelScore, actual: float | None, at: datetime) -> Op:
    """What came of it; None for never to be known."""
    return Op(_SETTLE, {"which": score.id, "now": at, "came": actual})


def forget(before: datetime) -> Op:
    """Delete what is older."""
    return Op(_FORGET, {"before": first_id(before)})


async def over(reader: Reader, before: datetime) -> Sequence[ModelScore]:
    """Those that were over by then, and of which nobody has found out what came of them, a page, the longest first."""
    return [_score(row) for row in await reader.rows(_OPEN, {"before": before})]


async def known(reader: Reader, kind: str, since: datetime, most: int) -> Sequence[ModelScore]:
    """The newest made since then of which it is known what came of them, so many at most, oldest first."""
    found: list[ModelScore] = []
    values = {"kind": kind, "since": first_id(since), "before": _LAST_ID}
    while len(found) < most and (page := [_score(row) for row in await reader.rows(_KNOWN, values)]):
        found += page
        values["before"] = page[-1].id
    return found[:most][::-1]


def _score(row: AnyRow) -> ModelScore:
    return ModelScore(
        id=row.id,
        kind=row.kind,
        subscription=SubscriptionId(row.subscription_id),
        reference=row.reference,
        at=row.at,
        until=row.until,
        champion=row.champion,
        champion_said=decode(row.champion_said),
        challenger=row.challenger or "",
        challenger_said=decode(row.challenger_said) if row.challenger_said else None,
        actual=row.actual,
    )
