"""Names of groups, from what sets them apart from everybody else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoring.profile_summary import PARTS
from scoring.values import Floats

_APART = 0.5
"""Standard deviations from the mean of all people from which a difference is worth a word."""
_PREFERRED = 1.1
"""Where both set a group apart nearly as much, what it does is told before what it does not."""
_MOST_WORDS = 3
_LEVELS = {
    "bytes": ("heavy use", "light use"),
    "sessions": ("many sessions", "few sessions"),
    "night_bytes": ("by night", "not by night"),
    "recharges": ("tops up often", "tops up seldom"),
    "recharged": ("large top-ups", "small top-ups"),
    "streaming_bytes": ("streaming", "little streaming"),
    "social_bytes": ("social", "little social"),
    "gaming_bytes": ("gaming", "little gaming"),
    "hotspot_bytes": ("hotspot", "no hotspot"),
    "browsing_bytes": ("browsing", "little browsing"),
    "other_bytes": ("other apps", "few other apps"),
    "at_home": ("at home", "away from home"),
    "at_work": ("at work", "not at work"),
    "at_other": ("out and about", "not out and about"),
    "device_reports": ("phone told of", "phone seldom told of"),
    "battery_worn": ("worn battery", "good battery"),
    "storage_used": ("full storage", "free storage"),
    "crashes": ("crashes", "no crashes"),
    "contacts": ("asks care", "never asks care"),
    "troubles": ("has troubles", "no troubles"),
    "mentions": ("posts of us", "no posts"),
    "sentiment": ("likes us", "dislikes us"),
}
"""Of more and of less than others, by column."""
_OF_USE = {
    "active": ("on most days", "on few days"),
    "weekend": ("at weekends", "on workdays"),
    "trend": ("growing", "fading"),
    "spread": ("uneven", "even"),
}
"""The same of how use lies in time, told of ``bytes`` alone: for others it says the same again."""


def words_of(columns: Sequence[str]) -> list[tuple[str, str] | None]:
    """For each figure of a summary, the words for more and for less; None where there is nothing to say."""
    return [_words(column, part) for column in columns for part in PARTS]


def names(apart: Floats, columns: Sequence[str]) -> list[str]:
    """A name for each group, no two alike. apart ``(k, figures)``: mean of each figure, in deviations from all people.

    What sets a group apart most comes first; two that would be named alike say more, or get a number.
    """
    said = [_ranked(row, columns) for row in apart]
    for most in range(1, _MOST_WORDS + 1):
        named = [", ".join(one[:most]) or "like most" for one in said]
        if len(set(named)) == len(named) and most > 1:
            return named
    return [name if named.count(name) == 1 else f"{name} ({at})" for at, name in enumerate(named, 1)]


def _ranked(row: Floats, columns: Sequence[str]) -> list[str]:
    """Words for what is apart, the farthest first, one for each column and none that an earlier one says."""
    found: list[str] = []
    spoken: set[str] = set()
    told = [column for column in columns for _ in PARTS]
    words = words_of(columns)
    for at in np.argsort(-np.abs(row) * np.where(row > 0, _PREFERRED, 1.0), kind="stable"):
        pair, topic = words[at], told[at] if PARTS[at % len(PARTS)] == "level" else PARTS[at % len(PARTS)]
        if abs(row[at]) < _APART:
            break
        if pair is not None and topic not in spoken:
            spoken.add(topic)
            found.append(pair[0] if row[at] > 0 else pair[1])
    return found


def _words(column: str, part: str) -> tuple[str, str] | None:
    if part == "level":
        return _LEVELS.get(column)
    return _OF_USE.get(part) if column == "bytes" else None
