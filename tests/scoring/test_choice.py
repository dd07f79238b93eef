"""The learned choice: what it may pick from, that it learns, and that it is the same whoever decides beside."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.bandit import Beliefs
from scoring.choice import ALONE, ChoiceBatch, Ranker
from scoring.decide import decide
from scoring.errors import ShapeMismatch
from scoring.offer_features import FEATURES
from scoring.simulated_market import OFFERS, Market, Moment
from scoring.values import Chosen, DecisionBatch, OfferBatch, UsageBatch


def nothing_known() -> Beliefs:
    """One in ten says yes to anything."""
    mean = np.zeros(len(FEATURES))
    mean[0] = 0.1
    return Beliefs(mean, np.eye(len(FEATURES)))


def chosen(moment: Moment, choice: ChoiceBatch, beliefs: Beliefs | None = None) -> Chosen:
    """What is picked."""
    found = decide(moment.batch, choice, Ranker(beliefs or nothing_known())).chosen
    assert found is not None
    return found


def rich(moment: Moment) -> ChoiceBatch:
    """The same people with money for everything, who refused nothing."""
    offers = replace(moment.choice.offers, balance=np.full(len(moment.choice.days), 1e9))
    return replace(moment.choice, offers=offers, refused=np.zeros_like(moment.choice.refused))


def test_what_cannot_be_paid_or_was_refused_is_not_picked() -> None:
    """Nor what they may not buy."""
    moment = Market(1).moment(200)
    eligible = np.arange(OFFERS) % 2 == np.arange(200)[:, None] % 2
    choice = replace(moment.choice, offers=replace(moment.choice.offers, eligible=eligible))
    found = chosen(moment, choice)
    can = (choice.offers.price <= choice.offers.balance[:, None]) & eligible & ~choice.refused
    made = found.best >= 0
    assert can[made, found.best[made]].all()
    np.testing.assert_array_equal(made, can.any(axis=1))


def test_a_balance_that_is_not_known_affords_nothing() -> None:
    """As with today's rule."""
    moment = Market(1).moment(3)
    offers = replace(moment.choice.offers, balance=np.array([np.nan, 1e9, np.nan]))
    found = chosen(moment, replace(moment.choice, offers=offers))
    assert list(found.best >= 0) == [False, True, False]


def test_content_stands_in_where_nothing_else_can_be_paid() -> None:
    """And nowhere else."""
    moment = Market(2).moment(300)
    content = np.arange(OFFERS) >= OFFERS - 3
    price = np.where(content, 100.0, 5_000.0)
    offers = replace(moment.choice.offers, price=price, balance=np.where(np.arange(300) < 150, 4_000.0, 9_000.0))
    choice = replace(moment.choice, offers=offers, content=content, refused=np.zeros((300, OFFERS), dtype=bool))
    found = chosen(moment, choice)
    np.testing.assert_array_equal(content[found.best], np.arange(300) < 150)


def test_of_a_family_of_sizes_the_one_that_fits_is_looked_at() -> None:
    """So that a hundred sizes are one offer more, not a hundred."""
    moment = Market(3).moment(100)
    family = np.where(np.arange(OFFERS) < 12, 0, ALONE)
    found = chosen(moment, replace(rich(moment), family=family))
    assert (found.allowed[:, :12].sum(axis=1) == 1).all()
    assert found.allowed[:, 12:].all()


def test_who_is_held_out_gets_todays_rule() -> None:
    """For certain, so with a chance of one."""
    moment = Market(4).moment(50)
    held_out = np.arange(50) % 2 == 0
    decisions = decide(moment.batch, replace(moment.choice, held_out=held_out), Ranker(nothing_known()))
    assert decisions.chosen is not None
    np.testing.assert_array_equal(decisions.chosen.best[held_out], decisions.ranking.best[held_out])
    assert (decisions.chosen.propensity[held_out] == 1).all()
    some = ~held_out & (decisions.chosen.best >= 0) & (decisions.chosen.allowed.sum(axis=1) > 1)
    assert (decisions.chosen.propensity[some] < 1).all()


