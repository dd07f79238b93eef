"""What the adapters have in common: what an answer that cannot be read is called, JSON without loss, the time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import NoReturn

from gateway.core.ports import OutcomeUnknown, Refused


class UnreadableAnswer(ValueError):
    """An answer that is not what the charging system's documents describe; its text never quotes a subscriber."""


def read_json(body: bytes) -> object:
    """The JSON value in ``body``, fractions as Decimal. Raises UnreadableAnswer."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise UnreadableAnswer("the answer is not JSON") from error


def never_sent(detail: str, reason: str = "rejected") -> Refused:
    """What an adapter refuses by itself: nobody was asked, so it says nothing about the charging system."""
    return Refused(reason, detail, asked=False)


def for_a_person(detail: str) -> OutcomeUnknown:
    """What no question will ever tell more about."""
    return OutcomeUnknown(detail, silent=False, asking_helps=False)


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def _no_constant(name: str) -> NoReturn:
    raise UnreadableAnswer(f"{name} is not a JSON number")
