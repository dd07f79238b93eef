"""One decision for every subscriber of a batch; a USSD turn is a batch of one."""

from __future__ import annotations

from scoring.depletion import told
from scoring.ranking import rank
from scoring.values import DecisionBatch, Decisions


def decide(batch: DecisionBatch) -> Decisions:
    """Forecast the present bundle and rank what may follow it."""
    forecasts = told(batch.usage)
    return Decisions(forecasts, rank(batch.offers, forecasts.pace))
