"""Which number stands before which line, and what a number means. One place for both directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MOST_ITEMS: Final = 100
"""Nobody pages through more on a phone; a longer list is cut."""

_MOST: Final = 250


@dataclass(frozen=True, slots=True)
class Numbering:
    """The numbers of one page: fixed keys stay, items and then options take the free numbers in order.

    keyed: option positions by fixed key. unkeyed: positions of the others. free, slots: the free numbers,
    and the same the other way round.
    """

    keyed: Mapping[str, int]
    unkeyed: tuple[int, ...]
    free: tuple[str, ...]
    slots: Mapping[str, int]

    def item(self, at: int) -> str:
        """The number before item ``at``."""
        return self.free[at]

    def options(self, items: int) -> tuple[str, ...]:
        """The number before each option when ``items`` items are numbered before them."""
        numbers = {position: key for key, position in self.keyed.items()}
        numbers |= {position: self.free[items + at] for at, position in enumerate(self.unkeyed)}
        return tuple(numbers[position] for position in range(len(numbers)))

    def option_at(self, answer: str, items: int) -> int | None:
        """The position of the option that ``answer`` means."""
        position = self.keyed.get(answer)
        if position is not None:
            return position
        at = self.slots.get(answer, -1) - items
        return self.unkeyed[at] if 0 <= at < len(self.unkeyed) else None


def numbering(keys: Sequence[str | None], reserved: frozenset[str], first: int = 1) -> Numbering:
    """The numbering of a page whose options have these fixed keys, None where they have none.

    reserved: the keys that navigate. first: the lowest free number.
    """
    keyed = {key: at for at, key in enumerate(keys) if key is not None}
    free, slots = _free(frozenset(reserved | keyed.keys()), first)
    return Numbering(keyed, tuple(at for at, key in enumerate(keys) if key is None), free, slots)


@lru_cache(maxsize=256)
def _free(taken: frozenset[str], first: int) -> tuple[tuple[str, ...], Mapping[str, int]]:
    """Most pages have the same free numbers: they share them."""
    free = tuple(number for number in map(str, range(first, first + _MOST)) if number not in taken)
    return free, {number: at for at, number in enumerate(free)}
