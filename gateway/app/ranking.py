"""The ranking that learns: from its file and what it has learned since, with the job that goes on learning."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from gateway.config.tree import Config
from gateway.core.context import Context
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


async def open_ranking(config: Config, context: Context) -> Sequence[tuple[float, str, Callable[[], Awaitable[None]]]]:
    """Put the configured ranking in service. What the clock does about it and about decisions that are kept.

    Raises ConfigError for a file that is no such model.
    """
    keeper = DecisionKeeper(context, timedelta(days=config.scoring.decisions_days))
    jobs: list[tuple[float, str, Callable[[], Awaitable[None]]]] = [(_DAY, "forget-decisions", keeper.forget)]
    if not config.scoring.acceptance:
        return jobs
    try:
        model, beliefs, exploration = acceptance_model.load(config.folder / config.scoring.acceptance)
        state = await ranking_states.newest(context.reader, model.version)
        if state is None:
            at = context.clock()
            settings = acceptance_model.settings_of(exploration)
            body = acceptance_model.to_bytes(beliefs)
            state = RankingState(new_id(at), model.version, at, 0, at, "", settings, body)
            await context.writer.commit(Unit(ops=(ranking_states.put(state),)))
        ranker = ranker_of(state)
    except ModelRefused as error:
        raise ConfigError(f"scoring.acceptance: {error}") from None
    context.ranking = Ranking(
        ranker=ranker,
        model=model.version,
        holdout=config.scoring.holdout,
        refused_for=timedelta(days=config.scoring.refused_days),
        count_failure=context.metrics.failures.labels("ranking").inc,
    )
    learner = RankingLearner(context, context.ranking, state)
    return [*jobs, (config.scoring.learn_seconds, "learn-ranking", learner.learn)]
