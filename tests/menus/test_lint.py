"""What is allowed and yet confuses."""

from __future__ import annotations

import pytest
from menu_samples import SMALL, VOCABULARY

from menus.errors import MenuError
from menus.loader import load_menu

_SECOND = "{text: {es: Avisos, en: Alerts}, goto: alerts, key: 7}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{es: Comprar, en: Alerts}", "options 1 and 2 both read 'Comprar' in es"),
        ("{es: Avisos, en: BUY}", "options 1 and 2 both read 'BUY' in en"),
        ("{es: Cómprar, en: Alerts}", "options 1 and 2 both read 'Comprar' in es"),
    ],
)
def test_two_options_that_read_alike_are_a_problem(text: str, problem: str) -> None:
    """Also where only accents or capitals differ: an accent may be lost on the way."""
    with pytest.raises(MenuError) as error:
        load_menu(SMALL.replace(_SECOND, f"{{text: {text}, goto: alerts}}"), "small.yaml", VOCABULARY)
    assert error.value.problems == (f"small.yaml:17: page home: {problem}",)


def test_options_on_different_pages_may_read_alike() -> None:
    """Everybody says "Buy"."""
    assert load_menu(SMALL, "small.yaml", VOCABULARY).id == "small"
