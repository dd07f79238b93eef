"""Hours to depletion: limits, monotony, and skill on a crowd that was not fitted on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from usage_simulation import Crowd, situations

from scoring.depletion import forecast, paces
from scoring.errors import ShapeMismatch
from scoring.evaluation import evaluate, pinball
from scoring.values import HORIZON_HOURS, PRIOR_PER_HOUR, Floats, UsageBatch

MB = 2.0**20
NAN = float("nan")
NON_NEGATIVE = st.floats(0, 1e13)
UNKNOWN_OR = st.one_of(st.just(NAN), st.floats(-100, 1e13))


def one(**facts: Any) -> UsageBatch:
    """One person about whom nothing but what is given is known; a profile is given as bytes an hour."""
    values: dict[str, Any] = {
        "remaining": 100 * MB, "initial": NAN, "elapsed_hours": NAN, "hours_to_expiry": NAN, "hour": 0.0,
        "profile": np.zeros(24), "recent_day": 0.0, "log_day_std": 0.0, "days": 0.0,
        "prior": PRIOR_PER_HOUR["byte"], **facts,
    }  # fmt: skip
    arrays: dict[str, Any] = {name: np.array([value], dtype=float) for name, value in values.items()}
    return UsageBatch(**arrays)


def steady(per_hour: float, **facts: Any) -> UsageBatch:
    """A person with a month of even use."""
    return one(**{"profile": np.full(24, per_hour), "recent_day": per_hour * 24, "days": 30.0, **facts})


def test_even_use_runs_out_when_arithmetic_says() -> None:
    """100 MB at 10 MB an hour last about ten hours."""
    made = forecast(steady(10 * MB, initial=1000 * MB, elapsed_hours=90.0))
    assert made.p50[0] == pytest.approx(10, rel=0.05)
    assert made.p10[0] < made.p50[0] < made.p90[0]


def test_the_time_of_day_matters() -> None:
    """Who uses data in the evening only empties the rest in the evening, whenever one asks."""
    evening = np.zeros(24)
    evening[20] = 240 * MB
    facts: dict[str, Any] = {"profile": evening, "recent_day": 240 * MB, "days": 300.0, "log_day_std": 0.01}
    in_the_morning, in_the_afternoon = (forecast(one(hour=hour, **facts)).p50[0] for hour in (8.0, 18.0))
    assert in_the_morning == pytest.approx(12.5, abs=0.7)
    assert in_the_afternoon == pytest.approx(2.5, abs=0.7)


def test_without_history_use_since_purchase_decides() -> None:
    """Half of the bundle in two days: the other half lasts about as long."""
    made = forecast(one(remaining=500 * MB, initial=1000 * MB, elapsed_hours=48.0))
    assert made.p50[0] == pytest.approx(48, rel=0.15)


@pytest.mark.parametrize("unit", list(PRIOR_PER_HOUR))
def test_without_anything_the_prior_decides(unit: str) -> None:
    """A day's worth of the prior lasts a day, in every unit."""
    prior = PRIOR_PER_HOUR[unit]
    assert forecast(one(remaining=24 * prior, prior=prior)).p50[0] == pytest.approx(24)


def test_seconds_and_messages_go_by_use_since_purchase() -> None:
    """There is no hourly profile of calls; ten of twenty texts in five days leave five days."""
    made = forecast(one(remaining=10.0, initial=20.0, elapsed_hours=120.0, prior=PRIOR_PER_HOUR["message"]))
    assert made.p50[0] == pytest.approx(120, rel=0.15)


def test_nothing_remaining_is_depleted_now() -> None:
    """Zero hours, and certainly before expiry."""
    made = forecast(steady(MB, remaining=0.0, hours_to_expiry=5.0))
    assert (made.p10[0], made.p50[0], made.p90[0], made.p_before_expiry[0]) == (0, 0, 0, 1)


def test_no_forecast_passes_the_horizon() -> None:
    """A bundle that nobody touches lasts the horizon and no longer."""
    made = forecast(one(remaining=1e15))
    assert (made.p10[0], made.p90[0]) == (HORIZON_HOURS, HORIZON_HOURS)


def test_chance_of_depletion_rises_with_time_left() -> None:
    """About even when expiry is at the median, near the ends when it is far from it."""
    chances = [
        float(forecast(steady(10 * MB, hours_to_expiry=hours)).p_before_expiry[0]) for hours in (0.0, 0.5, 10.0, 200.0)
    ]
    assert chances == sorted(chances)
    assert chances[0] == 0
    assert chances[2] == pytest.approx(0.5, abs=0.1)
    assert chances[3] > 0.95


