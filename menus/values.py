"""What goes into a menu and what comes out of it: facts, places, commands, screens. Data only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from menus.errors import PlaceUnreadable
from menus.guards import GuardKind
from menus.inputs import InputKind

Charset = Literal["gsm7", "ucs2"]
FactKind = Literal["text", "item", "list"]
GUARD = "?"
"""Stands before the name of a guard's value among the facts of a page: ``?balance`` is a number, ``balance`` a text."""
TYPED = "typed"
"""The fact whose fields are what was typed and chosen in this session: ``{typed.amount}``."""
Notice = Literal["", "wrong"]
"""Names one of the menu's own texts that a screen may begin with."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a fact. fields: texts ready to show, ``{"name": "1 GB", "price": "$3.000"}``."""

    id: str
    fields: Mapping[str, str]


FactValue = str | Item | tuple[Item, ...] | bool | int | None
"""None: could not be had in time. ``""`` or ``()``: there is none."""

Facts = Mapping[str, FactValue]


@dataclass(frozen=True, slots=True)
class Command:
    """What an option asks for; the caller turns it into effects."""

    name: str
    args: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session stands.

    trail: pages that "0" leads back through, newest last. part: which part of a page that does not fit into
    one screen, of ``parts``. shown: ids of the list items as they were numbered, so that "2" means what was
    shown as 2. chosen: list choices and inputs so far, ``{"bundle": "data-1gb-7d"}``, and the items that pages showed:
    a yes is to what was seen. mistakes: in a row. offered: ids of the options as they were numbered, on a page where
    guards hide some; None for all. reached: how many items and options had been shown up to this part; None for all.
    heard, first: answers from before that number nothing on this page, and its first number, see ``Unmistakable``.
    """

    page: str
    trail: tuple[str, ...] = ()
    part: int = 0
    shown: tuple[str, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)
    mistakes: int = 0
    parts: int = 1
    offered: tuple[str, ...] | None = None
    reached: int | None = None
    heard: tuple[str, ...] = ()
    first: int = 1


@dataclass(frozen=True, slots=True)
class Unmistakable:
    """How options are numbered where something is ordered, on a wire that cannot tell a late repetition of an answer.

    heard: what was answered in this session; it numbers nothing, so that its repetition orders nothing. first: the
    first number; a high one that no other screen had, once a repetition may have led away from what the person sees.
    """

    heard: frozenset[str] = frozenset()
    first: int = 1


@dataclass(frozen=True, slots=True)
class Budget:
    """The room of one screen. size: septets, or UTF-16 code units for ucs2."""

    charset: Charset = "gsm7"
    size: int = 182


@dataclass(frozen=True, slots=True)
class FactSpec:
    """What a fact can be.

    fields: of an item, or of each item of a list. longest: an example of the longest value, under ``""`` for
    a text and one a field for items; lines are measured with it.
    """

    kind: FactKind
    fields: frozenset[str] = frozenset()
    longest: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """What a command takes and how it can end. confirm: its page must offer a way not to do it.

    typed: the kind of input that an argument must come from, for those that are typed. literals: what an argument may
    be, for those that the menu writes. about: the item facts that the page must show, for a yes is to what was seen.
    """

    args: frozenset[str]
    outcomes: frozenset[str]
    confirm: bool = False
    typed: Mapping[str, InputKind] = field(default_factory=dict)
    literals: Mapping[str, frozenset[str]] = field(default_factory=dict)
    about: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything that a menu may name. languages: in each of them every text must be there.

    guards: what conditions may speak of. region: ISO 3166, whose way of writing phone numbers is understood.
    """

    facts: Mapping[str, FactSpec]
    commands: Mapping[str, CommandSpec]
    languages: tuple[str, ...]
    guards: Mapping[str, GuardKind] = field(default_factory=dict)
    region: str = "ZZ"


@dataclass(frozen=True, slots=True)
class Screen:
    """A page, or a part of it, as the phone gets it: within the budget, in its alphabet.

    place: to be kept for the next step. ends: the session closes with this screen.
    """

    text: str
    ends: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Detour:
    """A fact is empty or missing: fetch the facts of this place's page and show that."""

    place: Place


@dataclass(frozen=True, slots=True)
class Moved:
    """The answer leads to another page or part."""

    place: Place


@dataclass(frozen=True, slots=True)
class Invoke:
    """The answer asks for something to be done. option: for ``CompiledMenu.after``, once it ended."""

    command: Command
    option: str
    place: Place


@dataclass(frozen=True, slots=True)
class Wrong:
    """The answer means nothing here: show the place again, with ``reason`` as its notice."""

    place: Place
    reason: Notice = "wrong"


@dataclass(frozen=True, slots=True)
class Over:
    """One mistake too many: say good-bye with ``CompiledMenu.show_end``."""

    place: Place


Step = Moved | Invoke | Wrong | Over
_USUAL: tuple[object, ...] = (None, (), 0, (), {}, 0, 1, None, None, (), 1)


def place_values(place: Place) -> Sequence[object]:
    """The place as a short JSON array, without the values at its end that are as usual."""
    values = [
        place.page,
        place.trail,
        place.part,
        place.shown,
        dict(place.chosen),
        place.mistakes,
        place.parts,
        place.offered,
        place.reached,
        place.heard,
        place.first,
    ]
    while len(values) > 1 and values[-1] == _USUAL[len(values) - 1]:
        values.pop()
    return values


def place_from_values(values: object) -> Place:
    """The place that ``place_values`` wrote, back from JSON. Raises PlaceUnreadable."""
    shapes = (
        _is_text,
        _are_texts,
        _is_count,
        _are_texts,
        _is_choice,
        _is_count,
        _is_count,
        _are_texts_or_all,
        _is_count_or_all,
        _are_texts,
        _is_count,
    )
    if not isinstance(values, list) or not 1 <= len(values) <= len(shapes):
        raise PlaceUnreadable("a place is not an array of one to eleven values")
    for at, (value, fits) in enumerate(zip(values, shapes, strict=False)):
        if not fits(value):
            raise PlaceUnreadable(f"value {at} of a place has the wrong type")
    taken: list[Any] = [tuple(value) if isinstance(value, list) else value for value in values]
    return Place(*taken)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_texts_or_all(value: object) -> bool:
    return value is None or _are_texts(value)


def _is_count_or_all(value: object) -> bool:
    return value is None or _is_count(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_choice(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))
