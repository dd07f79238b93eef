"""Minor units and major units of a currency, by ISO 4217."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from flows.currency import precision

_MOST_DIGITS = 30


def to_major(amount: int, currency: str) -> Decimal:
    """``amount`` minor units in major units: 300000 COP is ``3000.00``."""
    return Decimal(amount).scaleb(-precision(currency))


def to_minor(value: Decimal, currency: str) -> int:
    """``value`` major units in minor units; parts of a minor unit are dropped, so nobody is told more than they have.

    Raises ValueError for a number that no account can hold (not finite, more than 30 digits).
    """
    return whole(value.scaleb(precision(currency)) if value.is_finite() else value)


def whole(value: Decimal) -> int:
    """The largest whole number not above ``value``. Raises ValueError as ``to_minor``."""
    if not value.is_finite() or value.adjusted() > _MOST_DIGITS:
        raise ValueError("a number that no account can hold")
    return int(value.to_integral_value(ROUND_FLOOR))
