"""Whether what a text says is so. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import assert_never

from flows.claims import (
    FRESH,
    HORIZON_HOURS,
    NEARLY,
    BalanceClaim,
    Claim,
    EndsWithin,
    Expires,
    FreeAnswer,
    GoesOnSlower,
    HasExpired,
    NearlyUsedUp,
    PriceClaim,
    RanOut,
    RemainingClaim,
    Renews,
    UpForRenewal,
    WillNotRenew,
)
from flows.frozen import dataclass
from flows.values import Bucket, Money

_RAN_OUT = 0.01
"""Of the bundle, at most, may be left of one that has run out: charging systems end a session with a rest unspent."""


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What claims are held against.

    ending: the bundle that the text is about, as it is known best; usable: all that can be used here and now.
    read_at: when the oldest of these figures was read; ending_read_at: that of ``ending``.
    until: when the clock ends the first of ``usable``. forecast: p10, p50 and p90 of the end of them all, in hours.
    balance, debt: as read now, None where nobody told; renewal_price: of ``ending``, None when not known.
    prices: by bundle on sale what it costs, and whether the tax is in it. tax_wanted: the law wants it in.
    numbers: those that can be answered for nothing.
    """

    at: datetime
    ending: Bucket
    usable: tuple[Bucket, ...]
    read_at: datetime
    ending_read_at: datetime
    until: datetime | None
    forecast: tuple[float, float, float]
    balance: Money | None
    debt: Money | None
    renewal_price: Money | None
    prices: Mapping[str, tuple[Money, bool]]
    tax_wanted: bool
    numbers: frozenset[str]

    @property
    def spendable(self) -> Money | None:
        """The balance once what was advanced is taken back."""
        if self.balance is None or self.debt is None or self.debt.currency != self.balance.currency:
            return self.balance
        return Money(self.balance.amount - self.debt.amount, self.balance.currency)


def failed_claims(claims: Iterable[Claim], facts: ClaimFacts) -> tuple[Claim, ...]:
    """Those that do not hold."""
    return tuple(claim for claim in claims if not _holds(claim, facts))


def can_renew(price: Money | None, spendable: Money | None) -> bool | None:
    """Whether the money for it is there; None where that cannot be said."""
    if price is None or spendable is None or price.currency != spendable.currency:
        return None
    return spendable.amount >= price.amount


def _holds(claim: Claim, facts: ClaimFacts) -> bool:
    match claim:
        case PriceClaim():
            return facts.prices.get(claim.bundle) == (claim.price, claim.tax_included) and (
                claim.tax_included or not facts.tax_wanted
            )
        case FreeAnswer():
            return claim.number in facts.numbers
        case BalanceClaim():
            return (claim.balance, claim.debt) == (facts.balance, facts.debt)
        case EndsWithin():
            return _ends_within(claim, facts)
        case RemainingClaim(bundle=""):
            there = sum(bucket.remaining for bucket in facts.usable if bucket.unit is claim.unit)
            return 0 < claim.amount <= there and facts.at - facts.read_at <= FRESH
        case _:
            return claim.bundle == facts.ending.id and _holds_of_bundle(claim, facts)


def _holds_of_bundle(
    claim: RemainingClaim
    | NearlyUsedUp
    | RanOut
    | GoesOnSlower
    | Expires
    | HasExpired
    | Renews
    | WillNotRenew
    | UpForRenewal,
    facts: ClaimFacts,
) -> bool:
    bucket, at = facts.ending, facts.at
    match claim:
        case RemainingClaim():
            return (
                claim.unit is bucket.unit
                and claim.amount <= bucket.remaining
                and bucket.runs_at(at) is (claim.amount > 0)
                and at - facts.ending_read_at <= FRESH
            )
        case NearlyUsedUp():
            return bucket.runs_at(at) and bucket.remaining <= _share(bucket, NEARLY, bucket.remaining)
        case RanOut():
            return bucket.remaining <= _share(bucket, _RAN_OUT, 0)
        case GoesOnSlower():
            return bucket.throttled_after and all(one.id == bucket.id for one in facts.usable)
        case HasExpired():
            return bucket.expires_at is not None and bucket.expires_at <= at
        case Expires():
            return bucket.expires_at == claim.at > at and not bucket.renews
        case UpForRenewal():
            return bucket.expires_at == claim.at > at and bucket.renews
        case Renews():
            paid = can_renew(facts.renewal_price, facts.spendable) is True
            return bucket.expires_at == claim.at > at and bucket.renews and paid and _told(claim, facts)
        case WillNotRenew():
            short = can_renew(facts.renewal_price, facts.spendable) is False
            return bucket.expires_at == claim.at > at and bucket.renews and short and claim.price == facts.renewal_price
        case _:
            assert_never(claim)


def _told(claim: Renews, facts: ClaimFacts) -> bool:
    return claim.price is None or claim.price == facts.renewal_price


def _ends_within(claim: EndsWithin, facts: ClaimFacts) -> bool:
    """Within sight, before the clock ends any of it, and by this person's use alone."""
    if any(bucket.shared for bucket in facts.usable) or not facts.usable:
        return False
    ends = facts.at + timedelta(hours=min(claim.p50, HORIZON_HOURS))
    return (
        (claim.p10, claim.p50, claim.p90) == facts.forecast
        and claim.p10 <= claim.p50 <= claim.p90
        and claim.p50 <= HORIZON_HOURS
        and (facts.until is None or ends <= facts.until)
        and facts.at - facts.read_at <= FRESH
    )


def _share(bucket: Bucket, share: float, otherwise: int) -> float:
    return otherwise if bucket.initial is None else bucket.initial * share
