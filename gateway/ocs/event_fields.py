"""The fields of an event's JSON, each checked where it is read, with everything that is wrong at its pointer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flows.values import Money, Unit, parse_msisdn

_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_MOST_WHOLE = 2**63 - 1
_MOST_ITEMS = 1_000


class FieldReader:
    """Reads fields and gathers what is wrong with them; a wrong field reads as something harmless.

    at: pointer of the event in the request. problems: by pointer (RFC 6901), a sentence each.
    whole_bundles: whether a bundle that runs out must tell how large it was.
    """

    def __init__(self, at: str = "", *, whole: bool = True) -> None:
        self._at = at
        self.whole_bundles = whole
        self.problems: dict[str, str] = {}

    def wrong(self, pointer: str, what: str) -> None:
        """Note what is wrong with a field; the first thing counts."""
        self.problems.setdefault(self._at + pointer, what)

    def table(self, value: object, pointer: str) -> dict[str, Any]:
        """An object."""
        if isinstance(value, dict):
            return value
        self.wrong(pointer, "must be an object")
        return {}

    def text(self, parent: Mapping[str, Any], pointer: str, *, most: int = 2_000, needed: bool = True) -> str:
        """A text of 1 to ``most`` characters that can be stored."""
        value = self._get(parent, pointer, needed=needed)
        if value is None:
            return ""
        if not isinstance(value, str) or not value or len(value) > most:
            self.wrong(pointer, f"must be a text of 1 to {most} characters")
            return ""
        if any("\ud800" <= char <= "\udfff" for char in value):
            self.wrong(pointer, "holds half of a surrogate pair")
            return ""
        return value

    def whole(self, parent: Mapping[str, Any], pointer: str, *, needed: bool = True) -> int | None:
        """A whole number from 0 that fits 64 bits."""
        value = self._get(parent, pointer, needed=needed)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_WHOLE:
            self.wrong(pointer, "must be a whole number from 0")
            return None
        return value

    def share(self, parent: Mapping[str, Any], pointer: str) -> float | None:
        """A number from 0 to 1."""
        value = self._get(parent, pointer, needed=False)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self.wrong(pointer, "must be a number from 0 to 1")
            return None
        return float(value)

    def flag(self, parent: Mapping[str, Any], pointer: str) -> bool:
        """Yes or no; no when it is missing."""
        value = self._get(parent, pointer, needed=False)
        if value is not None and not isinstance(value, bool):
            self.wrong(pointer, "must be true or false")
        return value is True

    def time(self, parent: Mapping[str, Any], pointer: str) -> datetime:
        """A time that must be there, in UTC."""
        found = self.maybe_time(parent, pointer, needed=True)
        return found or datetime.min.replace(tzinfo=UTC)

    def maybe_time(self, parent: Mapping[str, Any], pointer: str, *, needed: bool = False) -> datetime | None:
        """A time with its zone, in UTC."""
        value = self._get(parent, pointer, needed=needed)
        if value is None:
            return None
        parsed = instant(value)
        if parsed is None:
            self.wrong(pointer, "must be a time with its zone, such as 2026-11-22T10:00:00Z")
        return parsed

    def msisdn(self, parent: Mapping[str, Any], pointer: str) -> str:
        """An MSISDN in E.164 with ``+``, read without it."""
        value = self._get(parent, pointer)
        found = parse_msisdn(value) if isinstance(value, str) and value.startswith("+") else None
        if value is not None and found is None:
            self.wrong(pointer, "must be an MSISDN in E.164 with +")
        return found or ""

    def unit(self, parent: Mapping[str, Any], pointer: str) -> Unit:
        """What a bucket counts."""
        value = self._get(parent, pointer)
        if isinstance(value, str) and value in set(Unit):
            return Unit(value)
        if value is not None:
            self.wrong(pointer, "must be byte, second or message")
        return Unit.BYTE

    def hours(self, parent: Mapping[str, Any], pointer: str) -> str:
        """Local hours; empty when there are none."""
        value = self._get(parent, pointer, needed=False)
        if value is None or (isinstance(value, str) and _HOURS.fullmatch(value)):
            return value or ""
        self.wrong(pointer, "must be hours such as 00:00-06:00")
        return ""

    def money(self, value: object, pointer: str) -> Money:
        """An amount in minor units with its ISO 4217 currency."""
        fields = self.table(value, pointer)
        amount = fields.get("amount")
        if isinstance(amount, bool) or not isinstance(amount, int) or abs(amount) > _MOST_WHOLE:
            self.wrong(f"{pointer}/amount", "must be a whole number of minor units")
            amount = 0
        currency = fields.get("currency")
        if not (isinstance(currency, str) and len(currency) == 3 and currency.isascii() and currency.isupper()):
            self.wrong(f"{pointer}/currency", "must be an ISO 4217 code such as COP")
            currency = "XXX"
        return Money(amount, currency)

    def items(self, value: object, pointer: str) -> list[Any]:
        """A list that is not too long."""
        if isinstance(value, list) and len(value) <= _MOST_ITEMS:
            return value
        self.wrong(pointer, f"must be a list of at most {_MOST_ITEMS}")
        return []

    def _get(self, parent: Mapping[str, Any], pointer: str, *, needed: bool = True) -> Any:
        value = parent.get(pointer.rpartition("/")[2])
        if value is None and needed:
            self.wrong(pointer, "is missing")
        return value


def instant(value: object) -> datetime | None:
    """A time with its zone, in UTC; None for anything else."""
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
        return parsed.astimezone(UTC) if parsed is not None and parsed.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
