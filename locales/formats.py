"""Money, amounts of data, time left and dates, short enough for a text message.

Babel knows the separators and the currencies; the shapes are ours, because CLDR's carry
no-break blanks that GSM-7 lacks, and units that differ from what operators print (``octets``, ``hr``).
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache, lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from babel.numbers import format_decimal, get_currency_precision, get_currency_symbol

_BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2212": "-"})
_KILO, _MEGA, _GIGA = 1024, 1024**2, 1024**3
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_DAYS = {"es": "días", "pt": "dias", "en": "days"}
_SIGNS = {"INR": "Rs", "GHS": "GHS"}
"""What people write where the sign itself (₹, ₵) is not in the GSM alphabet."""


@cache
def _locale(language: str, territory: str = "") -> Locale:
    """The locale of ``language``, in ``territory`` if CLDR has that pair and the language names none itself."""
    tag = language.replace("-", "_")
    if territory and "_" not in tag:
        try:
            return Locale.parse(f"{tag}_{territory}")
        except (UnknownLocaleError, ValueError):
            pass
    return Locale.parse(tag)


@lru_cache(maxsize=8192)
def money(amount: int, currency: str, language: str) -> str:
    """``amount`` minor units as people write it, without decimals where they are zero: ``$3.000``.

    A language without a territory is written as in the currency's own country, whose code
    an ISO 4217 code begins with.
    """
    locale = _locale(language, currency[:2])
    precision = get_currency_precision(currency)
    value = abs(Decimal(amount).scaleb(-precision))
    whole = locale.decimal_formats[None].pattern.split(".")[0]
    decimals = "." + "0" * precision if value % 1 else ""
    figure = format_decimal(value, format=whole + decimals, locale=locale)
    return _beside_sign("-" if amount < 0 else "", figure.translate(_BLANKS), currency, locale)


def _beside_sign(minus: str, figure: str, currency: str, locale: Locale) -> str:
    """The currency's sign before or after the figure, as CLDR has it for ``locale``."""
    pattern = locale.currency_formats["standard"].pattern.split(";")[0].translate(_BLANKS)
    sign = _SIGNS.get(currency) or get_currency_symbol(currency, locale).translate(_BLANKS)
    if not pattern.startswith("¤"):
        return f"{minus}{figure} {sign}"
    # CLDR runs letters into figures ("COP3,000"); nobody prints that
    blank = " " if pattern.startswith("¤ ") or sign in _SIGNS.values() or len(sign) > 2 else ""
    return f"{minus}{sign}{blank}{figure}"


def amount(unit: str, n: int, language: str) -> str:
    """``n`` bytes, seconds or messages: ``92 MB``, ``1,5 GB``, ``12 min``, ``12 SMS``.

    Sizes are in steps of 1024 and rounded down: nobody is promised more than there is.
    Raises ValueError for another unit.
    """
    match unit:
        case "byte":
            return _size(n, language)
        case "second":
            return f"{_figure(n // _MINUTE, language)} min" if n >= _MINUTE or n <= 0 else f"{n} s"
        case "message":
            return f"{_figure(n, language)} SMS"
        case _:
            raise ValueError(f"no such unit: {unit!r}")


def _size(n: int, language: str) -> str:
    if n >= _GIGA:
        return f"{_figure(_tenths(n, _GIGA), language)} GB"
    if n >= _MEGA:
        # from 10 MB up a tenth tells nothing
        return f"{_figure(n // _MEGA if n >= 10 * _MEGA else _tenths(n, _MEGA), language)} MB"
    if n >= _KILO:
        return f"{n // _KILO} KB"
    return f"{n} B" if n > 0 else "0 MB"


def _tenths(n: int, step: int) -> Decimal:
    return Decimal(n * 10 // step) / 10


@lru_cache(maxsize=8192)
def _figure(value: int | Decimal, language: str) -> str:
    return format_decimal(value, format="#,##0.#", locale=_locale(language)).translate(_BLANKS)


def duration(length: timedelta | float, language: str) -> str:
    """A length of time, timedelta or seconds, in its largest sensible unit: ``40 min``, ``3 h``, ``2 días``."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else float(length)
    minutes = max(1, round(seconds / _MINUTE)) if seconds > 0 else 0
    if minutes < 60:
        return f"{minutes} min"
    hours = round(seconds / _HOUR)
    if hours < 48:
        return f"{hours} h"
    return f"{round(seconds / _DAY)} {_DAYS.get(_base(language), _DAYS['en'])}"


def _base(language: str) -> str:
    return language.replace("-", "_").split("_", 1)[0]


def day(instant: datetime, zone: tzinfo, language: str) -> str:
    """The local day without its year: ``3 nov``, ``Nov 3``."""
    return format_skeleton("MMMd", instant.astimezone(zone), locale=_locale(language)).translate(_BLANKS).rstrip(".")


def date_time(instant: datetime, zone: tzinfo, language: str) -> str:
    """The local day and time on a 24-hour clock: ``3 nov, 19:05``."""
    return f"{day(instant, zone, language)}, {instant.astimezone(zone):%H:%M}"


def language_name(language: str) -> str:
    """What a language calls itself: ``Español``, ``Português``."""
    locale = _locale(language)
    name: str = locale.languages[locale.language]
    return name[:1].upper() + name[1:]
