"""The learned choice: acceptance x margin among what a person can pay, may buy and did not just refuse, explored.

Content stands in where nothing else can be paid. Of each family of personalised sizes there is at most one: the one
that fits the person best. Who is held out gets today's rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scoring.bandit import Beliefs, Exploration, acceptance, chances, fan, pick
from scoring.errors import ShapeMismatch
from scoring.offer_features import offer_features
from scoring.ranking import fits
from scoring.values import Bools, Chosen, Floats, Forecasts, Ints, OfferBatch, Ranking

EXPLORATION = Exploration()
ALONE = -1
"""The family of an offer that has none."""


@dataclass(frozen=True, slots=True)
class ChoiceBatch:
    """What a learned choice is made from, beside the forecast. Shapes ``(m,)``, ``(n,)`` or ``(n, m)``.

    offers: those that today's rule knows first, then content and personalised sizes. content: ``(m,)``.
    family: ``(m,)``, of personalised sizes, else ``ALONE``. refused, same_again: ``(n, m)``. days: of known use.
    drawn: the event's number, at least 0 and below 1. held_out: gets today's rule.
    """

    offers: OfferBatch
    content: Bools
    family: Ints
    refused: Bools
    same_again: Bools
    days: Floats
    drawn: Floats
    held_out: Bools

    def __post_init__(self) -> None:
        n, m = self.offers.eligible.shape
        for name, shape in (
            ("content", (m,)),
            ("family", (m,)),
            ("refused", (n, m)),
            ("same_again", (n, m)),
            ("days", (n,)),
            ("drawn", (n,)),
            ("held_out", (n,)),
        ):
            if getattr(self, name).shape != shape:
                raise ShapeMismatch(f"{name} is {getattr(self, name).shape}, not {shape}")


@dataclass(frozen=True, slots=True)
class Ranker:
    """Beliefs, ready to be asked. state: their name in the store; decisions say it."""

    beliefs: Beliefs
    exploration: Exploration = EXPLORATION
    state: str = ""
    weights: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", fan(self.beliefs, self.exploration))

    def choose(self, batch: ChoiceBatch, forecasts: Forecasts, todays: Ranking) -> Chosen:
        """One offer for each person. todays: what the rule says, for those who are held out."""
        fit = fits(batch.offers, forecasts.pace)
        rows = _rows(batch, fit, forecasts)
        allowed = _allowed(batch, fit)
        margin = np.maximum(batch.offers.margin, 1.0)
        picked = pick(chances(rows, self.weights, margin, allowed, self.exploration.floor), batch.drawn)
        best = np.where(batch.held_out, todays.best, picked.index)
        at = np.arange(len(best)), np.maximum(best, 0)
        made = best >= 0
        return Chosen(
            best=best,
            propensity=np.where(batch.held_out, 1.0, picked.propensity),
            rows=np.where(made[:, None], rows[at], 0.0),
            acceptance=np.where(made, acceptance(rows, self.beliefs.mean)[at], 0.0),
            allowed=allowed,
        )

    def rows(self, batch: ChoiceBatch, forecasts: Forecasts) -> Floats:
        """What every offer looks like to every person, ``(n, m, d)``."""
        return _rows(batch, fits(batch.offers, forecasts.pace), forecasts)

    def worth(self, rows: Floats, batch: ChoiceBatch) -> Floats:
        """Acceptance x margin of every offer as far as is known, ``(n, m)``: a list is ordered by it, unexplored."""
        return acceptance(rows, self.beliefs.mean) * np.maximum(batch.offers.margin, 1.0)


def _rows(batch: ChoiceBatch, fit: Floats, forecasts: Forecasts) -> Floats:
    return offer_features(
        batch.offers, fit, forecasts, days=batch.days, same_again=batch.same_again, content=batch.content
    )


def _allowed(batch: ChoiceBatch, fit: Floats) -> Bools:
    """What a person can be offered, ``(n, m)``."""
    offers = batch.offers
    allowed = offers.eligible & (offers.price <= offers.balance[:, None]) & ~batch.refused
    for family in np.unique(batch.family[batch.family != ALONE]):
        kin = np.flatnonzero(batch.family == family)
        suits = np.where(allowed[:, kin], fit[:, kin], -1.0)
        allowed[:, kin] &= suits.argmax(axis=1)[:, None] == np.arange(len(kin))
    plain = allowed & ~batch.content
    return np.where(plain.any(axis=1, keepdims=True), plain, allowed)
