"""The section about how long is kept what came in and what was told."""

from __future__ import annotations

import re

from flows.frozen import dataclass
from gateway.errors import ConfigError

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_LEAST_DAYS, _MOST_DAYS = 2, 36_500


@dataclass(frozen=True, slots=True)
class RetentionConfig:
    """at: local time of the market at which old rows are forgotten, empty = never.

    inbox_days: of what came in, after it was dealt with; alerts_days: of which threshold was told; 0 = for ever.
    """

    at: str = "02:30"
    inbox_days: int = 90
    alerts_days: int = 400


def check_retention(retention: RetentionConfig) -> None:
    """Raises ConfigError."""
    if retention.at and not _TIME.fullmatch(retention.at):
        raise ConfigError("retention.at must be a local time such as 02:30, or empty for never")
    for key, days in (("inbox_days", retention.inbox_days), ("alerts_days", retention.alerts_days)):
        if days and not _LEAST_DAYS <= days <= _MOST_DAYS:
            raise ConfigError(
                f"retention.{key} must be 0 for ever, or at least {_LEAST_DAYS} and at most {_MOST_DAYS}: an event may "
                "alert for 24 hours, and what is forgotten sooner would alert again"
            )
