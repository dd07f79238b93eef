"""How long what an alert says can be said, and what is said after that."""

from __future__ import annotations

from datetime import datetime, timedelta

from flows.alert_texts import Matter, Said, drafts, first_that_holds
from flows.claim_checks import ClaimFacts
from flows.claims import (
    FRESH,
    Claim,
    EndsWithin,
    Expires,
    HasExpired,
    NearlyUsedUp,
    RanOut,
    RemainingClaim,
    Renews,
    UpForRenewal,
    WillNotRenew,
)

_SOON_STALE, _STALE_SHARE = timedelta(minutes=5), 10
"""A time that is told holds for a tenth of itself, and for a moment in any case."""


def true_until(alert: Said, at: datetime) -> datetime | None:
    """As long as the alert's figures can be told; None where it has none."""
    return min((end for claim in alert.claims if (end := _stale_at(claim, at)) is not None), default=None)


def _stale_at(claim: Claim, at: datetime) -> datetime | None:
    match claim:
        case RemainingClaim():
            return claim.as_of + FRESH
        case EndsWithin():
            return at + max(timedelta(hours=claim.p50) / _STALE_SHARE, _SOON_STALE)
        case Expires() | Renews() | WillNotRenew() | UpForRenewal():
            return at + max((claim.at - at) / _STALE_SHARE, _SOON_STALE)
        case _:
            return None


def later_text(matter: Matter, known: ClaimFacts) -> str:
    """What still holds when the figures are old: it has none."""
    lasting_ones = (NearlyUsedUp, RanOut, HasExpired)
    possible = (one for one in drafts(matter) if all(isinstance(claim, lasting_ones) for claim in one.claims))
    return first_that_holds(possible, known, 0).text
