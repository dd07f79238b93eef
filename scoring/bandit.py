"""A linear bandit: what is believed of the weights of acceptance, learned an answer at a time, and how it is explored.

Beliefs are those of a Bayesian linear regression with a unit of noise, kept as mean and inverse of the precision; one
answer changes them in O(d^2) (Sherman and Morrison, 1950). Exploring is Thompson sampling (Agrawal and Goyal, 2013),
with a chance that is known to the last bit: instead of one draw for each decision there is a fixed fan of draws for
each state of beliefs. An offer's chance is the share of the fan in which it is the best, mixed with an even floor; one
number of the event's picks from these chances. Over events that is Thompson sampling; for one it is a plain lottery
whose odds can be logged, replayed and divided by (ADR 32).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.values import Bools, Floats, Ints

_LEAST, _MOST = 1e-6, 1.0
"""Between these a chance of acceptance is kept: a straight line may leave them."""


@dataclass(frozen=True, slots=True)
class Beliefs:
    """mean: ``(d,)``; inverse: of the precision, ``(d, d)``, in units of noise. learned: answers so far."""

    mean: Floats
    inverse: Floats
    learned: int = 0

    def after(self, row: Floats, reward: float) -> Beliefs:
        """With one more answer. row: what the offer looked like, ``(d,)``; reward: 1 accepted, 0 not."""
        pulled = self.inverse @ row
        gain = pulled / (1 + row @ pulled)
        inverse = self.inverse - np.outer(gain, pulled)
        return Beliefs(
            mean=self.mean + gain * (reward - row @ self.mean),
            inverse=(inverse + inverse.T) / 2,  # rounding must not make it lopsided
            learned=self.learned + 1,
        )


@dataclass(frozen=True, slots=True)
class Exploration:
    """scale: standard deviation of an answer's noise. draws: in a fan, even; seed: of the fan.

    floor: how much of the chance is shared out evenly, whatever is known.
    """

    scale: float = 0.3
    draws: int = 64
    floor: float = 0.02
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Picked:
    """Of each person, ``(n,)``: the offer, -1 where none is allowed, and the chance that it had, 1 for none."""

    index: Ints
    propensity: Floats


def fan(beliefs: Beliefs, exploration: Exploration) -> Floats:
    """Weights as they may be, ``(draws, d)``: as many above the mean as below, the same for the same beliefs."""
    half = np.random.default_rng(exploration.seed).normal(size=(exploration.draws // 2, len(beliefs.mean)))
    away = half @ np.linalg.cholesky(beliefs.inverse).T * exploration.scale
    weights: Floats = beliefs.mean + np.concatenate((away, -away))
    return weights


def acceptance(rows: Floats, mean: Floats) -> Floats:
    """The believed chance of acceptance of rows ``(n, m, d)``: ``(n, m)``."""
    return np.clip(rows @ mean, _LEAST, _MOST)


def chances(rows: Floats, weights: Floats, margin: Floats, allowed: Bools, floor: float) -> Floats:
    """With what chance each offer is picked, ``(n, m)``; rows sum to one where anything is allowed, else to zero.

    rows: ``(n, m, d)``; weights: a fan; margin: ``(m,)`` or ``(n, m)``, above zero; allowed: ``(n, m)``.
    """
    n, m = allowed.shape
    worth = np.clip(weights @ rows.transpose(0, 2, 1), _LEAST, _MOST) * margin[..., None, :]  # (n, draws, m)
    best = np.where(allowed[:, None, :], worth, -1.0).argmax(axis=2)
    counted = np.bincount((best + np.arange(n)[:, None] * m).ravel(), minlength=n * m).reshape(n, m)
    many = allowed.sum(axis=1, keepdims=True)
    mixed = (1 - floor) * counted / len(weights) + floor / np.maximum(many, 1)
    return np.where(allowed, mixed, 0.0)


def pick(chance: Floats, drawn: Floats) -> Picked:
    """One for each person. drawn: ``(n,)``, at least 0 and below 1."""
    some = chance.any(axis=1)
    upto = np.cumsum(chance, axis=1)
    last = chance.shape[1] - 1 - (chance[:, ::-1] > 0).argmax(axis=1)
    index = np.minimum((upto <= drawn[:, None]).sum(axis=1), last)  # sums may end a hair below one
    propensity = chance[np.arange(len(chance)), index]
    return Picked(np.where(some, index, -1), np.where(some, propensity, 1.0))
