"""What ways of choosing earn in a market whose law is known, so that the best possible is: regret in shares of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.measure import Row
from scoring.acceptance_model import nothing_known
from scoring.bandit import Beliefs
from scoring.choice import Ranker
from scoring.decide import decide
from scoring.simulated_market import Market, Moment
from scoring.values import Bools, Floats, Ints

_PEOPLE = 32
_STEPS = 300
_MARKETS = 5

Choose = Callable[[Moment], tuple[Ints, Floats]]
"""The offer for each person, -1 for none, and what it looks like."""


@dataclass(slots=True)
class Learner:
    """Chooses by what it believes, and learns after each step. explores: by lot; else always what is believed best."""

    explores: bool
    beliefs: Beliefs = field(default_factory=nothing_known)

    def choose(self, moment: Moment) -> tuple[Ints, Floats]:
        """See ``Choose``."""
        ranker = Ranker(self.beliefs)
        decisions = decide(moment.batch, moment.choice, ranker)
        assert decisions.chosen is not None
        if self.explores:
            return decisions.chosen.best, decisions.chosen.rows
        rows = ranker.rows(moment.choice, decisions.forecasts)
        worth = np.where(decisions.chosen.allowed, ranker.worth(rows, moment.choice), -1.0)
        best = np.where(decisions.chosen.allowed.any(axis=1), worth.argmax(axis=1), -1)
        return best, rows[np.arange(len(best)), np.maximum(best, 0)]

    def learn(self, rows: Floats, answers: Floats) -> None:
        """From these."""
        for row, answer in zip(rows, answers, strict=True):
            self.beliefs = self.beliefs.after(row, float(answer))


def earned(scale: float, baseline: float) -> list[Row]:
    """One row a way of choosing. baseline: µs of the table's first row."""
    steps = max(int(_STEPS * scale), 20)
    found = []
    for name in ("at random", "by today's rule", "learned, greedy", "learned, explored"):
        started = time.process_time()
        shares = np.array([_play(name, seed, steps) for seed in range(_MARKETS)])
        taken = (time.process_time() - started) / (_MARKETS * steps * _PEOPLE) * 1e6
        whole, end = shares.mean(axis=0)
        note = f"regret {1 - whole:.1%} of the best possible, {1 - end:.1%} in the last quarter; simulating included"
        found.append(Row(f"offers {name}", taken, 1e6 / taken, taken / baseline, note))
    return found


def _play(name: str, seed: int, steps: int) -> tuple[float, float]:
    """Which share of the best possible is earned, in all and in the last quarter."""
    market, learner = Market(seed), Learner(explores=name.endswith("explored"))
    drawn = np.random.default_rng(seed)
    got, best = np.zeros(steps), np.zeros(steps)
    for step in range(steps):
        moment = market.moment(_PEOPLE)
        if name.startswith("learned"):
            index, rows = learner.choose(moment)
        else:
            index, rows = _fixed(name, moment, drawn), np.zeros((_PEOPLE, 1))
        made = np.flatnonzero(index >= 0)
        got[step], best[step] = moment.worth[made, index[made]].sum(), moment.worth.max(axis=1).sum()
        if name.startswith("learned"):
            learner.learn(rows[made], market.answers(moment.yes[made, index[made]]))
    last = steps * 3 // 4
    return float(got.sum() / best.sum()), float(got[last:].sum() / best[last:].sum())


def _fixed(name: str, moment: Moment, drawn: np.random.Generator) -> Ints:
    can: Bools = moment.worth > 0
    if name == "at random":
        lots = np.where(can, drawn.random(can.shape), -1.0)
        return np.where(can.any(axis=1), lots.argmax(axis=1), -1)
    return decide(moment.batch).ranking.best
