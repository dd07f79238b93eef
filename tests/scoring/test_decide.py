"""Ranking of offers, and whole decisions within their time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.choice import ALONE
from scoring.decide import decide
from scoring.errors import ShapeMismatch
from scoring.packed import OfferTable
from scoring.ranking import fits, rank
from scoring.values import PRIOR_PER_HOUR, DecisionBatch, OfferBatch, Reason, UsageBatch

MB = 2.0**20


def offers(**changes: Any) -> OfferBatch:
    """Three bundles for one person: a day, a week, a month, each of use for exactly its validity at 1 MB an hour."""
    values: dict[str, Any] = {
        "balance": [10_000.0],
        "price": [1000.0, 3000.0, 9000.0],
        "margin": [600.0, 1800.0, 5400.0],
        "allowance": [24 * MB, 168 * MB, 720 * MB],
        "validity_hours": [24.0, 168.0, 720.0],
        "eligible": [[True, True, True]],
        **changes,
    }
    return OfferBatch(
        **{name: np.array(value, dtype=bool if name == "eligible" else float) for name, value in values.items()}
    )


PACE = np.array([MB])


def test_the_most_margin_wins_among_offers_that_fit_alike() -> None:
    """All three fit perfectly; the dearest earns most."""
    assert rank(offers(), PACE).best[0] == 2


@pytest.mark.parametrize(
    ("balance", "best", "reason"),
    [
        (9000.0, 2, Reason.CHOSEN),
        (8999.0, 1, Reason.CHOSEN),
        (1000.0, 0, Reason.CHOSEN),
        (999.0, -1, Reason.NONE_AFFORDABLE),
        (0.0, -1, Reason.NONE_AFFORDABLE),
        (float("nan"), -1, Reason.NONE_AFFORDABLE),
    ],
)
def test_nobody_is_offered_what_they_cannot_pay(balance: float, best: int, reason: Reason) -> None:
    """The balance bounds the price to the last minor unit; an unknown one affords nothing."""
    ranked = rank(offers(balance=[balance]), PACE)
    assert (ranked.best[0], ranked.reasons[0]) == (best, reason)


def test_nobody_is_offered_what_they_may_not_have() -> None:
    """Eligibility is hard, and told apart from a low balance."""
    assert rank(offers(eligible=[[True, False, False]]), PACE).best[0] == 0
    ranked = rank(offers(eligible=[[False, False, False]], balance=[0.0]), PACE)
    assert (ranked.best[0], ranked.reasons[0]) == (-1, Reason.NONE_ELIGIBLE)


def test_an_empty_catalogue_offers_nothing() -> None:
    """No offers is no error."""
    none: dict[str, Any] = {name: [] for name in ("price", "margin", "allowance", "validity_hours")}
    ranked = rank(offers(eligible=np.zeros((1, 0)), **none), PACE)
    assert (ranked.best[0], ranked.reasons[0]) == (-1, Reason.NONE_ELIGIBLE)


@pytest.mark.parametrize(
    ("allowance", "fit"), [(24 * MB, 1.0), (12 * MB, 0.5), (48 * MB, 0.5), (240 * MB, 0.1), (0.0, 0.0)]
)
def test_fit_falls_on_both_sides_of_just_enough(allowance: float, fit: float) -> None:
    """Too little ends early, too much is paid for nothing."""
    assert fits(offers(allowance=[allowance, 1.0, 1.0]), PACE)[0, 0] == pytest.approx(fit)


def test_a_light_user_is_not_sold_the_biggest() -> None:
    """At a tenth of the pace the month's bundle would go to waste; at seven times, the day's would not do."""
    for_heavy = offers(allowance=[24 * MB, 24 * MB, 720 * MB], validity_hours=[24.0, 240.0, 24.0])
    assert rank(for_heavy, np.array([0.1 * MB])).best[0] == 1
    assert rank(for_heavy, np.array([30 * MB])).best[0] == 2


def test_equal_scores_go_to_the_cheaper() -> None:
    """The person is not made to pay for what earns nothing more."""
    same = offers(price=[3000.0, 1000.0, 2000.0], margin=[5.0, 5.0, 5.0])
    assert rank(same, PACE).best[0] == 1


def test_an_offer_at_a_loss_may_still_be_the_only_one() -> None:
    """A negative margin ranks last, not out."""
    assert rank(offers(margin=[-5.0, -50.0, -1.0], eligible=[[True, True, False]]), PACE).best[0] == 0


def batch(n: int, m: int, seed: int = 1) -> DecisionBatch:
    """A plausible batch of n subscribers and m offers."""
    rng = np.random.default_rng(seed)
    profile = rng.gamma(0.5, 4 * MB, (n, 24))
    usage = UsageBatch(
        remaining=rng.uniform(0, 500 * MB, n),
        initial=np.full(n, 1000 * MB),
        elapsed_hours=rng.uniform(1, 100, n),
        hours_to_expiry=rng.uniform(1, 100, n),
        hour=rng.integers(0, 24, n).astype(float),
        profile=profile,
        recent_day=profile.sum(axis=1),
        log_day_std=rng.uniform(0, 1, n),
        days=rng.uniform(0, 60, n),
        prior=np.full(n, PRIOR_PER_HOUR["byte"]),
    )
    price = rng.uniform(500, 20_000, m)
    return DecisionBatch(
        usage,
        OfferBatch(
            balance=rng.uniform(0, 20_000, n),
            price=price,
            margin=price * rng.uniform(0.2, 0.8, m),
            allowance=rng.uniform(20, 5000, m) * MB,
            validity_hours=rng.choice([24.0, 168.0, 720.0], m),
            eligible=rng.random((n, m)) < 0.7,
        ),
    )


@given(st.integers(0, 10_000))
def test_the_best_is_eligible_affordable_and_unbeaten(seed: int) -> None:
    """Whatever the batch, the constraints hold and no allowed offer scores higher."""
    case = batch(16, 12, seed)
    ranking = decide(case).ranking
    allowed = case.offers.eligible & (case.offers.price <= case.offers.balance[:, None])
    for row, best in enumerate(ranking.best):
        if best < 0:
            assert not allowed[row].any()
        else:
            assert allowed[row, best]
            assert ranking.scores[row, best] >= ranking.scores[row][allowed[row]].max()


def test_usage_and_balances_must_be_of_the_same_people() -> None:
    """Two halves of different batches are refused."""
    with pytest.raises(ShapeMismatch, match="2 usages, 3 balances"):
        DecisionBatch(batch(2, 1).usage, batch(3, 1).offers)


def test_offers_must_fit_together() -> None:
    """The error names the array."""
    with pytest.raises(ShapeMismatch, match="margin"):
        offers(margin=[1.0])
    with pytest.raises(ShapeMismatch, match="eligible"):
        offers(eligible=[[True]])


def test_somebody_can_pay_what_it_costs_them() -> None:
    """Of two people with one balance the one with a price of their own is offered what the other cannot pay."""
    everybody = offers(balance=[2_500.0, 2_500.0], eligible=[[True] * 3] * 2)
    own = np.array([[np.nan] * 3, [np.nan, 2_500.0, np.nan]])
    table = OfferTable(
        everybody.price, everybody.margin, everybody.allowance, everybody.validity_hours,
        content=np.zeros(3, dtype=bool), family=np.full(3, ALONE), todays=3,
    )  # fmt: skip
    at_theirs = table.batch(everybody.balance, everybody.eligible, own)
    assert rank(everybody, np.full(2, MB)).best.tolist() == [0, 0]
    ranked = rank(at_theirs, np.full(2, MB))
    assert ranked.best.tolist() == [0, 1]
    assert at_theirs.at(1, 1) == (2_500.0, 1_300.0)
    assert ranked.scores[1, 1] == 1_300.0


def test_what_is_let_off_makes_an_offer_earn_less() -> None:
    """At their price the dearest is not the best any more."""
    table = OfferTable(
        np.array([1000.0, 3000.0]), np.array([600.0, 700.0]), np.array([24 * MB, 168 * MB]), np.array([24.0, 168.0]),
        content=np.zeros(2, dtype=bool), family=np.full(2, ALONE), todays=2,
    )  # fmt: skip
    balance, eligible = np.array([1e6]), np.ones((1, 2), dtype=bool)
    assert rank(table.batch(balance, eligible), PACE).best[0] == 1
    assert rank(table.batch(balance, eligible, np.array([[np.nan, 2_850.0]])), PACE).best[0] == 0
    assert table.batch(balance, eligible, np.array([[np.nan, 2_000.0]])).at(0, 1) == (2_000.0, 0.0)


@pytest.mark.parametrize(("name", "shape"), [("price", (2, 3)), ("margin", (1, 3)), ("margin", (2,))])
def test_prices_that_fit_nobody_are_refused(name: str, shape: tuple[int, ...]) -> None:
    """By name."""
    with pytest.raises(ShapeMismatch, match=name):
        offers(**{name: np.zeros(shape)})
