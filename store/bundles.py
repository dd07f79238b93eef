"""Bundles that are known from events and usage reports, and when the end of each is to be told.

One row a bundle and subscription. A later end is a new period: what was told of the last one does not count in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, and_, bindparam, case, delete, func, or_, select, type_coerce, update
from sqlalchemy.dialects.sqlite import insert

from flows.documents import decode, encode
from flows.effects import RecordBundlesOver
from flows.frozen import dataclass
from flows.values import Bucket, Msisdn, SubscriptionId, Unit
from store.reader import AnyRow, Reader
from store.tables import bundles as t
from store.tables import subscriptions
from store.unit import Op

PAGE = 500
_ANOTHER_PERIOD = 3_600_000_000
"""Microseconds later at least: charging systems do not agree with themselves to the second."""
_CLOCKS_APART = 3_600_000_000
"""Microseconds by which the charging system's clock and ours may differ, or ours from itself."""
_TRAITS = (
    "zone",
    "window",
    "service",
    "shared",
    "bonus",
    "roaming",
    "renews",
    "throttled_after",
    "priority",
)
_USUAL = {one.name: one.default for one in fields(Bucket) if one.name in _TRAITS}

_INSERT = insert(t)
_NEW = _INSERT.excluded
_END, _NEW_END = type_coerce(t.c.expires_at, BigInteger), type_coerce(_NEW.expires_at, BigInteger)
_LATER_END = _NEW_END > _END + _ANOTHER_PERIOD
_REFILLED = or_(_LATER_END, _NEW.remaining > 2 * t.c.remaining)
_SEEN, _NEW_SEEN = type_coerce(t.c.seen_at, BigInteger), type_coerce(_NEW.seen_at, BigInteger)
_NEWER_ALL_THE_SAME = and_(
    _NEW_SEEN >= _SEEN - _CLOCKS_APART,
    _NEW.remaining < t.c.remaining,
    func.abs(_NEW_END - _END) <= _ANOTHER_PERIOD,
)
"""What is left of a period only becomes less, whatever the clock of who reports it says."""
_TOLD_EXPIRY = case((_LATER_END, _NEW.told_expiry_at), else_=func.coalesce(_NEW.told_expiry_at, t.c.told_expiry_at))
_TOLD_DEPLETION = case(
    (_REFILLED, _NEW.told_depletion_at), else_=func.coalesce(_NEW.told_depletion_at, t.c.told_depletion_at)
)
_PUT = _INSERT.on_conflict_do_update(
    index_elements=[t.c.subscription_id, t.c.bundle_id],
    set_={
        "unit": _NEW.unit,
        "remaining": _NEW.remaining,
        "initial": func.coalesce(_NEW.initial, t.c.initial),
        "activated_at": func.coalesce(_NEW.activated_at, t.c.activated_at),
        "expires_at": func.coalesce(_NEW.expires_at, t.c.expires_at),
        "product": case((_NEW.product != "", _NEW.product), else_=t.c.product),
        "traits": case((_NEW.traits != "", _NEW.traits), else_=t.c.traits),
        "seen_at": case((bindparam("asked", type_=Boolean), _NEW.seen_at), else_=func.max(t.c.seen_at, _NEW.seen_at)),
        "tell_expiry_at": case(
            (or_(_TOLD_EXPIRY.is_not(None), _NEW.remaining == 0), None),
            else_=func.coalesce(_NEW.tell_expiry_at, t.c.tell_expiry_at),
        ),
        "tell_depletion_at": case((_TOLD_DEPLETION.is_not(None), None), else_=_NEW.tell_depletion_at),
        "told_expiry_at": _TOLD_EXPIRY,
        "told_depletion_at": _TOLD_DEPLETION,
    },
    where=or_(t.c.seen_at <= _NEW.seen_at, bindparam("asked", type_=Boolean), _NEWER_ALL_THE_SAME),
)
_FORGET_OF = delete(t).where(t.c.subscription_id == bindparam("whose"))
_FORGET = delete(t).where(or_(t.c.expires_at < bindparam("before"), t.c.seen_at < bindparam("before")))
_ONE = (t.c.subscription_id == bindparam("whose"), t.c.bundle_id == bindparam("which"))
_EXPIRY_TOLD = (
    update(t)
    .where(*_ONE, t.c.tell_expiry_at <= bindparam("found"))
    .values(tell_expiry_at=None, told_expiry_at=bindparam("at"))
)
_DEPLETION_LOOKED_AT = (
    update(t).where(*_ONE, t.c.tell_depletion_at <= bindparam("found")).values(tell_depletion_at=None)
)
_OF = select(t).where(t.c.subscription_id.in_(bindparam("subscriptions", expanding=True)))
_WITH_PERSON = (
    select(t, subscriptions.c.msisdn)
    .join(subscriptions, subscriptions.c.id == t.c.subscription_id)
    .where(subscriptions.c.ended_at.is_(None))
    .limit(PAGE)
)
_EXPIRY_DUE = _WITH_PERSON.where(t.c.tell_expiry_at <= bindparam("now")).order_by(t.c.tell_expiry_at)
_DEPLETION_DUE = _WITH_PERSON.where(t.c.tell_depletion_at <= bindparam("now")).order_by(t.c.tell_depletion_at)


