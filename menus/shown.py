"""Screens that were made lately: most people see the same pages, and a page is the same as long as its facts are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from menus.values import Budget, Facts, FactValue, Item, Notice, Place, Screen

_MOST = 4096


@dataclass(frozen=True, slots=True)
class _Made:
    """A screen, and the facts that it was made of: as long as they are held, their identity is theirs alone."""

    screen: Screen
    facts: tuple[FactValue, ...]
    about: Mapping[str, str]


class Shown:
    """Remembers screens by page, part, language, budget, notice and facts; the latest some thousand."""

    def __init__(self) -> None:
        self._made: OrderedDict[Hashable, _Made] = OrderedDict()

    def key(
        self, place: Place, language: str, *, names: Sequence[str], facts: Facts, budget: Budget, notice: Notice
    ) -> Hashable:
        """What a screen depends on. A list counts as the same while it is the same object."""
        return (place.page, place.part, language, budget, notice, *(_hashable(facts.get(name)) for name in names))

    def find(self, key: Hashable, place: Place) -> Screen | None:
        """The screen for a session that stands at ``place``."""
        made = self._made.get(key)
        if made is None:
            return None
        kept = made.screen.place
        now = Place(
            page=kept.page,
            trail=place.trail,
            part=kept.part,
            shown=kept.shown,
            chosen={**place.chosen, **made.about} if made.about else place.chosen,
            mistakes=place.mistakes,
            parts=kept.parts,
            offered=kept.offered,
            reached=kept.reached,
            heard=kept.heard,
            first=kept.first,
        )
        return Screen(made.screen.text, made.screen.ends, now)

    def keep(self, key: Hashable, screen: Screen, names: Sequence[str], facts: Facts) -> None:
        """Remember a screen."""
        about = {name: fact.id for name in names if isinstance(fact := facts.get(name), Item)}
        self._made[key] = _Made(screen, tuple(facts.get(name) for name in names), about)
        if len(self._made) > _MOST:
            self._made.popitem(last=False)


def _hashable(value: FactValue) -> Hashable:
    if isinstance(value, Item):
        return (value.id, *value.fields.items())
    return id(value) if isinstance(value, tuple) else value
