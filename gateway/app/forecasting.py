"""Forecasts by the model of depletion that is in service, and what is learnt of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from gateway.core.context import Context
from gateway.core.forecasting import Forecasting
from gateway.jobs.forecast_learning import ForecastLearning


async def serve_depletion(context: Context) -> None:
    """Forecast by the model that is in service now, with what was learnt of it before; by hand without one."""
    model = context.models.champion("depletion")
    context.forecasting = None if model is None else Forecasting(model, context.metrics)
    await ForecastLearning(context).look()


def learning(context: Context) -> Sequence[tuple[float, str, Callable[[], Awaitable[None]]]]:
    """What the clock starts about forecasts: how often, under which name, what."""
    return ForecastLearning(context).jobs
