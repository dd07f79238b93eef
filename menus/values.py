"""The nouns of a dialogue: what is known, what is shown, where a session stands, what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Language = str
Charset = Literal["gsm7", "ucs2"]
NOTHING: Mapping[str, str] = MappingProxyType({})


def _nothing() -> Mapping[str, str]:
    """One empty mapping for all: there are very many sessions."""
    return NOTHING


@dataclass(frozen=True, slots=True)
class Item:
    """One thing with texts that are ready to show: ``{"name": "1 GB por 7 días", "price": "$3.000"}``."""

    id: str
    fields: Mapping[str, str] = field(default_factory=_nothing)


FactValue = str | Item | tuple[Item, ...] | None
"""None: could not be had in time. An empty text or tuple: there is none."""
Facts = Mapping[str, FactValue]


@dataclass(frozen=True, slots=True)
class Command:
    """What an option asks for; flows say what follows."""

    name: str
    args: Mapping[str, str] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session stands.

    trail: pages that "back" leads through, the newest last. part: which of ``parts`` screens that the page needs.
    shown: ids of the list items in the order of their numbers, so that "2" means what was shown as 2 even if the
    list has changed since. chosen: what was chosen from lists so far, by name. mistakes: wrong answers in a row.
    """

    page: str
    trail: tuple[str, ...] = ()
    part: int = 0
    parts: int = 1
    shown: tuple[str, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=_nothing)
    mistakes: int = 0


@dataclass(frozen=True, slots=True)
class Budget:
    """How much one screen takes: septets (``gsm7``) or UTF-16 code units (``ucs2``)."""

    charset: Charset = "gsm7"
    size: int = 182


@dataclass(frozen=True, slots=True)
class FactSpec:
    """A fact that pages may declare.

    fields: of an item, or of each item of a list. longest: examples of the longest values, by field (``""``: a text).
    """

    kind: Literal["text", "item", "list"]
    fields: frozenset[str] = frozenset()
    longest: Mapping[str, str] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A command that options may give, and every outcome that it can have."""

    args: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset({"done"})


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The whitelist that a menu is held against; given by whoever can fetch the facts and carry out the commands."""

    facts: Mapping[str, FactSpec]
    commands: Mapping[str, CommandSpec]
    languages: tuple[Language, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """What goes to the handset. place: the session's, with ``shown`` filled in. ends: the session closes with it."""

    text: str
    ends: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Detour:
    """The page cannot be shown with these facts: go there instead."""

    place: Place


# ── what an input leads to ──


@dataclass(frozen=True, slots=True)
class Moved:
    """To a page, or another part of one."""

    place: Place


@dataclass(frozen=True, slots=True)
class Invoke:
    """A command is to be carried out; ``CompiledMenu.after`` says where its outcome leads. option: which gave it."""

    command: Command
    option: str
    place: Place


@dataclass(frozen=True, slots=True)
class Wrong:
    """Not an answer to this page: it is shown again, with a word about that."""

    place: Place


@dataclass(frozen=True, slots=True)
class Over:
    """Too many wrong answers: a kind good-bye."""

    place: Place


Went = Moved | Invoke | Wrong | Over


@dataclass(frozen=True, slots=True)
class Text:
    """One text in every language of the menu."""

    by_language: Mapping[Language, str] = field(default_factory=dict)

    def __getitem__(self, language: Language) -> str:
        """The text in ``language``, else in its kin, else in the first language of the menu."""
        found = self.by_language.get(language)
        if found is not None:
            return found
        base = language.replace("-", "_").split("_")[0]
        kin = (text for known, text in self.by_language.items() if known.split("_")[0] == base)
        return next(kin, None) or next(iter(self.by_language.values()), "")
