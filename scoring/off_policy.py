"""What another policy would have earned, from the log of one that was random and knew by how much.

With w = probability under the policy / probability under the log, of what was shown:
IPS is the mean of w x click (Horvitz and Thompson, 1952); SNIPS divides by the mean of w instead of by one
(Swaminathan and Joachims, 2015); DR adds to a guess of each click what w says that the guess missed (Dudik, Langford
and Li, 2011). The guess is cross-fitted: no row is judged by a guess that has seen it.

The interval is made as Fay and Feuer (1997) make it for weighted sums of rare counts: a gamma distribution with the
estimate's own mean and variance, its upper end as if one click more were still to come. With few clicks it stays honest
where mean +- 1.96 deviations is not; with many it becomes that. It is worked out for SNIPS and for DR, and reaches from
the lower of both to the upper; that both hold at once, each may miss half as often (ADR 32).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv

from scoring.errors import LogUnusable
from scoring.values import Floats, Ints

FOLDS = 5
_BESIDE = 0.05 / 2 / 2
"""How often one end of one estimate's interval may lie beside the value, for 95 % that neither end of both does."""


@dataclass(frozen=True, slots=True)
class ShownLog:
    """What a random policy showed, ``(n,)`` each. item, position: indices. click: 0 or 1.

    propensity: the chance with which it showed the item at the position.
    """

    item: Ints
    position: Ints
    click: Floats
    propensity: Floats


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """Clicks a row that a policy would have got: three estimates, and where the value lies with 95 %.

    effective: of how many rows under the policy itself the log is worth. unseen: share of the policy's choices that
    the log never shows at that place: for those every estimate is a guess.
    """

    ips: float
    snips: float
    dr: float
    low: float
    high: float
    n: int
    effective: float
    unseen: float


def value_of(log: ShownLog, policy: Floats) -> PolicyValue:
    """The value of a policy ``(positions, items)`` whose rows sum to one.

    Raises LogUnusable for a log too short, or one that never shows what the policy would.
    """
    n = len(log.click)
    if n < FOLDS:
        raise LogUnusable(f"{n} rows, where at least {FOLDS} are needed")
    weight = policy[log.position, log.item] / log.propensity
    if not weight.any():
        raise LogUnusable("nothing that the log shows would ever be shown by the policy")
    snips = float((weight * log.click).sum() / weight.sum())
    corrected = _doubly_robust(log, policy, weight)
    dr, effective = float(corrected.mean()), float(weight.sum() ** 2 / (weight**2).sum())
    deviations = weight / weight.mean() * (log.click - snips)
    ends = [
        _interval(snips, float((deviations**2).sum() / (n * (n - 1))), 1 / effective),
        _interval(dr, float(corrected.var(ddof=1) / n), 1 / effective),
    ]
    return PolicyValue(
        ips=float((weight * log.click).mean()),
        snips=snips,
        dr=dr,
        low=min(low for low, _ in ends),
        high=max(high for _, high in ends),
        n=n,
        effective=effective,
        unseen=_unseen(log, policy),
    )


def _doubly_robust(log: ShownLog, policy: Floats, weight: Floats) -> Floats:
    """Each row's guess under the policy, with what was missed of the row: ``(n,)``."""
    fold = np.random.default_rng(0).permutation(len(weight)) % FOLDS
    corrected = np.empty(len(weight))
    for held_out in range(FOLDS):
        seen, judged = fold != held_out, fold == held_out
        guess = _click_rates(log.item[seen], log.position[seen], log.click[seen], policy.shape)
        at, shown = log.position[judged], log.item[judged]
        expected = (policy * guess).sum(axis=1)[at]
        corrected[judged] = expected + weight[judged] * (log.click[judged] - guess[at, shown])
    return corrected


def _click_rates(item: Ints, position: Ints, click: Floats, shape: tuple[int, ...]) -> Floats:
    """Of every item at every position, drawn to its position's as far as items do not differ: empirical Bayes.

    How far items differ beyond chance is told by the moments of a beta-binomial; where they do not, all get the same.
    """
    shown, clicks = np.zeros(shape), np.zeros(shape)
    np.add.at(shown, (position, item), 1.0)
    np.add.at(clicks, (position, item), click)
    overall = clicks.sum() / shown.sum()
    usual = (clicks.sum(axis=1) + overall) / (shown.sum(axis=1) + 1)
    by_chance = usual * (1 - usual)
    cells = (shown > 0).sum(axis=1)
    rates = clicks / np.maximum(shown, 1)
    scatter = float((shown * (rates - usual[:, None]) ** 2).sum() - (by_chance * cells).sum())
    spread = scatter / max(float(shown.sum() - (shown**2).sum() / shown.sum()), 1.0)
    if spread <= 0:
        return np.repeat(usual[:, None], shape[1], axis=1)
    drawn = float(by_chance.mean()) / spread
    guess: Floats = (clicks + drawn * usual[:, None]) / (shown + drawn)
    return guess


def _interval(mean: float, variance: float, one: float) -> tuple[float, float]:
    """Where a mean of clicks lies. one: what a click more would have added.

    Whichever is rarer, clicks or their absence, is what is counted.
    """
    if mean > 0.5:
        low, high = _interval(1 - mean, variance, one)
        return 1 - high, 1 - low
    low = _gamma_quantile(_BESIDE, mean, variance) if mean > 0 and variance > 0 else 0.0
    high = _gamma_quantile(1 - _BESIDE, max(mean, 0.0) + one, variance + one**2)
    return min(low, 1.0), min(high, 1.0)


def _gamma_quantile(level: float, mean: float, variance: float) -> float:
    return float(gammaincinv(mean**2 / variance, level)) * variance / mean


def _unseen(log: ShownLog, policy: Floats) -> float:
    shown = np.zeros(policy.shape, dtype=bool)
    shown[log.position, log.item] = True
    used = np.bincount(log.position, minlength=len(policy)) / len(log.position)
    return float((used @ np.where(shown, 0.0, policy)).sum())
