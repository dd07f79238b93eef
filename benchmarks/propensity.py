"""One probability of leaving: scikit-learn's own predict beside the same trees and weights served by numpy."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from benchmarks.measure import Case, Row, Sample, interleave, rows
from scoring.encoding import Encoding, Figure
from scoring.propensity import Propensity
from scoring.trees import flattened

_PEOPLE, _FEATURES, _BATCH = 4_000, 15, 1_000
_TREES = {"max_iter": 120, "max_leaf_nodes": 8, "learning_rate": 0.05, "early_stopping": False}


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """Processor time of one person, alone and among a thousand."""
    drawn = np.random.default_rng(7)
    people = drawn.normal(size=(_PEOPLE, _FEATURES))
    wanted = drawn.random(_PEOPLE) < 1 / (1 + np.exp(-people[:, 0] - people[:, 1] ** 2 + 1))
    with threadpool_limits(1):
        theirs = HistGradientBoostingClassifier(**_TREES).fit(people, wanted)
    columns = {f"f{at}": Figure(0.0, 1.0, blanks=False) for at in range(_FEATURES)}
    ours = Propensity(
        Encoding(columns), drawn.normal(size=_FEATURES), 0.0, flattened(theirs), np.array([0.0, 0.5, 0.5])
    )
    one, many, times = people[:1], people[:_BATCH], int(300 * scale)
    cases: Mapping[str, tuple[Callable[[], object], int, int]] = {
        "scikit-learn's trees alone, one person": (lambda: theirs.predict_proba(one), times, 1),
        "propensity, one person": (lambda: ours.of_figures(one), times, 1),
        "scikit-learn's trees alone, among 1,000": (lambda: theirs.predict_proba(many), max(2, times // 30), _BATCH),
        "propensity, among 1,000": (lambda: ours.of_figures(many), max(2, times // 30), _BATCH),
    }
    with threadpool_limits(1):  # its threads spin while others use the cores, and are counted
        samples = await interleave({name: _case(*told) for name, told in cases.items()}, rounds)
    return rows(samples, {})


def _case(call: Callable[[], object], times: int, size: int) -> Case:
    async def measured() -> Sample:
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(times):
            call()
        return Sample(times * size, time.process_time() - cpu, time.perf_counter() - wall)

    return measured
