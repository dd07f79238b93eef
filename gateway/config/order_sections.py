"""The sections about what is told of orders, and about comparing them with the charging system."""

from __future__ import annotations

import re

from flows.frozen import dataclass
from gateway.errors import ConfigError

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MOST_A_SECOND = 1_000


@dataclass(frozen=True, slots=True)
class StoryConfig:
    """key: the file of the key that stories are signed with; ``chasqui orders key`` makes it."""

    key: str = "story.key"


@dataclass(frozen=True, slots=True)
class ReconciliationConfig:
    """at: local time of the market at which yesterday's orders are asked about, empty = never.

    per_second: orders that the charging system is asked about in one second, at most.
    """

    at: str = "03:30"
    per_second: float = 20


def check_orders(story: StoryConfig, reconciliation: ReconciliationConfig) -> None:
    """Raises ConfigError."""
    if not story.key:
        raise ConfigError("story.key must name a file, such as story.key")
    if reconciliation.at and not _TIME.fullmatch(reconciliation.at):
        raise ConfigError("reconciliation.at must be a local time such as 03:30, or empty for never")
    if not 0 < reconciliation.per_second <= _MOST_A_SECOND:
        raise ConfigError(f"reconciliation.per_second must be more than 0 and at most {_MOST_A_SECOND}")
