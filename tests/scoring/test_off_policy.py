"""What a policy would have earned, from the log of another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import LogUnusable
from scoring.off_policy import PolicyValue, ShownLog, value_of
from scoring.values import Floats


def logged(rates: Floats, shown: Floats, rows: int, seed: int) -> ShownLog:
    """A log of a random policy on items whose true click rates are known, ``(positions, items)`` both."""
    drawn = np.random.default_rng(seed)
    position = drawn.integers(len(rates), size=rows)
    item = (np.cumsum(shown, axis=1)[position] < drawn.random(rows)[:, None]).sum(axis=1).clip(0, shown.shape[1] - 1)
    click = (drawn.random(rows) < rates[position, item]).astype(float)
    return ShownLog(item, position, click, shown[position, item])


@pytest.mark.parametrize(
    ("rows", "positions", "items", "rate"),
    [(500, 1, 10, 0.01), (1_000, 1, 10, 0.02), (2_000, 3, 10, 0.05), (400, 1, 6, 0.2), (2_000, 1, 5, 0.9)],
    ids=["five clicks", "twenty clicks", "three places", "short", "nearly all clicked"],
)
def test_the_interval_covers_the_truth(rows: int, positions: int, items: int, rate: float) -> None:
    """In at least 93 of 100 simulated logs, with few clicks and with many."""
    covered = 0
    for seed in range(100):
        drawn = np.random.default_rng(seed)
        rates = np.clip(rate * np.exp(0.4 * drawn.normal(size=(positions, items))), 0.0, 0.98)
        shown = 0.9 * drawn.dirichlet(np.ones(items), positions) + 0.1 / items
        policy = drawn.dirichlet(np.ones(items), positions)
        found = value_of(logged(rates, shown, rows, seed), policy)
        truth = float((policy * rates).sum(axis=1).mean())
        covered += found.low <= truth <= found.high
    assert covered >= 93


def test_a_log_without_a_click_leaves_room_above() -> None:
    """Nothing seen is not nothing there: with 300 rows, 1 % may well be."""
    shown = np.full((1, 4), 0.25)
    log = logged(np.zeros((1, 4)), shown, 300, 1)
    found = value_of(log, shown)
    assert (found.ips, found.snips, found.dr, found.low) == (0, 0, 0, 0)
    assert 0.01 < found.high < 0.02


@given(st.integers(0, 10_000), st.integers(5, 200))
def test_estimates_of_the_logging_policy_are_the_mean(seed: int, rows: int) -> None:
    """Whatever was logged; and the interval holds all three."""
    shown = np.full((2, 3), 1 / 3)
    log = logged(np.full((2, 3), 0.3), shown, rows, seed)
    found = value_of(log, shown)
    assert found.ips == pytest.approx(log.click.mean())
    assert found.snips == pytest.approx(log.click.mean())
    assert found.low <= found.snips <= found.high
    assert found.low <= found.dr <= found.high


def test_doubly_robust_is_surer_where_items_differ() -> None:
    """A guess of each item's clicks takes the noise of which item was drawn out of the mean."""
    rates, shown = np.array([[0.9, 0.1, 0.5]]), np.full((1, 3), 1 / 3)
    off = [(found.ips - 0.5, found.dr - 0.5) for found in (one(rates, shown, seed) for seed in range(30))]
    by_ips, by_dr = np.std(off, axis=0)
    assert by_dr < 0.85 * by_ips


def one(rates: Floats, policy: Floats, seed: int) -> PolicyValue:
    """The same policy, logged and judged."""
    return value_of(logged(rates, policy, 500, seed), policy)


def test_a_log_that_shows_nothing_of_a_policy_is_refused() -> None:
    """There is nothing to learn from it."""
    log = logged(np.full((1, 2), 0.5), np.array([[1.0, 0.0]]), 50, 1)
    with pytest.raises(LogUnusable, match="nothing that the log shows"):
        value_of(log, np.array([[0.0, 1.0]]))


def test_a_log_of_four_rows_is_refused() -> None:
    """A fold needs a row."""
    shown = np.full((1, 2), 0.5)
    with pytest.raises(LogUnusable, match="4 rows"):
        value_of(logged(shown, shown, 4, 1), shown)
