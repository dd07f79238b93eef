"""Prices: what is let off, and the bounds that hold whatever comes."""

from __future__ import annotations

from inspect import signature

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import ShapeMismatch
from scoring.pricing import Bound, Terms, prices, worth_spending

TERMS = Terms(floor_permille=700, most=100_000, give_permille=100, step=5_000, least_permille=20)
ANY_TERMS = st.builds(
    Terms,
    floor_permille=st.integers(0, 1000),
    most=st.integers(0, 10**9),
    give_permille=st.integers(0, 1000),
    step=st.integers(1, 10_000),
    least_permille=st.integers(0, 1000),
)
AMOUNT = st.integers(0, 10**12)


def priced(listed: int, cost: int, at_stake: float, terms: Terms = TERMS) -> tuple[int, Bound]:
    """One price and what decided it."""
    found = prices(np.array([listed]), np.array([cost]), np.array([at_stake]), terms)
    return int(found.price[0]), Bound(int(found.bound[0]))


@pytest.mark.parametrize(
    ("listed", "cost", "at_stake", "expected"),
    [
        (300_000, 120_000, 300_000.0, (270_000, Bound.VALUE)),  # a tenth of what is at stake
        (300_000, 120_000, 333_333.0, (270_000, Bound.VALUE)),  # rounded up to a price that people know
        (300_000, 120_000, 9e9, (210_000, Bound.FLOOR)),
        (300_000, 280_000, 9e9, (280_000, Bound.COST)),
        (900_000, 100_000, 9e9, (800_000, Bound.CAP)),
        (300_000, 120_000, 40_000.0, (300_000, Bound.TOO_LITTLE)),
        (300_000, 320_000, 9e9, (300_000, Bound.TOO_LITTLE)),  # sold below cost already
        (300_000, 120_000, float("nan"), (300_000, Bound.UNKNOWN)),
        (300_000, 120_000, float("inf"), (300_000, Bound.UNKNOWN)),
        (0, 0, 9e9, (0, Bound.TOO_LITTLE)),
    ],
)
def test_each_bound_decides_where_it_is_the_tightest(
    listed: int, cost: int, at_stake: float, expected: tuple[int, Bound]
) -> None:
    """And is named."""
    assert priced(listed, cost, at_stake) == expected


def test_a_currency_without_minor_units_is_priced_in_whole_ones() -> None:
    """1,490 CLP and a step of ten."""
    terms = Terms(floor_permille=800, most=1_000, give_permille=100, step=10)
    assert priced(1_490, 300, 1_805.0, terms) == (1_310, Bound.VALUE)
    assert priced(1_490, 300, 9e9, terms)[0] == 1_200  # 1,192 is the floor


@given(AMOUNT, AMOUNT, st.floats(allow_nan=True, allow_infinity=True), ANY_TERMS)
def test_the_bounds_hold_whatever_comes(listed: int, cost: int, at_stake: float, terms: Terms) -> None:
    """Never above the list, below floor or cost, or off by more than the cap or what is given."""
    price, bound = priced(listed, cost, at_stake, terms)
    assert price <= listed
    if price == listed:
        return
    off = listed - price
    assert price * 1000 >= listed * terms.floor_permille
    assert price >= cost
    assert off <= terms.most
    assert off * 1000 <= max(at_stake, 0.0) * terms.give_permille * (1 + 1e-9)
    assert price % terms.step == 0
    assert bound in (Bound.VALUE, Bound.FLOOR, Bound.COST, Bound.CAP)


@given(AMOUNT, st.floats(0, 1e12), st.floats(0, 1e12))
def test_more_at_stake_never_costs_more(listed: int, one: float, other: float) -> None:
    """Whoever is likelier to go is not asked for more."""
    less, more = sorted((one, other))
    assert priced(listed, 0, more)[0] <= priced(listed, 0, less)[0]


def test_nothing_about_the_person_goes_in() -> None:
    """List price, cost, what is at stake, and the operator's terms: a protected attribute has no way in."""
    assert list(signature(prices).parameters) == ["listed", "cost", "at_stake", "terms"]


def test_arrays_of_different_lengths_are_refused() -> None:
    """One price each."""
    with pytest.raises(ShapeMismatch):
        prices(np.array([1, 2]), np.array([1]), np.array([1.0]), TERMS)


@given(st.lists(st.floats(0, 1e12), max_size=30), st.integers(0, 1000), st.integers(0, 10**9), st.integers(0, 10**10))
def test_what_is_spent_on_coming_back_is_within_share_cap_and_budget(
    values: list[float], give: int, most: int, budget: int
) -> None:
    """Whoever they are."""
    spent = worth_spending(np.array(values), give, most, budget)
    assert spent.sum() <= budget
    assert (spent <= most).all()
    assert (spent * 1000 <= np.array(values) * give * (1 + 1e-9)).all()


def test_the_most_valuable_comes_first() -> None:
    """As far as the budget goes; a smaller one may still fit."""
    assert worth_spending(np.array([1000.0, 9000.0, 500.0]), 100, 10_000, 960).tolist() == [0, 900, 50]
