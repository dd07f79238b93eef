"""When a peer is left alone for a while: closed, open, half open; no clock of its own, no task.

After so many failures in a row nobody is let through for a pause; then one at a time is, as a probe. A probe that
succeeds closes the breaker, one that fails opens it again for twice as long. What was begun before it opened says
nothing about the peer as it is now, and is not counted.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Literal

from flows.frozen import dataclass

State = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """failures: in a row until it opens. pause, longest_pause: seconds that it is open, at first and at most."""

    failures: int = 5
    pause: float = 1.0
    longest_pause: float = 30.0


class Attempt:
    """One call that was let through; the first word about how it went counts."""

    def __init__(self, breaker: Breaker, era: int) -> None:
        self._breaker = breaker
        self._era = era
        self._told = False

    def succeeded(self) -> None:
        """The peer answered."""
        if self._first():
            self._breaker._ended(self._era, well=True)

    def failed(self) -> None:
        """It did not."""
        if self._first():
            self._breaker._ended(self._era, well=False)

    def given_up(self) -> None:
        """Nobody waited for the answer: nothing is known, and another may probe."""
        if self._first():
            self._breaker._given_up(self._era)

    def _first(self) -> bool:
        told, self._told = self._told, True
        return not told


class Breaker:
    """Whom to let through. clock: seconds that only go forward. jitter: 0 … 1, lest processes probe as one."""

    def __init__(
        self, settings: BreakerSettings, clock: Callable[[], float], jitter: Callable[[], float] = random.random
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._jitter = jitter
        self._failures = 0
        self._openings = 0
        self._until = 0.0
        self._era = 0
        self._probing = False

    @property
    def state(self) -> State:
        """As it is now."""
        if not self._openings:
            return "closed"
        return "open" if self._clock() < self._until else "half_open"

    @property
    def seconds_left(self) -> float:
        """Until somebody is let through; 0 when somebody may be now."""
        return max(0.0, self._until - self._clock()) if self._openings else 0.0

    def begin(self) -> Attempt | None:
        """Let one call through, or not."""
        if self._openings:
            if self._probing or self._clock() < self._until:
                return None
            self._probing = True
        return Attempt(self, self._era)

    def _ended(self, era: int, *, well: bool) -> None:
        if era != self._era:
            return
        if well:
            self._failures = 0
            if self._openings:
                self._openings, self._probing, self._era = 0, False, self._era + 1
            return
        self._failures += 1
        if self._probing or self._failures >= self._settings.failures:
            self._open()

    def _given_up(self, era: int) -> None:
        if era == self._era:
            self._probing = False

    def _open(self) -> None:
        longest = min(self._settings.longest_pause, self._settings.pause * 2 ** min(30, self._openings))
        self._openings += 1
        self._until = self._clock() + longest * (0.75 + 0.5 * self._jitter())
        self._failures, self._probing, self._era = 0, False, self._era + 1
