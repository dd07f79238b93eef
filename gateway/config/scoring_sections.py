"""The sections about models: which are served, which are tried beside them, and what is worked out at night."""

from __future__ import annotations

import re

from flows.frozen import dataclass
from gateway.errors import ConfigError

KINDS = ("depletion", "acceptance")
"""What models are served for; each is a key of ``[scoring]`` and of ``[scoring.challengers]``."""
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
MOST_SHARDS = 512
"""Files that are open at once while the store is copied."""
_MOST_A_SECOND = 10_000_000


@dataclass(frozen=True, slots=True)
class ChallengersConfig:
    """Files of models that score the same inputs as those in service and decide nothing; empty = none."""

    depletion: str = ""
    acceptance: str = ""


@dataclass(frozen=True, slots=True)
class BatchConfig:
    """at: local time of the market at which everybody is scored, empty = never. folder: where the files go.

    shards: parts in which it is done. per_second: subscribers scored in one second, at most; 0 = as fast as it goes.
    keep_days: for how long the files are kept.
    """

    at: str = ""
    folder: str = "scores"
    shards: int = 16
    per_second: float = 0
    keep_days: int = 7


@dataclass(frozen=True, slots=True)
class PricingConfig:
    """Prices below the list for people who may leave; off by default.

    floor: share of the list price, the least that is asked. most: let off one offer, minor units. give: of what is at
    stake, so much is let off. least: share of the list price, less than which is not let off. step: prices are
    multiples of it, minor units; 0 = of the currency's whole unit. budget: minor units a month of the market, for all;
    most_a_person: of it, 0 = no bound of their own. window_hours: how long a price stands. usual_margin: of a person in
    a month, minor units.
    """

    enabled: bool = False
    floor: float = 0.7
    most: int = 0
    give: float = 0.1
    least: float = 0.02
    step: int = 0
    budget: int = 0
    most_a_person: int = 0
    window_hours: int = 72
    usual_margin: int = 0


@dataclass(frozen=True, slots=True)
class WinBackConfig:
    """Who of those that ported out may be asked to come back. grounds: the law that allows it, empty = nobody is.

    from_days, until_days: after leaving. give: share of a person's value that may be spent. most, budget: minor units,
    for one person and for a list.
    """

    grounds: str = ""
    from_days: int = 30
    until_days: int = 180
    give: float = 0.05
    most: int = 0
    budget: int = 0


@dataclass(frozen=True, slots=True)
class ScoringConfig:
    """depletion, acceptance: files of models; empty = none, then the rules decide that need no model.

    unproven: use models too that were not better than the best baseline when they were trained.
    holdout: share of subscribers who get today's ranking all the same. refused_days: so long nothing is offered again
    that somebody said no to. learn_seconds: between two looks for answers to learn from, and for what other processes
    have learned. decisions_days: for how long decisions are kept.
    shadow: share of decisions that are noted to be compared with what came of them, and scored by the challenger;
    shadow_per_second: of them in one second, at most.
    """

    depletion: str = ""
    acceptance: str = ""
    unproven: bool = False
    holdout: float = 0.1
    refused_days: float = 7
    learn_seconds: float = 60
    decisions_days: int = 30
    challengers: ChallengersConfig = ChallengersConfig()
    shadow: float = 0.1
    shadow_per_second: float = 1
    batch: BatchConfig = BatchConfig()
    pricing: PricingConfig = PricingConfig()
    win_back: WinBackConfig = WinBackConfig()


def check_scoring(scoring: ScoringConfig) -> None:
    """Raises ConfigError."""
    batch = scoring.batch
    if not 0 <= scoring.holdout <= 1:
        raise ConfigError("scoring.holdout must be a share from 0 to 1")
    if scoring.refused_days < 0:
        raise ConfigError("scoring.refused_days must be at least 0")
    if scoring.learn_seconds <= 0:
        raise ConfigError("scoring.learn_seconds must be more than 0")
    if scoring.decisions_days < 1:
        raise ConfigError("scoring.decisions_days must be at least 1")
    if not 0 <= scoring.shadow <= 1:
        raise ConfigError("scoring.shadow must be a share from 0 to 1")
    if not 0 < scoring.shadow_per_second <= _MOST_A_SECOND:
        raise ConfigError(f"scoring.shadow_per_second must be more than 0 and at most {_MOST_A_SECOND}")
    if batch.at and not _TIME.fullmatch(batch.at):
        raise ConfigError("scoring.batch.at must be a local time such as 02:30, or empty for never")
    if not batch.folder:
        raise ConfigError("scoring.batch.folder must name a folder, such as scores")
    if not 1 <= batch.shards <= MOST_SHARDS:
        raise ConfigError(f"scoring.batch.shards must be at least 1 and at most {MOST_SHARDS}")
    if not 0 <= batch.per_second <= _MOST_A_SECOND:
        raise ConfigError(f"scoring.batch.per_second must be at least 0 and at most {_MOST_A_SECOND}")
    if batch.keep_days < 1:
        raise ConfigError("scoring.batch.keep_days must be at least 1")
    _check_prices(scoring.pricing, scoring.win_back)


def _check_prices(pricing: PricingConfig, back: WinBackConfig) -> None:
    for name in ("floor", "give", "least"):
        if not 0 <= getattr(pricing, name) <= 1:
            raise ConfigError(f"scoring.pricing.{name} must be a share from 0 to 1")
    for name in ("most", "step", "budget", "most_a_person", "usual_margin"):
        if getattr(pricing, name) < 0:
            raise ConfigError(f"scoring.pricing.{name} must be minor units, 0 or more")
    if not 24 <= pricing.window_hours <= 24 * 31:
        raise ConfigError("scoring.pricing.window_hours must be at least 24 and at most 744")
    if not 0 <= back.give <= 1:
        raise ConfigError("scoring.win_back.give must be a share from 0 to 1")
    if not 0 <= back.from_days < back.until_days <= 3650:
        raise ConfigError("scoring.win_back.from_days must be 0 or more, and less than until_days")
    if min(back.most, back.budget) < 0:
        raise ConfigError("scoring.win_back.most and budget must be minor units, 0 or more")
    if pricing.enabled and not (pricing.most and pricing.budget):
        raise ConfigError("scoring.pricing.enabled needs most and budget: without them nothing may be let off")
