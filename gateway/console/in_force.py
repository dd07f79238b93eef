"""What an operator has stopped or restricted, as the status page lists it: stops one by one, numbers counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from store.controls import Control

Row = tuple[str, str, str, str]
"""What, by whom, why, until when."""
HEAD: Row = ("What", "By", "Why", "Until")
_LISTS = {"blackout": "without anything that was not asked for", "test": "contacted and charged, nobody else"}
_FOR_GOOD = "it is taken back"


def rows(in_force: Sequence[Control]) -> list[Row]:
    """Of everything that counts now."""
    stops = [_row(one) for one in in_force if one.kind not in _LISTS]
    counts = Counter(one.kind for one in in_force if one.kind in _LISTS)
    lists = [(f"{kind}: {_numbers(count)} {_LISTS[kind]}", "–", "–", _FOR_GOOD) for kind, count in counts.items()]
    return [*stops, *lists]


def _row(one: Control) -> Row:
    until = _FOR_GOOD if one.ends_at is None else f"{one.ends_at:%Y-%m-%d %H:%M} UTC"
    what = "dry run: nothing is sent or charged" if one.kind == "dry_run" else f"{one.kind} {one.value}"
    return what, one.author, one.message or "–", until


def _numbers(count: int) -> str:
    return "1 number" if count == 1 else f"{count} numbers"
