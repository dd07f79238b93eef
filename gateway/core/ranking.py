"""The ranking that learns, in service: what it believes now, who is held out, and what becomes of a failure."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from flows.frozen import dataclass
from scoring.choice import Ranker
from store.ranking_states import RankingState

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Ranking:
    """ranker: what ``state`` believes; both are replaced as a whole by whoever learns.

    holdout: share of people who get today's rule. refused_for: so long nothing is offered again that was refused.
    count_failure: counts decisions that fell back to today's rule.
    """

    ranker: Ranker
    state: RankingState
    holdout: float
    refused_for: timedelta
    count_failure: Callable[[], None]
    _told: bool = False

    @property
    def model(self) -> str:
        """Version of the file that it began with."""
        return self.state.model

    def fell_back(self, error: Exception) -> None:
        """Today's rule decides; that is counted each time and told once."""
        self.count_failure()
        if not self._told:
            self._told = True
            _LOG.error("the learned ranking failed, and today's rule decides", exc_info=error)
