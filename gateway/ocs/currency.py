"""Minor units and major units of a currency, by ISO 4217.

The exponents are ISO 4217's own list. Babel's (CLDR's) are made for showing prices and
differ where small coins went out of use: it gives 0 for IQD (ISO 3), LAK, MGA, MMK and RSD (ISO 2).
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

_WHOLE = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV")
_WHOLE_FRANCS = ("XAF", "XOF", "XPF")
_EXPONENTS = {
    **dict.fromkeys((*_WHOLE, *_WHOLE_FRANCS), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_DEFAULT_EXPONENT = 2
_MOST_DIGITS = 30


def precision(currency: str) -> int:
    """How many decimal places the major unit of ``currency`` has (ISO 4217 list one)."""
    return _EXPONENTS.get(currency, _DEFAULT_EXPONENT)


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
