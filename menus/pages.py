"""A menu as it was read: pages, options, lists. Lines are those of its file, for messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from menus.template import Template

Texts = Mapping[str, Template]
"""By language."""


@dataclass(frozen=True, slots=True)
class Link:
    """The id of the page that something leads to."""

    page: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Argument:
    """What a command is given: a literal, or (``chosen``) the list choice of that name."""

    value: str
    chosen: bool
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Order:
    """A command of an option and the page for each of its outcomes."""

    command: str
    args: Mapping[str, Argument]
    outcomes: Mapping[str, Link]
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Option:
    """A numbered line. key: fixed by the menu, or None for the next free number. leads: what it does."""

    id: str
    text: Texts
    leads: Link | Order
    key: str | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ItemList:
    """A line for each item of a list fact. choice, goto: under which name a choice is kept, and where it leads.

    Without them the items are shown and not numbered.
    """

    of: str
    text: Texts
    choice: str = ""
    goto: Link | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class FactUse:
    """A fact that a page shows. empty: the page to show when there is none."""

    name: str
    empty: Link | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Page:
    """What one place of the menu says and offers. back, home: whether these lines are shown."""

    id: str
    text: Texts
    facts: tuple[FactUse, ...] = ()
    items: ItemList | None = None
    options: tuple[Option, ...] = ()
    ends: bool = False
    back: bool = True
    home: bool = True
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Menu:
    """A checked menu. version: of its content, whatever its layout. unavailable: page for facts not had in time."""

    id: str
    version: str
    start: str
    unavailable: str
    pages: Mapping[str, Page]
    languages: tuple[str, ...]
    back: Texts
    home: Texts
    more: Texts
    wrong: Texts
    goodbye: Texts
    file: str = field(default="", compare=False)
