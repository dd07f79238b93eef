"""What an operator or the configuration has stopped or restricted, as the status page lists it.

Stops one by one, numbers counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from gateway.config.tree import PolicyConfig
from store.controls import Control

Row = tuple[str, str, str, str]
"""What, by whom, why, until when."""
HEAD: Row = ("What", "By", "Why", "Until")
_LISTS = {"blackout": "without anything that was not asked for", "test": "contacted and charged, nobody else"}
_DRY_RUN = "dry run: nothing is sent or charged"
_FOR_GOOD = "it is taken back"
_CONFIGURED = "the configuration"
_NEXT_START = "a start without it"


def rows(in_force: Sequence[Control], policy: PolicyConfig) -> list[Row]:
    """Of everything that counts now, what the configuration says first."""
    stops = [_row(one) for one in in_force if one.kind not in _LISTS]
    counts = Counter(one.kind for one in in_force if one.kind in _LISTS)
    lists = [(_list(kind, count), "–", "–", _FOR_GOOD) for kind, count in counts.items()]
    return [*_configured(policy), *stops, *lists]


def _configured(policy: PolicyConfig) -> Iterator[Row]:
    if policy.dry_run:
        yield _DRY_RUN, _CONFIGURED, "policy.dry_run", _NEXT_START
    if policy.test_msisdns:
        yield _list("test", len(policy.test_msisdns)), _CONFIGURED, "policy.test_msisdns", _NEXT_START


def _row(one: Control) -> Row:
    until = _FOR_GOOD if one.ends_at is None else f"{one.ends_at:%Y-%m-%d %H:%M} UTC"
    what = _DRY_RUN if one.kind == "dry_run" else f"{one.kind} {one.value}"
    return what, one.author, one.message or "–", until


def _list(kind: str, count: int) -> str:
    return f"{kind}: {_numbers(count)} {_LISTS[kind]}"


def _numbers(count: int) -> str:
    return "1 number" if count == 1 else f"{count} numbers"
