"""How fast people like somebody use their bundles: for whoever nothing is known of yet.

Alike are those who bought a bundle of about this size and validity, and are of the same segment where that is known.
The log of the pace is averaged class by class, each drawn to the wider class around it as long as it has few people.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from scoring.values import Floats, Ints

_DRAWN = 20.0
"""People's worth of the wider class in each class."""
_CLASSES_A_DOUBLING = 2
_EVERYBODY = ""
_NOT_KNOWN = -9999
_STEPS = 100_000
"""Half doublings of nothing that there is."""


@dataclass(frozen=True, slots=True)
class Similar:
    """log_paces: mean log of bytes an hour, by class; the class of everybody is there."""

    log_paces: Mapping[str, float] = field(default_factory=dict)

    def paces(self, size: Floats, validity_hours: Floats, segments: Sequence[str], otherwise: Floats) -> Floats:
        """Bytes an hour of people alike, ``(n,)``. NaN = not known. otherwise: where nobody is known."""
        if not self.log_paces:
            return otherwise
        sizes, lasts = _doublings(size), _doublings(validity_hours)
        names = sorted(set(segments))
        segment = np.zeros(len(sizes), dtype=np.int64)
        if len(names) > 1:
            places = {name: place for place, name in enumerate(names)}
            segment[:] = [places[name] for name in segments]
        # many people, few kinds of bundle
        kinds, which = np.unique((sizes * _STEPS + lasts) * len(names) + segment, return_inverse=True)
        first = np.zeros(len(kinds), dtype=np.int64)
        first[which] = np.arange(len(which))
        told = zip(sizes[first].tolist(), lasts[first].tolist(), segment[first].tolist(), strict=True)
        found: Floats = np.array([self._pace(one, validity, names[of]) for one, validity, of in told])[which]
        return found

    def _pace(self, size: int, validity: int, segment: str) -> float:
        narrowest = reversed(tuple(_classes(size, validity, segment)))
        return math.exp(next(self.log_paces[one] for one in narrowest if one in self.log_paces))


def similar(size: Floats, validity_hours: Floats, segments: Sequence[str], paces: Floats) -> Similar:
    """Learnt from bundles whose holders' pace is known, in bytes an hour; a pace of zero is left out."""
    known: dict[str, list[float]] = {}
    wider: dict[str, str] = {}
    sizes, validities = _doublings(size).tolist(), _doublings(validity_hours).tolist()
    kinds = zip(sizes, validities, segments, paces.tolist(), strict=True)
    for one, lasts, segment, pace in kinds:
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


def _doublings(values: Floats) -> Ints:
    """Half doublings of each, _NOT_KNOWN for what is not known or not above zero."""
    known = values > 0
    steps = np.rint(_CLASSES_A_DOUBLING * np.log2(np.where(known, values, 1.0)))
    found: Ints = np.where(known, steps, _NOT_KNOWN).astype(np.int64)
    return found


def _classes(size: int, validity: int, segment: str) -> Iterable[str]:
    """Everybody, this size, this size and validity, and these of the segment; as far as they are known."""
    yield _EVERYBODY
    if size == _NOT_KNOWN:
        return
    yield f"{size}"
    lasts = "-" if validity == _NOT_KNOWN else f"{validity}"
    yield f"{size}|{lasts}"
    if segment:
        yield f"{size}|{lasts}|{segment}"
