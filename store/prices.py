"""Prices that are one person's for a while, and the ledger of what they take of the budget.

An incentive is written before the offer that it is for. It counts as long as somebody may still buy at that price, or
has: while the offer is open, and once its order is neither declined nor refunded. One whose offer never came to be
counts for an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert

from flows.frozen import dataclass
from flows.values import BundleId, Money, OfferId, SubscriptionId
from store.reader import Reader
from store.tables import churn_risks, incentives, offers, orders, personal_prices
from store.unit import Op

ON_ITS_WAY = timedelta(hours=1)
"""Between an incentive and its offer there are seconds; after a crash there is no offer."""
_GIVEN_BACK = ("declined", "refunded")


@dataclass(frozen=True, slots=True)
class Risk:
    """How likely a person is to leave within a month, who says so, and since when it is known."""

    probability: float
    origin: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PriceWindow:
    """What a bundle costs a person until ``ends_at``. reason: JSON, what the price was worked out from."""

    subscription: SubscriptionId
    bundle: BundleId
    window: int
    price: Money
    listed: int
    reason: str
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Incentive:
    """What an offer lets a person off, charged to the budget of a period (``2026-11``)."""

    offer: OfferId
    subscription: SubscriptionId
    period: str
    amount: Money
    at: datetime


_PUT_RISK = upsert(churn_risks)
_KEEP_RISK = _PUT_RISK.on_conflict_do_update(
    index_elements=[churn_risks.c.subscription_id],
    set_={name: _PUT_RISK.excluded[name] for name in ("probability", "origin", "at")},
    where=_PUT_RISK.excluded.at >= churn_risks.c.at,
)
_RISKS = select(churn_risks).where(
    churn_risks.c.subscription_id.in_(bindparam("subscriptions", expanding=True)),
    churn_risks.c.at > bindparam("since", type_=churn_risks.c.at.type),
)
_PUT_WINDOW = insert(personal_prices)
_WINDOWS = (
    select(personal_prices)
    .where(personal_prices.c.subscription_id.in_(bindparam("subscriptions", expanding=True)))
    .order_by(personal_prices.c.window)
)
_PUT_INCENTIVE = insert(incentives)
_OF_OFFERS = incentives.outerjoin(offers, offers.c.id == incentives.c.offer).outerjoin(
    orders, orders.c.key == offers.c.order_key
)
_COUNTS = and_(
    incentives.c.period == bindparam("period"),
    or_(
        and_(offers.c.id.is_(None), incentives.c.at > bindparam("recent", type_=incentives.c.at.type)),
        offers.c.state == "open",
        and_(offers.c.state == "accepted", func.coalesce(orders.c.state, "").not_in(_GIVEN_BACK)),
    ),
)
_USED = select(func.coalesce(func.sum(incentives.c.amount), 0)).select_from(_OF_OFFERS).where(_COUNTS)
_USED_BY = (
    select(incentives.c.subscription_id, func.sum(incentives.c.amount))
    .select_from(_OF_OFFERS)
    .where(_COUNTS, incentives.c.subscription_id.in_(bindparam("subscriptions", expanding=True)))
    .group_by(incentives.c.subscription_id)
)
_STANDING = (
    select(offers.c.id, offers.c.subscription_id, offers.c.bundle, offers.c.price_amount, offers.c.price_currency)
    .select_from(incentives.join(offers, offers.c.id == incentives.c.offer))
    .where(
        incentives.c.subscription_id == bindparam("subscription"),
        offers.c.state == "open",
        offers.c.expires_at > bindparam("now", type_=offers.c.expires_at.type),
    )
    .order_by(offers.c.id)
)
_OPEN_PRICES = select(offers.c.subscription_id, offers.c.bundle, offers.c.price_amount).where(
    offers.c.subscription_id.in_(bindparam("subscriptions", expanding=True)),
    offers.c.state == "open",
    offers.c.expires_at > bindparam("now", type_=offers.c.expires_at.type),
)
_SPENT = (
    select(orders.c.subscription_id, orders.c.bundle, func.sum(orders.c.price_amount))
    .where(
        orders.c.subscription_id.in_(bindparam("subscriptions", expanding=True)),
        orders.c.created_at > bindparam("since", type_=orders.c.created_at.type),
        orders.c.state == "confirmed",
        orders.c.gives_back.is_(None),
        orders.c.price_currency == bindparam("currency"),
    )
    .group_by(orders.c.subscription_id, orders.c.bundle)
)
_FORGET_RISK = delete(churn_risks).where(churn_risks.c.subscription_id == bindparam("whose"))
_FORGET_PRICES = delete(personal_prices).where(personal_prices.c.subscription_id == bindparam("whose"))


def put_risk(subscription: SubscriptionId, risk: Risk) -> Op:
    """Keep what is said of a person, unless something newer is known."""
    values = {"subscription_id": subscription, "probability": risk.probability, "origin": risk.origin, "at": risk.at}
    return Op(_KEEP_RISK, values)


def put_window(one: PriceWindow) -> Op:
    """A price from now on. The database refuses a second one of the same window."""
    return Op(
        _PUT_WINDOW,
        {
            "subscription_id": one.subscription,
            "bundle": one.bundle,
            "window": one.window,
            "amount": one.price.amount,
            "listed": one.listed,
            "currency": one.price.currency,
            "reason": one.reason,
            "begins_at": one.begins_at,
            "ends_at": one.ends_at,
        },
    )


def put_incentive(one: Incentive) -> Op:
    """Take it from the budget."""
    return Op(
        _PUT_INCENTIVE,
        {
            "offer": one.offer,
            "subscription_id": one.subscription,
            "period": one.period,
            "amount": one.amount.amount,
            "currency": one.amount.currency,
            "at": one.at,
        },
    )


def forget_of(subscription: SubscriptionId) -> tuple[Op, ...]:
    """What was thought of a person, and their prices. The ledger of money stays."""
    return Op(_FORGET_RISK, {"whose": subscription}), Op(_FORGET_PRICES, {"whose": subscription})


async def risks(reader: Reader, subscriptions: Sequence[SubscriptionId], since: datetime) -> dict[SubscriptionId, Risk]:
    """What is known of these people and not older."""
    rows = await reader.rows(_RISKS, {"subscriptions": list(subscriptions), "since": since})
    return {SubscriptionId(row.subscription_id): Risk(row.probability, row.origin, row.at) for row in rows}


async def windows(
    reader: Reader, subscriptions: Sequence[SubscriptionId]
) -> dict[tuple[SubscriptionId, BundleId], PriceWindow]:
    """The last window of each person and bundle, also one that is over."""
    found = {}
    for row in await reader.rows(_WINDOWS, {"subscriptions": list(subscriptions)}):
        one = PriceWindow(
            subscription=SubscriptionId(row.subscription_id),
            bundle=BundleId(row.bundle),
            window=row.window,
            price=Money(row.amount, row.currency),
            listed=row.listed,
            reason=row.reason,
            begins_at=row.begins_at,
            ends_at=row.ends_at,
        )
        found[one.subscription, one.bundle] = one
    return found


async def used(reader: Reader, period: str, now: datetime) -> int:
    """What of a period's budget is taken, minor units."""
    row = await reader.first(_USED, {"period": period, "recent": now - ON_ITS_WAY})
    return 0 if row is None else int(row[0])


