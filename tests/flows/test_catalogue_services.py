"""What is offered beside bundles is read as strictly as they are."""

from __future__ import annotations

import pytest

from flows.catalogue import load_starter, parse_catalogue
from flows.catalogue_services import Services, Transfers, Vouchers
from flows.errors import CatalogueError
from flows.values import Money

SMALL = "{id: small, amount: {amount: 200000, currency: COP}, fee: {amount: 20000, currency: COP}"
TRANSFERS = "currency: COP, least: 100, most: 500, most_a_day: 900, times_a_day: 5"


def read(more: str) -> Services:
    """A catalogue without bundles, and this."""
    return parse_catalogue(f"bundles: []\n{more}\n").services


def test_what_is_left_out_is_not_offered() -> None:
    """Nothing of it has a default but the limit on wrong PINs."""
    assert read("") == Services()
    assert read("vouchers: {}").vouchers == Vouchers(wrong_tries=3, hours=24)


def test_all_of_it_arrives_under_its_name() -> None:
    """Amounts are minor units."""
    found = read(f"advances: [{SMALL}, below: 5, eligible: {{segment: gold}}}}]\ntransfers: {{{TRANSFERS}, fee: 7}}")
    (advance,) = found.advances
    assert (advance.debt, advance.below) == (Money(220_000, "COP"), 5)
    assert found.advance("small") is advance
    assert found.transfers == Transfers("COP", 100, 500, 900, 5, 7)


@pytest.mark.parametrize(
    ("segment", "balance", "may"),
    [("gold", 4, True), ("gold", 5, False), ("gold", None, True), ("", 4, False), ("silver", 4, False)],
)
def test_an_advance_is_for_some_and_only_when_they_have_little(segment: str, balance: int | None, *, may: bool) -> None:
    """A balance that is not told bars nobody; a fact that is not known does."""
    (advance,) = read(f"advances: [{SMALL}, below: 5, eligible: {{segment: gold}}}}]").advances
    money = None if balance is None else Money(balance, "COP")
    assert advance.open_to({"segment": segment} if segment else {}, money) is may


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ("advances: 7", "advances: must be a list"),
        (f"advances: [{SMALL}}}, {SMALL}}}]", "small is given twice"),
        (f"advances: [{SMALL}, interest: 3}}]", "interest: unknown key"),
        ("advances: [{id: small, amount: {amount: 0, currency: COP}}]", "amount: must be a whole number from 1"),
        (f"advances: [{SMALL.replace('20000, currency: COP', '20000, currency: USD')}}}]", "must be in COP"),
        ("vouchers: {wrong_tries: 0}", "wrong_tries: must be a whole number from 1"),
        ("vouchers: {wrong_tries: 1000}", "at most 20"),
        ("vouchers: {pins: 3}", "pins: unknown key"),
        ("transfers: {currency: COP}", "least: is missing"),
        (f"transfers: {{{TRANSFERS.replace('500', '1000')}}}", "must lie between least and most_a_day"),
        ("out_of_bundle: {offer: 1}", "ocs"),
    ],
)
def test_a_mistake_is_named(more: str, complaint: str) -> None:
    """With its key."""
    with pytest.raises(CatalogueError, match=complaint.replace("(", r"\(")):
        read(more)


@pytest.mark.parametrize("market", ["co", "br", "mx", "za", "gh", "in"])
def test_the_starter_catalogues_offer_all_of_it(market: str) -> None:
    """In the market's currency; an advance is for whoever has less than the small one."""
    services = load_starter(market).services
    assert services.vouchers is not None
    assert services.transfers is not None
    assert services.out_of_bundle is not None
    assert {one.amount.currency for one in services.advances} == {services.transfers.currency}
    assert {one.below for one in services.advances} == {services.advances[0].amount.amount}
