"""How many decimal places a currency has, by ISO 4217's own list.

Babel's (CLDR's) is made for showing prices and differs where small coins went out of use: it gives 0 for IQD (ISO 3),
LAK, MGA, MMK and RSD (ISO 2).
"""

from __future__ import annotations

_WHOLE = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV")
_WHOLE_FRANCS = ("XAF", "XOF", "XPF")
_EXPONENTS = {
    **dict.fromkeys((*_WHOLE, *_WHOLE_FRANCS), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_DEFAULT_EXPONENT = 2


def precision(currency: str) -> int:
    """How many decimal places the major unit of ``currency`` has (ISO 4217 list one)."""
    return _EXPONENTS.get(currency, _DEFAULT_EXPONENT)
