"""Rows of hops that come evenly: how long each takes is what counts, and all rounds are one."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import quantiles

from benchmarks.measure import Goal, Row, Sample


def even_row(
    name: str, measured: Sequence[tuple[Sample, list[float]]], base: float, most_p99_ms: float, note: str = ""
) -> Row:
    """All rounds as one: what happens once in a while counts. base: CPU µs of the baseline."""
    latencies = [one * 1e3 for _, found in measured for one in found]
    cuts = quantiles(latencies, n=100)
    samples = [sample for sample, _ in measured]
    together = Sample(
        sum(one.operations for one in samples), sum(one.cpu for one in samples), sum(one.seconds for one in samples)
    )
    shown = f"{together.cpu / together.seconds:.0%} of a core; p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms, max"
    goal = Goal(cuts[98], most_p99_ms, "p99", "ms")
    more = f"; {note}" if note else ""
    return row_of(name, together, base, f"{shown} {max(latencies):.0f} ms{more}", goal)


def row_of(name: str, sample: Sample, base: float, note: str, *goals: Goal) -> Row:
    """One sample as a row."""
    cpu = cpu_us(sample)
    return Row(name, cpu, sample.operations / sample.seconds, cpu / base, note, goals)


def cpu_us(sample: Sample) -> float:
    """Processor time of one operation."""
    return sample.cpu / sample.operations * 1e6
