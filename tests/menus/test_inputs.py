"""What is typed: one canonical spelling, or refused; and no pattern that takes for ever."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus.inputs import MOST_TYPED, Rule, longest, read, wrong_pattern

DIGITS = Rule("digits", Decimal(4), Decimal(6))
AMOUNT = Rule("amount", Decimal("0.50"), Decimal(50_000))
NUMBER = Rule("msisdn", region="CO")
DAY = Rule("date", date(2026, 1, 1), date(2026, 12, 31))
WORD = Rule("text", Decimal(2), Decimal(10), r"[A-Za-z]+(?: [A-Za-z]+){0,3}")


@pytest.mark.parametrize(
    ("rule", "typed", "taken"),
    [
        (DIGITS, "1234", "1234"),
        (DIGITS, " 12 34-56 ", "123456"),
        (DIGITS, "123", None),
        (DIGITS, "1234567", None),
        (DIGITS, "12e4", None),
        (DIGITS, "١٢٣٤", None),
        (AMOUNT, "5000", "5000"),
        (AMOUNT, "5.000", "5000"),
        (AMOUNT, "5,000.50", "5000.50"),
        (AMOUNT, "5.000,5", "5000.50"),
        (AMOUNT, "0,50", "0.50"),
        (AMOUNT, "0.49", None),
        (AMOUNT, "50000.01", None),
        (AMOUNT, "0", None),
        (AMOUNT, "-5", None),
        (AMOUNT, "1e3", None),
        (AMOUNT, "5.00.0", None),
        (AMOUNT, "0.500", None),
        (AMOUNT, "00.500", None),
        (AMOUNT, "1.000,000", None),
        (AMOUNT, "5,000,00", None),
        (AMOUNT, "1,000,000", None),
        (AMOUNT, "12 500,5", "12500.50"),
        (NUMBER, "300 111 2233", "573001112233"),
        (NUMBER, "+57 300 1112233", "573001112233"),
        (NUMBER, "(300) 111-22.33", "573001112233"),
        (NUMBER, "+55 11 96123-4567", None),
        (Rule("msisdn"), "+55 11 96123-4567", "5511961234567"),
        (Rule("msisdn"), "11 96123-4567", None),
        (NUMBER, "300FLOWERS", None),
        (NUMBER, "call me at 3001112233", None),
        (NUMBER, "3001112233;ext=5", None),
        (NUMBER, "018000112233", None),
        (NUMBER, "601 234 5678", None),
        (NUMBER, "12345", None),
        (NUMBER, "hello", None),
        (DAY, "24/11/2026", "2026-11-24"),
        (DAY, "24112026", "2026-11-24"),
        (DAY, "1-2-2026", "2026-02-01"),
        (DAY, "31/02/2026", None),
        (DAY, "31/12/2025", None),
        (DAY, "2026-11-24", None),
        (WORD, "hola que tal", None),
        (WORD, "hola tu", "hola tu"),
        (WORD, "h", None),
        (WORD, "hola 1", None),
        (WORD, "a" * (MOST_TYPED + 1), None),
        (Rule("text"), "a\u202eb", None),
        (Rule("text"), "   ", None),
    ],
)
def test_what_is_typed_has_one_spelling_or_is_refused(rule: Rule, typed: str, taken: str | None) -> None:
    """As people write it on a feature phone."""
    assert read(rule, typed) == taken


@given(st.sampled_from([DIGITS, AMOUNT, NUMBER, DAY, WORD]), st.text(max_size=200))
def test_anything_may_be_typed(rule: Rule, typed: str) -> None:
    """It is taken or not; what is taken fits what screens are measured with."""
    taken = read(rule, typed)
    assert taken is None or len(taken) <= max(len(longest(rule)), 20)


@given(st.decimals(min_value=1, max_value=50_000, places=2))
def test_an_amount_reads_back_as_itself(value: Decimal) -> None:
    """Its canonical spelling is one that people may type."""
    typed = f"{value:.2f}"
    assert read(AMOUNT, typed) == typed
    assert read(AMOUNT, typed.replace(".", ",")) == typed


@pytest.mark.parametrize(
    "pattern",
    [r"[0-9]{4}", r"[A-Z]{2}[0-9]+", r"(?:a|b)c*", r"\+?[0-9 ]{5,15}", r"a\(b+", r"(?:\d{2}\.?){4}", r"(?:ab)+"],
)
def test_plain_patterns_are_taken(pattern: str) -> None:
    """What codes and names need."""
    assert wrong_pattern(pattern) == ""


@pytest.mark.parametrize(
    "pattern", [r"(a+)+$", r"(?:a*)*b", r"((ab)+)", r"(a)\1", r"(?=a)b", r"(?<!x)y", r"a*b*c*d*e*", "(", "a" * 201]
)
def test_patterns_that_could_take_for_ever_are_refused(pattern: str) -> None:
    """And what is no pattern at all."""
    assert wrong_pattern(pattern)


def test_a_pattern_has_a_time_limit() -> None:
    """Whatever slipped through the check: the hop goes on, and the text is not taken."""
    assert read(Rule("text", pattern=r"(?:a|aa)+(?:b|bb)+(?:a|aa)+c" + "|(a+)+$"), "a" * 60 + "!") is None
