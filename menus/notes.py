"""What a menu says that works and yet is worth a look: characters that phones show as ``?``, pages of many screens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from menus import examples, screens
from menus.charset import is_gsm7, transliterate
from menus.errors import MenusError
from menus.inputs import longest
from menus.pages import Menu, Page, Texts
from menus.rows import row_of
from menus.template import Template
from menus.values import TYPED, Budget, Facts, Item, Place, Vocabulary

_MOST_SCREENS = 3


def notes_of(menu: Menu, vocabulary: Vocabulary) -> list[str]:
    """A line for each, ``file:line: what it is``, in the order of the menu."""
    found = [*_shared(menu)]
    for page in menu.pages.values():
        if page.profile.charset != "ucs2":
            for texts in _texts(page):
                found += _unshown(menu, f"page {page.id}", texts, "; write another, or 'profile: {charset: ucs2}'")
        found += _long(menu, page, vocabulary)
    return list(dict.fromkeys(found))


def _shared(menu: Menu) -> Iterator[str]:
    named = {"navigation": (menu.back, menu.home, menu.more), "texts": (menu.wrong, menu.goodbye)}
    for where, shared in named.items():
        for texts in shared:
            yield from _unshown(menu, where, texts, "; write another")


def _texts(page: Page) -> Iterator[Texts]:
    yield page.text
    if page.items:
        yield page.items.text
    yield from (option.text for option in page.options)
    if page.input and page.input.wrong:
        yield page.input.wrong


def _unshown(menu: Menu, where: str, texts: Texts, advice: str) -> Iterator[str]:
    """A line for each character that a GSM-7 screen has no equal of."""
    for language in menu.languages:
        if language in texts:
            template = texts[language]
            plain = transliterate(template.fill(lambda name: ""), language)
            for char in dict.fromkeys(char for char in plain if not is_gsm7(char)):
                sentence = f"'{char}' in {language} is shown as '?' on a GSM-7 screen{advice}"
                yield f"{_at(menu, template)}: {where}: {sentence}"


def _long(menu: Menu, page: Page, vocabulary: Vocabulary) -> Iterator[str]:
    """A line for a page that is read in many parts, in the language that takes most."""
    most, language = max((_screens(menu, page, language, vocabulary), language) for language in menu.languages)
    if most > _MOST_SCREENS:
        sentence = f"takes {most} screens in {language} with the longest facts; shorten it, or split it in two"
        yield f"{_at(menu, page.text[language])}: page {page.id}: {sentence}"


def _screens(menu: Menu, page: Page, language: str, vocabulary: Vocabulary) -> int:
    facts: Facts = {**examples.longest(vocabulary), TYPED: Item(TYPED, _typed(menu))}
    options = screens.offered(page, facts)
    row = row_of(menu, page, {}, frozenset())
    try:
        return screens.render(
            menu,
            row.numbers(options),
            Place(page.id),
            language=language,
            facts=facts,
            budget=screens.roomy(page, Budget()),
            notice="",
            options=options,
        ).place.parts
    except MenusError:  # what a menu shows of a choice is known only once it is made
        return 0


def _typed(menu: Menu) -> Mapping[str, str]:
    asked = (page.input for page in menu.pages.values() if page.input)
    return {one.choice: longest(one.rule) for one in asked}


def _at(menu: Menu, template: Template) -> str:
    return f"{getattr(template.line, 'file', '') or menu.file}:{template.line:d}"
