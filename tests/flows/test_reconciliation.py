"""One order against what the charging system says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes import ANA, BEN, PRICE, order
from flows.purchase import NEEDS_PERSON
from flows.reconciliation import Charge, Ours, Said, absent, compare, excess, judge
from flows.values import Money, Msisdn, OrderKey, OrderKind

KEY = "ord-off-1"
ONCE = Charge(KEY, ANA, PRICE.amount, PRICE.currency, "2026-11-24T10:00:01-05:00", "r-1")
BACK = replace(ONCE, amount=-PRICE.amount, reference="r-2")
AGAIN = replace(ONCE, reference="r-3")
PART = replace(BACK, amount=-1)


def ours(state: str, reason: str | None = None) -> Ours:
    """Ana's order in this state."""
    return Ours(order(state=state), reason, "r-1")


@pytest.mark.parametrize(
    ("state", "charges", "kind"),
    [
        ("confirmed", [ONCE], None),
        ("confirmed", [ONCE, AGAIN], "double"),
        ("confirmed", [ONCE, AGAIN, BACK], None),
        ("confirmed", [BACK, ONCE], "missing"),
        ("confirmed", [ONCE, PART], "differing"),
        ("confirmed", [replace(ONCE, amount=1)], "differing"),
        ("confirmed", [replace(ONCE, currency="USD")], "differing"),
        ("confirmed", [replace(ONCE, msisdn=BEN)], "differing"),
        ("declined", [ONCE], "extra"),
        ("declined", [ONCE, BACK], None),
        ("refunded", [ONCE, BACK], None),
        ("refunded", [BACK], None),
        ("refunded", [ONCE], None),
        ("refunded", [ONCE, AGAIN], "double"),
        ("in_doubt", [ONCE], None),
        ("pending", [ONCE], None),
        ("sent", [ONCE], None),
        ("needs a person", [ONCE], "extra"),
        ("nobody's", [ONCE], "extra"),
        ("nobody's", [ONCE, BACK], None),
        ("nobody's", [BACK], "extra"),
    ],
)
def test_a_statement_is_held_against_each_order(state: str, charges: list[Charge], kind: str | None) -> None:
    """What is open is no discrepancy; money that was given back takes its charge along."""
    one = ours("in_doubt", NEEDS_PERSON) if state == "needs a person" else ours(state)
    found = compare(None if state == "nobody's" else one, charges)
    assert (found.kind if found else None) == kind
    if found is not None:
        assert found.key == KEY
        assert len(found.evidence["theirs"]) == len(charges)


AMOUNT = Money(PRICE.amount, "COP")
CREDITED = {"price": Money(0, "COP"), "credit": AMOUNT}
OWED = {"price": Money(PRICE.amount + 1, "COP"), "credit": AMOUNT}
THEIRS = replace(BACK, msisdn=BEN)


@pytest.mark.parametrize(
    ("kind", "terms", "lines", "found"),
    [
        (OrderKind.TOP_UP, CREDITED, [BACK], None),
        (OrderKind.TOP_UP, CREDITED, [BACK, replace(BACK, reference="r-9")], "double"),
        (OrderKind.TOP_UP, CREDITED, [PART], "differing"),
        (OrderKind.TOP_UP, CREDITED, [ONCE], "missing"),
        (OrderKind.ADVANCE, OWED, [BACK], None),
        (OrderKind.ADVANCE, OWED, [], "missing"),
        (OrderKind.TRANSFER, {"credit": AMOUNT, "beneficiary": BEN}, [ONCE], None),
        (OrderKind.TRANSFER, {"credit": AMOUNT, "beneficiary": BEN}, [ONCE, THEIRS], None),
        (OrderKind.TRANSFER, {"credit": AMOUNT, "beneficiary": BEN}, [ONCE, AGAIN, THEIRS], "double"),
        (OrderKind.TRANSFER, {"credit": AMOUNT, "beneficiary": BEN}, [THEIRS], "missing"),
        (OrderKind.OUT_OF_BUNDLE, {"price": Money(0, "COP")}, [], None),
    ],
)
def test_other_kinds_are_held_against_what_they_move(
    kind: OrderKind, terms: dict[str, object], lines: list[Charge], found: str | None
) -> None:
    """Credits are lines below zero; a transfer may have a line of either end; a switch moves nothing."""
    one = Ours(order(state="confirmed", kind=kind, **terms), None, "r-1")
    said = compare(one, lines) if lines else absent(one)
    assert (said.kind if said else None) == found


