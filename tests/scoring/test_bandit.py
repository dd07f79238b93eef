"""What is believed of acceptance, how it is explored, and by what chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.bandit import Beliefs, Exploration, chances, fan, pick

D = 4
SEEDS = st.integers(0, 2**32 - 1)


def beliefs(answers: int = 0, seed: int = 5) -> Beliefs:
    """From nothing, or after some answers by a straight law."""
    drawn = np.random.default_rng(seed)
    found = Beliefs(np.zeros(D), np.eye(D))
    for _ in range(answers):
        row = drawn.normal(size=D)
        found = found.after(row, float(row[0] > 0))
    return found


@given(SEEDS, st.integers(0, 60))
@settings(max_examples=30)
def test_learning_one_by_one_is_ridge_regression(seed: int, answers: int) -> None:
    """As if all answers had been there at once."""
    drawn = np.random.default_rng(seed)
    rows, rewards = drawn.normal(size=(answers, D)), drawn.integers(0, 2, answers).astype(float)
    found = beliefs()
    for row, reward in zip(rows, rewards, strict=True):
        found = found.after(row, reward)
    precision = np.eye(D) + rows.T @ rows
    np.testing.assert_allclose(found.mean, np.linalg.solve(precision, rows.T @ rewards), atol=1e-9)
    np.testing.assert_allclose(found.inverse, np.linalg.inv(precision), atol=1e-9)
    assert found.learned == answers


def test_a_fan_narrows_with_what_is_learned() -> None:
    """Around the mean, as wide as what is not known."""
    wide, narrow = fan(beliefs(), Exploration()), fan(beliefs(500), Exploration())
    np.testing.assert_allclose(wide.mean(axis=0), 0, atol=1e-12)
    assert narrow.std(axis=0).max() < 0.2 * wide.std(axis=0).min()


@given(SEEDS, st.integers(1, 5), st.integers(1, 6))
def test_chances_are_a_lottery_over_what_is_allowed(seed: int, n: int, m: int) -> None:
    """They sum to one where anything is allowed; nothing else is ever picked, and what is has its floor."""
    drawn = np.random.default_rng(seed)
    allowed = drawn.random((n, m)) < 0.6
    rows, margin = drawn.normal(size=(n, m, D)), drawn.uniform(1, 9, m)
    chance = chances(rows, fan(beliefs(), Exploration()), margin, allowed, 0.02)
    np.testing.assert_allclose(chance.sum(axis=1), allowed.any(axis=1))
    assert (chance[~allowed] == 0).all()
    assert (chance[allowed] >= 0.02 / m).all()


@given(SEEDS)
def test_a_pick_has_just_the_chance_that_is_logged(seed: int) -> None:
    """Over evenly spread numbers each offer comes as often as its chance says."""
    drawn = np.random.default_rng(seed)
    rows, margin, allowed = drawn.normal(size=(1, 5, D)), np.ones(5), np.array([[True, True, False, True, True]])
    chance = chances(rows, fan(beliefs(), Exploration()), margin, allowed, 0.02)
    even = (np.arange(10_000) + 0.5) / 10_000
    picked = pick(np.repeat(chance, len(even), axis=0), even)
    np.testing.assert_allclose(np.bincount(picked.index, minlength=5) / len(even), chance[0], atol=2e-4)
    np.testing.assert_array_equal(picked.propensity, chance[0, picked.index])


def test_exploring_is_thompson_sampling() -> None:
    """Over many fans an offer's mean chance is how often a draw from the beliefs puts it first."""
    rows, margin, allowed = np.random.default_rng(3).normal(size=(1, 4, D)), np.ones(4), np.ones((1, 4), dtype=bool)
    known = beliefs(20)
    fans = [fan(known, Exploration(seed=seed)) for seed in range(400)]
    mean = np.mean([chances(rows, one, margin, allowed, 0.0) for one in fans], axis=0)
    drawn = np.random.default_rng(4).multivariate_normal(known.mean, known.inverse * 0.3**2, 40_000)
    first = np.clip(drawn @ rows[0].T, 1e-6, 1).argmax(axis=1)
    np.testing.assert_allclose(mean[0], np.bincount(first, minlength=4) / 40_000, atol=0.02)


@pytest.mark.parametrize("drawn", [0.0, 0.5, np.nextafter(1.0, 0.0)])
def test_whoever_is_allowed_nothing_gets_nothing(drawn: float) -> None:
    """Whatever the event's number."""
    found = pick(np.zeros((1, 3)), np.array([drawn]))
    assert (found.index[0], found.propensity[0]) == (-1, 1.0)


def test_a_sum_a_hair_below_one_picks_the_last_allowed() -> None:
    """Not what is behind it, which has no chance."""
    found = pick(np.array([[0.3, 0.6999999, 0.0]]), np.array([np.nextafter(1.0, 0.0)]))
    assert found.index[0] == 1
