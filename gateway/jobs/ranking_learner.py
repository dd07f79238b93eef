"""Learning from answers to offers, an answer at a time, each once: what is believed and the last answer are one row."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from gateway.core.context import Context
from gateway.core.ranking import Ranking
from scoring import acceptance_model, packed
from scoring.bandit import Beliefs, Exploration
from scoring.choice import Ranker
from store import decisions, ranking_states
from store.decisions import Answered
from store.ids import new_id
from store.ranking_states import RankingState
from store.unit import Unit

_LOG = logging.getLogger(__name__)
_SETTLING = timedelta(seconds=10)
"""So long after it was given an answer may yet become durable, beside others."""


def ranker_of(state: RankingState) -> Ranker:
    """What a state believes, ready to be asked. Raises ModelRefused for one of other features."""
    beliefs = acceptance_model.from_bytes(state.body, state.learned)
    return Ranker(beliefs, Exploration(**state.settings), state.id)


class RankingLearner:
    """Learns whenever the clock says so, for the ranking that is in service then."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def learn(self) -> None:
        """Learn from all answers that there are, make that durable, and go on with it."""
        ranking = self._context.ranking
        if ranking is None:
            return
        until = self._context.clock() - _SETTLING
        after = ranking.state.answered_at, ranking.state.offer
        while page := await decisions.answered(self._context.reader, after, until):
            after = page[-1].at, page[-1].offer
            await self._keep(ranking, self._after(ranking, page), page[-1])

    def _after(self, ranking: Ranking, page: Sequence[Answered]) -> Beliefs:
        beliefs = ranking.ranker.beliefs
        for one in page:
            row = packed.outputs(one.outputs)[1]
            if len(row) == len(beliefs.mean) and row.any():
                beliefs = beliefs.after(row, float(one.accepted))
        return beliefs

    async def _keep(self, ranking: Ranking, beliefs: Beliefs, last: Answered) -> None:
        """What cannot be believed is not: the answers are passed over, which is counted and told."""
        if not acceptance_model.sound(beliefs):
            self._context.metrics.failures.labels("learn-ranking").inc()
            _LOG.error("answers have taught nothing that can be believed, and are passed over")
            beliefs = ranking.ranker.beliefs
        at = self._context.clock()
        state = replace(
            ranking.state,
            id=new_id(at),
            at=at,
            learned=beliefs.learned,
            answered_at=last.at,
            offer=last.offer,
            body=acceptance_model.to_bytes(beliefs),
        )
        await self._context.writer.commit(Unit(ops=(ranking_states.put(state),)))
        ranking.state, ranking.ranker = state, ranker_of(state)


class DecisionKeeper:
    """Forgets decisions that are old, and what they alone were made from."""

    def __init__(self, context: Context, kept: timedelta) -> None:
        self._context = context
        self._kept = kept

    async def forget(self) -> None:
        """One sweep."""
        before = self._context.clock() - self._kept
        await self._context.writer.commit(Unit(ops=(decisions.forget(before),)))
        await self._context.writer.commit(Unit(ops=tuple(decisions.forget_unused(before))))
