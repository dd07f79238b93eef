"""Signals of porting, from what is kept of a person: recharges one by one, use and support by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.behaviour import DAYS, DayRing, known_days, window
from scoring.porting import MONTHS, Signals
from scoring.values import Bools, Floats

MONTH = 28
"""Days."""
_SESSIONS = 1
_CONTACTS, _TROUBLES = 0, 1


@dataclass(frozen=True, slots=True)
class Lived:
    """What is kept of one person; None where nothing is known of a source.

    recharges ``(k, 2)``: how many days ago, what amount; in any order. use, support: daily sums, the columns those of
    ``scoring.behaviour_columns``.
    """

    recharges: Floats | None = None
    use: DayRing | None = None
    support: DayRing | None = None


def signals(people: Sequence[Lived], consented: Bools, today: int) -> Signals:
    """What may tell of porting, of n people. consented ``(n, 3)``; today: a day of the rings."""
    spend, gap = np.full((len(people), MONTHS), np.nan), np.full(len(people), np.nan)
    silence, contacts = np.full((len(people), 2), np.nan), np.full((len(people), 2), np.nan)
    for at, person in enumerate(people):
        if person.recharges is not None and len(person.recharges):
            spend[at], gap[at] = spend_by_month(person.recharges), recharge_gap(person.recharges[:, 0])
        if person.use is not None:
            silence[at] = _silence(person.use, today)
        if person.support is not None:
            contacts[at] = window(person.support, today).sum(axis=0)[[_CONTACTS, _TROUBLES]]
    return Signals(spend, gap, silence[:, 0], silence[:, 1], contacts[:, 0], contacts[:, 1], consented)


def spend_by_month(recharges: Floats) -> Floats:
    """Of each of the last months, the newest first ``(4,)``; NaN for one that was over before the first recharge."""
    days, amounts = recharges.T
    months = np.maximum(days, 0) // MONTH
    spent = np.array([amounts[months == month].sum() for month in range(MONTHS)], dtype=float)
    return np.where(np.arange(MONTHS) <= months.max(), spent, np.nan)


def recharge_gap(days: Floats) -> float:
    """Days since the last recharge over the mean time between two; NaN where there are no two at different times."""
    newest, oldest = float(days.min()), float(days.max())
    return max(newest, 0.0) * (len(days) - 1) / (oldest - newest) if oldest > newest else float("nan")


def _silence(use: DayRing, today: int) -> tuple[float, float]:
    """Days since the last use, 28 for that or more, and the share of days without any; NaN where nothing is known."""
    known = known_days(use, today)
    if not known:
        return float("nan"), float("nan")
    used = window(use, today)[:, _SESSIONS] > 0
    silent = int(used[::-1].argmax()) if used.any() else DAYS
    return float(silent), 1.0 - int(used.sum()) / known