@dataclass(frozen=True, slots=True)
class KnownBundle:
    """What is known of one bundle.

    seen_at: when its figures were read. tell_expiry_at, tell_depletion_at: when its end is to be told, None for never.
    told_expiry_at, told_depletion_at: when that was told in this period. asked: the figures are the charging system's
    answer of this moment, than which none are newer. msisdn: empty where it was not asked for.
    """

    subscription: SubscriptionId
    bucket: Bucket
    seen_at: datetime
    tell_expiry_at: datetime | None = None
    tell_depletion_at: datetime | None = None
    told_expiry_at: datetime | None = None
    told_depletion_at: datetime | None = None
    asked: bool = False
    msisdn: Msisdn = Msisdn("")


def put(known: KnownBundle) -> Op:
    """Write what is known of a bundle; older figures than those that are there change nothing."""
    bucket = known.bucket
    traits = {name: value for name in _TRAITS if (value := getattr(bucket, name)) != _USUAL[name]}
    return Op(
        _PUT,
        {
            "subscription_id": known.subscription,
            "bundle_id": bucket.id,
            "unit": bucket.unit.value,
            "remaining": bucket.remaining,
            "initial": bucket.initial,
            "activated_at": bucket.activated_at,
            "expires_at": bucket.expires_at,
            "product": bucket.product,
            "traits": encode(traits) if traits else "",
            "seen_at": known.seen_at,
            "tell_expiry_at": known.tell_expiry_at if bucket.remaining and not known.told_expiry_at else None,
            "tell_depletion_at": None if known.told_depletion_at else known.tell_depletion_at,
            "told_expiry_at": known.told_expiry_at,
            "told_depletion_at": known.told_depletion_at,
            "asked": known.asked,
        },
    )


def expiry_told(known: KnownBundle, at: datetime) -> Op:
    """Its end by the clock, as it was found due, was told, or there was reason not to. A later one is still to be."""
    values = {"whose": known.subscription, "which": known.bucket.id, "found": known.tell_expiry_at}
    return Op(_EXPIRY_TOLD, {**values, "at": at})


def depletion_looked_at(known: KnownBundle) -> Op:
    """Its end by use, as it was found due, was looked at; the next report says when to look again."""
    values = {"whose": known.subscription, "which": known.bucket.id, "found": known.tell_depletion_at}
    return Op(_DEPLETION_LOOKED_AT, values)


def forget_of(effect: RecordBundlesOver) -> Op:
    """Delete what is known of a person's bundles."""
    return Op(_FORGET_OF, {"whose": effect.subscription})


def forget(before: datetime) -> Op:
    """Delete what expired before, or was not seen since."""
    return Op(_FORGET, {"before": before})


async def of(reader: Reader, subscriptions_: Sequence[SubscriptionId]) -> dict[SubscriptionId, dict[str, KnownBundle]]:
    """What is known of these people's bundles, by bundle id."""
    found: dict[SubscriptionId, dict[str, KnownBundle]] = {}
    for row in await reader.rows(_OF, {"subscriptions": list(subscriptions_)}):
        known = _known(row)
        found.setdefault(known.subscription, {})[known.bucket.id] = known
    return found


async def expiry_due(reader: Reader, now: datetime) -> Sequence[KnownBundle]:
    """Bundles whose end by the clock is to be told, a page, what is most overdue first."""
    return [_known(row, row.msisdn) for row in await reader.rows(_EXPIRY_DUE, {"now": now})]


async def depletion_due(reader: Reader, now: datetime) -> Sequence[KnownBundle]:
    """Bundles that are nearly used up by now at their person's pace, a page."""
    return [_known(row, row.msisdn) for row in await reader.rows(_DEPLETION_DUE, {"now": now})]


def _known(row: AnyRow, msisdn: str = "") -> KnownBundle:
    traits: dict[str, Any] = decode(row.traits) if row.traits else {}
    return KnownBundle(
        subscription=SubscriptionId(row.subscription_id),
        bucket=Bucket(
            id=row.bundle_id,
            unit=Unit(row.unit),
            remaining=row.remaining,
            initial=row.initial,
            expires_at=row.expires_at,
            product=row.product,
            activated_at=row.activated_at,
            **traits,
        ),
        seen_at=row.seen_at,
        tell_expiry_at=row.tell_expiry_at,
        tell_depletion_at=row.tell_depletion_at,
        told_expiry_at=row.told_expiry_at,
        told_depletion_at=row.told_depletion_at,
        msisdn=Msisdn(msisdn),
    )
