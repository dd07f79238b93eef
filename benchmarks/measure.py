"""Samples, interleaved rounds, medians.

Gated figures are µs of processor time in the process that does the work: on a machine that is shared, throughput
swings with the neighbours and processor time hardly does. Throughput is printed beside.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.process import Peer


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of one case. cpu, seconds: of all operations together."""

    operations: int
    cpu: float
    seconds: float


Case = Callable[[], Awaitable[Sample]]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. target: µs of processor time at most, None where there is none.

    p99_ms, target_p99_ms: the same for the latency of the slowest hundredth.
    """

    name: str
    cpu_us: float
    per_second: float
    times_baseline: float
    note: str = ""
    target: float | None = None
    p99_ms: float = 0.0
    target_p99_ms: float | None = None

    @property
    def met(self) -> bool:
        """Whether all targets are met."""
        return (self.target is None or self.cpu_us <= self.target) and (
            self.target_p99_ms is None or self.p99_ms <= self.target_p99_ms
        )


class Stopwatch:
    """Processor time of a peer and wall clock time, between two moments."""

    def __init__(self, peer: Peer) -> None:
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


def rows(samples: Mapping[str, Sequence[Sample]], targets: Mapping[str, float]) -> list[Row]:
    """The medians; the first case is the baseline of the others."""
    baseline = cpu_us(next(iter(samples.values())))
    return [
        Row(
            name,
            cpu_us(found),
            median(one.operations / one.seconds for one in found),
            cpu_us(found) / baseline,
            target=targets.get(name),
        )
        for name, found in samples.items()
    ]


def cpu_us(samples: Sequence[Sample]) -> float:
    """Median processor time of one operation, µs."""
    return median(one.cpu / one.operations for one in samples) * 1e6
