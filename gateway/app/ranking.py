"""The ranking that learns: from its file and what it has learned since, with the jobs that go on learning."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from gateway.config.tree import Config
from gateway.core.context import Context
from gateway.core.models import Served
from gateway.core.ranking import Ranking
from gateway.errors import ConfigError
from gateway.jobs.ranking_learner import DecisionKeeper, RankingLearner, ranker_of
from scoring import acceptance_model
from scoring.errors import ModelRefused
from store import ranking_states
from store.ids import new_id
from store.ranking_states import RankingState
from store.unit import Unit

_DAY = 86_400.0


async def serve_acceptance(config: Config, context: Context) -> None:
    """Rank by the model that is in service now, with what it has learned before; by today's rule without one.

    Raises ConfigError for a state that does not fit.
    """
    served = context.models.champions.get("acceptance")
    if served is None:
        context.ranking = None
        return
    state = await _state(context, served)
    try:
        ranker = ranker_of(state)
    except ModelRefused as error:
        raise ConfigError(f"scoring.acceptance: {error}") from None
    context.ranking = Ranking(
        ranker=ranker,
        state=state,
        holdout=config.scoring.holdout,
        refused_for=timedelta(days=config.scoring.refused_days),
        count_failure=context.metrics.failures.labels("ranking").inc,
    )


def ranking_jobs(config: Config, context: Context) -> Sequence[tuple[float, str, Callable[[], Awaitable[None]]]]:
    """What the clock does about the ranking and about decisions that are kept."""
    keeper = DecisionKeeper(context, timedelta(days=config.scoring.decisions_days))
    learner = RankingLearner(context)
    return ((_DAY, "forget-decisions", keeper.forget), (config.scoring.learn_seconds, "learn-ranking", learner.learn))


async def _state(context: Context, served: Served) -> RankingState:
    """What it believes now; where it is new, what it begins with, made durable."""
    known = await ranking_states.newest(context.reader, served.artefact.version)
    if known is not None:
        return known
    at, begins = context.clock(), served.model
    settings = acceptance_model.settings_of(begins.exploration)
    body = acceptance_model.to_bytes(begins.beliefs)
    state = RankingState(new_id(at), served.artefact.version, at, 0, at, "", settings, body)
    await context.writer.commit(Unit(ops=(ranking_states.put(state),)))
    return state
