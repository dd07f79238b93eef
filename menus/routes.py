"""Every way from page to page, in one list: the machine, the checks and the drawing all start from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from menus.pages import Link, Menu, Order, Page

RouteKind = Literal["move", "outcome", "detour", "home", "back", "push"]


@dataclass(frozen=True, slots=True)
class Route:
    """One way. event: its name in the machine. says: how a message calls it. choice: what a list keeps."""

    source: str
    event: str
    target: str
    kind: RouteKind
    says: str
    line: int = 0
    choice: str = ""


def option_event(option: str) -> str:
    """The event of an option that moves."""
    return f"option_{option}"


def outcome_event(option: str, outcome: str) -> str:
    """The event of a command that ended."""
    return f"outcome_{option}_{outcome}"


ITEM = "item"
BACK = "back"
HOME = "home"
UNAVAILABLE = "unavailable"
OTHERWISE = "otherwise"
INPUT = "input"
"""What is typed into a page, as if it were an option of this id."""


def written(menu: Menu) -> Iterator[Route]:
    """The ways that the file writes down, in its order."""
    for name, link in menu.pushed.items():  # nobody goes there, yet a session may begin there as it does at the start
        yield Route(menu.start, f"pushed_{name}", link.page, "push", f"pushed: {name}", link.line)
    for page in menu.pages.values():
        yield from _detours(menu, page)
        if page.items and page.items.goto:
            link = page.items.goto
            yield Route(page.id, ITEM, link.page, "move", "list", link.line, page.items.choice)
        if page.input:
            yield from _led(page, INPUT, "input", page.input.leads, page.input.choice)
        for option in page.options:
            yield from _led(page, option.id, f"option {option.id}", option.leads)


def _led(page: Page, ident: str, says: str, leads: Link | Order, choice: str = "") -> Iterator[Route]:
    """The ways of an answer that leads somewhere."""
    if isinstance(leads, Link):
        yield Route(page.id, option_event(ident), leads.page, "move", says, leads.line, choice)
        return
    for outcome, link in leads.outcomes.items():
        event = outcome_event(ident, outcome)
        yield Route(page.id, event, link.page, "outcome", f"outcome {outcome} of {says}", link.line, choice)


def _detours(menu: Menu, page: Page) -> Iterator[Route]:
    for use in page.facts:
        for kind, link in (("empty", use.empty), ("late", use.late)):
            if link:
                yield Route(page.id, f"{kind}_{use.name}", link.page, "detour", f"fact {use.name}", link.line)
    if page.otherwise:
        yield Route(page.id, OTHERWISE, page.otherwise.page, "detour", "else", page.otherwise.line)
    # the start page always may: so the page for missing facts can be reached in a menu that has none yet
    if page.facts or page.id == menu.start:
        yield Route(page.id, UNAVAILABLE, menu.unavailable, "detour", "a missing fact", page.line)


def all_routes(menu: Menu) -> tuple[Route, ...]:
    """Those of the file, and the ways home and back that every page has."""
    routes = tuple(written(menu))
    homes = (Route(page, HOME, menu.start, "home", "home") for page in menu.pages)
    backs = (
        Route(page, BACK, target, "back", "back")
        for page, targets in ways_back(menu, routes).items()
        for target in targets
    )
    return (*routes, *homes, *backs)


def ways_back(menu: Menu, routes: Sequence[Route]) -> Mapping[str, tuple[str, ...]]:
    """For each page the pages that can stand last in its trail, and the start, where an empty trail leads.

    A move leaves the page it came from; an outcome leaves the start; a detour leaves the trail as it is.
    """
    found: dict[str, dict[str, None]] = {page: {menu.start: None} for page in menu.pages}
    detours: dict[str, list[str]] = defaultdict(list)
    for route in routes:
        if route.kind == "move" and route.target not in (route.source, menu.start):
            found[route.target][route.source] = None
        elif route.kind == "detour":
            detours[route.source].append(route.target)
    waiting = list(detours)
    while waiting:
        source = waiting.pop()
        for target in detours[source]:
            new = found[source].keys() - found[target].keys()
            found[target] |= {page: None for page in found[source] if page in new}
            if new and target in detours:
                waiting.append(target)
    return {page: tuple(targets) for page, targets in found.items()}
