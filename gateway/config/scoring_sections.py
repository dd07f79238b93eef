"""The sections about models: which are served, which are tried beside them, and what is worked out at night."""

from __future__ import annotations

import re

from flows.frozen import dataclass
from gateway.errors import ConfigError

KINDS = ("depletion", "acceptance", "churn")
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
    churn: str = ""


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
class ScoringConfig:
    """depletion, acceptance, churn: files of models; empty = none, then the rules decide that need no model.

    shadow: share of decisions that are noted to be compared with what came of them, and scored by the challenger;
    shadow_per_second: of them in one second, at most.
    """

    depletion: str = ""
    acceptance: str = ""
    churn: str = ""
    challengers: ChallengersConfig = ChallengersConfig()
    shadow: float = 0.1
    shadow_per_second: float = 1
    batch: BatchConfig = BatchConfig()


def check_scoring(scoring: ScoringConfig) -> None:
    """Raises ConfigError."""
    batch = scoring.batch
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
