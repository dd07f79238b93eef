"""Two models on the same cases, and how often what is said comes true."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.calibration import reliability
from scoring.comparing import classification, difference
from scoring.errors import ShapeMismatch
from scoring.losses import QUANTILES, coverage, log_losses, pinball_losses
from scoring.paired import Better

DRAWN = np.random.default_rng(5)
NEVER = np.full(4000, 1e9)


def test_the_better_one_is_told_when_there_is_enough_to_tell_by() -> None:
    """And with the models exchanged, the other one."""
    champion = DRAWN.normal(5, 1, 400)
    challenger = champion - 0.2 + DRAWN.normal(0, 0.5, 400)
    people = np.arange(400)
    assert difference(champion, challenger, people).better is Better.CHALLENGER
    assert difference(challenger, champion, people).better is Better.CHAMPION


def test_equal_models_cannot_be_told_apart() -> None:
    """The interval holds 0."""
    losses = DRAWN.normal(5, 1, 400)
    assert difference(losses, losses, np.arange(400)).better is Better.UNKNOWN


def test_few_people_tell_nothing_however_clear_it_looks() -> None:
    """A thousand cases of ten people are ten people."""
    champion = np.full(1000, 5.0)
    assert difference(champion, champion - 1, np.arange(1000) % 10).better is Better.UNKNOWN


def test_cases_of_one_person_do_not_make_the_interval_narrower() -> None:
    """Every case ten times over says no more than once."""
    apart, people = DRAWN.normal(0.1, 1, 100), np.arange(100)
    once = difference(np.zeros(100), apart, people)
    often = difference(np.zeros(1000), np.repeat(apart, 10), np.repeat(people, 10))
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """At least 90 of 100, of people with several cases each."""
    covered = 0
    for _ in range(100):
        of_person = np.repeat(DRAWN.normal(0, 1, 60), 5)
        found = difference(np.zeros(300), 0.3 + of_person + DRAWN.normal(0, 1, 300), np.repeat(np.arange(60), 5))
        covered += found.low <= 0.3 <= found.high
    assert covered >= 90


def test_no_case_and_one_person_tell_nothing() -> None:
    """No division by nothing."""
    assert difference(np.zeros(0), np.zeros(0), []).better is Better.UNKNOWN
    assert difference(np.zeros(2), np.ones(2), ["a", "a"]).better is Better.UNKNOWN


def test_what_does_not_belong_together_is_refused() -> None:
    """Every case has both losses and a person."""
    with pytest.raises(ShapeMismatch):
        difference(np.zeros(2), np.zeros(3), [1, 2])
    with pytest.raises(ShapeMismatch):
        reliability(np.zeros(2), np.zeros(3))


def test_the_true_quantiles_lose_least_also_where_the_end_is_not_seen() -> None:
    """Half of the bundles expire first; forecasts that are a quarter off cost more."""
    hours = DRAWN.lognormal(3, 0.7, 4000)
    most = DRAWN.lognormal(3, 0.7, 4000)
    seen = np.where(hours <= most, hours, -1.0)
    true = {name: np.full(4000, float(np.quantile(hours, level))) for name, level in QUANTILES.items()}
    best = pinball_losses(seen, true, most).mean()
    for factor in (0.75, 1.33):
        off = {name: quantile * factor for name, quantile in true.items()}
        assert pinball_losses(seen, off, most).mean() > best


def test_coverage_is_that_of_intervals_that_can_be_seen_to_the_end() -> None:
    """With the true quantiles it is 80 %, whatever expires first."""
    hours = DRAWN.lognormal(3, 0.7, 4000)
    most = DRAWN.lognormal(4, 0.7, 4000)
    true = {name: np.full(4000, float(np.quantile(hours, level))) for name, level in QUANTILES.items()}
    assert coverage(np.where(hours <= most, hours, -1.0), true, most) == pytest.approx(0.8, abs=0.03)
    assert np.isnan(coverage(hours, dict.fromkeys(QUANTILES, NEVER), most))


def test_calibration_of_what_comes_true_as_said_is_near_zero() -> None:
    """And of the opposite, far from it."""
    said = DRAWN.random(20_000)
    came = (DRAWN.random(20_000) < said).astype(float)
    assert reliability(said, came).error < 0.02
    assert reliability(1 - said, came).error > 0.4


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_every_probability_falls_into_one_bin(cases: list[tuple[float, bool]]) -> None:
    """Also 0 and 1."""
    said, came = (np.array([case[place] for case in cases], dtype=float) for place in (0, 1))
    found = reliability(said, came)
    assert found.count.sum() == len(cases)
    assert (found.count * found.came).sum() == pytest.approx(came.sum())


def test_certainty_that_is_wrong_costs_much_and_not_everything() -> None:
    """Log loss stays finite; AUC of one class alone is not a number."""
    assert np.isfinite(log_losses(np.array([0.0, 1.0]), np.array([1.0, 0.0]))).all()
    figures = classification(np.array([0.2, 0.3]), np.array([0.0, 0.0]))
    assert np.isnan(figures["auc"])
