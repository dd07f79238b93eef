"""The model of depletion that ``[scoring]`` names, where it is worth using."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from gateway.config.tree import Config
from gateway.core.context import Context
from gateway.core.forecasting import Forecasting
from gateway.errors import ConfigError
from gateway.jobs.forecast_learning import ForecastLearning
from gateway.telemetry import Metrics
from scoring import depletion_model
from scoring.errors import ModelRefused

_LOG = logging.getLogger(__name__)


async def learning(context: Context) -> Sequence[tuple[float, str, Callable[[], Awaitable[None]]]]:
    """What the clock starts about forecasts: how often, under which name, what. What was learnt before counts now."""
    if context.forecasting is None:
        return ()
    learns = ForecastLearning(context, context.forecasting)
    await learns.look()
    return learns.jobs


def forecasting_of(config: Config, metrics: Metrics) -> Forecasting | None:
    """None where no model is named, or where it did not beat its baseline and nobody wants it all the same.

    Raises ConfigError for a file that is no model of depletion, or of another version.
    """
    if not config.scoring.depletion:
        return None
    try:
        kept, model = depletion_model.load(config.folder / config.scoring.depletion)
    except ModelRefused as error:
        raise ConfigError(f"scoring.depletion: {error}") from None
    if not model.beats and not config.scoring.unproven:
        _LOG.warning(
            "the model of depletion is not used: it did not beat its best baseline; scoring.unproven = true uses it",
            extra={"model": kept.version},
        )
        return None
    return Forecasting(model, metrics)