def test_a_bundle_that_has_expired_cannot_run_out_any_more() -> None:
    """Time left below zero is no time left."""
    assert forecast(steady(MB, hours_to_expiry=-3.0)).p_before_expiry[0] == 0


def test_wild_days_widen_the_interval() -> None:
    """More variation from day to day, less certainty."""
    calm, wild = (forecast(steady(MB, log_day_std=deviation)) for deviation in (0.1, 1.0))
    assert wild.p90[0] - wild.p10[0] > 1.5 * (calm.p90[0] - calm.p10[0])


ANYBODY = st.fixed_dictionaries(
    {
        "remaining": NON_NEGATIVE,
        "initial": UNKNOWN_OR,
        "elapsed_hours": UNKNOWN_OR,
        "hours_to_expiry": UNKNOWN_OR,
        "hour": st.integers(0, 23),
        "profile": st.lists(NON_NEGATIVE, min_size=24, max_size=24),
        "recent_day": NON_NEGATIVE,
        "log_day_std": st.floats(0, 10),
        "days": st.floats(0, 1e5),
    }
)


@given(ANYBODY)
def test_whatever_goes_in_finite_hours_in_order_come_out(facts: dict[str, Any]) -> None:
    """No NaN, no infinity, p10 <= p50 <= p90 within the horizon, a chance between 0 and 1, a pace above zero."""
    made = forecast(one(**facts))
    assert 0 <= made.p10[0] <= made.p50[0] <= made.p90[0] <= HORIZON_HOURS
    assert 0 <= made.p_before_expiry[0] <= 1
    assert 0 < made.pace[0] < np.inf


def test_a_batch_is_its_rows() -> None:
    """No subscriber's forecast depends on who else is in the batch."""
    crowd = situations(Crowd(), people=8, seed=3).usage
    whole = forecast(crowd)
    for row in range(len(crowd.remaining)):
        alone = forecast(crowd.only(slice(row, row + 1)))
        assert alone.p50[0] == whole.p50[row]
        assert alone.p_before_expiry[0] == whole.p_before_expiry[row]


def test_arrays_that_do_not_fit_are_refused() -> None:
    """The error names the array."""
    with pytest.raises(ShapeMismatch, match=r"days is \(2,\), not \(1,\)"):
        replace(one(), days=np.zeros(2))
    with pytest.raises(ShapeMismatch, match="profile"):
        replace(one(), profile=np.zeros((1, 23)))


def rate_since_purchase(usage: UsageBatch) -> Floats:
    """The simplest forecast: on as before."""
    return np.minimum(usage.remaining * usage.elapsed_hours / (usage.initial - usage.remaining), HORIZON_HOURS)


@pytest.mark.parametrize(
    ("crowd", "better_by"),
    [
        (Crowd(), 0.08),
        (Crowd(off_share=0.35, day_spread=0.9, tail=1.2), 0.10),
        (Crowd(off_share=0.02, day_spread=0.2, tail=2.5), 0.15),
    ],
    ids=["usual", "bursty", "steady"],
)
def test_the_forecast_beats_the_rate_since_purchase(crowd: Crowd, better_by: float) -> None:
    """On people never seen before, quantile loss is lower than that of on-as-before, and also with its spread.

    The second comparison lends the baseline the forecast's own relative spread, so that only the middle differs.
    """
    seen = situations(crowd, people=250, seed=20261124)
    made = forecast(seen.usage)
    figures = evaluate(seen.hours_to_depletion, made)
    naive = rate_since_purchase(seen.usage)
    low, high = (np.divide(made.p50, edge, out=np.ones_like(edge), where=edge > 0) for edge in (made.p10, made.p90))
    lone = pinball(seen.hours_to_depletion, {0.1: naive, 0.5: naive, 0.9: naive})
    spread = pinball(
        seen.hours_to_depletion, {0.1: naive / low, 0.5: naive, 0.9: np.minimum(naive / high, HORIZON_HOURS)}
    )
    print(f"{figures} naive {lone:.2f}, naive with spread {spread:.2f}")  # noqa: T201 - figures for who asks (-s)
    assert figures["pinball"] < (1 - better_by) * lone
    assert figures["pinball"] < spread
    assert 0.75 < figures["coverage"] < 0.96


def test_history_and_purchase_both_inform_the_pace() -> None:
    """The pace lies between what history and what the purchase alone would say."""
    history, purchase = 2 * MB, 10 * MB
    both = paces(steady(history, remaining=0.0, initial=purchase * 48, elapsed_hours=48.0))[0]
    assert history < both < purchase
