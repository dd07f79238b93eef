"""The table that hot paths step: compiled once for each version of a menu, from its machine.

Pure and shared by all sessions. A step is a few dictionary look-ups, whatever the size of the menu.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from menus import machine, routes, screens
from menus.errors import OutcomeUnknown, PageUnknown
from menus.numbering import BACK, HOME, MORE, Numbering, numbering
from menus.pages import Link, Menu, Page
from menus.shown import Shown
from menus.values import (
    Budget,
    Command,
    Detour,
    Facts,
    Invoke,
    Moved,
    Notice,
    Over,
    Place,
    Screen,
    Step,
    Wrong,
)

MOST_MISTAKES = 3
_USUAL = Budget()


@dataclass(frozen=True, slots=True)
class _Row:
    """What can be answered on one page. item: where a list choice leads; ``""`` where nothing is chosen."""

    page: Page
    numbers: Numbering
    item: str
    moves: Mapping[str, str]
    back: frozenset[str]


class CompiledMenu:
    """One version of a menu, ready to be walked."""

    def __init__(self, menu: Menu, table: Mapping[str, _Row]) -> None:
        self.menu = menu
        self.id, self.version = menu.id, menu.version
        self.start = Place(menu.start)
        self._rows = table
        self._facts = {page.id: tuple(use.name for use in page.facts) for page in menu.pages.values()}
        self._shown = Shown()

    def facts_of(self, page: str) -> tuple[str, ...]:
        """The facts needed to show ``page``. Raises PageUnknown."""
        return self._facts[self._row(page).page.id]

    def show(self, place: Place, language: str, facts: Facts, budget: Budget, notice: Notice = "") -> Screen | Detour:
        """The screen of ``place``, or the place to show instead because a fact is empty or missing.

        notice: the reason of a ``Wrong`` step. Raises PageUnknown, FactMismatch, ScreenTooSmall.
        """
        row = self._row(place.page)
        use = screens.missing(row.page, facts)
        if use is not None:
            target = screens.away(self.menu, use, facts).page
            return Detour(Place(target, place.trail, chosen=place.chosen, mistakes=place.mistakes))
        names = self._facts[place.page]
        key = self._shown.key(place, language, names=names, facts=facts, budget=budget, notice=notice)
        screen = self._shown.find(key, place)
        if screen is None:
            screen = screens.render(
                self.menu, row.numbers, place, language=language, facts=facts, budget=budget, notice=notice
            )
            self._shown.keep(key, screen, names, facts)
        return screen

    def show_end(self, language: str, budget: Budget = _USUAL) -> Screen:
        """The good-bye after too many mistakes."""
        return screens.farewell(self.menu, self.start, language, budget)

    def step(self, place: Place, text: str) -> Step:
        """What the answer ``text`` means at ``place``. Raises PageUnknown."""
        row = self._row(place.page)
        answer = text.strip()
        at = self._navigated(row, place, answer)
        if at is not None:
            return Moved(at)
        shown = len(place.shown) if row.item else 0
        slot = row.numbers.slots.get(answer, shown)
        if slot < shown:
            assert row.page.items
            chosen = {**place.chosen, row.page.items.choice: place.shown[slot]}
            return Moved(self._onward(place, row.item, chosen))
        position = row.numbers.option_at(answer, shown)
        if position is None:
            return _mistaken(place)
        return self._taken(row, place, position)

    def after(self, invoke: Invoke, outcome: str) -> Place:
        """The place that ``outcome`` of a command leads to. Raises OutcomeUnknown, PageUnknown.

        Back from there leads to the start, never to a question that has been answered.
        """
        row = self._row(invoke.place.page)
        target = row.moves.get(routes.outcome_event(invoke.option, outcome))
        if target is None:
            raise OutcomeUnknown(f"page {row.page.id}: option {invoke.option} has no page for outcome {outcome}")
        place = invoke.place
        if target in place.trail or target in (place.page, self.start.page):
            return self._onward(place, target, place.chosen)
        return Place(target, (self.start.page,), chosen=place.chosen)

    def direct(self, texts: Sequence[str]) -> Place:
        """Where dialling ``*code*1*2#`` leads: plain moves only, up to the first answer that is none.

        Nothing is chosen from a list, which may have changed since the code was printed, and no command is run.
        """
        place = self.start
        for text in texts:
            row = self._row(place.page)
            answer = text.strip()
            if row.item and answer not in row.numbers.keyed:
                break
            position = row.numbers.option_at(answer, 0)
            if position is None or not isinstance(row.page.options[position].leads, Link):
                break
            place = self._onward(place, row.moves[routes.option_event(row.page.options[position].id)], place.chosen)
        return place

    def _row(self, page: str) -> _Row:
        try:
            return self._rows[page]
        except KeyError:
            raise PageUnknown(f"menu {self.id} {self.version} has no page {page}") from None

    def _navigated(self, row: _Row, place: Place, answer: str) -> Place | None:
        """Where back, home or more lead; None for any other answer."""
        if answer == BACK:
            return self._back(row, place)
        if answer == HOME:
            return self.start
        if answer == MORE and place.part + 1 < place.parts:
            return self._part(place, place.part + 1)
        return None

    def _back(self, row: _Row, place: Place) -> Place:
        if place.part > 0:
            return self._part(place, place.part - 1)
        if not place.trail or place.trail[-1] not in row.back or place.trail[-1] == self.start.page:
            return self.start
        return Place(place.trail[-1], place.trail[:-1], chosen=place.chosen)

    @staticmethod
    def _part(place: Place, part: int) -> Place:
        return Place(place.page, place.trail, part, place.shown, place.chosen, parts=place.parts)

    def _taken(self, row: _Row, place: Place, position: int) -> Moved | Invoke:
        option = row.page.options[position]
        if isinstance(option.leads, Link):
            return Moved(self._onward(place, row.moves[routes.option_event(option.id)], place.chosen))
        args = {
            name: place.chosen.get(arg.value, "") if arg.chosen else arg.value
            for name, arg in option.leads.args.items()
        }
        stands = Place(place.page, place.trail, place.part, place.shown, place.chosen, parts=place.parts)
        return Invoke(Command(option.leads.command, args), option.id, stands)

    def _onward(self, place: Place, target: str, chosen: Mapping[str, str]) -> Place:
        """The place on ``target``. Who comes by a page again stands where they stood then: trails do not grow."""
        if target == self.start.page:
            return self.start
        if target == place.page:
            return Place(target, place.trail, chosen=chosen)
        if target in place.trail:
            return Place(target, place.trail[: place.trail.index(target)], chosen=chosen)
        return Place(target, (*place.trail, place.page), chosen=chosen)


def _mistaken(place: Place) -> Wrong | Over:
    mistakes = place.mistakes + 1
    again = Place(place.page, place.trail, place.part, place.shown, place.chosen, mistakes, place.parts)
    return Over(again) if mistakes >= MOST_MISTAKES else Wrong(again)


def compile_menu(menu: Menu) -> CompiledMenu:
    """The table of ``menu``. Takes seconds for hundreds of pages: off the event loop. Raises MenuError."""
    moves: dict[str, dict[str, str]] = defaultdict(dict)
    back: dict[str, set[str]] = defaultdict(set)
    for source, event, target in machine.transitions(machine.build(menu)):
        if event == routes.BACK:
            back[source].add(target)
        else:
            moves[source][event] = target
    table = {
        page.id: _Row(
            page=page,
            numbers=numbering([option.key for option in page.options]),
            item=moves[page.id].get(routes.ITEM, ""),
            moves=moves[page.id],
            back=frozenset(back[page.id]),
        )
        for page in menu.pages.values()
    }
    return CompiledMenu(menu, table)
