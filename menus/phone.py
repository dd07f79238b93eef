"""A phone without a network: walks a compiled menu with facts that are made up, and carries out nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from menus.errors import MenusError
from menus.examples import FactSource, chosen
from menus.pages import Order
from menus.routes import INPUT
from menus.table import CompiledMenu
from menus.values import Budget, Detour, Invoke, Notice, Over, Place, Screen, Wrong

_DIALLED = re.compile(r"\*[0-9*]+#")
_MOST_DETOURS = 20


@dataclass(slots=True)
class Phone:
    """One person's dialogue. facts: at each place, in the phone's language, which ``set_language`` and its like change.

    screen: the last that was shown, None before the first.
    """

    menu: CompiledMenu
    language: str
    facts: FactSource
    budget: Budget = field(default_factory=Budget)
    screen: Screen | None = None

    def dial(self, code: str = "") -> Screen:
        """Begin anew. code: ``*123#``, or ``*123*1*2#`` to go on from the start at once."""
        answers = code.strip("*#").split("*")[1:]
        return self._shown(self.menu.direct(answers))

    def answer(self, text: str) -> Screen | Invoke:
        """What is shown next, or the command that the answer asks for: then say how it ended with ``ended``."""
        if self.screen is None or is_code(text):
            return self.dial(text)
        step = self.menu.step(self.screen.place, text)
        if isinstance(step, Invoke):
            return step
        if isinstance(step, Over):
            self.screen = self.menu.show_end(self.language, self.budget)
            return self.screen
        return self._shown(step.place, step.reason if isinstance(step, Wrong) else "")

    def ended(self, invoke: Invoke, outcome: str) -> Screen:
        """The screen that an outcome of a command leads to. Raises OutcomeUnknown."""
        place = self.menu.after(invoke, outcome)
        language = invoke.command.args.get("language", "")
        if language in self.menu.menu.languages:
            self.language = language
        return self._shown(place)

    def _shown(self, place: Place, notice: Notice = "") -> Screen:
        for _ in range(_MOST_DETOURS):
            facts = chosen(self.facts(place, self.language), place)
            shown = self.menu.show(place, self.language, facts, self.budget, notice)
            if isinstance(shown, Screen):
                self.screen = shown
                return shown
            assert isinstance(shown, Detour)
            place = shown.place
        raise MenusError(f"page {place.page}: leads in a circle")


def is_code(text: str) -> bool:
    """Whether this is dialled and not answered: ``*123#``, ``*123*1#``."""
    return _DIALLED.fullmatch(text.strip()) is not None


def outcomes(menu: CompiledMenu, invoke: Invoke) -> tuple[str, ...]:
    """How the command can end, in the order of the file."""
    page = menu.menu.pages[invoke.place.page]
    options = {option.id: option.leads for option in page.options}
    leads = page.input.leads if page.input and invoke.option == INPUT else options[invoke.option]
    return tuple(leads.outcomes) if isinstance(leads, Order) else ()
