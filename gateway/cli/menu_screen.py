"""A phone's screen in the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from menus.lint import as_shown
from menus.pages import Menu
from menus.paging import units
from menus.screens import roomy, spoken
from menus.values import Budget, Screen

_UNITS = {"gsm7": "septets", "ucs2": "UCS-2 units"}
_NARROWEST = 24


def drawn(screen: Screen, menu: Menu, budget: Budget, language: str) -> Iterator[str]:
    """The screen in a box, and below it its page and part, how much of its room it takes, and what conditions hide."""
    lines = screen.text.split("\n")
    width = max(_NARROWEST, *map(columns, lines))
    yield f"┌{'─' * (width + 2)}┐"
    yield from (f"│ {line}{' ' * (width - columns(line))} │" for line in lines)
    yield f"└{'─' * (width + 2)}┘"
    yield f"  {_caption(screen, menu, budget)}"
    yield from (f"  {line}" for line in _hidden(screen, menu, spoken(menu, language)))


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _hidden(screen: Screen, menu: Menu, language: str) -> Iterator[str]:
    offered = screen.place.offered
    for option in menu.pages[screen.place.page].options if offered is not None else ():
        if option.id not in (offered or ()) and option.when is not None:
            yield f"hidden here: '{as_shown(option.text[language])}' (when {option.when.text})"


def _caption(screen: Screen, menu: Menu, budget: Budget) -> str:
    place = screen.place
    room = roomy(menu.pages[place.page], budget)
    used = f"{units(screen.text, room.charset)} of {room.size} {_UNITS[room.charset]}"
    part = f" · part {place.part + 1} of {place.parts}" if place.parts > 1 else ""
    return f"{place.page} · {used}{part}"
