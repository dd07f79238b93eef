"""Whose SIM is whose: the newest word counts, and goes with the person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fakes import ANA, BEN, TUESDAY, House
from flows.effects import RecordSimsOver, RecordSubscriptionState
from flows.values import SubscriptionId
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from store import imsis
from store.consent_erasure import erasure
from store.unit import Unit as Step

OLD, NEW, BENS = "732101234567890", "732101234567891", "732101234567892"
BEFORE, AFTER = TUESDAY - timedelta(hours=1), TUESDAY + timedelta(seconds=1)


@pytest.fixture
async def anas(house: House, facts: Facts) -> SubscriptionId:
    """Ana's subscription; known are her SIM of before, Ben's, and what was last told of their counters."""
    told = (imsis.learn(OLD, ANA, BEFORE), imsis.learn(BENS, BEN, BEFORE))
    await house.writer.commit(Step(ops=told))
    for imsi in (OLD, BENS):
        await house.writer.commit(Step(gate=imsis.counter_changed(imsi, "data", "low", BEFORE)))
    return (await facts.subscriber(ANA)).id


async def is_news(house: House, imsi: str) -> bool:
    """Whether the same status of the counter again is."""
    return await house.writer.commit(Step(gate=imsis.counter_changed(imsi, "data", "low", AFTER)))


@pytest.mark.parametrize("ends", [True, False])
async def test_a_sim_goes_with_the_number_and_what_was_told_of_it_too(
    house: House, committer: Committer, anas: SubscriptionId, ends: bool
) -> None:
    """Nobody else's, and not the SIM that the number is in by now."""
    await house.writer.commit(Step(ops=(imsis.learn(NEW, ANA, TUESDAY),)))
    ended = RecordSubscriptionState(anas, "ended", TUESDAY)
    await committer.commit([*([ended] if ends else []), RecordSimsOver(anas, TUESDAY)])
    assert await imsis.number_of(house.reader, OLD) is None
    assert await imsis.number_of(house.reader, NEW) == ANA
    assert await imsis.number_of(house.reader, BENS) == BEN
    assert [await is_news(house, imsi) for imsi in (OLD, BENS)] == [True, False]


async def test_who_is_erased_leaves_no_sim(house: House, anas: SubscriptionId) -> None:
    """Of whoever holds the number; Ben's stays."""
    await house.writer.commit(erasure(anas, "operator", TUESDAY))
    assert await imsis.number_of(house.reader, OLD) is None
    assert await imsis.number_of(house.reader, BENS) == BEN


async def test_whoever_holds_the_number_next_keeps_theirs(
    house: House, committer: Committer, anas: SubscriptionId
) -> None:
    """Erasing the one before them does not reach it."""
    await committer.commit([RecordSubscriptionState(anas, "ended", TUESDAY)])
    await house.writer.commit(Step(ops=(imsis.learn(NEW, ANA, AFTER),)))
    await house.writer.commit(erasure(anas, "operator", TUESDAY + timedelta(days=1)))
    assert await imsis.number_of(house.reader, OLD) is None
    assert await imsis.number_of(house.reader, NEW) == ANA
