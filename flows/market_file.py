"""Reads the rules of a market pack, strictly: every unknown, missing or wrong key is named with its file."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from enum import StrEnum
from typing import TypeVar

from flows.behaviour import Source
from flows.errors import MarketError
from flows.holidays import CALENDARS
from flows.market_rules import (
    AlertRules,
    AlertScope,
    Caps,
    ContactHours,
    Dated,
    OptIn,
    PortingProof,
    ProofCollector,
    SmsConfirmation,
    Window,
)

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(24:00|([01]\d|2[0-3]):[0-5]\d)")
_SOURCE_MOST = 400
_CONTACT_MOST = 30

Rule = TypeVar("Rule")
Word = TypeVar("Word", bound=StrEnum)


class Keys:
    """The keys of one mapping, each to be taken once; ``done`` names one that nobody took."""

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, dict):
            raise MarketError(f"{place}: must be a mapping")
        self._left = dict(value)
        self._place = place

    def take(self, key: str) -> object:
        if key not in self._left:
            raise self.wrong(key, "is missing")
        return self._left.pop(key)

    def done(self) -> None:
        for key in self._left:
            raise self.wrong(str(key), "unknown key")

    def wrong(self, key: str, problem: str) -> MarketError:
        return MarketError(f"{self._place}: {key}: {problem}")

    def text(self, key: str, shape: re.Pattern[str] | None = None) -> str:
        value = self.take(key)
        if not isinstance(value, str) or not value.strip() or (shape and not shape.fullmatch(value)):
            raise self.wrong(key, f"{value!r} is not {'of the right form' if shape else 'a text'}")
        return value

    def texts(self, key: str, shape: re.Pattern[str] | None = None) -> tuple[str, ...]:
        value = self.take(key)
        good = isinstance(value, list) and value and all(isinstance(each, str) and each for each in value)
        if not isinstance(value, list) or not good or (shape and not all(map(shape.fullmatch, value))):
            raise self.wrong(key, "must be a list of texts of the right form")
        return tuple(value)

    def truth(self, key: str) -> bool:
        value = self.take(key)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def one_of(self, key: str, kind: type[Word]) -> Word:
        value = self.take(key)
        if value not in tuple(kind):
            raise self.wrong(key, f"must be one of {', '.join(kind)}")
        return kind(str(value))

    def limit(self, key: str) -> int | None:
        value = self.take(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            raise self.wrong(key, "must be a whole number from 1 up, or null")
        return value

    def day(self, key: str) -> date | None:
        value = self.take(key)
        if value is not None and type(value) is not date:
            raise self.wrong(key, "must be a date, or null")
        return value

    def inner(self, key: str) -> Keys:
        return Keys(self.take(key), f"{self._place}: {key}")

    def whole(self, key: str, *, least: int) -> int:
        value = self.take(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.wrong(key, f"must be a whole number from {least} up")
        return value

    def versions(self, key: str, read: Callable[[Keys], Rule]) -> tuple[Dated[Rule], ...]:
        """All dated rules under ``key``; no two may hold on the same day."""
        value = self.take(key)
        if not isinstance(value, list):
            raise self.wrong(key, "must be a list of rules")
        places = (Keys(each, f"{self._place}: {key}[{number}]") for number, each in enumerate(value))
        dated = tuple(_dated(keys, read) for keys in places)
        if any(_overlap(one, other) for n, one in enumerate(dated) for other in dated[n + 1 :]):
            raise self.wrong(key, "two rules hold on the same day")
        return dated

    def versions_if_any(self, key: str, read: Callable[[Keys], Rule]) -> tuple[Dated[Rule], ...]:
        """The same; none where the key is left out."""
        return self.versions(key, read) if key in self._left else ()


def _dated(keys: Keys, read: Callable[[Keys], Rule]) -> Dated[Rule]:
    source, start, end = keys.text("source"), keys.day("valid_from"), keys.day("valid_to")
    if start and end and end < start:
        raise keys.wrong("valid_to", "is before valid_from")
    if len(source) > _SOURCE_MOST:
        raise keys.wrong("source", f"is longer than {_SOURCE_MOST} characters")
    rule = read(keys)
    keys.done()
    return Dated(rule, source, start, end)


def _overlap(one: Dated[Rule], other: Dated[Rule]) -> bool:
    starts = max(one.valid_from or date.min, other.valid_from or date.min)
    return starts <= min(one.valid_to or date.max, other.valid_to or date.max)


def read_alerts(keys: Keys) -> AlertRules:
    """``thresholds``, ``scope``, ``mandatory``."""
    shares = keys.take("thresholds")
    if not isinstance(shares, list) or not all(isinstance(share, (int, float)) and 0 < share <= 1 for share in shares):
        raise keys.wrong("thresholds", "must be a list of shares used, above 0 and up to 1")
    if shares != sorted(set(shares)):
        raise keys.wrong("thresholds", "must ascend")
    return AlertRules(tuple(map(float, shares)), keys.one_of("scope", AlertScope), keys.truth("mandatory"))


def read_opt_in(keys: Keys) -> OptIn:
    """``required``."""
    return keys.one_of("required", OptIn)


def read_hours(keys: Keys) -> ContactHours:
    """``windows`` by weekday, ``holidays``."""
    holidays = keys.take("holidays")
    if holidays is not None and holidays not in tuple(CALENDARS):
        raise keys.wrong("holidays", f"must be null or one of {', '.join(CALENDARS)}")
    week = keys.inner("windows")
    windows = tuple(_windows(week, weekday) for weekday in _WEEKDAYS)
    week.done()
    return ContactHours(windows, str(holidays or ""))


def _windows(week: Keys, weekday: str) -> tuple[Window, ...]:
    value = week.take(weekday)
    if not isinstance(value, list):
        raise week.wrong(weekday, 'must be a list of windows such as "07:00-19:00"')
    return tuple(_window(week, weekday, each) for each in value)


def _window(week: Keys, weekday: str, value: object) -> Window:
    if not isinstance(value, str) or not _WINDOW.fullmatch(value):
        raise week.wrong(weekday, f'{value!r} is not a window such as "07:00-19:00"')
    start, end = value.split("-")
    window = Window(time.fromisoformat(start), time.max if end == "24:00" else time.fromisoformat(end))
    if window.end <= window.start:
        raise week.wrong(weekday, f"{value!r} ends before it starts")
    return window


def read_caps(keys: Keys) -> Caps:
    """``per_day``, ``one_channel_a_week``."""
    return Caps(keys.limit("per_day"), keys.truth("one_channel_a_week"))


def read_prices(keys: Keys) -> bool:
    """``include_tax``: whether a price that people see must be what they pay."""
    return keys.truth("include_tax")


def read_stop_words(keys: Keys) -> frozenset[str]:
    """``words``, in capitals without accents."""
    return frozenset(keys.texts("words", re.compile(r"[A-Z0-9]+")))


def read_complaints(keys: Keys) -> str:
    """``contact``: where people complain, as it is told to them."""
    contact = keys.text("contact")
    if len(contact) > _CONTACT_MOST:
        raise keys.wrong("contact", f"is longer than {_CONTACT_MOST} characters")
    return contact


def read_sms_confirmation(keys: Keys) -> SmsConfirmation:
    """``above``, in minor units."""
    return SmsConfirmation(keys.whole("above", least=0))


def read_behaviour(keys: Keys) -> frozenset[str]:
    """``prior``: the sources of behaviour that are kept only after a yes; ``[]`` for none."""
    named = keys.take("prior")
    if not isinstance(named, list) or not all(one in tuple(Source) for one in named):
        raise keys.wrong("prior", f"must be a list of {', '.join(Source)}")
    return frozenset(map(str, named))


def read_porting_proof(keys: Keys) -> PortingProof:
    """``collected_by``, ``pattern``, ``valid_hours``."""
    collected_by, pattern = keys.one_of("collected_by", ProofCollector), keys.take("pattern")
    if (pattern is None) == (collected_by is ProofCollector.US):
        raise keys.wrong("pattern", "must be given if the proof is collected by us, and null if not")
    try:
        compiled = None if pattern is None else re.compile(str(pattern))
    except re.error as error:
        raise keys.wrong("pattern", f"{pattern!r} is no regular expression: {error}") from error
    return PortingProof(collected_by, compiled, keys.whole("valid_hours", least=1))
