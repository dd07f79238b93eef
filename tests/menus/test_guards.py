"""Conditions: what they may ask, and that what is not known holds for nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus.guards import GuardError, GuardKind, GuardValue, parse_guard

KINDS: dict[str, GuardKind] = {"balance": "number", "price": "number", "roaming": "flag", "segment": "text"}
KNOWN: dict[str, GuardValue] = {"balance": 500, "price": 300, "roaming": False, "segment": "youth"}


@pytest.mark.parametrize(
    ("guard", "holds"),
    [
        ("balance >= price", True),
        ("balance<price", False),
        ("balance == 500", True),
        ("balance != 500", False),
        ("price > -1", True),
        ("price <= 299", False),
        ("roaming", False),
        ("not roaming", True),
        ("segment == youth", True),
        ('segment != "small business"', True),
        ('segment == "young and free"', False),
        ("segment != pt_BR and price < 1000", True),
        ("balance >= price and not roaming and segment == youth", True),
        ("balance >= price and roaming", False),
    ],
)
def test_a_condition_holds_as_it_reads(guard: str, holds: bool) -> None:
    """Numbers with each other, flags by themselves, words with words."""
    assert parse_guard(guard, KINDS).holds(KNOWN) is holds


@pytest.mark.parametrize("guard", ["balance >= price", "not roaming", "segment != youth", "price < 1000000"])
@pytest.mark.parametrize("unknown", [{}, dict.fromkeys(KINDS)])
def test_what_is_not_known_holds_for_nobody(guard: str, unknown: dict[str, GuardValue]) -> None:
    """Nobody is offered what might not be theirs because a system was slow."""
    assert not parse_guard(guard, KINDS).holds(unknown)


@pytest.mark.parametrize(
    ("guard", "complaint"),
    [
        ("balance", "must be compared"),
        ("not balance", "is no yes or no"),
        ("roaming == 1", "is yes or no"),
        ("segment > youth", "compare it with == or !="),
        ("balance > segment", "is a number"),
        ('balance > "x"', "is a number"),
        ("balance + 1 > 2", "is not 'NAME'"),
        ("roaming or roaming", "is not 'NAME'"),
        ("__import__('os')", "is not 'NAME'"),
        ("balance.__class__ == 1", "is not 'NAME'"),
        ("", "is not 'NAME'"),
        ("roaming and ", "is not 'NAME'"),
        ("balance > 99999999999999999999", "is not 'NAME'"),
    ],
)
def test_what_is_no_condition_is_refused(guard: str, complaint: str) -> None:
    """It is no expression language."""
    with pytest.raises(GuardError, match=complaint):
        parse_guard(guard, KINDS)


@pytest.mark.parametrize("guard", ["balanc > 1", "balance > pric", "not roamin"])
def test_an_unknown_name_is_told(guard: str) -> None:
    """So that the message can say which is meant."""
    with pytest.raises(KeyError):
        parse_guard(guard, KINDS)


@given(st.text(alphabet='abcdeglnoprst_ =<>!"1', max_size=40))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    """And says what must be known."""
    try:
        guard = parse_guard(text, KINDS)
    except (GuardError, KeyError):
        return
    assert guard.names <= KINDS.keys()
    assert guard.holds(KNOWN) in (True, False)
