"""People who are offered bundles and say yes or no by a law that the learner does not know.

Made apart from the learner's assumptions: a logistic law with interactions and a taste of each person's own, where
the learner fits a straight line. The chance of each yes is known, so that the best possible choice is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.choice import ALONE, ChoiceBatch
from scoring.values import Bools, DecisionBatch, Floats, OfferBatch, UsageBatch

OFFERS = 20
_GIGABYTE = 2.0**30


@dataclass(frozen=True, slots=True)
class Moment:
    """Some people at once. yes: the chance that each accepts each offer, ``(n, m)``.

    worth: that times the margin, 0 for what they cannot pay or just refused.
    """

    batch: DecisionBatch
    choice: ChoiceBatch
    yes: Floats
    worth: Floats


class Market:
    """A catalogue of twenty offers and the people who come."""

    def __init__(self, seed: int) -> None:
        self._drawn = np.random.default_rng(seed)
        drawn = self._drawn
        self._validity = drawn.choice([24.0, 72.0, 168.0, 720.0], OFFERS)
        self._allowance = drawn.lognormal(np.log(_GIGABYTE), 1.2, OFFERS) * np.sqrt(self._validity / 168)
        self._price = np.round((self._allowance / _GIGABYTE) ** 0.7 * 3_000 * drawn.uniform(0.7, 1.4, OFFERS), -2) + 500
        self._margin = self._price * drawn.uniform(0.2, 0.7, OFFERS)

    def moment(self, n: int) -> Moment:
        """The next n people."""
        drawn = self._drawn
        pace = drawn.lognormal(np.log(_GIGABYTE / 168), 1.0, n)
        initial = pace * drawn.uniform(24, 400, n)
        elapsed = drawn.uniform(12, 300, n)
        days = drawn.uniform(0, 20, n)
        usage = UsageBatch(
            remaining=np.maximum(initial * 0.1, 1.0),
            initial=np.maximum(initial, pace * elapsed),
            elapsed_hours=elapsed,
            hours_to_expiry=drawn.uniform(1, 200, n),
            hour=np.floor(drawn.uniform(0, 24, n)),
            profile=pace[:, None] * drawn.uniform(0.2, 1.8, (n, 24)),
            recent_day=pace * 24 * drawn.uniform(0.5, 1.5, n),
            log_day_std=drawn.uniform(0.2, 0.9, n),
            days=days,
            prior=np.full(n, _GIGABYTE / 240),
        )
        balance = drawn.lognormal(np.log(6_000), 0.8, n)
        offers = OfferBatch(
            balance, self._price, self._margin, self._allowance, self._validity, np.ones((n, OFFERS), dtype=bool)
        )
        again = np.arange(OFFERS) == drawn.integers(OFFERS, size=n)[:, None]
        yes = self._yes(pace, balance, again)
        choice = ChoiceBatch(
            offers=offers,
            content=np.zeros(OFFERS, dtype=bool),
            family=np.full(OFFERS, ALONE),
            refused=drawn.random((n, OFFERS)) < 0.03,
            same_again=again,
            days=days,
            drawn=drawn.random(n),
            held_out=np.zeros(n, dtype=bool),
        )
        can = (self._price <= balance[:, None]) & ~choice.refused
        return Moment(DecisionBatch(usage, offers), choice, yes, np.where(can, yes * self._margin, 0.0))

    def answers(self, chance: Floats) -> Floats:
        """1 for each yes, drawn by these chances."""
        return (self._drawn.random(len(chance)) < chance).astype(float)

    def _yes(self, pace: Floats, balance: Floats, again: Bools) -> Floats:
        drawn = self._drawn
        share = self._price / balance[:, None]
        lasting = np.log(self._allowance / (pace[:, None] * self._validity))
        careful = drawn.normal(0, 0.6, len(pace))[:, None]
        short = (self._validity <= 72) * drawn.normal(0.3, 0.5, len(pace))[:, None]
        odds = np.maximum(-0.4 - np.abs(lasting) * 0.5 - (3.5 + careful) * share**1.5 + 1.1 * again + short, -50.0)
        yes: Floats = 1 / (1 + np.exp(-odds))
        return yes
