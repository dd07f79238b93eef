"""A page with its facts as the phone gets it: which facts send elsewhere, what is numbered how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from menus.errors import FactMismatch
from menus.guards import GuardValue
from menus.numbering import MOST_ITEMS, Numbering
from menus.pages import FactUse, Link, Menu, Page
from menus.paging import Content, Rails, deal, fit, with_notice
from menus.values import GUARD, Budget, Facts, Item, Notice, Place, Screen


def spoken(menu: Menu, language: str) -> str:
    """The menu's language for a person's: the same, one with the same base (``es_CO``), or the first."""
    if language in menu.languages:
        return language
    base = language.replace("-", "_").partition("_")[0]
    return next((known for known in menu.languages if known.partition("_")[0] == base), menu.languages[0])


def notice_of(menu: Menu, page: Page, language: str) -> str:
    """What is said above a page after an answer that means nothing there."""
    said = page.input.wrong if page.input and page.input.wrong else menu.wrong
    return said[language].fill(str)


def roomy(page: Page, budget: Budget) -> Budget:
    """What a page's screens hold: its door's room, in the page's own alphabet if it has one.

    160 octets are 182 septets or 80 UTF-16 code units (3GPP TS 23.038 §5).
    """
    charset, size = page.profile.charset or budget.charset, budget.size
    if charset != budget.charset:
        size = -(-size * 7 // 8) // 2 if charset == "ucs2" else size * 16 // 7
    return Budget(charset, min(size, page.profile.size or size))


def held(page: Page, facts: Facts) -> bool:
    """Whether a page's guard lets it be shown."""
    return page.when is None or page.when.holds(_asked(facts))


def offered(page: Page, facts: Facts) -> tuple[int, ...]:
    """The positions of the options whose guards hold."""
    asked = _asked(facts)
    return tuple(at for at, option in enumerate(page.options) if option.when is None or option.when.holds(asked))


def _asked(facts: Facts) -> Mapping[str, GuardValue]:
    """The values that guards ask for."""
    asked = {name.removeprefix(GUARD): value for name, value in facts.items() if name.startswith(GUARD)}
    return {name: value for name, value in asked.items() if isinstance(value, bool | int | str)}


def missing(page: Page, facts: Facts) -> FactUse | None:
    """The first fact of the page that keeps it from being shown: not had in time, or none where one is needed."""
    return next((use for use in page.facts if _keeps_away(use, facts)), None)


def _keeps_away(use: FactUse, facts: Facts) -> bool:
    value = facts.get(use.name)
    return value is None or (use.empty is not None and value in ("", ()))


def away(menu: Menu, use: FactUse, facts: Facts) -> Link:
    """Where a missing fact leads to."""
    return (use.late if facts.get(use.name) is None else use.empty) or Link(menu.unavailable)


def render(
    menu: Menu,
    numbers: Numbering,
    place: Place,
    *,
    language: str,
    facts: Facts,
    budget: Budget,
    notice: Notice,
    options: Sequence[int],
) -> Screen:
    """The screen of ``place``, whose facts are there. options: the positions of those that are offered.

    numbers: of the options that are offered.
    """
    page, language = menu.pages[place.page], spoken(menu, language)
    items = _items(page, facts)
    numbered = len(items) if page.items and page.items.goto else 0
    keys = numbers.options(numbered)
    content = Content(
        body=page.text[language].fill(_reader(facts)),
        lines=(
            *_item_lines(page, numbers, items, language),
            *_option_lines(page, options, keys, language, facts),
        ),
        rails=rails(menu, page, language),
        notice=notice_of(menu, page, language),
        noticed=notice == "wrong",
        language=language,
    )
    parts = deal(content, budget)
    part = min(place.part, len(parts) - 1)
    stands = Place(
        page=place.page,
        trail=place.trail,
        part=part,
        shown=tuple(item.id for item in items[:numbered]),
        chosen=_meant(page, place, facts),
        mistakes=place.mistakes,
        parts=len(parts),
        reached=None if part == len(parts) - 1 else max(0, parts[part].lines - (len(items) - numbered)),
        offered=tuple(page.options[at].id for at in options) if len(options) < len(page.options) else None,
        heard=place.heard,
        first=place.first,
    )
    text = with_notice(parts[part].text, content, budget)
    return Screen(text, ends=page.ends and part == len(parts) - 1, place=stands)


def _meant(page: Page, place: Place, facts: Facts) -> Mapping[str, str]:
    """What a yes on this page is about: the very items that it shows."""
    about = {use.name: fact.id for use in page.facts if isinstance(fact := facts.get(use.name), Item)}
    return {**place.chosen, **about} if about else place.chosen


def farewell(menu: Menu, place: Place, language: str, budget: Budget) -> Screen:
    """The kind word after too many mistakes."""
    language = spoken(menu, language)
    closing = Rails(more=f"{menu.keys.more} {menu.more[language].fill(str)}", back="", closes=True)
    content = Content(menu.goodbye[language].fill(str), (), closing, language=language)
    return Screen(fit(content, budget)[0], ends=True, place=place)


def rails(menu: Menu, page: Page, language: str) -> Rails:
    """The navigation lines of a page; the start page has nowhere to go back to."""
    inner = page.id != menu.start
    return Rails(
        more=f"{menu.keys.more} {menu.more[language].fill(str)}",
        back=f"{menu.keys.back} {menu.back[language].fill(str)}",
        home=f"{menu.keys.home} {menu.home[language].fill(str)}" if page.home and inner else "",
        at_first=page.back and inner,
        closes=page.ends,
    )


def _items(page: Page, facts: Facts) -> tuple[Item, ...]:
    if page.items is None:
        return ()
    value = facts[page.items.of]
    if value == "":
        return ()
    if not isinstance(value, tuple):
        raise FactMismatch(f"fact {page.items.of} must be a tuple of items, not {type(value).__name__}")
    return value[:MOST_ITEMS]


def _item_lines(page: Page, numbers: Numbering, items: tuple[Item, ...], language: str) -> tuple[str, ...]:
    if page.items is None:
        return ()
    text, of = page.items.text[language], page.items.of
    lines = (text.fill(lambda name, item=item: _field(of, item, name)) for item in items)  # type: ignore[misc]
    if page.items.goto is None:
        return tuple(lines)
    return tuple(f"{numbers.item(at)} {line}" for at, line in enumerate(lines))


def _option_lines(
    page: Page, options: Sequence[int], keys: Sequence[str], language: str, facts: Facts
) -> tuple[str, ...]:
    read = _reader(facts)
    return tuple(f"{key} {page.options[at].text[language].fill(read)}" for key, at in zip(keys, options, strict=True))


def _reader(facts: Facts) -> Callable[[str], str]:
    """What a placeholder stands for."""

    def read(placeholder: str) -> str:
        name, _, field = placeholder.partition(".")
        value = facts[name]
        if field and isinstance(value, Item):
            return _field(name, value, field)
        if field or not isinstance(value, str):
            raise FactMismatch(f"fact {name} cannot stand for {{{placeholder}}}: it is {type(value).__name__}")
        return value

    return read


def _field(fact: str, item: Item, field: str) -> str:
    fields: Mapping[str, str] = item.fields
    if field not in fields:
        raise FactMismatch(f"fact {fact} has an item without the field {field}")
    return fields[field]
