"""One decision for every subscriber of a batch; a USSD turn is a batch of one."""

from __future__ import annotations

from scoring.choice import ChoiceBatch, Ranker
from scoring.depletion import told
from scoring.ranking import rank
from scoring.values import DecisionBatch, Decisions

VERSION = 1
"""Changes when the same inputs and models lead to another decision: it says by what a logged one can be replayed."""


def decide(batch: DecisionBatch, choice: ChoiceBatch | None = None, ranker: Ranker | None = None) -> Decisions:
    """Forecast the present bundle and rank what may follow it. ranker: learned, None for today's rule alone."""
    forecasts = told(batch.usage)
    todays = rank(batch.offers, forecasts.pace)
    if choice is None or ranker is None or not len(choice.content):
        return Decisions(forecasts, todays)
    return Decisions(forecasts, todays, ranker.choose(choice, forecasts, todays))
