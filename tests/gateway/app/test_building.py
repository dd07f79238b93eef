"""What the configuration says reaches the core."""

from __future__ import annotations

from fakes import House
from gateway.app.building import context_of
from gateway.config.tree import Config, PolicyConfig


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
