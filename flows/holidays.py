"""Public holidays on which the law forbids commercial messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType

_FIXED = ((1, 1), (5, 1), (7, 20), (8, 7), (12, 8), (12, 25))
_MOVED_TO_MONDAY = ((1, 6), (3, 19), (6, 29), (8, 15), (10, 12), (11, 1), (11, 11))
_DAYS_AFTER_EASTER = (-3, -2, 43, 64, 71)
"""Maundy Thursday, Good Friday; Ascension, Corpus Christi and Sacred Heart on their Mondays."""


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous computus of 1876)."""
    a, (b, c) = year % 19, divmod(year, 100)
    h = (19 * a + b - b // 4 - (8 * b + 13) // 25 + 15) % 30
    week = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 19 * week) // 433
    month = (h + week - 7 * m + 90) // 25
    return date(year, month, (h + week - 7 * m + 33 * month + 19) % 32)


def colombian_holidays(year: int) -> frozenset[date]:
    """The eighteen holidays of Ley 51 de 1983; some years two fall on one day."""
    fixed = {date(year, month, day) for month, day in _FIXED}
    moved = {_monday_on_or_after(date(year, month, day)) for month, day in _MOVED_TO_MONDAY}
    sunday = easter(year)
    return frozenset(fixed | moved | {sunday + timedelta(days=n) for n in _DAYS_AFTER_EASTER})


def _monday_on_or_after(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


CALENDARS: Mapping[str, Callable[[int], frozenset[date]]] = MappingProxyType({"colombia": colombian_holidays})
"""What a market pack may name."""
