"""What a token may do with the REST interface. Deny by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Right(StrEnum):
    """What a role may be allowed."""

    OFFERS = "offers"
    PREFERENCES = "preferences"
    READ = "read"
    SEND = "send"
    CONTROL = "control"


RIGHTS: Mapping[str, frozenset[Right]] = {
    "app": frozenset({Right.OFFERS, Right.PREFERENCES}),
    "crm": frozenset({Right.OFFERS, Right.PREFERENCES, Right.READ, Right.SEND}),
    "admin": frozenset(Right),
}
"""By role."""


def roles(right: Right) -> tuple[str, ...]:
    """The roles that have it."""
    return tuple(role for role, rights in RIGHTS.items() if right in rights)