async def used_by(
    reader: Reader, subscriptions: Sequence[SubscriptionId], period: str, now: datetime
) -> dict[SubscriptionId, int]:
    """What of it each of these people has."""
    values = {"subscriptions": list(subscriptions), "period": period, "recent": now - ON_ITS_WAY}
    return {SubscriptionId(row[0]): int(row[1]) for row in await reader.rows(_USED_BY, values)}


async def standing(
    reader: Reader, subscription: SubscriptionId, now: datetime
) -> dict[BundleId, tuple[OfferId, Money]]:
    """What costs a person less than the list now, with the newest open offer that says so."""
    rows = await reader.rows(_STANDING, {"subscription": subscription, "now": now})
    return {BundleId(row.bundle): (OfferId(row.id), Money(row.price_amount, row.price_currency)) for row in rows}


async def open_prices(
    reader: Reader, subscriptions: Sequence[SubscriptionId], now: datetime
) -> set[tuple[SubscriptionId, BundleId, int]]:
    """Of each person the bundles that they have an open offer of, and at what price."""
    rows = await reader.rows(_OPEN_PRICES, {"subscriptions": list(subscriptions), "now": now})
    return {(SubscriptionId(row[0]), BundleId(row[1]), int(row[2])) for row in rows}


async def spent(
    reader: Reader, subscriptions: Sequence[SubscriptionId], currency: str, since: datetime
) -> dict[SubscriptionId, dict[BundleId, int]]:
    """What each of these people paid for each bundle since then, minor units."""
    found: dict[SubscriptionId, dict[BundleId, int]] = {}
    values = {"subscriptions": list(subscriptions), "since": since, "currency": currency}
    for row in await reader.rows(_SPENT, values):
        found.setdefault(SubscriptionId(row[0]), {})[BundleId(row[1])] = int(row[2])
    return found
