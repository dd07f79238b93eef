"""A menu as a python-statemachine machine, built once for each version: one state a page.

It validates (what cannot be reached, what is a trap), it draws, and the table that hot paths step is compiled from
its transitions. Traps that shaped it: StateChart would swallow errors, so StateMachine; ids are prefixed, since a page
called ``send`` would break the machine; the class has one constant name, since the library keeps every name for ever;
nothing is final, since a shared machine dies in a final state.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from statemachine import State, StateMachine
from statemachine.exceptions import InvalidDefinition

from menus.errors import MenuError
from menus.pages import Menu
from menus.routes import BACK, all_routes

_PREFIX = "p_"
_STRUCTURES = 8
"""Machines that are remembered: a menu is built to be checked and again for its table, and new texts keep the ways."""


class PageMachine(StateMachine):
    """Base of the machines: one state a page, its value the page's id."""

    allow_event_without_transition = False

    def leads_back(self, target: State, came_from: str = "") -> bool:
        """Guard of "back": only to the page that the trail says."""
        return bool(target.value == came_from)

    def follow(self, page: str, event: str, came_from: str = "") -> str:
        """The page that ``event`` leads to from ``page``. Raises TransitionNotAllowed.

        The instance is shared: state set, event sent and state read belong together, without an await between.
        """
        self.current_state_value = page
        self.send(event, came_from=came_from)
        return str(self.current_state_value)


def build(menu: Menu) -> type[PageMachine]:
    """The machine's class. Raises MenuError for what the library finds wrong with the structure."""
    try:
        ways = tuple((route.source, route.event, route.target) for route in all_routes(menu))
        return _built(tuple(menu.pages), menu.start, ways)
    except InvalidDefinition as error:
        raise MenuError((f"{menu.file or menu.id}: {' '.join(str(error).split())}",)) from error


@lru_cache(maxsize=_STRUCTURES)
def _built(pages: tuple[str, ...], start: str, ways: tuple[tuple[str, str, str], ...]) -> type[PageMachine]:
    """Of menus with the same ways between the same pages there is one machine. Raises InvalidDefinition."""
    states = {page: State(name=page, value=page, initial=page == start) for page in pages}
    for source, event, target in ways:
        guard = {"cond": "leads_back"} if event == BACK else {}
        states[source].to(states[target], event=event, **guard)
    attributes: dict[str, Any] = {f"{_PREFIX}{page}": state for page, state in states.items()}
    attributes["__module__"] = __name__
    metaclass: Any = type(PageMachine)
    machine: type[PageMachine] = metaclass("MenuMachine", (PageMachine,), attributes)
    return machine


def transitions(machine: type[PageMachine]) -> Iterator[tuple[str, str, str]]:
    """Every (page, event, page) of the machine."""
    for state in machine.states:
        for transition in state.transitions:
            yield state.value, transition.event, transition.target.value


def mermaid(menu: Menu) -> str:
    """The menu as a Mermaid state diagram, without the ways home and back that every page has."""
    machine = build(menu)
    drawn = f"{machine:mermaid}"
    shown = (line for line in drawn.splitlines() if not line.endswith((" : Home", " : Back [leads_back]")))
    return "\n".join(shown) + "\n"
