"""The nightly sweep: what is too old or has no consent goes, everything else stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from fakes import ANA, BEN, TUESDAY, House
from flows.behaviour import BehaviourRecord, Source
from flows.market_rules import Dated
from gateway.config.behaviour_sections import BehaviourConfig, check_behaviour
from gateway.core.behaviour_desk import BehaviourDesk, Told
from gateway.core.facts import Facts
from gateway.errors import ConfigError
from gateway.jobs.behaviour_sweep import BehaviourSweep
from scoring.features import UsageState, to_bytes
from store import tables, usage
from store.unit import Unit

CONFIG = BehaviourConfig(recharges_days=10, sessions_days=90)


def top_up(days_ago: float) -> BehaviourRecord:
    """So many days before Tuesday."""
    return BehaviourRecord(Source.RECHARGES, TUESDAY - timedelta(days=days_ago), {"amount": 1})


async def rows(house: House, what: str) -> int:
    """Rows of a table."""
    row = await house.reader.first(select(func.count().label("n")).select_from(getattr(tables, what)))
    assert row is not None
    return int(row.n)


async def test_what_is_too_old_goes(house: House, facts: Facts) -> None:
    """Records, and days of the sums; with what is young enough nothing happens."""
    desk, ana = BehaviourDesk.of(house.context, CONFIG), await facts.subscriber(ANA)
    await desk.keep([Told(ana, [top_up(9), top_up(5), top_up(0)])])
    sweep = BehaviourSweep(house.context, CONFIG)
    assert await sweep.sweep() == 0
    house.clock.advance(days=4)
    assert await sweep.sweep() == 1
    assert await rows(house, "behaviour_records") == 2
    assert (await desk.windows([ana.id], house.clock()))[ana.id][Source.RECHARGES][:, 0].sum() == 2
    house.clock.advance(days=40)
    assert await sweep.sweep() == 2
    assert await rows(house, "behaviour_records") == 0


async def test_a_law_that_begins_to_want_a_yes(house: House, facts: Facts) -> None:
    """Is in force for features at once, and for what is kept by the next sweep."""
    people = [await facts.subscriber(one) for one in (ANA, BEN)]
    await BehaviourDesk.of(house.context, CONFIG).keep([Told(one, [top_up(1)]) for one in people])
    await house.writer.commit(Unit(ops=(usage.put(people[0].id, to_bytes(UsageState()), TUESDAY),)))
    wanting = Dated(frozenset({"recharges", "sessions"}), "law", None, None)
    house.context.market = replace(house.context.market, behaviour=(wanting,))
    desk = BehaviourDesk.of(house.context, CONFIG)
    assert await desk.windows([people[0].id], TUESDAY) == {people[0].id: {}}
    assert await BehaviourSweep(house.context, CONFIG).sweep() == 3
    assert [await rows(house, one) for one in ("behaviour", "behaviour_records", "usage")] == [0, 0, 0]


async def test_it_sweeps_once_a_night(house: House, facts: Facts) -> None:
    """From the hour on, and not again until tomorrow's."""
    ana = await facts.subscriber(ANA)
    desk = BehaviourDesk.of(house.context, CONFIG)
    await desk.keep([Told(ana, [top_up(9.9)])])
    sweep = BehaviourSweep(house.context, replace(CONFIG, sweep_at="10:30"))  # it is ten
    house.clock.advance(hours=0.4)
    await sweep.look()
    assert await rows(house, "behaviour_records") == 1
    house.clock.advance(hours=4)
    await sweep.look()
    assert await rows(house, "behaviour_records") == 0
    await desk.keep([Told(ana, [top_up(9.8)])])
    house.clock.advance(hours=4)
    await sweep.look()
    assert await rows(house, "behaviour_records") == 1
    house.clock.advance(hours=20)
    await sweep.look()
    assert await rows(house, "behaviour_records") == 0


@pytest.mark.parametrize(
    ("config", "key"),
    [(BehaviourConfig(sweep_at="25:00"), "sweep_at"), (BehaviourConfig(places_days=-1), "places_days"),
     (BehaviourConfig(social_days=2000), "social_days")],
)  # fmt: skip
def test_a_section_that_cannot_be_stops_the_start(config: BehaviourConfig, key: str) -> None:
    """In one line that names the key."""
    with pytest.raises(ConfigError, match=f"behaviour.{key} must be"):
        check_behaviour(config)
