"""Whether the ways of a menu lead everywhere and out again, and whether its lines fit a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from menus.charset import forces_ucs2
from menus.numbering import MORE
from menus.pages import Argument, Menu, Order, Page, Texts
from menus.paging import room, spell, units
from menus.reading import Problems, did_you_mean
from menus.routes import UNAVAILABLE, Route, written
from menus.screens import rails
from menus.values import Budget, Vocabulary

SMALLEST = (Budget("gsm7", 120), Budget("ucs2", 80))
"""The smallest screens that networks have."""

_LEAST_ROOM = 20


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
    _check_unavailable(menu.pages[menu.unavailable], problems)
    _check_circles(routes, problems)
    _check_choices(menu, routes, problems)


def _check_unavailable(page: Page, problems: Problems) -> None:
    """What is shown while a system is away neither asks it anything nor gives it anything to do."""
    if page.facts:
        problems.add(page.line, f"page {page.id}: is shown when facts are missing, so it can show none")
    for option in page.options:
        if isinstance(option.leads, Order):
            sentence = f"option {option.id}: is shown when facts are missing, so it can give no command"
            problems.add(option.leads.line, f"page {page.id}: {sentence}")


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
    return page.ends or navigates or bool(page.options) or bool(page.items and page.items.goto)


def _check_circles(routes: Sequence[Route], problems: Problems) -> None:
    """Pages that send on to each other when facts are empty would never show anything."""
    detours = {(route.source, route.target): route for route in routes if route.kind == "detour"}
    written_detours = tuple(detours.values())
    for (source, target), route in detours.items():
        if source in _reached(target, written_detours):
            problems.add(route.line, f"page {source}: {route.says} leads in a circle through '{target}'")


def _check_choices(menu: Menu, routes: Sequence[Route], problems: Problems) -> None:
    made = _choices_made(menu, routes)
    for page in menu.pages.values():
        for option, argument in _chosen_arguments(page):
            if argument.value not in made[page.id]:
                problems.add(
                    argument.line,
                    f"page {page.id}: option {option}: '{argument.value}' has not been chosen on every way here",
                )


def _chosen_arguments(page: Page) -> Iterator[tuple[str, Argument]]:
    for option in page.options:
        if isinstance(option.leads, Order):
            yield from ((option.id, argument) for argument in option.leads.args.values() if argument.chosen)


def _choices_made(menu: Menu, routes: Sequence[Route]) -> dict[str, frozenset[str]]:
    """For each page the choices that every way from the start has made; the start forgets them."""
    every = frozenset(route.choice for route in routes if route.choice)
    made = dict.fromkeys(menu.pages, every) | {menu.start: frozenset[str]()}
    changed = True
    while changed:
        changed = False
        for route in routes:
            brought = made[route.source] | ({route.choice} if route.choice else frozenset())
            if not made[route.target] <= brought:
                made[route.target] &= brought
                changed = True
    return made


def check_fit(menu: Menu, vocabulary: Vocabulary, problems: Problems) -> None:
    """Keep a problem for each line that does not fit a small screen whole, with the longest facts in it."""
    for language in menu.languages:
        if not _check_navigation(menu, language, problems):
            continue
        for page in menu.pages.values():
            for where, texts, value in _lines(page, vocabulary):
                _check_line(menu, page, (where, texts, value, language), problems)


_Line = tuple[str, Texts, Callable[[str], str]]


def _lines(page: Page, vocabulary: Vocabulary) -> Iterable[_Line]:
    def longest(placeholder: str) -> str:
        name, _, field = placeholder.partition(".")
        return vocabulary.facts[name].longest.get(field, "")

    if page.items:
        spec = vocabulary.facts[page.items.of]
        yield "list", page.items.text, lambda field: spec.longest.get(field, "")
    for option in page.options:
        yield f"option {option.id}", option.text, longest


def _check_navigation(menu: Menu, language: str, problems: Problems) -> bool:
    fullest = max(
        (rails(menu, page, language) for page in menu.pages.values()), key=lambda found: len(found.home + found.back)
    )
    notice = menu.wrong[language].fill(str)
    tight = [budget for budget in SMALLEST if room(fullest, notice, budget) < _LEAST_ROOM]
    for budget in tight:
        problems.add(
            menu.more[language].line,
            f"navigation and 'wrong' in {language} leave less than {_LEAST_ROOM} of {budget.size} units"
            f" ({budget.charset}) to the page; shorten them",
        )
    return not tight


def _check_line(menu: Menu, page: Page, line: tuple[str, Texts, Callable[[str], str], str], problems: Problems) -> None:
    where, texts, value, language = line
    text = f"{MORE} {texts[language].fill(value)}"
    # measured in the alphabet that the text needs: whoever shows Spanish in UCS-2 chose to
    for budget in SMALLEST[1:] if forces_ucs2(text) else SMALLEST[:1]:
        size = units(spell(text, budget.charset), budget.charset)
        there = room(rails(menu, page, language), menu.wrong[language].fill(str), budget)
        if size > there:
            problems.add(
                texts[language].line,
                f"page {page.id}: {where} in {language} takes {size} units of the {there} that a screen of"
                f" {budget.size} ({budget.charset}) leaves; shorten it",
            )
            return
