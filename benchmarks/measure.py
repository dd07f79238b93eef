"""Samples, interleaved rounds, medians.

Gated figures are µs of processor time in the process that does the work: on a machine that is shared, throughput
swings with the neighbours and processor time hardly does. Throughput is printed beside.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of one case. cpu, seconds: of all operations together."""

    operations: int
    cpu: float
    seconds: float


Case = Callable[[], Awaitable[Sample]]


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure may be at most. of: what is measured, or whose figure it is held against."""

    found: float
    most: float
    of: str = ""
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether it is met."""
        return self.found <= self.most

    def __str__(self) -> str:
        words = ("target", self.of, f"≤ {self.most:,.0f}", self.unit)
        return f"{' '.join(word for word in words if word)}: {'met' if self.met else 'MISSED'}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    cpu_us: float
    per_second: float
    times_baseline: float
    note: str = ""
    goals: tuple[Goal, ...] = ()

    @property
    def met(self) -> bool:
        """Whether all goals are met."""
        return all(goal.met for goal in self.goals)


class Measured(Protocol):
    """What tells its processor time."""

    async def cpu(self) -> float:
        """Seconds that all its threads have used."""
        ...


class Stopwatch:
    """Processor time of a peer and wall clock time, between two moments."""

    def __init__(self, peer: Measured) -> None:
        self._peer = peer

    async def start(self) -> None:
        self._cpu = await self._peer.cpu()
        self._wall = time.perf_counter()

    async def stop(self, operations: int) -> Sample:
        seconds = time.perf_counter() - self._wall
        return Sample(operations, await self._peer.cpu() - self._cpu, seconds)


async def interleave(cases: Mapping[str, Case], rounds: int) -> dict[str, Sequence[Sample]]:
    """Every case once a round, so that whatever the machine does meets all of them alike."""
    samples: dict[str, list[Sample]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            samples[name].append(await case())
    return {name: tuple(found) for name, found in samples.items()}


def rows(samples: Mapping[str, Sequence[Sample]], most: Mapping[str, float]) -> list[Row]:
    """The medians; the first case is the baseline of the others. most: µs of processor time by name."""
    baseline = cpu_us(next(iter(samples.values())))
    return [
        Row(
            name,
            cpu_us(found),
            median(one.operations / one.seconds for one in found),
            cpu_us(found) / baseline,
            goals=(Goal(cpu_us(found), most[name]),) if name in most else (),
        )
        for name, found in samples.items()
    ]


def cpu_us(samples: Sequence[Sample]) -> float:
    """Median processor time of one operation, µs."""
    return median(one.cpu / one.operations for one in samples) * 1e6
