"""Groups of amounts are read strictly: what is wrong is named by file and key."""

from __future__ import annotations

import pytest

from flows.errors import CatalogueError
from flows.recharge_groups import parse_groups
from flows.values import Allowance, Unit
from scoring.combo_values import AmountGroup

GOOD = """
data:
  D1: [10, 100]
  D2: {from: 100, to: 250.5, validity_days: 7, allowances: [{unit: byte, amount: 1024}]}
  D3: [250.501, null]
sms:
  S1: [null, 9]
"""


def test_groups_are_read_as_they_stand_in_the_file() -> None:
    """A pair is short for from and to; null is open; amounts are exact."""
    found = parse_groups(GOOD, "g.yaml")
    assert found.groups == (
        AmountGroup("data", "D1", 10_000, 100_000),
        AmountGroup("data", "D2", 100_000, 250_500, 7.0),
        AmountGroup("data", "D3", 250_501, None),
        AmountGroup("sms", "S1", 0, 9_000),
    )
    assert found.allowances == {"D2": (Allowance(Unit.BYTE, 1024),)}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- data", "the whole: must be a mapping"),
        ("data: [1, 2]", "data: must be a mapping"),
        ("data: {D1: [1]}", "data.D1: must be a mapping"),
        ("data: {D1: {from: 1}}", "data.D1.to: is missing"),
        ("data: {D1: [5, 1]}", "data.D1.to: lies before from"),
        ("data: {D1: [-5, 1]}", "data.D1.from: must be an amount of money from 0"),
        ("data: {D1: [.nan, 1]}", "data.D1.from: must be an amount of money from 0"),
        ("data: {D1: [0.0001, 1]}", "data.D1.from: has more than three decimals"),
        ("data: {D1: {from: 1, to: 2, colour: red}}", "data.D1.colour: unknown key"),
        ("data: {D1: {from: 1, to: 2, validity_days: 0}}", "data.D1.validity_days: must be a whole number from 1"),
        ("data: {D1: [1, 5], D2: [4, 9]}", "data.D2: overlaps D1"),
        ("data: {D1: [1, null], D2: [4, 9]}", "data.D2: overlaps D1"),
        ("data: {X: [1, 5]}\nsms: {X: [1, 5]}", "sms.X: is the name of another group"),
        ("data: {D1: [1, 5]}\nData: {D2: [1, 5]}", "Data: is the same type as data"),
        ("1: {D1: [1, 5]}", "1: must be a name, in quotes where it is a number"),
        ("data: [1\n  - 2", "line 3: did not find expected"),
    ],
)
def test_what_is_wrong_is_named(text: str, told: str) -> None:
    """In one line."""
    with pytest.raises(CatalogueError) as raised:
        parse_groups(text, "g.yaml")
    assert str(raised.value).startswith("g.yaml")
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)
