"""Decisions as bytes: back to the same arrays, and refused where they are none."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import packed
from scoring.acceptance_model import nothing_known
from scoring.choice import Ranker
from scoring.decide import decide
from scoring.errors import DecisionMalformed
from scoring.packed import OfferTable
from scoring.simulated_market import OFFERS, Market, Moment
from scoring.values import Forecasts, UsageBatch


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
