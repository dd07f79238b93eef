"""Learning from answers to offers, an answer at a time, each once: what is believed and the last answer are one row."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.core.context import Context
from gateway.core.ranking import Ranking
from scoring import acceptance_model, packed
from scoring.bandit import Beliefs, Exploration
from scoring.choice import Ranker
from store import decisions, ranking_states
from store.decisions import Answered
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
    """Learns whenever the clock says so, for the ranking that is in service then; others may learn beside it.

    Of several processes each takes over what any has learned, and goes on from there (ADR 32).
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    async def learn(self) -> None:
        """Take over what others learned, learn from all answers that are left, make that durable, and go on with it."""
        ranking = self._context.ranking
        if ranking is None:
            return
        until = self._context.clock() - _SETTLING
        await self._take_over(ranking)
        while page := await self._page(ranking.state, until):
            if not await self._keep(ranking, self._after(ranking, page), page[-1]) and not await self._take_over(
                ranking
            ):
                self._failed("the state that the ranking was in is not in the store any more, and nothing is learned")
                return

    async def _page(self, state: RankingState, until: datetime) -> Sequence[Answered]:
        return await decisions.answered(self._context.reader, (state.answered_at, state.offer), until)

    async def _take_over(self, ranking: Ranking) -> bool:
        """Go on with the last state in the store; False where that is the one that it is in, or there is none."""
        last = await ranking_states.newest(self._context.reader, ranking.model)
        if last is None or last.id == ranking.state.id:
            return False
        ranking.state, ranking.ranker = last, ranker_of(last)
        return True

    def _after(self, ranking: Ranking, page: Sequence[Answered]) -> Beliefs:
        """What cannot be believed is not: the answers are passed over, which is counted and told."""
        beliefs = ranking.ranker.beliefs
        for one in page:
            row = packed.outputs(one.outputs)[1]
            if len(row) == len(beliefs.mean) and row.any():
                beliefs = beliefs.after(row, float(one.accepted))
        if acceptance_model.sound(beliefs):
            return beliefs
        self._failed("answers have taught nothing that can be believed, and are passed over")
        return ranking.ranker.beliefs

    async def _keep(self, ranking: Ranking, beliefs: Beliefs, last: Answered) -> bool:
        """Make it durable and go on with it; False where another process has learned since, and nothing was kept."""
        at, before = self._context.clock(), ranking.state
        state = replace(
            before,
            id=ranking_states.id_after(before.id, at),
            at=at,
            learned=beliefs.learned,
            answered_at=last.at,
            offer=last.offer,
            body=acceptance_model.to_bytes(beliefs),
        )
        if not await self._context.writer.commit(ranking_states.follow(state, before.id)):
            return False
        ranking.state, ranking.ranker = state, ranker_of(state)
        return True

    def _failed(self, what: str) -> None:
        self._context.metrics.failures.labels("learn-ranking").inc()
        _LOG.error(what)


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
