"""Every minute: what became of forecasts that are due moves the intervals of the model in service (ADR 30)."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence

from gateway.core.context import Context
from scoring.adaptation import Offsets, Outcome, learnt
from store import forecasts
from store.forecasts import PAGE, OpenForecast
from store.unit import Unit

_LOOK = 60.0
_HOUR = 3600.0


class ForecastLearning:
    """What was learnt is in the store, so that a restart and other processes have it within a minute."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def jobs(self) -> Sequence[tuple[float, str, Callable[[], Awaitable[None]]]]:
        """For ``Jobs``."""
        return ((_LOOK, "learn-forecasts", self.look),)

    async def look(self) -> None:
        """Learn from everything that is due, a page at a time, and forecast with it from now on."""
        forecasting = self._context.forecasting
        if forecasting is None:
            return
        model = forecasting.version
        known = dict(await forecasts.offsets(self._context.reader, model))
        while True:
            page = await forecasts.due(self._context.reader, self._context.clock())
            moved = self._learn(known, [one for one in page if one.model == model])
            if page:
                ops = [forecasts.put_offsets(model, segment, known[segment]) for segment in moved]
                await self._context.writer.commit(Unit(ops=(*ops, *map(forecasts.done, page))))
            if len(page) < PAGE:
                break
        forecasting.learn(known)

    def _learn(self, known: dict[str, Offsets], page: Sequence[OpenForecast]) -> Sequence[str]:
        """Which segments were moved."""
        for one in page:
            outcome = _outcome(one)
            known[one.segment] = learnt(known.get(one.segment, Offsets()), outcome)
            self._context.metrics.forecast_outcomes.labels(_side(outcome)).inc()
        return list(dict.fromkeys(one.segment for one in page))


def _outcome(made: OpenForecast) -> Outcome:
    ends = math.inf if made.ended_at is None else (made.ended_at - made.made_at).total_seconds() / _HOUR
    watched = (made.due_at - made.made_at).total_seconds() / _HOUR
    # what is kept of times is whole microseconds
    return Outcome(made.p10, made.p90, ends, watched + 1e-6, made.due_at.timestamp())


def _side(outcome: Outcome) -> str:
    if outcome.actual < outcome.p10:
        return "sooner"
    if outcome.actual < outcome.p90:
        return "within"
    return "later" if outcome.p90 <= outcome.watched else "expired"
