"""Decisions as bytes: back to the same arrays, and refused where they are none."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import packed
from scoring.acceptance_model import nothing_known
from scoring.choice import Ranker
from scoring.decide import decide
from scoring.errors import DecisionMalformed
from scoring.packed import OfferTable
from scoring.simulated_market import OFFERS, Market, Moment
from scoring.values import Floats, Forecasts, UsageBatch


def table_of(moment: Moment) -> OfferTable:
    """What everybody is offered."""
    offers = moment.choice.offers
    return OfferTable(
        offers.price,
        offers.margin,
        offers.allowance,
        offers.validity_hours,
        moment.choice.content,
        moment.choice.family,
        todays=OFFERS,
    )


OWN = [one.name for one in fields(UsageBatch) if one.name not in ("rhythm", "told")]
"""Of a person. The rhythm is a model's to look at, and what it has said is kept."""


@given(st.integers(0, 10_000), st.integers(1, 5))
def test_inputs_come_back_as_they_were(seed: int, n: int) -> None:
    """To the last bit, each person's."""
    moment = Market(seed).moment(n)
    for row, data in enumerate(packed.packed_inputs(moment.batch.usage, moment.batch.offers, moment.choice)):
        batch, choice = packed.unpacked(data, table_of(moment), chosen=True)
        assert choice is not None
        assert batch.usage.told is None
        for name in OWN:
            was, now = getattr(moment.batch.usage, name)[row], getattr(batch.usage, name)[0]
            assert np.asarray(was).tobytes() == np.asarray(now).tobytes()
        for name in ("refused", "same_again", "drawn", "held_out"):
            np.testing.assert_array_equal(getattr(choice, name)[0], getattr(moment.choice, name)[row])
        np.testing.assert_array_equal(batch.offers.balance[0], moment.batch.offers.balance[row])


def test_what_a_model_has_said_comes_back_with_the_decision_on_it() -> None:
    """So it is made again without the model."""
    moment = Market(3).moment(4)
    hours = np.array([3.0, 9.0, 27.0, 81.0])
    told = Forecasts(hours / 2, hours, hours * 2, np.full(4, 0.25), np.full(4, 2.0**20), np.arange(4))
    batch = replace(moment.batch, usage=replace(moment.batch.usage, told=told))
    ranker = Ranker(nothing_known())
    once = packed.packed_outputs(decide(batch, moment.choice, ranker))
    for row, data in enumerate(packed.packed_inputs(batch.usage, batch.offers, moment.choice)):
        again, choice = packed.unpacked(data, table_of(moment), chosen=True)
        assert packed.packed_outputs(decide(again, choice, ranker)) == [once[row]]
        assert again.usage.told is not None
        assert again.usage.told.p50[0] == hours[row]


def test_outputs_are_told_by_name() -> None:
    """With what the offer looked like after them."""
    moment = Market(1).moment(3)
    decisions = decide(moment.batch, moment.choice, Ranker(nothing_known()))
    assert decisions.chosen is not None
    numbers, row = packed.outputs(packed.packed_outputs(decisions)[2])
    assert numbers["best"] == decisions.chosen.best[2]
    assert numbers["p50"] == decisions.forecasts.p50[2]
    np.testing.assert_array_equal(row, decisions.chosen.rows[2])


@pytest.mark.parametrize("data", [b"", b"1234567", b"\0" * 56])
def test_other_bytes_are_no_decision(data: bytes) -> None:
    """Neither what came out nor what went in."""
    with pytest.raises(DecisionMalformed):
        packed.outputs(data)
    with pytest.raises(DecisionMalformed):
        packed.inputs(data)
    with pytest.raises(DecisionMalformed):
        packed.unpacked(data, table_of(Market(1).moment(1)), chosen=True)


# ── prices of a person's own ──


def own_of(moment: Moment, seed: int, share: float = 0.3) -> Floats:
    """Some offers cost some of these people a tenth to a half less than the list."""
    drawn = np.random.default_rng(seed)
    shape = moment.choice.offers.eligible.shape
    less = np.floor(moment.choice.offers.price * drawn.uniform(0.5, 0.9, shape))
    return np.where(drawn.random(shape) < share, less, np.nan)


def priced(moment: Moment, own: Floats) -> Moment:
    """The same people at these prices."""
    table, offers = table_of(moment), moment.choice.offers
    batch = replace(moment.batch, offers=table.todays_batch(offers.balance, offers.eligible, own))
    choice = replace(moment.choice, offers=table.batch(offers.balance, offers.eligible, own))
    return replace(moment, batch=batch, choice=choice)


@given(st.integers(0, 10_000), st.integers(1, 5), st.booleans())
@settings(max_examples=50, deadline=None)
def test_a_decision_at_prices_of_their_own_is_made_again_at_these(seed: int, n: int, learned: bool) -> None:
    """To the last bit, by today's rule and by the one that learns."""
    moment = Market(seed).moment(n)
    own, ranker = own_of(moment, seed), Ranker(nothing_known()) if learned else None
    here = priced(moment, own)
    choice = here.choice if learned else None
    once = packed.packed_outputs(decide(here.batch, choice, ranker))
    for row, data in enumerate(packed.packed_inputs(here.batch.usage, here.batch.offers, choice, own)):
        batch, again = packed.unpacked(data, table_of(moment), chosen=learned)
        assert packed.packed_outputs(decide(batch, again, ranker)) == [once[row]]
        theirs = np.flatnonzero(~np.isnan(own[row]))
        told = packed.own_prices(data, table_of(moment), chosen=learned)
        assert told == {int(at): own[row, at] for at in theirs}


def test_whoever_pays_the_list_is_kept_as_before_there_were_prices_of_their_own() -> None:
    """Bytes that were written then say what they said, also beside somebody who pays less."""
    moment = Market(5).moment(2)
    own = own_of(moment, 5, share=1.0)
    own[0] = np.nan
    here = priced(moment, own)
    before = packed.packed_inputs(moment.batch.usage, moment.batch.offers, moment.choice)
    now = packed.packed_inputs(here.batch.usage, here.batch.offers, here.choice, own)
    assert len(before[0]) == (9 + 24 + 5 + 3) * 8 + -(-3 * OFFERS // 8)
    assert now[0] == before[0]
    assert len(now[1]) == len(before[1]) + 16 * OFFERS
    assert packed.own_prices(before[0], table_of(moment), chosen=True) == {}
    alone, among = (
        packed.packed_outputs(decide(one.batch, one.choice, Ranker(nothing_known()))) for one in (moment, here)
    )
    assert alone[0] == among[0]


@pytest.mark.parametrize(
    "more",
    [
        b"\0" * 8,
        np.array([OFFERS, 100.0]).tobytes(),
        np.array([-1.0, 100.0]).tobytes(),
        np.array([0.5, 100.0]).tobytes(),
        np.array([3.0, 100.0, 3.0, 90.0]).tobytes(),
        np.array([3.0, np.nan]).tobytes(),
    ],
)
def test_prices_that_belong_to_no_offer_are_refused(more: bytes) -> None:
    """Nothing is decided on what cannot have been."""
    moment = Market(1).moment(1)
    (data,) = packed.packed_inputs(moment.batch.usage, moment.batch.offers, moment.choice)
    with pytest.raises(DecisionMalformed):
        packed.unpacked(data + more, table_of(moment), chosen=True)
