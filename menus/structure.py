"""Whether the ways of a menu lead everywhere and out again, and whether its lines fit a phone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from menus.checks import answers
from menus.pages import Argument, Menu, Order, Page
from menus.reading import Problems, did_you_mean
from menus.routes import UNAVAILABLE, Route, written
from menus.values import TYPED


def check_links(menu: Menu, problems: Problems) -> None:
    """Keep a problem for each link that leads to no page; ``start`` and ``unavailable`` were seen when read."""
    for route in written(menu):
        if route.target and route.target not in menu.pages and route.event != UNAVAILABLE:
            hint = did_you_mean(route.target, menu.pages)
            problems.add(
                route.line, f"page {route.source}: {route.says} leads to '{route.target}', which is no page{hint}"
            )


def check_ways(menu: Menu, problems: Problems) -> None:
    """Keep a problem for each page without a way in or out, and each choice that may not have been made."""
    routes = tuple(written(menu))
    reached = _reached(menu.start, routes)
    for page in menu.pages.values():
        if page.id not in reached:
            problems.add(page.line, f"page {page.id}: cannot be reached from '{menu.start}'")
        if not _has_way_out(menu, page):
            problems.add(page.line, f"page {page.id}: has no way out; give it an option, or 'ends: true'")
    _check_shortcuts(menu, problems)
    _check_unavailable(menu.pages[menu.unavailable], problems)
    _check_circles(routes, problems)
    _check_choices(menu, routes, problems)


def _check_unavailable(page: Page, problems: Problems) -> None:
    """What is shown while a system is away neither asks it anything nor gives it anything to do."""
    if page.facts or page.when:
        problems.add(page.line, f"page {page.id}: is shown when facts are missing, so it can show none")
    for ident, leads in answers(page):
        if isinstance(leads, Order):
            sentence = f"{ident}: is shown when facts are missing, so it can give no command"
            problems.add(leads.line, f"page {page.id}: {sentence}")


def _check_shortcuts(menu: Menu, problems: Problems) -> None:
    for dialled, link in menu.shortcuts.items():
        if link.page not in menu.pages:
            hint = did_you_mean(link.page, menu.pages)
            problems.add(link.line, f"shortcut {dialled}: '{link.page}' is no page{hint}")


def _reached(start: str, routes: Sequence[Route]) -> set[str]:
    reached, waiting = {start}, [start]
    targets: dict[str, list[str]] = {}
    for route in routes:
        targets.setdefault(route.source, []).append(route.target)
    while waiting:
        for target in targets.get(waiting.pop(), ()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached


def _has_way_out(menu: Menu, page: Page) -> bool:
    navigates = page.id != menu.start and (page.back or page.home)
    return page.ends or navigates or _answerable(page)


def _answerable(page: Page) -> bool:
    """Whether something can always be answered: options that guards may all hide, or an empty list, do not count."""
    listed = page.items and page.items.goto and any(use.name == page.items.of and use.empty for use in page.facts)
    return any(option.when is None for option in page.options) or bool(page.input or listed)


def _check_circles(routes: Sequence[Route], problems: Problems) -> None:
    """Pages that send on to each other when facts are empty would never show anything."""
    detours = {(route.source, route.target): route for route in routes if route.kind == "detour"}
    circle = _circles(detours)
    for (source, target), route in detours.items():
        if circle[source] == circle[target]:
            problems.add(route.line, f"page {source}: {route.says} leads in a circle through '{target}'")


def _circles(detours: Collection[tuple[str, str]]) -> dict[str, int]:
    """For each page a number that it shares with those that lead to it and back: Tarjan's strong components."""
    ways: dict[str, list[str]] = {}
    for source, target in detours:
        ways.setdefault(source, []).append(target)
        ways.setdefault(target, [])
    entered: dict[str, int] = {}
    lowest: dict[str, int] = {}
    found: dict[str, int] = {}
    open_pages: list[str] = []
    for first, targets in ways.items():
        path = [] if first in entered else [(first, iter(targets))]
        while path:
            page, left = path[-1]
            if page not in entered:
                entered[page] = lowest[page] = len(entered)
                open_pages.append(page)
            following = next(left, None)
            if following is None:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[page])
                if lowest[page] == entered[page]:
                    _close(page, open_pages, found)
            elif following not in entered:
                path.append((following, iter(ways[following])))
            elif following not in found:
                lowest[page] = min(lowest[page], entered[following])
    return found


def _close(page: str, open_pages: list[str], found: dict[str, int]) -> None:
    """Take a whole circle, whose first page is ``page``, from the open pages."""
    number = len(found)
    while page not in found:
        found[open_pages.pop()] = number


def _check_choices(menu: Menu, routes: Sequence[Route], problems: Problems) -> None:
    made = _choices_made(menu, routes)
    for page in menu.pages.values():
        for ident, argument in _chosen_arguments(page):
            if argument.value not in made[page.id]:
                problems.add(
                    argument.line,
                    f"page {page.id}: {ident}: '{argument.value}' has not been chosen on every way here",
                )
        for line, name in sorted(_typed_shown(page)):
            if name not in made[page.id]:
                problems.add(line, f"page {page.id}: {{{TYPED}.{name}}} has not been typed on every way here")


def _typed_shown(page: Page) -> set[tuple[int, str]]:
    """What a page's texts show of what was typed, with its line."""
    templates = [template for texts in page.said for template in texts.values()]
    return {
        (template.line, name.partition(".")[2])
        for template in templates
        for name in template.names
        if name.startswith(f"{TYPED}.")
    }


def _chosen_arguments(page: Page) -> Iterator[tuple[str, Argument]]:
    for ident, leads in answers(page):
        if isinstance(leads, Order):
            own = page.input.choice if page.input else ""
            chosen = (argument for argument in leads.args.values() if argument.chosen and argument.value != own)
            yield from ((ident, argument) for argument in chosen)


def _choices_made(menu: Menu, routes: Sequence[Route]) -> dict[str, frozenset[str]]:
    """For each page the choices that every way from the start has made; the start and shortcuts have none."""
    every = frozenset(route.choice for route in routes if route.choice)
    nothing = (menu.start, *(link.page for link in menu.shortcuts.values() if link.page in menu.pages))
    made = dict.fromkeys(menu.pages, every) | dict.fromkeys(nothing, frozenset[str]())
    changed = True
    while changed:
        changed = False
        for route in routes:
            brought = made[route.source] | ({route.choice} if route.choice else frozenset())
            if not made[route.target] <= brought:
                made[route.target] &= brought
                changed = True
    return made
