"""What prices below the list need before they may be told."""

from __future__ import annotations

import pytest

from gateway.config.scoring_sections import PricingConfig, ScoringConfig, WinBackConfig, check_scoring
from gateway.errors import ConfigError


@pytest.mark.parametrize(
    ("pricing", "told"),
    [
        (PricingConfig(floor=1.1), "floor must be a share"),
        (PricingConfig(give=-0.1), "give must be a share"),
        (PricingConfig(least=float("nan")), "least must be a share"),
        (PricingConfig(budget=-1), "budget must be minor units"),
        (PricingConfig(window_hours=1), "window_hours must be at least 24"),
        (PricingConfig(enabled=True, most=100), "needs most and budget"),
        (PricingConfig(enabled=True, budget=100), "needs most and budget"),
    ],
)
def test_what_cannot_be_is_told(pricing: PricingConfig, told: str) -> None:
    """In one line that names the key."""
    with pytest.raises(ConfigError, match=told):
        check_scoring(ScoringConfig(pricing=pricing))


@pytest.mark.parametrize(
    ("back", "told"),
    [
        (WinBackConfig(give=2), "give must be a share"),
        (WinBackConfig(from_days=90, until_days=30), "from_days must be"),
        (WinBackConfig(budget=-1), "most and budget must be"),
    ],
)
def test_how_nobody_can_be_won_back_is_told(back: WinBackConfig, told: str) -> None:
    """In one line that names the key."""
    with pytest.raises(ConfigError, match=told):
        check_scoring(ScoringConfig(win_back=back))


def test_off_needs_nothing() -> None:
    """As it comes."""
    check_scoring(ScoringConfig())
