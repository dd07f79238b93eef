"""The doors as the status page lists them: who may come in, without what lets them in."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.config.tree import DoorConfig

Listed = tuple[str, str, str]
"""Name, dialect, what is asked."""

_OTHERS: Listed = ("–", "any other", "this machine")


def listed(doors: Iterable[DoorConfig]) -> list[Listed]:
    """Every configured door, and who may come by a dialect that has none."""
    return [*((door.name, door.dialect, _asked(door)) for door in doors), _OTHERS]


def _asked(door: DoorConfig) -> str:
    """The addresses may be told; of token and certificate only that there is one."""
    if door.bind:
        return f"bind {door.bind}"
    asked = (
        f"address in {', '.join(door.allow)}" if door.allow else "",
        "token" if door.token else "",
        "certificate" if door.certificate else "",
    )
    return "; ".join(one for one in asked if one) or "nothing"
