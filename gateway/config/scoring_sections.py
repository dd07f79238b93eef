"""The section about models and what is kept of decisions."""

from __future__ import annotations

from flows.frozen import dataclass
from gateway.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ScoringConfig:
    """acceptance: file of the ranking that learns; empty = none, today's rule ranks.

    holdout: share of subscribers who get today's rule all the same. refused_days: so long nothing is offered again that
    somebody said no to. learn_seconds: between two looks for answers to learn from. decisions_days: for how long
    decisions are kept.
    """

    acceptance: str = ""
    holdout: float = 0.1
    refused_days: float = 7
    learn_seconds: float = 60
    decisions_days: int = 30


def check_scoring(scoring: ScoringConfig) -> None:
    """Raises ConfigError."""
    if not 0 <= scoring.holdout <= 1:
        raise ConfigError("scoring.holdout must be a share from 0 to 1")
    if scoring.refused_days < 0:
        raise ConfigError("scoring.refused_days must be at least 0")
    if scoring.learn_seconds <= 0:
        raise ConfigError("scoring.learn_seconds must be more than 0")
    if scoring.decisions_days < 1:
        raise ConfigError("scoring.decisions_days must be at least 1")