@pytest.mark.parametrize(
    ("state", "charges", "over"),
    [
        ("confirmed", [ONCE, AGAIN], PRICE.amount),
        ("confirmed", [ONCE, AGAIN, replace(AGAIN, reference="r-4")], 2 * PRICE.amount),
        ("confirmed", [ONCE, AGAIN, PART], PRICE.amount - 1),
        ("confirmed", [replace(ONCE, amount=PRICE.amount + 1)], 1),
        ("confirmed", [replace(ONCE, amount=PRICE.amount - 1)], 0),
        ("confirmed", [ONCE, PART], 0),
        ("confirmed", [replace(ONCE, currency="USD")], 0),
        ("confirmed", [replace(ONCE, amount=PRICE.amount + 1, msisdn=BEN)], 0),
        ("confirmed", [], 0),
        ("refunded", [ONCE, AGAIN], PRICE.amount),
        ("declined", [ONCE, AGAIN], 0),
    ],
)
def test_what_was_charged_beyond_the_price_is_what_can_be_given_back(
    state: str, charges: list[Charge], over: int
) -> None:
    """Of who was to pay, in the currency that was said; less is no money of theirs."""
    found = compare(ours(state), charges)
    assert found is not None
    assert excess(found.kind, found.evidence) == (Money(over, PRICE.currency) if over else None)


def test_of_a_refund_that_was_paid_twice_nothing_is_given_back() -> None:
    """It is the operator's money."""
    refund = order(state="confirmed", key=OrderKey("ref-off-1"), gives_back=OrderKey(KEY), kind=OrderKind.REFUND)
    found = compare(Ours(refund), [BACK, replace(BACK, reference="r-9")])
    assert found is not None
    assert (found.kind, excess(found.kind, found.evidence)) == ("double", None)


@pytest.mark.parametrize(
    ("state", "lines", "kind"),
    [
        ("confirmed", [BACK], None),
        ("confirmed", [ONCE], "missing"),
        ("confirmed", [PART], "differing"),
        ("confirmed", [BACK, replace(BACK, reference="r-9")], "double"),
        ("declined", [BACK], "extra"),
        ("declined", [], None),
    ],
)
def test_a_refund_is_held_against_what_was_given_back(state: str, lines: list[Charge], kind: str | None) -> None:
    """It has a key of its own, and the same words for what is wrong."""
    refund = order(state=state, key=OrderKey("ref-off-1"), gives_back=OrderKey(KEY), kind=OrderKind.REFUND)
    found = compare(Ours(refund), [replace(line, key="ref-off-1") for line in lines])
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize(
    ("state", "charged", "kind"),
    [
        ("confirmed", True, None),
        ("confirmed", False, "missing"),
        ("declined", True, "extra"),
        ("declined", False, None),
        ("refunded", True, None),
        ("refunded", False, "missing"),
        ("in_doubt", True, None),
        ("needs a person", True, "extra"),
        ("needs a person", False, None),
    ],
)
def test_the_charging_system_is_asked_about_each_order(state: str, charged: bool, kind: str | None) -> None:
    """Only what is settled here can be told otherwise there."""
    one = ours("in_doubt", NEEDS_PERSON) if state == "needs a person" else ours(state)
    found = judge(one, Said(charged, "r-1", "words"))
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize(("state", "kind"), [("confirmed", "missing"), ("declined", None), ("refunded", "missing")])
def test_what_a_statement_does_not_name_is_missing_if_we_say_charged(state: str, kind: str | None) -> None:
    """Everything else is as it should be."""
    found = absent(ours(state))
    assert (found.kind if found else None) == kind


def test_asked_and_read_it_is_the_same_discrepancy() -> None:
    """So that it is settled once."""
    asked, read = judge(ours("declined"), Said(charged=True)), compare(ours("declined"), [ONCE])
    assert asked is not None
    assert read is not None
    assert asked.mark == read.mark


def test_another_wrong_charge_is_another_discrepancy() -> None:
    """And the same in another order of lines is the same."""
    one, two = replace(ONCE, amount=1), replace(ONCE, amount=2)
    marks = [found.mark for found in (compare(ours("confirmed"), [one]), compare(ours("confirmed"), [two])) if found]
    assert len(set(marks)) == 2
    both = [compare(None, lines) for lines in ([ONCE, AGAIN], [AGAIN, ONCE])]
    assert len({found.mark for found in both if found}) == 1


def test_charges_that_are_alike_and_have_no_key_are_two() -> None:
    """Nobody can say that they are one."""
    loose = replace(ONCE, key="")
    marks = {found.mark for twin in (1, 2) if (found := compare(None, [replace(loose, twin=twin)]))}
    assert len(marks) == 2
    assert all(found.key is None for found in [compare(None, [loose])] if found)
    assert Msisdn(ANA) not in "".join(marks)
