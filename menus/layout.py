"""Where boxes stand that lead to each other: in columns by their distance from the first, with little crossing.

Every line goes from one column to the next: what leads elsewhere is said in words by whoever draws. Why no library:
ADR 0007.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SWEEPS = 12


@dataclass(frozen=True, slots=True)
class Line:
    """From a box to a box of the next column. leaves, enters: below the top of either, in pixels."""

    source: str
    target: str
    leaves: float
    enters: float


def columns(start: str, ways: Sequence[tuple[str, str]], boxes: Sequence[str]) -> Mapping[str, int]:
    """The column of each box: how many ways it is from ``start``. What cannot be reached stands in the first."""
    leads: dict[str, list[str]] = {}
    for source, target in ways:
        leads.setdefault(source, []).append(target)
    found, waiting = {start: 0}, [start]
    for box in waiting:
        for target in leads.get(box, ()):
            if target not in found:
                found[target] = found[box] + 1
                waiting.append(target)
    return {**dict.fromkeys(boxes, 0), **found}


def tops(
    column_of: Mapping[str, int], heights: Mapping[str, float], lines: Sequence[Line], gap: float
) -> Mapping[str, float]:
    """The y of each box's top edge, from 0: near what leads to it and what it leads to, never over another box."""
    stacks: dict[int, list[str]] = {}
    for box in _ordered(column_of, lines):
        stacks.setdefault(column_of[box], []).append(box)
    found: dict[str, float] = {}
    for stack in stacks.values():
        found |= _stacked(stack, dict.fromkeys(stack, 0.0), heights, gap)
    for sweep in range(_SWEEPS):
        for column in sorted(stacks, reverse=sweep % 2 == 1):
            wishes = {box: _wish(box, found, lines) for box in stacks[column]}
            found |= _stacked(stacks[column], wishes, heights, gap)
    highest = min(found.values(), default=0.0)
    return {box: top - highest for box, top in found.items()}


def _ordered(column_of: Mapping[str, int], lines: Sequence[Line]) -> list[str]:
    """Boxes column by column, each by the place of the first line that leads to it."""
    place: dict[str, tuple[float, ...]] = {}
    order: list[str] = []
    arriving: dict[str, list[Line]] = {}
    for line in lines:
        arriving.setdefault(line.target, []).append(line)
    ranks: dict[str, int] = {}
    for column in range(max(column_of.values(), default=-1) + 1):
        here = [box for box, at in column_of.items() if at == column]
        for box in here:
            places = [(float(ranks.get(line.source, 0)), line.leaves) for line in arriving.get(box, ())]
            place[box] = min(places, default=(float(len(ranks)), 0.0))
        for at, box in enumerate(sorted(here, key=lambda box: place[box])):
            ranks[box] = at
            order.append(box)
    return order


def _wish(box: str, found: Mapping[str, float], lines: Sequence[Line]) -> float:
    """The top at which the lines of a box would be level, on average."""
    arriving = [found[line.source] + line.leaves - line.enters for line in lines if line.target == box]
    leaving = [found[line.target] + line.enters - line.leaves for line in lines if line.source == box]
    wishes = (*arriving, *leaving)
    return sum(wishes) / len(wishes) if wishes else found[box]


def _stacked(
    stack: Sequence[str], wishes: Mapping[str, float], heights: Mapping[str, float], gap: float
) -> dict[str, float]:
    """The tops nearest to what is wished that keep order and gaps: least squares by pooled adjacent violators."""
    blocks: list[tuple[float, int]] = []
    shifts: list[float] = []
    used = 0.0
    for box in stack:
        shifts.append(used)
        blocks.append((wishes[box] - used, 1))
        used += heights[box] + gap
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (later, many), (earlier, few) = blocks.pop(), blocks.pop()
            blocks.append(((later * many + earlier * few) / (many + few), many + few))
    levels = [level for level, count in blocks for _ in range(count)]
    return {box: level + shift for box, level, shift in zip(stack, levels, shifts, strict=True)}
