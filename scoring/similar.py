"""How fast people like somebody use their bundles: for whoever nothing is known of yet.

Alike are those who bought a bundle of about this size and validity, and are of the same segment where that is known.
The log of the pace is averaged class by class, each drawn to the wider class around it as long as it has few people.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from scoring.values import Floats

_DRAWN = 20.0
"""People's worth of the wider class in each class."""
_CLASSES_A_DOUBLING = 2
_EVERYBODY = ""


@dataclass(frozen=True, slots=True)
class Similar:
    """log_paces: mean log of bytes an hour, by class; the class of everybody is there."""

    log_paces: Mapping[str, float] = field(default_factory=dict)

    def paces(self, size: Floats, validity_hours: Floats, segments: Sequence[str], otherwise: Floats) -> Floats:
        """Bytes an hour of people alike, ``(n,)``. NaN = not known. otherwise: where nobody is known."""
        if not self.log_paces:
            return otherwise
        return np.array(
            [
                math.exp(next(self.log_paces[one] for one in reversed(tuple(classes)) if one in self.log_paces))
                for classes in map(_classes, size.tolist(), validity_hours.tolist(), segments)
            ]
        )


def similar(size: Floats, validity_hours: Floats, segments: Sequence[str], paces: Floats) -> Similar:
    """Learnt from bundles whose holders' pace is known, in bytes an hour; a pace of zero is left out."""
    known: dict[str, list[float]] = {}
    wider: dict[str, str] = {}
    for one, lasts, segment, pace in zip(size.tolist(), validity_hours.tolist(), segments, paces.tolist(), strict=True):
        if pace <= 0:
            continue
        around = _EVERYBODY
        for name in _classes(one, lasts, segment):
            known.setdefault(name, []).append(math.log(pace))
            if name != _EVERYBODY:
                wider[name] = around
            around = name
    return Similar(dict(_shrunk(known, wider)))


def _shrunk(known: Mapping[str, Sequence[float]], wider: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    means: dict[str, float] = {}
    for name in sorted(known, key=lambda name: name.count("|") if name else -1):
        drawn, weight = (means[wider[name]], _DRAWN) if name in wider else (0.0, 0.0)
        means[name] = (sum(known[name]) + drawn * weight) / (len(known[name]) + weight)
        yield name, means[name]


def _classes(size: float, validity_hours: float, segment: str) -> Iterable[str]:
    """Everybody, this size, this size and validity, and these of the segment; as far as they are known."""
    yield _EVERYBODY
    if not size > 0:
        return
    of_size = f"{round(_CLASSES_A_DOUBLING * math.log2(size))}"
    yield of_size
    lasts = f"{round(_CLASSES_A_DOUBLING * math.log2(validity_hours))}" if validity_hours > 0 else "-"
    yield f"{of_size}|{lasts}"
    if segment:
        yield f"{of_size}|{lasts}|{segment}"
