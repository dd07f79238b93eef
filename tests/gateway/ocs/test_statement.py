"""Statements as charging systems export them."""

from __future__ import annotations

import pytest

from fakes import ANA
from flows.reconciliation import Charge
from gateway.errors import StatementUnreadable
from gateway.ocs.statement import charges

AT = "2026-11-24T10:00:01-05:00"
HEAD = "key,msisdn,amount,currency,at,reference"
GOOD = f"ord-1,{ANA},300000,COP,{AT},r-1"


def read(*lines: str, currency: str = "COP") -> list[Charge]:
    """The charges of a file."""
    return list(charges([f"{line}\n" for line in lines], "day.csv", currency))


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (HEAD, GOOD),
        (HEAD, f" ord-1 , +{ANA} , 300000 , COP , {AT} , r-1 "),
        ("key,msisdn,amount_major,currency,at,reference", f"ord-1,{ANA},3000.00,COP,{AT},r-1"),
        ("key;msisdn;amount_major;at;reference", f"ord-1;{ANA};3000;{AT};r-1"),
        ("\ufeffAt,Reference,Key,Amount,MSISDN,Shop", f"{AT},r-1,ord-1,300000,{ANA},Bogotá"),
        (HEAD, f'"ord-1","{ANA}","300000","COP","{AT}","r-1"'),
    ],
)
def test_one_charge_is_written_in_many_ways(head: str, line: str) -> None:
    """Columns in any order, minor or major units, comma or semicolon, quoted or not."""
    assert read(head, line) == [Charge("ord-1", ANA, 300_000, "COP", AT, "r-1", 2)]


def test_money_given_back_is_below_zero_and_a_charge_may_have_no_key() -> None:
    """Blank lines count as lines and are passed over."""
    found = read(HEAD, f",{ANA},-300000,COP,{AT},", "", GOOD)
    assert [(one.key, one.amount, one.line) for one in found] == [("", -300_000, 2), ("ord-1", 300_000, 4)]


def test_a_currency_without_decimals_has_none() -> None:
    """By ISO 4217."""
    head = "key,msisdn,amount_major,currency,at"
    assert read(head, f"k,{ANA},3000,CLP,{AT}")[0].amount == 3000
    with pytest.raises(StatementUnreadable, match="has more decimals than CLP, which has 0"):
        read(head, f"k,{ANA},3000.5,CLP,{AT}")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (f"ord-1,{ANA},300000,COP", "line 2: has 4 columns, the header 6"),
        (f"ord-1,abc{ANA},300000,COP,{AT},r", "line 2: msisdn: must be an E.164 number"),
        (f"ord-1,{ANA},3000.00,COP,{AT},r", "line 2: amount: must be a whole number of minor units"),
        (f"ord-1,{ANA},٣,COP,{AT},r", "line 2: amount: must be a whole number of minor units"),
        (f"ord-1,{ANA},300000,peso,{AT},r", "line 2: currency: must be three letters"),
        (f"ord-1,{ANA},300000,COP,2026-11-24T10:00:01,r", "line 2: at: must be a time with its zone"),
        (f"ord-1,{ANA},300000,COP,yesterday,r", "line 2: at: must be a time with its zone"),
        (f"{'k' * 121},{ANA},300000,COP,{AT},r", "line 2: key: must be at most 120 characters"),
        (f"ord-1,{ANA},300000,COP,{AT},a\tb", "line 2: reference: must be at most 120 characters that can be printed"),
    ],
)
def test_what_cannot_be_read_is_named_without_the_number(line: str, complaint: str) -> None:
    """File, line and column."""
    with pytest.raises(StatementUnreadable, match=complaint) as caught:
        read(HEAD, line)
    assert str(caught.value).startswith("day.csv: line 2: ")
    assert ANA not in str(caught.value)


@pytest.mark.parametrize(
    ("head", "missing"),
    [("", "key, msisdn, at, amount"), ("key,msisdn,at", "amount (or amount_major)"), ("key,amount,at", "msisdn")],
)
def test_columns_that_are_not_there_are_named(head: str, missing: str) -> None:
    """At line 1."""
    with pytest.raises(StatementUnreadable) as caught:
        read(head)
    assert f"line 1: there is no column {missing}" in str(caught.value)
