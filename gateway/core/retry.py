"""When to try again: a decision that is returned, never a loop that hides it."""

from __future__ import annotations

import random
from datetime import timedelta

from flows.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after this time."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It was tried often enough."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubling pauses with jitter. first, longest: seconds; most: tries in all."""

    first: float
    longest: float
    most: int

    def next_attempt(self, tried: int, jitter: float | None = None) -> Retry | GiveUp:
        """What to do after ``tried`` tries. jitter: 0 … 1, drawn when left out."""
        if tried >= self.most:
            return GiveUp()
        drawn = random.random() if jitter is None else jitter
        pause = min(self.longest, self.first * 2 ** min(63, max(0, tried - 1)))
        return Retry(timedelta(seconds=pause * (0.75 + 0.5 * drawn)))
