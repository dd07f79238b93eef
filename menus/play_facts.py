"""The facts of a play: examples, and what its lines set instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from menus import examples
from menus.guards import GuardKind
from menus.phone import Phone
from menus.play_file import SceneStopped, Setting
from menus.reading import did_you_mean
from menus.values import GUARD, Budget, Facts, FactSpec, FactValue, Item, Place, Vocabulary

_NONE, _AWAY = "none", "away"
_CHARSETS = ("gsm7", "ucs2")
_FLAGS = {"yes": True, "no": False}
_BASES = ("examples", "longest", _NONE)
_MOST_UNITS = 1000
_NUMBER = re.compile(r"-?[0-9]{1,15}")


Examples = Callable[[Vocabulary, Place, str], Facts]
"""Likely facts at a place, in a language."""


class FactWrong(ValueError):
    """A fact that cannot be so: a sentence that begins with its name."""


class Stage:
    """What is known at each moment of a play. likely: what is so unless a line says otherwise.

    base: ``examples`` for what is likely, ``longest`` or ``none``.
    """

    def __init__(self, vocabulary: Vocabulary, likely: Examples, base: str = "examples") -> None:
        self._vocabulary, self._likely = vocabulary, likely
        self._base = base
        self._set: dict[str, str | None] = {}
        self._lists: dict[str, list[str]] = {}
        self._growing: set[str] = set()
        self._asked: dict[str, FactValue] = {}

    def facts(self, place: Place, language: str) -> Facts:
        """All facts, in a language."""
        base = self._of_base(place, language)
        lists = {name: self._listed(name, lines, base) for name, lines in self._lists.items()}
        single = {name: self._single(name, value, base) for name, value in self._set.items()}
        return {**base, **lists, **single, **self._asked}

    def close_lists(self) -> None:
        """The next line about a list begins it anew."""
        self._growing = set()

    def set(self, setting: Setting, phone: Phone) -> None:
        """Let one line hold from here on. Raises SceneStopped."""
        try:
            self._apply(setting, phone)
        except FactWrong as error:
            raise SceneStopped(setting.line, f"fact {error}") from error
        except ValueError as error:
            raise SceneStopped(setting.line, f"{setting.key}: {error}") from error

    def _apply(self, setting: Setting, phone: Phone) -> None:
        value, budget = setting.value, phone.budget
        match setting.key:
            case "language":
                phone.language = _one_of(value, phone.menu.menu.languages)
            case "charset":
                phone.budget = Budget("ucs2" if _one_of(value, _CHARSETS) == "ucs2" else "gsm7", budget.size)
            case "size":
                phone.budget = Budget(budget.charset, _size(value))
            case "facts":
                self._base = _one_of(value, _BASES)
            case _:
                self.fact(setting.key.removeprefix("fact "), value)

    def fact(self, name: str, value: str) -> None:
        """Let a fact be so from here on. Raises FactWrong."""
        try:
            self._fact(name, value)
        except FactWrong:
            raise
        except ValueError as error:
            raise FactWrong(f"{name}: {error}") from error

    def _fact(self, name: str, value: str) -> None:
        guards = {f"{GUARD}{guard}": kind for guard, kind in self._vocabulary.guards.items()}
        if _one_of(name, (*self._vocabulary.facts, *guards)) in guards:
            self._asked[name] = _asked(name, guards[name], value)
            return
        spec = self._vocabulary.facts[name]
        if value in (_AWAY, _NONE) or spec.kind == "text":
            self._lists.pop(name, None)
            self._set[name] = None if value == _AWAY else "" if value == _NONE else value
            return
        _fields(spec, value)
        if spec.kind == "list":
            self._set.pop(name, None)
            self._lists[name] = [*(self._lists[name] if name in self._growing else ()), value]
            self._growing.add(name)
        else:
            self._set[name] = value

    def _of_base(self, place: Place, language: str) -> Facts:
        if self._base == "longest":
            return examples.longest(self._vocabulary)
        if self._base == _NONE:
            return examples.nothing(self._vocabulary)
        return self._likely(self._vocabulary, place, language)

    def _single(self, name: str, value: str | None, base: Facts) -> FactValue:
        spec = self._vocabulary.facts[name]
        if not value:
            return None if value is None else examples.none_of(spec)
        if spec.kind == "text":
            return value
        like = base.get(name)
        return _item(spec, value, like if isinstance(like, Item) else Item(name, {}))

    def _listed(self, name: str, lines: list[str], base: Facts) -> tuple[Item, ...]:
        like = base.get(name)
        fields = like[0].fields if isinstance(like, tuple) and like else {}
        spec = self._vocabulary.facts[name]
        return tuple(_item(spec, line, Item(f"{name}-{at}", fields)) for at, line in enumerate(lines, 1))


def _item(spec: FactSpec, written: str, like: Item) -> Item:
    """An item as it is written, what is left out taken from one like it."""
    given = _fields(spec, written)
    fields = {field: given.get(field, like.fields.get(field, "")) for field in sorted(spec.fields)}
    return Item(given.get("id", like.id), fields)


def _fields(spec: FactSpec, written: str) -> Mapping[str, str]:
    """``id=a; name=1 GB; price=$ 3.000``. Raises ValueError."""
    found: dict[str, str] = {}
    for piece in written.split(";"):
        name, equals, value = (part.strip() for part in piece.partition("="))
        if not equals:
            raise ValueError(f"write {_NONE}, {_AWAY} or FIELD=VALUE; FIELD=VALUE")
        found[_one_of(name, ("id", *sorted(spec.fields)))] = value
    return found


def _asked(name: str, kind: GuardKind, value: str) -> FactValue:
    """What a condition asks. Raises FactWrong."""
    if value == _AWAY:
        return None
    if kind == "flag":
        if value not in _FLAGS:
            raise FactWrong(f"{name} is yes, no or {_AWAY}")
        return _FLAGS[value]
    if kind == "number":
        if not _NUMBER.fullmatch(value):
            raise FactWrong(f"{name} is a number in minor units: 50000 is $500.00")
        return int(value)
    return value


def _one_of(value: str, known: Iterable[str]) -> str:
    names = list(known)
    if value not in names:
        hint = did_you_mean(value, names) or f"; there is: {', '.join(names)}"
        raise ValueError(f"'{value}' is not known{hint}")
    return value


def _size(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= _MOST_UNITS:
        raise ValueError(f"must be a number of units from 1 to {_MOST_UNITS}")
    return int(value)
