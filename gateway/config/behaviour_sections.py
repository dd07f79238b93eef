"""The section about what is kept of people's behaviour."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from flows.behaviour import Source
from flows.frozen import dataclass
from gateway.errors import ConfigError

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MOST_DAYS = 1_095


@dataclass(frozen=True, slots=True)
class BehaviourConfig:
    """sweep_at: local time of the market from which every night what is too old, or has no consent, is deleted.

    sessions_days and the others: how long what was told from this source is kept; 0 = nothing is kept of it.
    """

    sweep_at: str = "02:30"
    sessions_days: int = 90
    recharges_days: int = 365
    categories_days: int = 90
    places_days: int = 30
    device_days: int = 180
    support_days: int = 365
    social_days: int = 30

    @property
    def retention(self) -> Mapping[Source, timedelta]:
        """How long each source is kept."""
        return {source: timedelta(days=getattr(self, f"{source}_days")) for source in Source}


def check_behaviour(behaviour: BehaviourConfig) -> None:
    """Raises ConfigError."""
    if not _TIME.fullmatch(behaviour.sweep_at):
        raise ConfigError("behaviour.sweep_at must be a local time such as 02:30")
    for source in Source:
        if not 0 <= getattr(behaviour, f"{source}_days") <= _MOST_DAYS:
            raise ConfigError(f"behaviour.{source}_days must be between 0 and {_MOST_DAYS}")
