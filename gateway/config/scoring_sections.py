"""The section about models and prices."""

from __future__ import annotations

from flows.frozen import dataclass
from gateway.errors import ConfigError


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
    """Models, and what is done with what they say."""

    pricing: PricingConfig = PricingConfig()
    win_back: WinBackConfig = WinBackConfig()


def check_scoring(scoring: ScoringConfig) -> None:
    """Raises ConfigError."""
    pricing = scoring.pricing
    for name in ("floor", "give", "least"):
        if not 0 <= getattr(pricing, name) <= 1:
            raise ConfigError(f"scoring.pricing.{name} must be a share from 0 to 1")
    for name in ("most", "step", "budget", "most_a_person", "usual_margin"):
        if getattr(pricing, name) < 0:
            raise ConfigError(f"scoring.pricing.{name} must be minor units, 0 or more")
    if not 24 <= pricing.window_hours <= 24 * 31:
        raise ConfigError("scoring.pricing.window_hours must be at least 24 and at most 744")
    back = scoring.win_back
    if not 0 <= back.give <= 1:
        raise ConfigError("scoring.win_back.give must be a share from 0 to 1")
    if not 0 <= back.from_days < back.until_days <= 3650:
        raise ConfigError("scoring.win_back.from_days must be 0 or more, and less than until_days")
    if min(back.most, back.budget) < 0:
        raise ConfigError("scoring.win_back.most and budget must be minor units, 0 or more")
    if pricing.enabled and not (pricing.most and pricing.budget):
        raise ConfigError("scoring.pricing.enabled needs most and budget: without them nothing may be let off")
