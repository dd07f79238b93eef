"""Time to depletion: how good a trained model is beside every baseline, how long it trains, what one forecast takes.

Trained on two thousand people of eight weeks; judged on others, in the eight weeks after those, of the same world and
of one that is made another way.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.measure import Goal, Row
from scoring.depletion import forecast
from scoring.depletion_artefact import table
from scoring.depletion_measures import Measured, measured
from scoring.depletion_model import DepletionModel
from scoring.depletion_training import Trained, moments_seen, trained
from scoring.simulated.arrays import MONDAY, crowd
from scoring.values import PRIOR_PER_HOUR, Rhythm, UsageBatch

_WEEK = 7 * 86_400.0
_WEEKS = 8
_JUDGED = (("habits", 1_200, 95.0), ("states", 500, 100.0))
"""A world, people, and how much of the best baseline's loss the model may have, in percent."""


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """Rows of one forecast, of training, and of each world; the reports themselves are printed."""
    found, bundles, names = crowd("habits", int(2_000 * scale), _WEEKS, seed=31)
    began, cpu = time.perf_counter(), time.process_time()
    made = trained(found, bundles, names)
    cpu, took = time.process_time() - cpu, time.perf_counter() - began
    rows = _served(made.model, int(2_000 * scale))
    note = f"{len(names):,} people, {len(found.start):,} sessions, {made.rows:,} moments in {took:.1f} s"
    goals = (Goal(took, 60, "training", "s"),)
    rows.append(Row("training, a session", cpu * 1e6 / len(found.start), len(found.start) / took, 0.0, note, goals))
    return rows + [_judged(made, *world, scale) for world in _JUDGED]


def _judged(made: Trained, world: str, number: int, most: float, scale: float) -> Row:
    found, bundles, _ = crowd(world, int(number * scale), 2 * _WEEKS, seed=32)
    began, cpu = time.perf_counter(), time.process_time()
    seen = moments_seen(found, bundles, since=MONDAY + _WEEKS * _WEEK, followed=_WEEK)
    told = measured(made.model, made.spread, seen)
    cpu, took = time.process_time() - cpu, time.perf_counter() - began
    print(f"{world}: {told.moments} moments of {told.people} people in later weeks\n{table(told)}\n")
    note = (
        f"pinball {told.model.pinball:.2f} h, {told.best_baseline} {told.baselines[told.best_baseline].pinball:.2f} h"
    )
    return Row(
        f"{world}: judged, a moment", cpu * 1e6 / told.moments, told.moments / took, 0.0, note, _goals(told, most)
    )


def _goals(told: Measured, most: float) -> tuple[Goal, ...]:
    off, in_service = (abs(one.coverage - 0.8) * 100 for one in (told.since_adapted, told.in_service))
    return (
        Goal(100 * (1 - told.improvement), most, "loss in % of the best baseline's"),
        Goal(off, 2, "80 % interval, points off once adapted"),
        Goal(in_service, 2, "the same, nothing seen past expiry"),
    )


def _served(model: DepletionModel, times: int) -> list[Row]:
    one, many = _usage(1), _usage(32)
    hand = _timed(lambda: forecast(one), times)
    found = [Row("by hand, one", hand[0], 1e6 / hand[0], 1.0, f"p99 {hand[1]:,.0f} µs")]
    for name, usage, goals in (("model, one", one, 500.0), ("model, of 32", many, None)):
        n = len(usage.remaining)
        p50, p99 = _timed(lambda usage=usage: model.forecast(usage), times)  # type: ignore[misc]
        most = (Goal(p50, goals, "p50", "µs"),) if goals else ()
        found.append(
            Row(name, p50 / n, 1e6 * n / p50, p50 / n / hand[0], f"p50 {p50:,.0f} µs, p99 {p99:,.0f} µs", most)
        )
    return found


def _usage(n: int) -> UsageBatch:
    drawn = np.random.default_rng(7)
    initial = np.full(n, 2.0**30)
    return UsageBatch(
        remaining=initial * 0.1,
        initial=initial,
        elapsed_hours=drawn.uniform(10, 100, n),
        hours_to_expiry=drawn.uniform(10, 100, n),
        hour=np.full(n, 10.0),
        profile=drawn.random((n, 24)) * 2**22,
        recent_day=drawn.random(n) * 2**26,
        log_day_std=np.full(n, 0.5),
        days=np.full(n, 14.0),
        prior=np.full(n, PRIOR_PER_HOUR["byte"]),
        rhythm=Rhythm(drawn.random((n, 24)) * 2**22, np.full(n, 3.0), np.full(n, 2.0)),
    )


def _timed(call: Callable[[], object], times: int) -> tuple[float, float]:
    """p50 and p99, µs of processor time."""
    taken = np.empty(times)
    for index in range(times):
        started = time.thread_time_ns()
        call()
        taken[index] = (time.thread_time_ns() - started) / 1e3
    return float(np.percentile(taken, 50)), float(np.percentile(taken, 99))
