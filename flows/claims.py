"""What a text says, as facts that can be checked: a closed union.

A text leaves only if every one of its claims holds (``flows.claim_checks``); else another goes whose claims do
(``flows.alert_texts``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from flows.frozen import dataclass
from flows.values import Money, Unit

FRESH = timedelta(hours=2)
"""So old may a figure be that a text tells: the clocks of charging systems are off by an hour."""
HORIZON_HOURS = 72.0
"""Farther ends are not told as a time: nobody plans by them."""
NEARLY = 0.25
"""Of the bundle, at most, is left of one that is nearly used up."""


@dataclass(frozen=True, slots=True)
class RemainingClaim:
    """At least so much is left. bundle: its id, empty for all that can be used here and now."""

    bundle: str
    unit: Unit
    amount: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class NearlyUsedUp:
    """Little of this bundle is left."""

    bundle: str


@dataclass(frozen=True, slots=True)
class RanOut:
    """Nothing of this bundle is left to speak of."""

    bundle: str


@dataclass(frozen=True, slots=True)
class GoesOnSlower:
    """When this bundle is used up, use goes on, slower, and on nothing else."""

    bundle: str


@dataclass(frozen=True, slots=True)
class EndsWithin:
    """All that can be used here and now is used up in p50 hours, more likely than not between p10 and p90."""

    p10: float
    p50: float
    p90: float
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Expires:
    """The clock ends this bundle then, and it is not bought anew by itself."""

    bundle: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HasExpired:
    """The clock has ended this bundle."""

    bundle: str


@dataclass(frozen=True, slots=True)
class Renews:
    """It is bought anew then, and the money for it is there. price: None where it is not told."""

    bundle: str
    at: datetime
    price: Money | None


@dataclass(frozen=True, slots=True)
class WillNotRenew:
    """It would be bought anew then, but the money for it is not there."""

    bundle: str
    at: datetime
    price: Money


@dataclass(frozen=True, slots=True)
class UpForRenewal:
    """It would be bought anew then; whether there is money is not said."""

    bundle: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BalanceClaim:
    """So much money is there. debt: what of it is taken back for advances."""

    balance: Money
    debt: Money | None = None


@dataclass(frozen=True, slots=True)
class PriceClaim:
    """The bundle on sale costs this, and no tax comes on top where the law wants it told."""

    bundle: str
    price: Money
    tax_included: bool


@dataclass(frozen=True, slots=True)
class FreeAnswer:
    """An answer to this number arrives and costs nothing."""

    number: str


Claim = (
    RemainingClaim
    | NearlyUsedUp
    | RanOut
    | GoesOnSlower
    | EndsWithin
    | Expires
    | HasExpired
    | Renews
    | WillNotRenew
    | UpForRenewal
    | BalanceClaim
    | PriceClaim
    | FreeAnswer
)
NAMES: Mapping[type, str] = MappingProxyType(
    {
        RemainingClaim: "remaining",
        NearlyUsedUp: "nearly_used_up",
        RanOut: "ran_out",
        GoesOnSlower: "goes_on_slower",
        EndsWithin: "ends_within",
        Expires: "expires",
        HasExpired: "has_expired",
        Renews: "renews",
        WillNotRenew: "will_not_renew",
        UpForRenewal: "up_for_renewal",
        BalanceClaim: "balance",
        PriceClaim: "price",
        FreeAnswer: "free_answer",
    }
)
"""What each is called where failed ones are counted."""
