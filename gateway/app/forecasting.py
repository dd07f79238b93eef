"""The model of depletion that ``[scoring]`` names, where it is worth using."""

from __future__ import annotations

import logging

from gateway.config.tree import Config
from gateway.core.forecasting import Forecasting
from gateway.errors import ConfigError
from gateway.telemetry import Metrics
from scoring import depletion_model
from scoring.errors import ModelRefused

_LOG = logging.getLogger(__name__)


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
