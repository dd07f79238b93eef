"""Whether the lines of a menu fit a phone, with the longest facts in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from menus.charset import forces_ucs2
from menus.inputs import longest as longest_typed
from menus.pages import Menu, Page, Texts
from menus.paging import room, spell, units
from menus.reading import Problems
from menus.screens import notice_of, rails, roomy
from menus.values import TYPED, Budget, Vocabulary

SMALLEST: Final = (Budget("gsm7", 120), Budget("ucs2", 80))
"""The smallest screens that networks have."""

_LEAST_ROOM = 20
_Line = tuple[str, Texts, Callable[[str], str]]


def check_fit(menu: Menu, vocabulary: Vocabulary, problems: Problems) -> None:
    """Keep a problem for each line that does not fit a small screen whole, with the longest facts in it."""
    for language in menu.languages:
        _check_goodbye(menu, language, problems)
        if not _check_navigation(menu, language, problems):
            continue
        for page in menu.pages.values():
            if _check_room(menu, page, language, problems):
                for where, texts, value in _lines(menu, page, vocabulary):
                    _check_line(menu, page, (where, texts, value, language), problems)


def _lines(menu: Menu, page: Page, vocabulary: Vocabulary) -> Iterable[_Line]:
    def longest(placeholder: str) -> str:
        name, _, field = placeholder.partition(".")
        if name == TYPED:
            inputs = (one.input for one in menu.pages.values() if one.input)
            return next((longest_typed(one.rule) for one in inputs if one.choice == field), "")
        return vocabulary.facts[name].longest.get(field, "")

    if page.items:
        spec = vocabulary.facts[page.items.of]
        yield "list", page.items.text, lambda field: spec.longest.get(field, "")
    for option in page.options:
        yield f"option {option.id}", option.text, longest


def _check_goodbye(menu: Menu, language: str, problems: Problems) -> None:
    """It ends the session, so there is no going on to the rest of it."""
    template = menu.goodbye[language]
    text = template.fill(str)
    budget = SMALLEST[1] if forces_ucs2(text, language) else SMALLEST[0]
    size = units(spell(text, budget.charset, language), budget.charset)
    if size > budget.size:
        sentence = f"takes {size} units of the {budget.size} ({budget.charset}) of a screen; shorten it"
        problems.add(template.line, f"texts: goodbye in {language} {sentence}")


def _check_navigation(menu: Menu, language: str, problems: Problems) -> bool:
    """Whether what all pages have in common leaves them room."""
    fullest = max(
        (rails(menu, page, language) for page in menu.pages.values()), key=lambda found: len(found.home + found.back)
    )
    notice = menu.wrong[language].fill(str)
    tight = [budget for budget in SMALLEST if room(fullest, notice, budget, language) < _LEAST_ROOM]
    for budget in tight:
        problems.add(
            menu.more[language].line,
            f"navigation and 'wrong' in {language} leave less than {_LEAST_ROOM} of {budget.size} units"
            f" ({budget.charset}) to the page; shorten them",
        )
    return not tight


def _check_room(menu: Menu, page: Page, language: str, problems: Problems) -> bool:
    """Whether a page's own profile and words for mistakes leave it room."""
    own = page.input.wrong[language] if page.input and page.input.wrong else None
    notice = notice_of(menu, page, language)
    for smallest in SMALLEST[1:] if page.profile.charset == "ucs2" else SMALLEST:
        budget = roomy(page, smallest)
        if room(rails(menu, page, language), notice, budget, language) < _LEAST_ROOM:
            problems.add(
                own.line if own else page.line,
                f"page {page.id}: navigation, what is said after a mistake and the page's profile leave less than"
                f" {_LEAST_ROOM} of {budget.size} units ({budget.charset}) in {language}",
            )
            return False
    return True


def _check_line(menu: Menu, page: Page, line: tuple[str, Texts, Callable[[str], str], str], problems: Problems) -> None:
    where, texts, value, language = line
    text = f"{menu.keys.more} {texts[language].fill(value)}"
    # measured in the alphabet that the text needs: whoever shows Spanish in UCS-2 chose to
    wide = page.profile.charset == "ucs2" or forces_ucs2(text, language)
    for smallest in SMALLEST[1:] if wide else SMALLEST[:1]:
        budget = roomy(page, smallest)
        size = units(spell(text, budget.charset, language), budget.charset)
        there = room(rails(menu, page, language), notice_of(menu, page, language), budget, language)
        if size > there:
            problems.add(
                texts[language].line,
                f"page {page.id}: {where} in {language} takes {size} units of the {there} that a screen of"
                f" {budget.size} ({budget.charset}) leaves; shorten it",
            )
            return
