"""Why somebody is asked less than the list, in words."""

from __future__ import annotations

from datetime import UTC

import pytest

from fakes import TUESDAY
from flows.personal_price import why
from flows.texts import Voice
from flows.values import Money
from locales.catalogues import Catalogues


@pytest.mark.parametrize(
    ("language", "price", "told", "because"),
    [
        ("es", Money(210_000, "COP"), "Tu precio es $2.100 en vez de $3.000 hasta el ", "no a quien eres."),
        ("pt_BR", Money(210_000, "BRL"), "Seu preço é R$ 2.100 em vez de R$ 3.000 até ", "não de quem você é."),
        ("en", Money(210_000, "ZAR"), "Your price is R2", "not from who you are."),
        ("es", Money(2_100, "CLP"), "Tu precio es $2.100 en vez de $3.000 hasta el ", "no a quien eres."),
    ],
)
def test_a_price_is_explained(catalogues: Catalogues, language: str, price: Money, told: str, because: str) -> None:
    """In the person's language and money, with or without minor units."""
    listed = Money(price.amount * 10 // 7, price.currency)
    text = why(Voice(catalogues, language), price, listed, TUESDAY, UTC)
    assert text.startswith(told)
    assert text.endswith(because)
