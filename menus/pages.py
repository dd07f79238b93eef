"""A menu as it was read: pages, options, lists. Lines are those of its file, for messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from menus.guards import Guard
from menus.inputs import Rule
from menus.template import Template
from menus.values import Charset

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
    """A numbered line. key: fixed by the menu, or None for the next free number. leads: what it does.

    when: shown only where this holds.
    """

    id: str
    text: Texts
    leads: Link | Order
    key: str | None = None
    when: Guard | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Input:
    """Something to be typed. choice: the name under which it is kept. leads: what follows a good one.

    wrong: said above the page after a bad one; None for the menu's own words.
    """

    choice: str
    rule: Rule
    leads: Link | Order
    wrong: Texts | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Profile:
    """How a page differs from what its door's screens hold. charset, size: None for no difference.

    size: units at most, in the page's charset.
    """

    charset: Charset | None = None
    size: int | None = None


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
    """A fact that a page shows. empty: the page to show when there is none; late: when it was not had in time."""

    name: str
    empty: Link | None = None
    late: Link | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Page:
    """What one place of the menu says and offers. back, home: whether these lines are shown.

    when, otherwise: where the guard does not hold, the other page is shown instead.
    """

    id: str
    text: Texts
    facts: tuple[FactUse, ...] = ()
    items: ItemList | None = None
    options: tuple[Option, ...] = ()
    input: Input | None = None
    when: Guard | None = None
    otherwise: Link | None = None
    profile: Profile = Profile()
    ends: bool = False
    back: bool = True
    home: bool = True
    line: int = field(default=0, compare=False)

    @property
    def guards(self) -> tuple[Guard, ...]:
        """Its own condition and those of its options."""
        return tuple(one for one in (self.when, *(option.when for option in self.options)) if one is not None)

    @property
    def said(self) -> tuple[Texts, ...]:
        """Its text and those of its options."""
        return self.text, *(option.text for option in self.options)


@dataclass(frozen=True, slots=True)
class Keys:
    """What is typed to navigate."""

    back: str = "0"
    home: str = "00"
    more: str = "98"

    @property
    def all(self) -> frozenset[str]:
        """No option or list item has one of these numbers."""
        return frozenset((self.back, self.home, self.more))


@dataclass(frozen=True, slots=True)
class Menu:
    """A checked menu. version: of its content, whatever its layout. unavailable: page for facts not had in time.

    languages: in which every text is there: the vocabulary's, and regional ones that the menu brings (``es_CO``).
    shortcuts: what is dialled behind the code, ``1*2``, and the page that it is printed for. mistakes: in a row, the
    last of which ends the session. pushed: ``offer`` and ``alert``, and the page that a session opened by the network
    begins on with one.
    """

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
    keys: Keys = Keys()
    mistakes: int = 3
    shortcuts: Mapping[str, Link] = field(default_factory=dict)
    pushed: Mapping[str, Link] = field(default_factory=dict)
    file: str = field(default="", compare=False)
