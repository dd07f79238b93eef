"""Who of those that ported out may be asked to come back: who agreed to offers themselves, within a set time.

An opt-in that the market merely assumes is one of customers; whoever left is none. The operator names the legal ground;
without one nobody is asked.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from flows.frozen import dataclass
from flows.values import Msisdn, SubscriptionId


class WhyNot(StrEnum):
    """Why somebody is not asked to come back."""

    NO_OPT_IN = "no_opt_in"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    NUMBER_HELD = "number_held"
    ASKED = "asked_before"


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who ported out. marketing: what they said of offers, None for nothing.

    held: whether the number has a subscription again: they are back, somebody else has it, or it wrote to us since.
    asked: whether they were handed on to be asked before.
    """

    subscription: SubscriptionId
    msisdn: Msisdn
    language: str
    marketing: bool | None
    at: datetime
    held: bool
    asked: bool


@dataclass(frozen=True, slots=True)
class WinBackPeriod:
    """After leaving, nobody is asked before ``begins`` and after ``ends``."""

    begins: timedelta
    ends: timedelta


def why_not(left: Left, at: datetime, period: WinBackPeriod) -> WhyNot | None:
    """Why this person may not be asked at ``at``; None where they may."""
    if left.marketing is not True:
        return WhyNot.NO_OPT_IN
    if left.held:
        return WhyNot.NUMBER_HELD
    if left.asked:
        return WhyNot.ASKED
    if at - left.at < period.begins:
        return WhyNot.TOO_EARLY
    return WhyNot.TOO_LATE if at - left.at > period.ends else None
