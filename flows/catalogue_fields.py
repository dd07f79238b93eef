"""Typed reading of one YAML mapping; every complaint names the place and the key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from flows.errors import CatalogueError

_IDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_WINDOW = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_MOST = 10**15
_ABSENT = object()

Choice = TypeVar("Choice", bound=StrEnum)


class Fields:
    """The keys of one mapping, taken one by one; ``done`` complains about what nobody took.

    place: where the mapping stands, for messages. prefix: keys that lead to it, such as ``price.``.
    """

    def __init__(self, value: object, place: str, prefix: str = "") -> None:
        self._place, self._prefix = place, prefix
        if not isinstance(value, dict):
            raise CatalogueError(f"{place}: {prefix.rstrip('.') or 'the whole'}: must be a mapping")
        self._values: Mapping[object, object] = value
        self._taken: set[object] = set()

    def error(self, key: object, problem: str) -> CatalogueError:
        """The error to raise about ``key``."""
        return CatalogueError(" ".join(f"{self._place}: {self._prefix}{key}: {problem}".split()))

    def done(self) -> None:
        """Raises CatalogueError for a key that is not known."""
        for key in self._values:
            if key not in self._taken:
                raise self.error(key, "unknown key")

    def names_of_keys(self) -> tuple[str, ...]:
        """All keys, where they are names that somebody chose. Raises CatalogueError for one that is no text."""
        for key in self._values:
            if not isinstance(key, str) or not key.strip() or not key.isprintable():
                raise self.error(key, "must be a name, in quotes where it is a number")
        return tuple(str(key) for key in self._values)

    def _take(self, key: str, default: object = _ABSENT) -> object:
        self._taken.add(key)
        value = self._values.get(key, default)
        if value is _ABSENT:
            raise self.error(key, "is missing")
        return value

    def has(self, key: str) -> bool:
        """Whether the key is given; whoever asks then takes it."""
        return key in self._values

    def ident(self, key: str) -> str:
        value = self._take(key)
        if not isinstance(value, str) or not _IDENT.fullmatch(value):
            raise self.error(key, "must be letters, digits, '.', '_' and '-', at most 64")
        return value

    def text(self, key: str, default: object = _ABSENT) -> str:
        value = self._take(key, default)
        if not isinstance(value, str):
            raise self.error(key, "must be text")
        return value

    def whole(self, key: str, least: int, default: object = _ABSENT) -> int:
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MOST:
            raise self.error(key, f"must be a whole number from {least}")
        return value

    def range_or_fields(self, key: str) -> Fields:
        """A mapping; a list of two is short for its ``from`` and ``to``."""
        value = self._take(key)
        if isinstance(value, list) and len(value) == 2:
            value = {"from": value[0], "to": value[1]}
        return Fields(value, self._place, f"{self._prefix}{key}.")

    def whole_or_none(self, key: str, least: int) -> int | None:
        """A whole number; None where there is none."""
        self._taken.add(key)
        return None if self._values.get(key) is None else self.whole(key, least)

    def thousandths(self, key: str) -> int | None:
        """An amount of money in the currency's own unit, as thousandths of it; None where it is null."""
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
            raise self.error(key, "must be an amount of money from 0")
        found = Decimal(str(value)) * 1000
        if found % 1:
            raise self.error(key, "has more than three decimals")
        return int(found)

    def share(self, key: str, default: object = _ABSENT) -> float:
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise self.error(key, "must be a number from 0 to 1")
        return float(value)

    def boolean(self, key: str, default: object = _ABSENT) -> bool:
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "must be true or false")
        return value

    def is_boolean_or_absent(self, key: str) -> bool:
        """Whether ``boolean`` is the way to read ``key``; anything but a mapping is left for it to complain about."""
        return not isinstance(self._values.get(key, True), dict)

    def choice(self, key: str, choices: type[Choice]) -> Choice:
        value = self._take(key)
        if not isinstance(value, str) or value not in {choice.value for choice in choices}:
            raise self.error(key, f"must be one of {', '.join(choice.value for choice in choices)}")
        return choices(value)

    def currency(self, key: str) -> str:
        value = self._take(key)
        if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
            raise self.error(key, "must be an ISO 4217 code such as COP")
        return value

    def window(self, key: str) -> str:
        value = self._take(key, "")
        if not isinstance(value, str) or (value and not _WINDOW.fullmatch(value)):
            raise self.error(key, "must be hours such as 00:00-06:00")
        return value

    def day(self, key: str) -> date | None:
        value = self._take(key, None)
        if value is not None and (isinstance(value, datetime) or not isinstance(value, date)):
            raise self.error(key, "must be a day such as 2026-01-31, or null")
        return value

    def fields(self, key: str) -> Fields:
        return Fields(self._take(key), self._place, f"{self._prefix}{key}.")

    def list(self, key: str) -> list[object]:
        value = self._take(key)
        if not isinstance(value, list):
            raise self.error(key, "must be a list")
        return value

    def list_of_fields(self, key: str) -> tuple[Fields, ...]:
        entries = self.list(key)
        return tuple(Fields(entry, self._place, f"{self._prefix}{key}.{at}.") for at, entry in enumerate(entries))

    def names(self, key: str) -> Mapping[str, str]:
        """At least one name by language (``es``, ``pt_BR``)."""
        names = self.fields(key)
        if not names._values:
            raise self.error(key, "must have a name in at least one language")
        for language, name in names._values.items():
            if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
                raise names.error(language, "must be a language such as es or pt_BR")
            if not isinstance(name, str) or not name.strip() or not name.isprintable():
                raise names.error(language, "must be a name on one line")
        return MappingProxyType({str(language): str(name).strip() for language, name in names._values.items()})

    def conditions(self, key: str, facts: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
        """For each fact one value or a list of values."""
        values = Fields(self._take(key, {}), self._place, f"{self._prefix}{key}.")
        read = {fact: values._one_or_many(fact) for fact in facts if fact in values._values}
        values.done()
        return MappingProxyType(read)

    def _one_or_many(self, key: str) -> frozenset[str]:
        value = self._take(key)
        many = value if isinstance(value, list) else [value]
        if not many or not all(isinstance(one, str) and one for one in many):
            raise self.error(key, "must be a text or a list of texts")
        return frozenset(many)

    def mappings(self, key: str) -> Mapping[str, Mapping[str, object]]:
        """A mapping of mappings, kept as it is."""
        outer = Fields(self._take(key, {}), self._place, f"{self._prefix}{key}.")
        return MappingProxyType({str(name): MappingProxyType(outer._plain(name)) for name in outer._values})

    def _plain(self, key: object) -> dict[str, object]:
        value = self._values[key]
        if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
            raise self.error(key, "must be a mapping")
        return value