@given(st.integers(0, 10_000), st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_a_decision_is_the_same_alone_and_among_others(seed: int, n: int) -> None:
    """To the last bit, which is what makes a logged one replayable."""
    moment, ranker = Market(seed).moment(n), Ranker(nothing_known())
    together = decide(moment.batch, moment.choice, ranker)
    assert together.chosen is not None
    for at in range(n):
        alone = decide(
            DecisionBatch(row(moment.batch.usage, at, UsageBatch), row(moment.batch.offers, at, OfferBatch)),
            row(moment.choice, at, ChoiceBatch),
            ranker,
        )
        assert alone.chosen is not None
        for name in ("best", "propensity", "acceptance", "rows", "allowed"):
            assert getattr(alone.chosen, name)[0].tobytes() == getattr(together.chosen, name)[at].tobytes()
        for name in ("p10", "p50", "p90", "pace"):
            assert getattr(alone.forecasts, name)[0] == getattr(together.forecasts, name)[at]


OF_OFFERS = ("price", "margin", "allowance", "validity_hours", "content", "family")
"""What is the same for everybody."""


def row(batch: Any, at: int, kind: Any) -> Any:
    """One person of a batch."""
    values = {one.name: getattr(batch, one.name) for one in fields(kind)}
    own = {
        name: value[at : at + 1]
        for name, value in values.items()
        if name not in (*OF_OFFERS, "offers") and value is not None
    }
    shared = {name: value for name, value in values.items() if name in OF_OFFERS}
    offers = {name: row(value, at, OfferBatch) for name, value in values.items() if name == "offers"}
    return kind(**own, **shared, **offers)


def test_it_learns_what_people_accept() -> None:
    """In a market whose law it does not know: after some thousand answers well beyond today's rule."""
    market, beliefs = Market(6), nothing_known()
    earned = by_rule = possible = 0.0
    for step in range(120):
        moment = market.moment(32)
        decisions = decide(moment.batch, moment.choice, Ranker(beliefs))
        assert decisions.chosen is not None
        at, best = np.arange(32), decisions.chosen.best
        answers = market.answers(moment.yes[at, best])
        for who in np.flatnonzero(best >= 0):
            beliefs = beliefs.after(decisions.chosen.rows[who], answers[who])
        if step >= 60:
            earned += float(np.where(best >= 0, moment.worth[at, best], 0).sum())
            by_rule += float(moment.worth[at, decisions.ranking.best].sum())
            possible += float(moment.worth.max(axis=1).sum())
    assert earned > 0.85 * possible
    assert earned > 1.25 * by_rule


@pytest.mark.parametrize("name", ["content", "family", "refused", "same_again", "days", "drawn", "held_out"])
def test_arrays_that_do_not_fit_are_refused(name: str) -> None:
    """By name."""
    choice = Market(1).moment(2).choice
    wrong: dict[str, Any] = {name: np.zeros(7)}
    with pytest.raises(ShapeMismatch, match=name):
        replace(choice, **wrong)


def test_a_price_of_their_own_can_be_paid_and_earns_what_is_left() -> None:
    """Who has it is offered what is too dear for the others; in worth it counts with the margin of that price."""
    moment = Market(7).moment(40)
    offers = replace(moment.choice.offers, balance=np.full(40, 900.0))
    price, margin = np.full((40, OFFERS), 1_000.0), np.full((40, OFFERS), 600.0)
    price[20:, 3], margin[20:, 3] = 800.0, 400.0
    choice = replace(rich(moment), offers=replace(offers, price=price, margin=margin))
    found = chosen(moment, choice)
    assert found.best.tolist() == [-1] * 20 + [3] * 20
    np.testing.assert_allclose(found.rows[20:, FEATURES.index("share_of_balance")], 800 / 900)
    ranker = Ranker(nothing_known())
    worth = ranker.worth(ranker.rows(choice, decide(moment.batch).forecasts), choice)
    np.testing.assert_allclose(worth[:20, 3], 0.1 * 600)
    np.testing.assert_allclose(worth[20:, 3], 0.1 * 400)
