"""What a turn runs on: a menu compiled to a transition table and texts that are ready to be filled.

``step`` needs no facts: what a number means was settled when the page was shown (``Place.shown``). ``show`` needs the
facts that the page declares. Both are pure; the table comes from the machine (ADR 0008).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from menus import machine as m
from menus.menu import BACK, HOME, MORE, Argument, Call, Goto, Menu, Page
from menus.screens import Screens
from menus.values import Budget, Command, Detour, Facts, Invoke, Moved, Over, Place, Screen, Went, Wrong

MOST_MISTAKES = 3
"""After so many wrong answers in a row the session ends kindly."""


class CompiledMenu:
    """One version of one menu."""

    def __init__(self, menu: Menu) -> None:
        self.id = menu.id
        self.version = menu.version
        self.start = Place(menu.start)
        self._menu = menu
        self._screens = Screens(menu)
        moves = m.transitions(m.build(menu))
        self._back = {page: frozenset(row.pop(m.BACK_EVENT, ())) for page, row in moves.items()}
        self._moves = {page: {event: targets[0] for event, targets in row.items()} for page, row in moves.items()}
        self._keys = {page.id: _keys(page) for page in menu.pages.values()}

    def facts_of(self, page: str) -> tuple[str, ...]:
        """The facts that must be known to show a page."""
        return tuple(self._menu.pages[page].facts)

    def has(self, page: str) -> bool:
        """Whether this version has such a page."""
        return page in self._menu.pages

    def show(
        self, place: Place, language: str, facts: Facts, budget: Budget, *, wrong: bool = False
    ) -> Screen | Detour:
        """The screen of a place, or the place to show instead. wrong: the last answer was none; say so."""
        for name, empty in self._menu.pages[place.page].facts.items():
            value = facts.get(name)
            if value is None:
                return Detour(_instead(place, self._menu.unavailable))
            if not value and empty:
                return Detour(_instead(place, empty))
        return self._screens.show(place, language, facts, budget, wrong=wrong)

    def good_bye(self, language: str, budget: Budget) -> str:
        """What is said when a session ends for too many wrong answers."""
        return self._screens.good_bye(language, budget)

    def step(self, place: Place, text: str) -> Went:
        """Where an answer leads."""
        key = text.strip()
        if key == MORE and place.part + 1 < place.parts:
            return Moved(replace(place, part=place.part + 1, mistakes=0))
        if key == BACK:
            return self._backwards(place)
        if key == HOME:
            return Moved(self.start)
        return self._forwards(place, key)

    def after(self, invoke: Invoke, outcome: str) -> Place:
        """The place that an outcome of a command leads to. Raises KeyError for one that it cannot have."""
        return self._moved(invoke.place, self._moves[invoke.place.page][f"{invoke.option}_{outcome}"])

    def direct(self, texts: Sequence[str]) -> Place:
        """The place that a dialled string leads to: plain moves only, so that no command is ever run by dialling."""
        place = self.start
        for text in texts:
            page = self._menu.pages[place.page]
            index = self._keys[page.id].get(text.strip()) if page.listing is None else None
            if index is None or not isinstance(page.options[index].leads, Goto):
                break
            place = self._moved(place, self._moves[page.id][m.option_event(index)])
        return place

    def _backwards(self, place: Place) -> Went:
        if place.part > 0:
            return Moved(replace(place, part=place.part - 1, mistakes=0))
        if place.trail and place.trail[-1] in self._back[place.page]:
            return Moved(Place(place.trail[-1], place.trail[:-1], chosen=place.chosen))
        return self._wrong(place)

    def _forwards(self, place: Place, key: str) -> Went:
        page = self._menu.pages[place.page]
        index = self._keys[place.page].get(key)
        if page.listing is not None:
            number = int(key) if key.isascii() and key.isdecimal() and len(key) <= 4 and key[0] != "0" else 0
            if 0 < number <= len(place.shown):
                chosen = {**place.chosen, page.listing.chosen: place.shown[number - 1]}
                return Moved(replace(self._moved(place, self._moves[page.id][m.ITEM_EVENT]), chosen=chosen))
            index = number - len(place.shown) - 1 if number else None
        if index is None or not 0 <= index < len(page.options):
            return self._wrong(place)
        leads = page.options[index].leads
        if isinstance(leads, Goto):
            return Moved(self._moved(place, self._moves[page.id][m.option_event(index)]))
        return Invoke(_command(leads, place.chosen), m.option_event(index), place)

    def _moved(self, place: Place, target: str) -> Place:
        if target == self.start.page:
            return replace(self.start, chosen=place.chosen)
        return Place(target, _trail(place, target), chosen=place.chosen)

    def _wrong(self, place: Place) -> Went:
        place = replace(place, mistakes=place.mistakes + 1)
        return Over(place) if place.mistakes >= MOST_MISTAKES else Wrong(place)


def compile_menu(menu: Menu) -> CompiledMenu:
    """The quick form of a menu. Raises MenuError. Takes seconds for hundreds of pages: not on an event loop."""
    return CompiledMenu(menu)


def _keys(page: Page) -> Mapping[str, int]:
    """The option behind each key; those without one are numbered."""
    return {option.key or str(index + 1): index for index, option in enumerate(page.options)}


def _command(call: Call, chosen: Mapping[str, str]) -> Command:
    def value(argument: Argument) -> str:
        return chosen.get(argument.value, "") if argument.chosen else argument.value

    return Command(call.command, {name: value(argument) for name, argument in call.args.items()})


def _trail(place: Place, target: str) -> tuple[str, ...]:
    """The way to ``target``; it is cut where it comes by a page again, so that no trail grows for ever."""
    if target == place.page:
        return place.trail
    if target in place.trail:
        return place.trail[: place.trail.index(target)]
    return (*place.trail, place.page)


def _instead(place: Place, page: str) -> Place:
    """Another page in the place of this one: back leads to where this one would have led."""
    return Place(page, tuple(name for name in place.trail if name != page), chosen=place.chosen)
