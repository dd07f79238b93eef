"""The table that hot paths step: compiled once for each version of a menu, from its machine.

Pure and shared by all sessions. A step is a few dictionary look-ups, whatever the size of the menu.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from menus import inputs, machine, routes, screens
from menus.errors import OutcomeUnknown, PageUnknown
from menus.pages import Link, Menu, Order
from menus.rows import Row, row_of
from menus.shown import Shown
from menus.values import (
    TYPED,
    Budget,
    Command,
    Detour,
    Facts,
    Invoke,
    Item,
    Moved,
    Notice,
    Over,
    Place,
    Screen,
    Step,
    Unmistakable,
    Wrong,
)

_USUAL = Budget()
_LONGEST_NUMBER = 4
_AS_USUAL: tuple[tuple[str, ...], int] = ((), 1)


class CompiledMenu:
    """One version of a menu, ready to be walked."""

    def __init__(self, menu: Menu, table: Mapping[str, Row]) -> None:
        self.menu = menu
        self.id, self.version = menu.id, menu.version
        self.start = Place(menu.start)
        self._rows = table
        self._shown = Shown()

    def facts_of(self, page: str) -> tuple[str, ...]:
        """The facts needed to show ``page``, and the values of its guards (``?name``). Raises PageUnknown."""
        return self._row(page).facts

    def show(
        self,
        place: Place,
        language: str,
        facts: Facts,
        budget: Budget,
        notice: Notice = "",
        *,
        unmistakable: Unmistakable | None = None,
    ) -> Screen | Detour:
        """The screen of ``place``, or the place to show instead because a fact is empty or missing.

        notice: the reason of a ``Wrong`` step. unmistakable: how options are numbered where something is ordered.
        Raises PageUnknown, FactMismatch, ScreenTooSmall.
        """
        row = self._row(place.page)
        target = self._instead(row, facts)
        if target:
            return Detour(Place(target, place.trail, chosen=place.chosen, mistakes=place.mistakes))
        options = screens.offered(row.page, facts) if row.guarded else row.every
        if row.profiled:
            budget = screens.roomy(row.page, budget)
        heard, first = _numbers_in(unmistakable) if unmistakable and row.orders else _AS_USUAL
        key, screen = None, None
        if row.typed:  # nobody else's screen: not worth remembering
            facts = {**facts, TYPED: Item(TYPED, place.chosen)}
        else:
            key = self._shown.key(place, language, names=row.shows, facts=facts, budget=budget, notice=notice)
            key = (key, options, heard, first)
            screen = self._shown.find(key, place)
        if screen is None:
            screen = screens.render(
                self.menu,
                row.numbers(options, heard, first),
                place if (place.heard, place.first) == (heard, first) else replace(place, heard=heard, first=first),
                language=language,
                facts=facts,
                budget=budget,
                notice=notice,
                options=options,
            )
            if key is not None:
                self._shown.keep(key, screen, row.shows, facts)
        return screen

    def _instead(self, row: Row, facts: Facts) -> str:
        """The page that is shown instead of this one; empty for none."""
        page = row.page
        if page.when is not None and page.otherwise and not screens.held(page, facts):
            return page.otherwise.page
        use = screens.missing(page, facts)
        return screens.away(self.menu, use, facts).page if use is not None else ""

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
        if row.page.input is not None:
            return self._typed(row, place, answer)
        options = row.offered(place)
        numbers = row.numbers(options, place.heard, place.first)
        shown = len(place.shown) if row.item else 0
        slot = numbers.slots.get(answer, shown)
        if slot < shown:
            assert row.page.items
            chosen = {**place.chosen, row.page.items.choice: place.shown[slot]}
            return Moved(self._onward(place, row.item, chosen))
        position = numbers.option_at(answer, shown)
        if position is None:
            return self._mistaken(place)
        option = row.page.options[options[position]]
        if isinstance(option.leads, Order) and place.reached is not None and shown + position >= place.reached:
            return self._mistaken(place)  # nobody gives a command that they have not been shown yet
        return self._taken(row, place, option.id, option.leads)

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
        """Where dialling ``*code*1*2#`` leads: a published shortcut's page, then plain moves up to what is none.

        A shortcut leads to its page wherever that stands in the menu now. Nothing is chosen from a list, which may have
        changed since the code was printed, nothing is typed, no guard is asked and no command is run.
        """
        answers = [text.strip() for text in texts]
        place = self.start
        for length in range(len(answers), 0, -1):
            link = self.menu.shortcuts.get("*".join(answers[:length]))
            if link is not None:
                place, answers = self._onward(self.start, link.page, {}), answers[length:]
                break
        for answer in answers:
            onward = self._walked(self._row(place.page), place, answer)
            if onward is None:
                break
            place = onward
        return place

    def _walked(self, row: Row, place: Place, answer: str) -> Place | None:
        """Where one dialled answer leads without anybody looking at a screen, or None.

        Not past a page that not everybody may see: whether this person may is known when it is shown.
        """
        if row.page.when is not None:
            return None
        numbers = row.numbers(row.every)
        position = numbers.option_at(answer, 0)
        if position is None or not row.has_fixed_number(position):
            return None
        option = row.page.options[position]
        if not isinstance(option.leads, Link):
            return None
        return self._onward(place, row.moves[routes.option_event(option.id)], place.chosen)

    def _row(self, page: str) -> Row:
        try:
            return self._rows[page]
        except KeyError:
            raise PageUnknown(f"menu {self.id} {self.version} has no page {page}") from None

    def _navigated(self, row: Row, place: Place, answer: str) -> Place | None:
        """Where back, home or more lead; None for any other answer."""
        if answer == row.keys.back:
            return self._back(row, place)
        if answer == row.keys.home:
            return self.start
        if answer == row.keys.more and place.part + 1 < place.parts:
            return self._part(place, place.part + 1)
        return None

    def _back(self, row: Row, place: Place) -> Place:
        if place.part > 0:
            return self._part(place, place.part - 1)
        if not place.trail or place.trail[-1] not in row.back or place.trail[-1] == self.start.page:
            return self.start
        return Place(place.trail[-1], place.trail[:-1], chosen=place.chosen)

    @staticmethod
    def _part(place: Place, part: int) -> Place:
        return replace(place, part=part, mistakes=0, reached=None)

    def _typed(self, row: Row, place: Place, answer: str) -> Step:
        """What was typed into a page that asks for something."""
        asked = row.page.input
        assert asked is not None
        value = inputs.read(asked.rule, answer)
        if value is None:
            return self._mistaken(place)
        typed = replace(place, chosen={**place.chosen, asked.choice: value})
        return self._taken(row, typed, routes.INPUT, asked.leads)

    def _taken(self, row: Row, place: Place, ident: str, leads: Link | Order) -> Moved | Invoke:
        if isinstance(leads, Link):
            return Moved(self._onward(place, row.moves[routes.option_event(ident)], place.chosen))
        args = {name: place.chosen.get(arg.value, "") if arg.chosen else arg.value for name, arg in leads.args.items()}
        return Invoke(Command(leads.command, args), ident, replace(place, mistakes=0))

    def _onward(self, place: Place, target: str, chosen: Mapping[str, str]) -> Place:
        """The place on ``target``. Who comes by a page again stands where they stood then: trails do not grow."""
        if target == self.start.page:
            return self.start
        if target == place.page:
            return Place(target, place.trail, chosen=chosen)
        if target in place.trail:
            return Place(target, place.trail[: place.trail.index(target)], chosen=chosen)
        return Place(target, (*place.trail, place.page), chosen=chosen)

    def _mistaken(self, place: Place) -> Wrong | Over:
        again = replace(place, mistakes=place.mistakes + 1)
        return Over(again) if again.mistakes >= self.menu.mistakes else Wrong(again)


def _numbers_in(unmistakable: Unmistakable) -> tuple[tuple[str, ...], int]:
    """What was answered that could number a line, and the first number."""
    heard = (text for text in unmistakable.heard if text.isdecimal() and len(text) <= _LONGEST_NUMBER)
    return tuple(sorted(heard)), unmistakable.first


def compile_menu(menu: Menu) -> CompiledMenu:
    """The table of ``menu``. Takes seconds for hundreds of pages: off the event loop. Raises MenuError."""
    moves: dict[str, dict[str, str]] = defaultdict(dict)
    back: dict[str, set[str]] = defaultdict(set)
    for source, event, target in machine.transitions(machine.build(menu)):
        if event == routes.BACK:
            back[source].add(target)
        else:
            moves[source][event] = target
    table = {page.id: row_of(menu, page, moves[page.id], frozenset(back[page.id])) for page in menu.pages.values()}
    return CompiledMenu(menu, table)
