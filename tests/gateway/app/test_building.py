"""What the configuration says reaches the core."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes import House
from gateway.app.building import context_of
from gateway.config.tree import Config, PolicyConfig, PricingConfig, ScoringConfig


async def test_the_operators_wishes_reach_the_core(house: House) -> None:
    """Its name, and above which price a purchase by text needs a second yes."""
    known = house.context
    made = context_of(
        Config(operator="Andes", policy=PolicyConfig(confirm_above=500)),
        known.market,
        known.catalogue,
        writer=known.writer,
        reader=known.reader,
        clock=known.clock,
        number=known.service_number,
    )
    confirmation = made.rules(known.clock()).sms_confirmation
    assert confirmation is not None
    assert (made.operator, confirmation.above) == ("Andes", 500)


@pytest.mark.parametrize(("market", "step"), [("co", 100), ("cl", 1)])
async def test_prices_below_the_list_are_multiples_of_a_whole_unit(house: House, market: str, step: int) -> None:
    """Of the market's currency: a peso of Chile has no centavos. Off, there are none."""
    known = house.context
    market_there = replace(known.market, currency={"co": "COP", "cl": "CLP"}[market])
    pricing = PricingConfig(enabled=True, most=100, budget=100)
    on, off = (
        context_of(
            Config(scoring=ScoringConfig(pricing=one)),
            market_there,
            known.catalogue,
            writer=known.writer,
            reader=known.reader,
            clock=known.clock,
            number=known.service_number,
        ).prices
        for one in (pricing, PricingConfig())
    )
    assert off is None
    assert on is not None
    assert on.policy.terms.step == step
