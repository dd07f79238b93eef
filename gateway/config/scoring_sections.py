"""The section about models."""

from __future__ import annotations

from flows.frozen import dataclass


@dataclass(frozen=True, slots=True)
class ScoringConfig:
    """depletion: file of the model that forecasts when bundles end; empty = none, then they are forecast by hand.

    unproven: use models too that were not better than the best baseline when they were trained.
    """

    depletion: str = ""
    unproven: bool = False
