"""A menu as it was written and checked: pages, their texts, and where their options lead.

``menus.loader`` reads it from YAML, ``menus.machine`` makes it a machine, ``menus.table`` makes that quick.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from menus.values import Text

BACK, HOME, MORE = "0", "00", "98"
"""Keys that every page understands; no option may have them."""


@dataclass(frozen=True, slots=True)
class Goto:
    """Lead to a page."""

    page: str


@dataclass(frozen=True, slots=True)
class Argument:
    """What a command is given: a literal, or (``chosen``) what was chosen from a list under this name."""

    value: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """Give a command, and lead to the page of its outcome. outcomes: every one that the command can have."""

    command: str
    args: Mapping[str, Argument]
    outcomes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Option:
    """One line of a page. key: what is dialled for it; empty takes the next number."""

    text: Text
    leads: Goto | Call
    key: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """A line for every item of a list fact, before the options. chosen: the name under which the choice is kept."""

    fact: str
    chosen: str
    text: Text
    page: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page. facts: what must be known to show it, each with the page to go to when there is none (or "")."""

    id: str
    text: Text
    facts: Mapping[str, str] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    listing: Listing | None = None
    ends: bool = False
    back: bool = True
    home: bool = True
    line: int = 0


@dataclass(frozen=True, slots=True)
class Labels:
    """The words beside the keys that every page understands, and what is said after a wrong answer."""

    back: Text
    home: Text
    more: Text
    wrong: Text
    good_bye: Text


@dataclass(frozen=True, slots=True)
class Menu:
    """All pages, the first one shown, and the one shown when a fact could not be had."""

    id: str
    version: str
    start: str
    unavailable: str
    pages: Mapping[str, Page]
    labels: Labels
    languages: tuple[str, ...]
    file: str = ""
