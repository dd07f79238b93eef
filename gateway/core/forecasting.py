"""Forecasts of data by the model in service; by hand wherever it cannot say. A decision never fails for a model."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gateway.telemetry import Metrics
from scoring.adaptation import Offsets
from scoring.depletion_model import DepletionModel
from scoring.errors import ScoringError
from scoring.values import Forecasts, UsageBatch

_LOG = logging.getLogger(__name__)


class Forecasting:
    """model: as it was trained; what is learnt while it serves comes on top."""

    def __init__(self, model: DepletionModel, metrics: Metrics) -> None:
        self._trained = self._model = model
        self._metrics = metrics
        self._has_failed = False

    @property
    def version(self) -> str:
        """Of the model."""
        return self._trained.version

    def learn(self, offsets: Mapping[str, Offsets]) -> None:
        """From now on with these, by segment."""
        self._model = self._trained.moved(offsets)

    def told(self, usage: UsageBatch, segments: Sequence[str]) -> UsageBatch:
        """With what the model says of it; as it is where that fails, which is counted, and told in the log once."""
        try:
            made = self._model.forecast(usage, segments)
            _check(made)
        except Exception:
            self._metrics.forecasts.labels("failed").inc(len(usage.remaining))
            if not self._has_failed:
                _LOG.exception("the model of depletion failed; forecasts are made by hand")
            self._has_failed = True
            return usage
        self._metrics.forecasts.labels("model").inc(len(usage.remaining))
        return replace(usage, told=made)


def _check(made: Forecasts) -> None:
    hours = (made.p10, made.p50, made.p90)
    if not all(np.isfinite(one).all() for one in (*hours, made.p_before_expiry)):
        raise ScoringError("a forecast that is no number")
