"""One decision over twenty offers."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.measure import Row
from scoring.decide import decide
from scoring.values import DecisionBatch, OfferBatch, UsageBatch

_OFFERS = 20


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """p50 and p99 of ``scoring.decide``, of a batch of 1 and of 32."""
    generator = np.random.default_rng(7)
    weights, features = generator.random((_OFFERS, 30)), generator.random(30)
    times = int(3000 * scale)
    measured = {
        "one (20, 30) matrix by a vector in numpy": (1, lambda: weights @ features),
        "decide, batch of 1, 20 offers": (1, _decider(generator, 1)),
        "decide, batch of 32, 20 offers": (32, _decider(generator, 32)),
    }
    samples: dict[str, list[np.ndarray[tuple[int], np.dtype[np.float64]]]] = {name: [] for name in measured}
    for _ in range(rounds):
        for name, (_, call) in measured.items():
            samples[name].append(_timed(call, times))
    found = []
    baseline = 0.0
    for name, (size, _) in measured.items():
        p50, p99 = (float(np.median([np.percentile(one, q) for one in samples[name]])) for q in (50, 99))
        baseline = baseline or p50
        note = f"p50 {p50:.0f} µs, p99 {p99:.0f} µs a batch"
        found.append(Row(name, p50 / size, 1e6 * size / p50, p50 / size / baseline, note))
    return found


def _decider(generator: np.random.Generator, n: int) -> Callable[[], object]:
    initial = np.full(n, 2.0**30)
    usage = UsageBatch(
        remaining=initial * 0.1,
        initial=initial,
        elapsed_hours=generator.uniform(10, 100, n),
        hours_to_expiry=generator.uniform(10, 100, n),
        hour=np.full(n, 10.0),
        profile=generator.random((n, 24)) * 2**22,
        recent_day=generator.random(n) * 2**26,
        log_day_std=np.full(n, 0.5),
        days=np.full(n, 14.0),
        prior=np.full(n, 2.0**22),
    )
    price = np.array(generator.integers(10, 200, _OFFERS) * 100, dtype=np.float64)
    offers = OfferBatch(
        balance=generator.uniform(1_000, 30_000, n),
        price=price,
        margin=price * 0.4,
        allowance=generator.uniform(2**26, 2**33, _OFFERS),
        validity_hours=generator.choice([24.0, 168.0, 720.0], _OFFERS),
        eligible=np.ones((n, _OFFERS), dtype=bool),
    )
    batch = DecisionBatch(usage, offers)
    return lambda: decide(batch)


def _timed(call: Callable[[], object], times: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    taken = np.empty(times)
    for index in range(times):
        started = time.perf_counter()
        call()
        taken[index] = (time.perf_counter() - started) * 1e6
    return taken
