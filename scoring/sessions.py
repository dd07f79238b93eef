"""The sessions of many people, sorted, so that "used until" and "used up when" are look-ups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.values import Floats, Ints

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions by person, then by time. A session counts as used at its start.

    begins: ``(people + 1,)``, where each person's begin. start: epoch seconds UTC, ``(sessions,)``. used: bytes.
    reached: bytes of all sessions before, of all people, ``(sessions + 1,)``; exact up to 2^53. keys: person and time
    in one rising number. origin: of times in keys. span: of a person in keys, seconds.
    """

    begins: Ints
    start: Floats
    used: Floats
    reached: Floats
    keys: Floats
    origin: float
    span: float

    @property
    def people(self) -> int:
        """How many."""
        return len(self.begins) - 1

    @property
    def until(self) -> float:
        """The end of what is known: the last session of anybody."""
        return float(self.start.max()) if len(self.start) else 0.0

    def reached_at(self, person: Ints, at: Floats) -> Floats:
        """``reached`` after every session that began at or before ``at``: a level to count from, ``(n,)``."""
        return self.reached[self._after(person, at)]

    def used_between(self, person: Ints, since: Floats, at: Floats) -> Floats:
        """Bytes of sessions that began after ``since``, until ``at``."""
        return self.reached_at(person, at) - self.reached_at(person, since)

    def when(self, person: Ints, level: Floats) -> Floats:
        """When a person reaches this level, in epoch seconds; infinite when they are not seen to."""
        if not len(self.start):
            return np.full(len(level), np.inf)
        place = np.searchsorted(self.reached, level, side="left") - 1
        place = np.maximum(place, self.begins[person])
        seen = place < self.begins[person + 1]
        found: Floats = np.where(seen, self.start[np.minimum(place, len(self.start) - 1)], np.inf)
        return found

    def first(self, person: Ints) -> Floats:
        """When each of these people is seen first; infinite for never."""
        if not len(self.start):
            return np.full(len(person), np.inf)
        has = self.begins[person] < self.begins[person + 1]
        found: Floats = np.where(has, self.start[np.minimum(self.begins[person], len(self.start) - 1)], np.inf)
        return found

    def _after(self, person: Ints, at: Floats) -> Ints:
        """The place after the last session at or before ``at``."""
        shifted = np.clip(at - self.origin, 0, self.span - 1)
        place = np.searchsorted(self.keys, person * self.span + shifted, side="right")
        # whoever has not begun yet is held by those before
        return np.where(at < self.origin, self.begins[person], np.maximum(place, self.begins[person]))


def sessions(person: Ints, start: Floats, used: Floats, people: int) -> Sessions:
    """In any order; of each person, none or many."""
    order = np.lexsort((start, person))
    person, start, used = person[order], start[order], used[order]
    begins = np.searchsorted(person, np.arange(people + 1))
    origin = float(start.min()) if len(start) else 0.0
    span = (float(start.max()) - origin if len(start) else 0.0) + 2.0
    reached = np.concatenate(([0.0], np.cumsum(used)))
    return Sessions(begins, start, used, reached, person * span + (start - origin), origin, span)
