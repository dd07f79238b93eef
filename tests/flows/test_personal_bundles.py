"""Templates of bundles become a bundle for each size and validity, within their bounds."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.catalogue import Catalogue, parse_catalogue
from flows.errors import CatalogueError
from flows.values import Allowance, Money, Unit

DAY = date(2026, 11, 24)
TEMPLATE = """
bundles: []
personal:
  - id: data-own
    kind: data
    names: {es: "{amount} por {days} días", en: "{amount} for {days} days"}
    unit: byte
    amounts: [536870912, 1610612736]
    validity_days: [1, 7]
    price: {currency: COP, base: 50000, amount: 1073741824, per_amount: 200000, per_day: 5000, round_to: 10000}
    margin: 0.5
    on_sale: {from: 2026-11-01, to: null}
    eligible: {segment: youth}
    ocs:
      tmf: {product_offering: "po-own-{amount}-{days}"}
      cgrates: {balance_type: "*data", units: "{amount}"}
      diameter: {service_context: "bundle@operator", service_id: 101}
"""


def catalogue(text: str = TEMPLATE) -> Catalogue:
    """What the file holds."""
    return parse_catalogue(text)


def test_a_template_is_sold_in_each_of_its_sizes() -> None:
    """With a name, a price and everything that a charging system must know."""
    sizes = catalogue().sizes_on_sale(DAY)
    assert [one.id for one in sizes] == [
        "data-own.536870912.1d",
        "data-own.536870912.7d",
        "data-own.1610612736.1d",
        "data-own.1610612736.7d",
    ]
    last = sizes[-1]
    assert (last.name("es"), last.name("en")) == ("1,5 GB por 7 días", "1.5 GB for 7 days")
    assert last.allowances == (Allowance(Unit.BYTE, 1_610_612_736),)
    assert (last.validity_hours, last.margin, last.family) == (168, 0.5, "data-own")
    assert last.ocs["tmf"] == {"product_offering": "po-own-1610612736-7"}
    assert last.ocs["cgrates"] == {"balance_type": "*data", "units": 1_610_612_736}
    assert last.eligible == {"segment": frozenset({"youth"})}


def test_prices_are_rounded_up() -> None:
    """500 + 2,000 a GB + 50 a day, to the next hundred."""
    assert [one.price for one in catalogue().sizes_on_sale(DAY)] == [
        Money(amount, "COP") for amount in (160_000, 190_000, 360_000, 390_000)
    ]


def test_nobody_chooses_a_size_from_a_list() -> None:
    """They are offered, and known once they were."""
    assert catalogue().on_sale(DAY) == ()
    assert catalogue().get("data-own.536870912.1d") is not None
    assert catalogue().sizes_on_sale(date(2026, 10, 31)) == ()


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(1, 7))
def test_more_never_costs_less(base: int, per_amount: int, per_day: int, round_to: int) -> None:
    """Nor does longer: nobody is better off with a smaller one twice because of a slip."""
    before, after = TEMPLATE[: TEMPLATE.index("{currency")], TEMPLATE[TEMPLATE.index("\n    margin") :]
    price = f"amount: 3, base: {base}, per_amount: {per_amount}, per_day: {per_day}, round_to: {round_to}"
    sizes = catalogue(f"{before}{{currency: COP, {price}}}{after}")
    costs = [one.price.amount for one in sizes.sizes_on_sale(DAY)]
    assert costs[0] <= costs[1] <= costs[3]
    assert costs[0] <= costs[2] <= costs[3]
    assert all(cost % round_to == 0 for cost in costs)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{amount} for", "much for", "personal 1: names.en: must say {amount} and {days}"),
        ("[536870912, 1610612736]", "[]", "personal 1: amounts: must be a list of whole numbers above 0"),
        ("[536870912, 1610612736]", "[5, 0]", "personal 1: amounts: must be a list of whole numbers above 0"),
        ("[1, 7]", "[7, 1]", "personal 1: validity_days: must rise"),
        ("[1, 7]", str(list(range(1, 102))), "personal 1: amounts: times validity_days are more than 200 sizes"),
        ("per_amount: 200000", "per_amount: -1", "personal 1: price.per_amount: must be a whole number from 0"),
        ("    margin: 0.5", "    margins: 0.5", "personal 1: margins: unknown key"),
        ("margin: 0.5", "margin: 5", "bundle data-own.536870912.1d: margin: must be a number from 0 to 1"),
        ("unit: byte", "unit: mile", "personal 1: unit: must be one of byte, second, message"),
        ("id: data-own", "id: data own", "personal 1: id: must be letters, digits"),
    ],
)
def test_what_a_template_cannot_be_is_told(old: str, new: str, told: str) -> None:
    """By file, template and key."""
    assert old in TEMPLATE
    with pytest.raises(CatalogueError) as error:
        catalogue(TEMPLATE.replace(old, new, 1))
    assert told in str(error.value)


def test_a_size_may_not_be_a_bundle_too() -> None:
    """One id, one thing."""
    twice = TEMPLATE + TEMPLATE[TEMPLATE.index("  - id") :]
    with pytest.raises(CatalogueError, match="id is given twice"):
        catalogue(twice)
