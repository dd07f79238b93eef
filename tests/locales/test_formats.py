"""Money, amounts, lengths of time and dates as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locales import formats
from menus.charset import is_gsm7, transliterate

LANGUAGES = ["es", "es_CO", "es_MX", "pt_BR", "en", "en_ZA", "en_GH", "en_IN"]
CURRENCIES = ["COP", "BRL", "MXN", "ZAR", "GHS", "INR", "CLP", "PYG", "XOF", "USD", "EUR"]


@pytest.mark.parametrize(
    ("amount", "currency", "language", "expected"),
    [
        (300000, "COP", "es", "$3.000"),
        (300000, "COP", "es_CO", "$3.000"),
        (300050, "COP", "es", "$3.000,50"),
        (300005, "COP", "es", "$3.000,05"),
        (300000, "COP", "en", "COP 3,000"),
        (300000, "MXN", "es", "$3,000"),
        (1990, "BRL", "pt_BR", "R$ 19,90"),
        (2900, "ZAR", "en", "R29"),
        (123456700, "ZAR", "en", "R1 234 567"),
        (550, "GHS", "en", "GHS 5.50"),
        (30000000, "INR", "en", "Rs 3,00,000"),
        (3000, "CLP", "es", "$3.000"),
        (3000, "XOF", "en", "F CFA 3,000"),
        (300000, "EUR", "es", "3.000 €"),
        (-300000, "COP", "es", "-$3.000"),
        (0, "COP", "es", "$0"),
    ],
)
def test_money_reads_as_in_its_market(amount: int, currency: str, language: str, expected: str) -> None:
    """Minor units by ISO 4217, the market's separators, no decimals where they are zero."""
    assert formats.money(amount, currency, language) == expected


@given(st.integers(-(10**12), 10**12), st.sampled_from(CURRENCIES), st.sampled_from(LANGUAGES))
def test_money_never_leaves_the_gsm_alphabet(amount: int, currency: str, language: str) -> None:
    """No currency and no language turns a price into UCS-2."""
    assert is_gsm7(formats.money(amount, currency, language))


@pytest.mark.parametrize(
    ("unit", "n", "language", "expected"),
    [
        ("byte", 96636764, "es", "92 MB"),
        ("byte", 1610612736, "en", "1.5 GB"),
        ("byte", 1610612736, "es", "1,5 GB"),
        ("byte", 1610612736, "pt_BR", "1,5 GB"),
        ("byte", 2**30, "es", "1 GB"),
        ("byte", 2**30 - 1, "en", "1,023 MB"),
        ("byte", 2 * 2**20 - 1, "en", "1.9 MB"),
        ("byte", 2**20 - 1, "en", "1023 KB"),
        ("byte", 500, "en", "500 B"),
        ("byte", 0, "en", "0 MB"),
        ("second", 720, "es", "12 min"),
        ("second", 779, "es", "12 min"),
        ("second", 59, "es", "59 s"),
        ("second", 0, "es", "0 min"),
        ("message", 12, "pt_BR", "12 SMS"),
    ],
)
def test_amounts_are_short_and_rounded_down(unit: str, n: int, language: str, expected: str) -> None:
    """Sizes go in steps of 1024; nobody is promised more than there is."""
    assert formats.amount(unit, n, language) == expected


def test_an_unknown_unit_is_refused() -> None:
    """There are bytes, seconds and messages."""
    with pytest.raises(ValueError, match="furlong"):
        formats.amount("furlong", 1, "en")


@pytest.mark.parametrize(
    ("length", "language", "expected"),
    [
        (timedelta(minutes=40), "es", "40 min"),
        (timedelta(hours=3), "es", "3 h"),
        (timedelta(hours=24), "en", "24 h"),
        (timedelta(days=2), "es", "2 días"),
        (timedelta(days=2), "pt_BR", "2 dias"),
        (timedelta(days=30), "en_ZA", "30 days"),
        (3599, "es", "1 h"),
        (5, "es", "1 min"),
        (0, "es", "0 min"),
        (-5, "es", "0 min"),
        (47.6 * 3600, "en", "2 days"),
    ],
)
def test_durations_take_their_largest_sensible_unit(length: timedelta | float, language: str, expected: str) -> None:
    """Minutes under an hour, hours under two days, days from there."""
    assert formats.duration(length, language) == expected


@pytest.mark.parametrize(
    ("language", "day", "date_time"),
    [
        ("es", "2 nov", "2 nov, 19:05"),
        ("pt_BR", "2 de nov", "2 de nov, 19:05"),
        ("en", "Nov 2", "Nov 2, 19:05"),
    ],
)
def test_dates_are_local(language: str, day: str, date_time: str) -> None:
    """Five past midnight UTC is still the evening before in Bogotá."""
    instant = datetime(2026, 11, 3, 0, 5, tzinfo=UTC)
    zone = ZoneInfo("America/Bogota")
    assert formats.day(instant, zone, language) == day
    assert formats.date_time(instant, zone, language) == date_time


@given(st.integers(0, 2**50), st.sampled_from(["byte", "second", "message"]), st.sampled_from(LANGUAGES))
def test_amounts_never_leave_the_gsm_alphabet(n: int, unit: str, language: str) -> None:
    """Separators and units survive transliteration in every language."""
    assert is_gsm7(transliterate(formats.amount(unit, n, language)))
