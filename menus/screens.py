"""Putting a page together: its text, its numbered lines, and the keys that every page understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from menus.menu import BACK, HOME, MORE, Menu, Page
from menus.paging import Ruler, fit
from menus.templates import fill
from menus.values import Budget, Facts, Item, Place, Screen


class Screens:
    """Shows the pages of one menu."""

    def __init__(self, menu: Menu) -> None:
        self._menu = menu

    def show(self, place: Place, language: str, facts: Facts, budget: Budget, *, wrong: bool) -> Screen:
        """The screen of ``place``; every fact of its page is known."""
        page = self._menu.pages[place.page]
        items = _items(page, facts)
        body = fill(page.text[language], lambda name, field: _value(facts, name, field))
        lines = [*_choices(page, items, language), *_options(page, len(items), language, facts)]
        notice = f"{Ruler(budget).spelled(self._menu.labels.wrong[language])}\n" if wrong else ""
        room = replace(budget, size=max(1, budget.size - Ruler(budget).length(notice)))
        parts = fit(body, lines, lambda part, more: self._navigation(place, language, part, more=more), room)
        at = min(place.part, len(parts) - 1)
        shown = tuple(item.id for item in items)
        now = replace(place, part=at, parts=len(parts), shown=shown, chosen=_meant(page, place, facts))
        return Screen(notice + parts[at], page.ends, now)

    def good_bye(self, language: str, budget: Budget) -> str:
        """The last word of a session that went wrong."""
        return fit(self._menu.labels.good_bye[language], (), lambda *_: (), budget)[0]

    def _navigation(self, place: Place, language: str, part: int, *, more: bool) -> Sequence[str]:
        page, labels = self._menu.pages[place.page], self._menu.labels
        lines = [f"{MORE} {labels.more[language]}"] if more else []
        if part or (page.back and not page.ends and place.trail):
            lines.append(f"{BACK} {labels.back[language]}")
        if page.home and not page.ends and len(place.trail) > 1:  # with one page behind, back is home
            lines.append(f"{HOME} {labels.home[language]}")
        return lines


def _items(page: Page, facts: Facts) -> tuple[Item, ...]:
    found = facts.get(page.listing.fact) if page.listing is not None else ()
    return found if isinstance(found, tuple) else ()


def _meant(page: Page, place: Place, facts: Facts) -> Mapping[str, str]:
    """What a yes on this page is about: the very items that it shows."""
    about = {name: fact.id for name in page.facts if isinstance(fact := facts.get(name), Item)}
    return {**place.chosen, **about} if about else place.chosen


def _choices(page: Page, items: Sequence[Item], language: str) -> list[str]:
    if page.listing is None:
        return []
    text = page.listing.text[language]
    return [
        f"{number} {fill(text, lambda name, _, item=item: item.fields.get(name, ''))}"  # type: ignore[misc]
        for number, item in enumerate(items, start=1)
    ]


def _options(page: Page, before: int, language: str, facts: Facts) -> list[str]:
    texts = (fill(option.text[language], lambda name, field: _value(facts, name, field)) for option in page.options)
    return [
        f"{option.key or before + number} {text}"
        for number, (option, text) in enumerate(zip(page.options, texts, strict=True), start=1)
    ]


def _value(facts: Facts, name: str, field: str) -> str:
    value = facts.get(name)
    if isinstance(value, Item):
        return value.fields.get(field, "")
    return value if isinstance(value, str) else ""
