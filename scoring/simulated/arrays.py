"""Made-up people as the arrays that models of depletion are trained on, without going through files."""

from __future__ import annotations

import numpy as np

from scoring.bundle_moments import Bundles
from scoring.sessions import HOUR, Sessions, sessions
from scoring.simulated.market import people

MONDAY = 1_767_571_200.0
"""Hour 0, in epoch seconds."""


def crowd(world: str, number: int, weeks: int, seed: int) -> tuple[Sessions, Bundles, list[str]]:
    """So many people of a world, with their numbers."""
    who, start, used = [], [], []
    rows: list[tuple[float, ...]] = []
    for index, one in enumerate(people(world, number, weeks, seed)):
        who.append(np.full(len(one.life.hours), index, dtype=np.int64))
        start.append(np.round(MONDAY + one.life.hours * HOUR))
        used.append(one.life.used)
        rows += [(index, MONDAY + b.activated * HOUR, MONDAY + b.expires * HOUR, b.size) for b in one.bundles]
    table = np.array(rows)
    bundles = Bundles(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3], [""] * len(table))
    found = sessions(np.concatenate(who), np.concatenate(start), np.concatenate(used), number)
    return found, bundles, [f"+5730{index:08d}" for index in range(number)]
