"""Behaviour: one record into a ring of 28 days, and the profile of a person from their days."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.measure import Case, Row, Sample, interleave, rows
from scoring.behaviour import DAYS, DayRing, from_bytes, observe, to_bytes
from scoring.behaviour_columns import COLUMNS
from scoring.profile_judge import Judge
from scoring.profile_panel import Panel
from scoring.profile_summary import PARTS
from scoring.profiles import Profile, ProfileModel, Scale, SummaryDescription

_COLUMNS = tuple(name for source in ("sessions", "categories", "device") for name in COLUMNS[source])
_DIMENSIONS, _GROUPS = 12, 6
_WIDTH, _TODAY = 6, 20_000
_RECORDS = 5 * 28
"""Of one source and person in 28 days, five a day."""


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """µs a record through the ring, as it is stored, beside 28 days of records summed anew; µs a person's profile."""
    records, people = int(5_000 * scale), int(10_000 * scale)
    drawn = np.random.default_rng(7)
    days, figures = drawn.integers(0, DAYS, _RECORDS), drawn.random((_RECORDS, _WIDTH))
    told = [(_TODAY - int(day), tuple(row)) for day, row in zip(days, figures, strict=True)]
    streamed = rows(
        await interleave(
            {
                "28 days of records summed anew in numpy": _case(partial(_summed, told), records // 10),
                "a record into a ring, read and written": _case(_streamed(), records),
            },
            rounds,
        ),
        {},
    )
    panel, model = _panel(drawn, people), _model(drawn)
    profiled = rows(
        await interleave(
            {
                "logarithms of their days in numpy": _case(lambda: np.log1p(panel.sums), 1, people),
                f"profile of a person, {len(_COLUMNS)} columns": _case(lambda: model.assign(panel), 1, people),
            },
            rounds,
        ),
        {f"profile of a person, {len(_COLUMNS)} columns": 10.0},  # 100,000 people a second on one core
    )
    return [*streamed, *profiled]


def _case(call: Callable[[], object], times: int, operations: int = 1) -> Case:
    async def case() -> Sample:
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(times):
            call()
        return Sample(times * operations, time.process_time() - cpu, time.perf_counter() - wall)

    return case


def _summed(told: list[tuple[int, tuple[float, ...]]]) -> object:
    sums = np.zeros((DAYS, _WIDTH))
    for day, figures in told:
        sums[day % DAYS] += figures
    return sums


def _streamed() -> Callable[[], object]:
    kept = [to_bytes(observe(DayRing(_WIDTH), _TODAY, (1.0,) * _WIDTH))]

    def one() -> None:
        kept[0] = to_bytes(observe(from_bytes(kept[0], _WIDTH), _TODAY, (1.0,) * _WIDTH))

    return one


def _panel(drawn: np.random.Generator, people: int) -> Panel:
    sums = np.floor(drawn.pareto(1.3, (people, DAYS, len(_COLUMNS))) * 2**20)
    return Panel([str(at) for at in range(people)], _COLUMNS, sums, np.zeros(people, dtype=int), _TODAY)


def _model(drawn: np.random.Generator) -> ProfileModel:
    figures = len(_COLUMNS) * len(PARTS)
    description = SummaryDescription(
        Scale(drawn.random(figures), drawn.random(figures) + 0.5), drawn.normal(size=(_DIMENSIONS, figures))
    )
    profiles = [Profile(str(at), 1, 0.1, 1.0, {}, {}) for at in range(_GROUPS)]
    return ProfileModel(
        _COLUMNS, description, drawn.normal(size=(_GROUPS, _DIMENSIONS)), Judge(np.zeros(_DIMENSIONS), 0.0), profiles
    )
