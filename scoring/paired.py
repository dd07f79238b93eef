"""What is told of two models that saw the same cases."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LEAST_PEOPLE = 30
"""With fewer, an interval of a mean says little."""


class Better(StrEnum):
    """Which one is."""

    CHALLENGER = "challenger"
    CHAMPION = "champion"
    UNKNOWN = "cannot be told"


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean loss of the challenger less that of the champion, below 0 = the challenger is better; its 95 % interval."""

    mean: float
    low: float
    high: float
    cases: int
    people: int

    @property
    def better(self) -> Better:
        """What the interval leaves open is open."""
        if self.people < LEAST_PEOPLE or self.low <= 0 <= self.high:
            return Better.UNKNOWN
        return Better.CHALLENGER if self.high < 0 else Better.CHAMPION
