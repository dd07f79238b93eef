"""Lifetime value: what a person is expected to bring in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.lifetime import at_stake, monthly_margin, value

CHANCE = st.floats(0, 1)
MONEY = st.floats(0, 1e9)


def one(number: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Of one person."""
    return np.array([number])


@given(MONEY, CHANCE, st.floats(0, 0.1), st.integers(1, 60))
def test_the_closed_form_is_the_sum_over_months(margin: float, leaving: float, interest: float, months: int) -> None:
    """Month by month: who is still there, in today's money."""
    expected = sum(margin * ((1 - leaving) / (1 + interest)) ** month for month in range(1, months + 1))
    assert value(one(margin), one(leaving), interest=interest, months=months)[0] == pytest.approx(expected, rel=1e-9)


def test_months_that_are_worth_as_much_as_today_are_counted() -> None:
    """Nobody leaves and there is no interest."""
    assert value(one(10), one(0), interest=0, months=24)[0] == 240


def test_simulated_people_bring_in_what_is_foretold() -> None:
    """Fifty thousand, each month leaving by chance."""
    drawn = np.random.default_rng(1)
    lifetimes = np.minimum(drawn.geometric(0.08, 50_000) - 1, 24)  # whole months that they stay
    worth = np.concatenate([[0.0], np.cumsum(1.01 ** -np.arange(1.0, 25))])
    assert 100 * worth[lifetimes].mean() == pytest.approx(value(one(100), one(0.08))[0], rel=0.01)


@given(MONEY, CHANCE)
def test_who_surely_stays_or_surely_leaves_puts_nothing_at_stake(margin: float, leaving: float) -> None:
    """In between there is something, never more than all they are worth when they stay."""
    assert at_stake(one(margin), one(0.0))[0] == 0
    assert at_stake(one(margin), one(1.0))[0] == 0
    assert 0 <= at_stake(one(margin), one(leaving))[0] <= value(one(margin), one(0.0))[0]


def test_a_new_person_is_one_of_the_crowd_and_an_old_one_themselves() -> None:
    """Drawn to the mean while little is known."""
    found = monthly_margin(np.array([0.0, 600.0, 0.0]), np.array([0.0, 11.0, 5.0]), crowd=120.0)
    assert found.tolist() == [120.0, 60.0, 20.0]
