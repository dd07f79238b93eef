"""What tells that somebody may port their number, from signals that they agreed to.

Three sources, each with a consent of its own: recharges (whoever has a second SIM spends with us only a part of what
they spent), use (a SIM that falls silent), support (trouble with network or device). What a person did not agree to is
blotted out before anything is read from it, and counts as not known from then on; a model that is trained with such
people among others knows what to make of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

import numpy as np

from scoring.errors import ShapeMismatch
from scoring.values import Bools, Floats

MONTHS = 4
"""Of recharges, 28 days each, the newest first."""


class Source(IntEnum):
    """Where a signal comes from; the column of its consent."""

    RECHARGES = 0
    USE = 1
    SUPPORT = 2


SOURCE_OF: Mapping[str, Source] = MappingProxyType(
    {
        "spend_share": Source.RECHARGES,
        "spend_trend": Source.RECHARGES,
        "recharge_gap": Source.RECHARGES,
        "silent_days": Source.USE,
        "silent_share": Source.USE,
        "contacts": Source.SUPPORT,
        "troubles": Source.SUPPORT,
    }
)
"""Whose consent each feature needs."""
FEATURES = tuple(SOURCE_OF)


@dataclass(frozen=True, slots=True)
class Signals:
    """Of n people; NaN = not known.

    spend: recharged in each of the last months of 28 days, the newest first, ``(n, 4)``. recharge_gap: days since the
    last recharge over the usual days between two, ``(n,)``. silent_days: since the SIM was last used; silent_share: of
    the last 28 days those without use. contacts: with support in 28 days; troubles: of these, about the network or a
    device. consented: ``(n, 3)``, by ``Source``.
    """

    spend: Floats
    recharge_gap: Floats
    silent_days: Floats
    silent_share: Floats
    contacts: Floats
    troubles: Floats
    consented: Bools

    def __post_init__(self) -> None:
        n = len(self.recharge_gap)
        if self.spend.shape != (n, MONTHS) or self.consented.shape != (n, len(Source)):
            raise ShapeMismatch(f"spend {self.spend.shape}, consents {self.consented.shape} of {n} people")
        for name in ("silent_days", "silent_share", "contacts", "troubles"):
            if getattr(self, name).shape != (n,):
                raise ShapeMismatch(f"{name} is {getattr(self, name).shape}, not {(n,)}")


def features(signals: Signals) -> Floats:
    """One row a person, in the order of ``FEATURES``; NaN for what is not known or not agreed to."""
    recharges, use, support = signals.consented.T
    spend = np.where(recharges[:, None], signals.spend, np.nan)
    usual = np.fmax.reduce(spend[:, 1:], axis=1)
    before = spend[:, 1]
    return np.column_stack(
        [
            _share(spend[:, 0], usual),
            _share(spend[:, 0], before),
            np.where(recharges, signals.recharge_gap, np.nan),
            np.where(use, signals.silent_days, np.nan),
            np.where(use, signals.silent_share, np.nan),
            np.where(support, signals.contacts, np.nan),
            np.where(support, signals.troubles, np.nan),
        ]
    )


def withheld(row: Floats, agreed: Collection[Source]) -> Floats:
    """Features of one person without those whose source they do not agree to any more."""
    return np.where([source in agreed for source in SOURCE_OF.values()], row, np.nan)


def _share(part: Floats, whole: Floats) -> Floats:
    """NaN where there is no whole to be a part of; twice as much and more counts as twice."""
    shares: Floats = np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
    return np.minimum(shares, 2.0)
