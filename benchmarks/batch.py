"""Everybody at night: from states of use as they are stored to forecasts and propensities."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from benchmarks.measure import Case, Row, Sample, interleave, rows
from gateway.core.models import Models, Served
from gateway.core.night import Night, Plan
from gateway.core.night_folder import NightFolder
from gateway.core.night_kinds import depletion
from scoring.depletion import forecast
from scoring.depletion_artefact import artefact_of
from scoring.depletion_model import of_artefact
from scoring.depletion_training import split, trained
from scoring.features import UsageState, features, from_bytes, observe, to_bytes
from scoring.many_rows import many_rows
from scoring.nightly import BUNDLE, GONE, PERSON, Records, people, pooled, sorted_people
from scoring.simulated.arrays import crowd
from scoring.trees import flattened
from scoring.usage_states import STATE
from scoring.values import Floats, UsageBatch
from store.engine import open_engine, upgrade

_PEOPLE, _OTHERS = 100_000, 500
_AT = datetime(2026, 11, 24, 3, tzinfo=UTC)
_NOW = _AT.timestamp()
_DAY = 86_400.0
_CHUNK = 2_048
_FEATURES, _TAUGHT, _AT_ONCE = 30, 400, 4096
_TARGET = 10.0
"""µs: 100,000 people a second on one core."""


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """CPU µs a subscriber of each stage, and of the whole command, which reads the store and writes Parquet."""
    n = int(_PEOPLE * scale)
    drawn = np.random.default_rng(5)
    records, bundles = _people(drawn, n), _bundles(drawn, n)
    await _store(folder, records, bundles)
    sample = [state.tobytes() for state in records["state"][:_OTHERS]]
    rows_of_model = drawn.normal(size=(n, _FEATURES))
    model = HistGradientBoostingClassifier(max_iter=120, max_leaf_nodes=8, early_stopping=False, random_state=1)
    model.fit(rows_of_model[:20_000], rows_of_model[:20_000, :3].sum(axis=1) > drawn.normal(size=min(n, 20_000)))
    trees = flattened(model)
    many, sorted_, pools = many_rows(trees), sorted_people(records, np.zeros(0, GONE))[0], pooled(bundles, _NOW)

    first = people(sorted_[:1], pools, _NOW).usage

    def by_scikit_learn() -> None:
        with threadpool_limits(1):
            model.predict_proba(rows_of_model)

    def both() -> None:
        _forecasts(sorted_, pools)
        many.raw(rows_of_model)

    served = _depletion()
    with_model = Models({"depletion": served})
    whole = "chasqui score batch, from the store to Parquet"
    whole_model = "the same, a model of depletion in service"
    states_and_trees = "states to forecasts, and 120 trees of 8 leaves"
    work: Mapping[str, tuple[int, Callable[[], object]]] = {
        "one by one: from_bytes, features, forecast": (_OTHERS, lambda: _one_by_one(sample, first)),
        "states to forecasts, 2,048 at once": (n, lambda: _forecasts(sorted_, pools)),
        "120 trees of 8 leaves by scikit-learn, one thread": (n, by_scikit_learn),
        "the same by Trees": (n, lambda: [trees.raw(part) for part in np.array_split(rows_of_model, n // _CHUNK + 1)]),
        "the same by ManyRows": (n, lambda: many.raw(rows_of_model)),
        states_and_trees: (n, both),
        "states to forecasts by a model of depletion": (n, lambda: _said(served, sorted_, pools)),
        whole: (n, lambda: _command(folder, Models())),
        whole_model: (n, lambda: _command(folder, with_model)),
    }
    samples = await interleave({name: _case(*one) for name, one in work.items()}, rounds)
    return rows(samples, {states_and_trees: _TARGET, whole: _TARGET, whole_model: _TARGET})


def _case(operations: int, work: Callable[[], object]) -> Case:
    async def measured() -> Sample:
        await asyncio.sleep(0)
        cpu, began = time.process_time(), time.perf_counter()
        work()
        return Sample(operations, time.process_time() - cpu, time.perf_counter() - began)

    return measured


def _people(drawn: np.random.Generator, n: int) -> Records:
    """A month of sessions each; as many different people as it takes not to matter."""
    states = []
    for _ in range(_OTHERS):
        state = UsageState()
        for start in np.sort(drawn.uniform(_NOW - 30 * _DAY, _NOW, 40)):
            state = observe(state, float(start), float(drawn.lognormal(15, 2)))
        states.append(to_bytes(state))
    records = np.zeros(n, PERSON)
    records["id"] = [f"01{number:024d}" for number in drawn.permutation(n)]
    records["state"] = np.frombuffer(b"".join(states), STATE)[drawn.integers(0, _OTHERS, n)]
    return records


def _bundles(drawn: np.random.Generator, n: int) -> Records:
    records = np.zeros(n, BUNDLE)
    records["id"] = [f"01{number:024d}" for number in drawn.permutation(n)]
    records["initial"] = 2.0**30
    records["remaining"] = np.floor(drawn.uniform(1, 2.0**30, n))
    records["activated"] = np.floor(drawn.uniform(_NOW - 5 * _DAY, _NOW, n))
    records["expires"] = np.floor(drawn.uniform(_NOW, _NOW + 5 * _DAY, n))
    return records


async def _store(folder: Path, records: Records, bundles: Records) -> None:
    engine = open_engine("sqlite+aiosqlite:///night.db", folder)
    await upgrade(engine)
    await engine.dispose()
    connection = sqlite3.connect(folder / "night.db")
    with connection:
        ids = [one.decode() for one in records["id"]]
        connection.executemany(
            "INSERT INTO usage VALUES (?, ?, 0)", zip(ids, (one.tobytes() for one in records["state"]), strict=True)
        )
        connection.executemany(
            "INSERT INTO bundles (subscription_id, bundle_id, unit, remaining, initial, activated_at, expires_at, "
            "product, traits, seen_at) VALUES (?, 'b', 'byte', ?, ?, ?, ?, '', '', 0)",
            [
                (whose.decode(), int(remaining), int(initial), int(activated * 1e6), int(expires * 1e6))
                for whose, remaining, initial, activated, expires in bundles.tolist()
            ],
        )
    connection.close()


def _one_by_one(states: list[bytes], usage: UsageBatch) -> None:
    for state in states:
        features(from_bytes(state), _NOW)
        forecast(usage)


def _forecasts(records: Records, pools: Records) -> list[Floats]:
    chunks = (records[start : start + _CHUNK] for start in range(0, len(records), _CHUNK))
    return [forecast(people(chunk, pools, _NOW).usage).p50 for chunk in chunks]


def _depletion() -> Served:
    """A model of few people, with as many trees as one of many, and with the nights of its training."""
    found, bundles, names = crowd("habits", _TAUGHT, 8, seed=31)
    made = trained(found, bundles, names)
    kept = artefact_of(made, (), "2026-11-24T00:00:00Z", 0, split(found, names))
    model = of_artefact(kept)
    return Served(kept, model, night=model.for_many(), rows=model.features)


def _said(served: Served, records: Records, pools: Records) -> None:
    for start in range(0, len(records), _AT_ONCE):
        depletion(served, people(records[start : start + _AT_ONCE], pools, _NOW))


def _command(folder: Path, models: Models) -> None:
    out = folder / "night"
    shutil.rmtree(out, ignore_errors=True)
    Night(NightFolder(out, 4), folder / "night.db", models, Plan(_AT)).run()
