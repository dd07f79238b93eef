"""A menu as a state machine: every page is a State of one python-statemachine class, built once a version.

The machine says whether the structure holds, draws it, and is what the quick table (``menus.table``) is compiled from
and held against. Ids are prefixed: a state or event named like a method of the machine would break it. The class has
one name for all menus, since the library keeps a registry by name. No state is final: a shared machine would die there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from statemachine import State, StateMachine
from statemachine.exceptions import InvalidDefinition, TransitionNotAllowed

from menus.errors import MenuError
from menus.menu import Goto, Menu, Page

BACK_EVENT, HOME_EVENT, ITEM_EVENT = "e_back", "e_home", "e_item"


def option_event(index: int, outcome: str = "") -> str:
    """The event of a page's option, and of each outcome of its command. index: from 0."""
    return f"e_{index}_{outcome}" if outcome else f"e_{index}"


@dataclass(slots=True)
class Walker:
    """The model behind the machine: the state that it is in, and the pages that led here, the newest last."""

    state: str
    trail: list[str] = field(default_factory=list)


class _Walk(StateMachine):
    """Base of the built class."""

    allow_event_without_transition = False
    model: Walker

    def came_from(self, target: State) -> bool:
        """Back leads to the page that led here, and to no other."""
        return bool(self.model.trail) and _state(self.model.trail[-1]) == target.value


def leads(page: Page) -> Iterator[tuple[str, str]]:
    """Every event of a page that leads on, with the page it leads to."""
    if page.listing is not None:
        yield ITEM_EVENT, page.listing.page
    for index, option in enumerate(page.options):
        if isinstance(option.leads, Goto):
            yield option_event(index), option.leads.page
        else:
            for outcome, target in option.leads.outcomes.items():
                yield option_event(index, outcome), target


def detours(menu: Menu, page: Page) -> Iterator[str]:
    """The pages that are shown in place of this one when a fact is missing."""
    if page.facts:
        yield menu.unavailable
    yield from (empty for empty in page.facts.values() if empty)


def parents(menu: Menu) -> dict[str, set[str]]:
    """The pages that "back" may lead to, by page: a page that was shown instead of another has the other's."""
    found: dict[str, set[str]] = {name: set() for name in menu.pages}
    for page in menu.pages.values():
        for _, target in leads(page):
            found[target].add(page.id)
    grown = True
    while grown:
        grown = False
        for page in menu.pages.values():
            for target in detours(menu, page):
                before = len(found[target])
                found[target] |= found[page.id]
                grown = grown or len(found[target]) > before
    found[menu.start].clear()  # home is where every way begins
    return found


def build(menu: Menu) -> StateMachine:
    """The machine of a menu, standing at its start. Raises MenuError for a structure that is none."""
    states = {name: State(value=_state(name), initial=name == menu.start) for name in menu.pages}
    namespace: dict[str, Any] = {_state(name): state for name, state in states.items()}
    back = parents(menu)
    for page in menu.pages.values():
        here = states[page.id]
        for event, target in leads(page):
            _add(namespace, event, here.to(states[target]))
        _add(namespace, HOME_EVENT, here.to(states[menu.start]))
        for parent in sorted(back[page.id]):
            _add(namespace, BACK_EVENT, here.to(states[parent], cond="came_from"))
    for name in menu.pages:  # a page that is only ever shown instead of another must be a state that can be reached
        for target in detours(menu, menu.pages[name]):
            _add(namespace, f"e_instead_{target}", states[name].to(states[target]))
    try:
        return type("MenuMachine", (_Walk,), namespace)(Walker(_state(menu.start)))  # type: ignore[no-any-return]
    except InvalidDefinition as error:
        raise MenuError([f"{menu.file or menu.id}: {error}"]) from error


def go(machine: StateMachine, page: str, trail: tuple[str, ...], event: str) -> str | None:
    """The page that ``event`` leads to, by the machine itself; None where it leads nowhere."""
    walker: Walker = machine.model
    walker.trail = list(trail)
    machine.current_state_value = _state(page)
    try:
        machine.send(event)
    except TransitionNotAllowed:
        return None
    return page_of(str(machine.current_state_value))


def transitions(machine: StateMachine) -> dict[str, dict[str, tuple[str, ...]]]:
    """By page and event, the pages that the machine may go to (several for "back" only)."""
    table: dict[str, dict[str, tuple[str, ...]]] = {}
    for state in machine.states:
        row = table.setdefault(page_of(str(state.value)), {})
        for transition in state.transitions:
            target = page_of(str(transition.target.value))
            for event in transition.events:
                row[str(event)] = (*row.get(str(event), ()), target)
    return table


def mermaid(menu: Menu) -> str:
    """The menu as a Mermaid state diagram, without the ways back and home."""
    lines = ["stateDiagram-v2", f"    [*] --> {menu.start}"]
    for page in menu.pages.values():
        lines += [f"    {page.id} --> {target}: {_label(page, event)}" for event, target in leads(page)]
        if page.ends:
            lines.append(f"    {page.id} --> [*]")
    return "\n".join(lines) + "\n"


def page_of(state: str) -> str:
    """The page that a state stands for."""
    return state.removeprefix("p_")


def _state(page: str) -> str:
    return f"p_{page}"


def _add(namespace: dict[str, Any], event: str, transition: Any) -> None:
    namespace[event] = namespace[event] | transition if event in namespace else transition


def _label(page: Page, event: str) -> str:
    if event == ITEM_EVENT:
        return "choice"
    index, _, outcome = event.removeprefix("e_").partition("_")
    key = page.options[int(index)].key or str(int(index) + 1)
    return f"{key} {outcome}".strip()
