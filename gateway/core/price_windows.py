"""What a bundle is to cost one person for a while, worked out from what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np

from flows.catalogue import Bundle, Catalogue
from flows.documents import encode
from flows.frozen import dataclass
from flows.records import Subscriber
from flows.values import BundleId, Money, OfferId
from scoring.lifetime import at_stake, value
from scoring.pricing import Bound, Terms, prices
from store.prices import PriceWindow, Risk


@dataclass(frozen=True, slots=True)
class PricePolicy:
    """What the operator allows, in minor units. budget: of a month of the market; most_a_person: of it, 0 = all.

    usual_margin: of a person in a month. window: how long a price stands.
    """

    terms: Terms
    budget: int
    window: timedelta
    usual_margin: int = 0
    most_a_person: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a bundle is about to be offered to, and the offer's id."""

    person: Subscriber
    bundle: Bundle
    offer: OfferId


def worked_out(
    wanted: Wanted, risk: Risk, margin: float, policy: PricePolicy, *, number: int, at: datetime
) -> PriceWindow:
    """A price from ``at`` on, with all that it comes from. margin: expected in a month. number: of the window."""
    leaving, listed = np.array([risk.probability]), wanted.bundle.price
    stake = at_stake(np.array([margin]), leaving)
    cost = wanted.bundle.cost
    made = prices(np.array([listed.amount]), np.array([cost]), stake, policy.terms)
    reason = {
        "list": listed.amount,
        "cost": cost,
        "risk": risk.probability,
        "risk_from": risk.origin,
        "monthly_margin": round(margin, 2),
        "value": round(float(value(np.array([margin]), leaving)[0]), 2),
        "at_stake": float(stake[0]),
        "bound": Bound(int(made.bound[0])).name.lower(),
        "terms": [getattr(policy.terms, name) for name in Terms.__slots__],
    }
    return PriceWindow(
        subscription=wanted.person.id,
        bundle=wanted.bundle.id,
        window=number,
        price=Money(int(made.price[0]), listed.currency),
        listed=listed.amount,
        reason=encode(reason),
        begins_at=at,
        ends_at=at + policy.window,
    )


def margin_of(paid: Mapping[BundleId, int], catalogue: Catalogue) -> float:
    """What of these payments is margin, minor units; bundles that left the catalogue since count for nothing."""
    known = ((catalogue.get(bundle), amount) for bundle, amount in paid.items())
    return sum(amount * bundle.margin for bundle, amount in known if bundle is not None)
