"""People of whom we know why they port: made apart from what the model assumes, with known chances.

A second SIM eats a growing share of what they spend; the first falls silent; trouble with the network doubles the
odds. Days are drawn one by one, recharges come in lumps, and a third of those with a second SIM never leave.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.porting import MONTHS, Signals, Source
from scoring.values import Floats


@dataclass(frozen=True, slots=True)
class Crowd:
    """signals, who ported within the month after, and how likely that was, each ``(n,)``."""

    signals: Signals
    ported: Floats
    chance: Floats


def crowd(n: int, seed: int, agreeing: float = 1.0) -> Crowd:
    """n people, of whom this share agrees to each source, each by itself."""
    drawn = np.random.default_rng(seed)
    second = drawn.random(n) < 0.35
    attached = drawn.random(n) < 1 / 3
    leaving = second & ~attached
    rate = drawn.gamma(2.0, 1.5, n)
    months = np.arange(MONTHS)
    share = np.where(leaving[:, None], np.clip(0.15 + 0.25 * months, 0, 1), np.where(second[:, None], 0.6, 1.0))
    lumps = drawn.poisson(rate[:, None] * share)
    spend = lumps * drawn.choice([1000.0, 2000.0, 5000.0], (n, 1))
    quiet = np.where(leaving, 0.7, np.where(second, 0.35, 0.08))
    used = drawn.random((n, 28)) > quiet[:, None]
    silent = np.where(used.any(axis=1), used.argmax(axis=1), 28).astype(float)
    contacts = drawn.poisson(0.4, n)
    troubles = drawn.binomial(contacts, 0.3)
    odds = -3.2 + 2.6 * leaving + 0.7 * troubles + 0.03 * silent
    chance = 1 / (1 + np.exp(-odds))
    signals = Signals(
        spend=spend,
        recharge_gap=drawn.gamma(2.0, np.where(leaving, 1.2, 0.5)),
        silent_days=silent,
        silent_share=1 - used.mean(axis=1),
        contacts=contacts.astype(float),
        troubles=troubles.astype(float),
        consented=drawn.random((n, len(Source))) < agreeing,
    )
    return Crowd(signals, (drawn.random(n) < chance).astype(float), chance)
