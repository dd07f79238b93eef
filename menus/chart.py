"""What a chart of a menu shows: each page as a box of lines, and where the lines of a box lead."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from menus.numbering import numbering
from menus.pages import Link, Menu, Order, Page, Texts
from menus.screens import spoken

Kind = Literal["move", "outcome", "detour"]
WIDTH = 38
"""Of a box, in characters."""
_MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a box. target: the page that it leads to; empty for none."""

    text: str
    target: str = ""
    kind: Kind = "move"


@dataclass(frozen=True, slots=True)
class Box:
    """One page: what it says, and what can be answered or happens there."""

    page: str
    says: tuple[str, ...]
    rows: tuple[Row, ...]
    ends: bool


def boxes(menu: Menu, language: str) -> tuple[Box, ...]:
    """Every page, in the order of the file. Without the ways back, home, and to the page for missing facts."""
    language = spoken(menu, language)
    return tuple(
        Box(page.id, _says(_written(page.text, language)), tuple(_rows(menu, page, language)), page.ends)
        for page in menu.pages.values()
    )


def _rows(menu: Menu, page: Page, language: str) -> Iterator[Row]:
    for name, link in menu.pushed.items() if page.id == menu.start else ():
        yield Row(f"pushed: {name}", link.page, "detour")
    if page.when and page.otherwise:
        yield Row(f"unless {page.when.text}", page.otherwise.page, "detour")
    for use in page.facts:
        if use.empty:
            yield Row(f"no {use.name}", use.empty.page, "detour")
        if use.late:
            yield Row(f"{use.name} late", use.late.page, "detour")
    if page.items:
        sign = "1… " if page.items.goto else ""
        yield Row(f"{sign}{_written(page.items.text, language)}", page.items.goto.page if page.items.goto else "")
    if page.input:
        yield from _led(f"types {page.input.rule.kind}", page.input.leads)
    numbers = numbering([option.key for option in page.options], menu.keys.all).options(0)
    behind = "+" if page.items and page.items.goto else ""
    for number, option in zip(numbers, page.options, strict=True):
        sign = number if option.key else f"{behind}{number}"
        yield from _led(f"{sign} {_written(option.text, language)}", option.leads)
        if option.when:
            yield Row(f"  when {option.when.text}")


def _led(text: str, leads: Link | Order) -> Iterator[Row]:
    if isinstance(leads, Link):
        yield Row(text, leads.page)
        return
    yield Row(f"{text} · {leads.command}")
    for outcome, link in leads.outcomes.items():
        yield Row(f"  {outcome}", link.page, "outcome")


def _written(texts: Texts, language: str) -> str:
    return texts[language].fill(lambda name: f"{{{name}}}")


def _says(text: str) -> tuple[str, ...]:
    lines = [piece for line in text.splitlines() for piece in textwrap.wrap(line, WIDTH)]
    return tuple(lines[:_MOST_LINES]) + (("…",) if len(lines) > _MOST_LINES else ())
