"""The pace of use is made of sessions, each once, whether they come as events or in files."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from fakes import ANA, TUESDAY, House
from flows.behaviour import BehaviourRecord, Source
from flows.events import Trigger, TriggerFact, UsageReported, UsageSession
from flows.records import Subscriber
from flows.values import Bucket, Unit
from gateway.config.behaviour_sections import BehaviourConfig
from gateway.core.behaviour_desk import BehaviourDesk, Told
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.triggers import TriggerDesk, Triggered
from scoring.features import UsageState, from_bytes, observe, observe_all
from store import behaviour, inbox, tables, usage
from store import unit as units
from store.ids import new_id
from store.inbox import Entry

Days = Sequence[tuple[float, int]]
MONTH: Days = [(day + 0.4 * (day % 3), 2**20 * (1 + day % 5)) for day in range(30)]
"""Days ago, bytes."""


@pytest.fixture
def desk(house: House) -> BehaviourDesk:
    """The desk that a file is loaded by."""
    return BehaviourDesk.of(house.context)


@pytest.fixture
async def ana(facts: Facts) -> Subscriber:
    """Ana, of whom nothing is known."""
    return await facts.subscriber(ANA)


def sessions(days: Days) -> list[BehaviourRecord]:
    """Records of use so many days ago."""
    return [BehaviourRecord(Source.SESSIONS, TUESDAY - timedelta(days=ago), {"bytes": used}) for ago, used in days]


async def streams(house: House, committer: Committer, facts: Facts, days: Days) -> None:
    """The charging system reports them, one event each, in this order."""
    for one in sessions(days):
        at = house.clock()
        entry = Entry(new_id(at), "trigger", "ocs", new_id(at), ANA, "{}", at)
        await house.writer.commit(inbox.take_in(entry))
        fact: TriggerFact = UsageReported((UsageSession(one.at, one.values["bytes"]),))
        desk = TriggerDesk(house.context, facts, committer)
        assert await desk.work([Triggered(entry, Trigger(ANA, at, fact))]) == []


async def pace_of(house: House, person: Subscriber) -> UsageState:
    """What is remembered of somebody's use."""
    kept = await usage.of(house.reader, person.id)
    assert kept is not None
    return from_bytes(kept)


def pace(days: Days) -> UsageState:
    """What is remembered when these come one after another, in the order of time."""
    state = UsageState()
    for ago, used in sorted(days, reverse=True):
        state = observe(state, (TUESDAY - timedelta(days=ago)).timestamp(), float(used))
    return state


def same(found: UsageState, wanted: UsageState) -> None:
    """Whether both say the same, to what is kept of their figures."""
    assert (found.first_hour, found.last_hour, found.log_days) == (wanted.first_hour, wanted.last_hour, wanted.log_days)
    for name in ("sums", "ring", "today", "log_mean", "log_m2"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=1e-5, abs=1e-3), name


async def test_what_is_loaded_counts_as_what_is_streamed(house: House, desk: BehaviourDesk, ana: Subscriber) -> None:
    """In whatever order it lies in the batch; and the new pace is told to whoever asked for it to be kept."""
    kept = await desk.keep([Told(ana, sessions(MONTH))])
    same(await pace_of(house, ana), pace(MONTH))
    assert kept.paces == {ana.id: await usage.of(house.reader, ana.id)}


async def test_a_session_counts_once(
    house: House, committer: Committer, facts: Facts, desk: BehaviourDesk, ana: Subscriber
) -> None:
    """Loaded twice, streamed twice under two names, or streamed and loaded."""
    await streams(house, committer, facts, MONTH[1::-1])
    await streams(house, committer, facts, MONTH[:1])
    for _ in range(2):
        await desk.keep([Told(ana, sessions(MONTH[:2]))])
    same(await pace_of(house, ana), pace(MONTH[:2]))
    await desk.keep([Told(ana, sessions([(0, 5)]))])
    await streams(house, committer, facts, [(0, 5)])
    same(await pace_of(house, ana), pace([*MONTH[:2], (0, 5)]))


@pytest.mark.parametrize("cut", [1, 7, 29])
async def test_history_that_is_loaded_after_streaming_began_counts(
    house: House, committer: Committer, facts: Facts, ana: Subscriber, cut: int
) -> None:
    """It has no place in a state of constant size, which is made anew of all that is kept, in the order of time."""
    desk = BehaviourDesk.of(house.context)
    await streams(house, committer, facts, MONTH[cut - 1 :: -1])
    for page in (MONTH[: cut - 1 : -1][:10], MONTH[: cut - 1 : -1][10:]):
        await desk.keep([Told(ana, sessions(page))])
    same(await pace_of(house, ana), pace(MONTH))


async def test_two_who_write_at_once_lose_no_session(house: House, ana: Subscriber) -> None:
    """A load beside a gateway: the second begins anew on what the first wrote."""
    desks = [BehaviourDesk.of(house.context) for _ in range(6)]
    await asyncio.gather(*(one.keep([Told(ana, sessions(MONTH[n::6]))]) for n, one in enumerate(desks)))
    same(await pace_of(house, ana), pace(MONTH))


async def test_a_pace_reaches_farther_back_than_what_is_kept(
    house: House, committer: Committer, facts: Facts, ana: Subscriber
) -> None:
    """Where sessions are kept for a week, an older one is no reason to forget what the pace remembers of the month."""
    await BehaviourDesk.of(house.context).keep([Told(ana, sessions(MONTH))])
    week = BehaviourDesk.of(house.context, BehaviourConfig(sessions_days=7))
    for op in await behaviour.older(house.reader, Source.SESSIONS, TUESDAY - timedelta(days=7)):
        await house.writer.commit(units.Unit(ops=(op,)))
    await week.keep([Told(ana, sessions([(5.5, 2**30)]))])
    same(await pace_of(house, ana), pace(MONTH))


async def test_what_is_not_kept_does_not_count(house: House, ana: Subscriber) -> None:
    """Nothing is kept of sessions, or nothing so old."""
    nothing = BehaviourDesk.of(house.context, BehaviourConfig(sessions_days=0))
    assert (await nothing.keep([Told(ana, sessions(MONTH))])).paces == {}
    assert await usage.of(house.reader, ana.id) is None
    week = BehaviourDesk.of(house.context, BehaviourConfig(sessions_days=7))
    await week.keep([Told(ana, sessions(MONTH))])
    same(await pace_of(house, ana), pace([one for one in MONTH if one[0] < 7]))


async def test_a_pace_that_is_lost_is_made_of_what_is_kept(house: House, desk: BehaviourDesk, ana: Subscriber) -> None:
    """Damaged, or never made, since an earlier version loaded sessions without it."""
    for lost in (b"damaged", None):
        await desk.keep([Told(ana, sessions(MONTH[5:]))])
        async with house.writer._engine.begin() as connection:
            written = tables.usage.delete() if lost is None else tables.usage.update().values(state=lost)
            await connection.execute(written)
        await desk.keep([Told(ana, sessions([(0.5, 7 if lost is None else 8)]))])
    same(await pace_of(house, ana), pace([*MONTH[5:], (0.5, 8), (0.5, 7)]))


async def test_a_report_of_bundles_alone_changes_no_pace(
    house: House, committer: Committer, facts: Facts, desk: BehaviourDesk, ana: Subscriber
) -> None:
    """Not even of who has none; of them it is remembered that nothing is."""
    report = UsageReported((), (Bucket("b", Unit.BYTE, 2**20),))
    for wanted in (UsageState(), pace(MONTH)):
        at = house.clock()
        entry = Entry(new_id(at), "trigger", "ocs", new_id(at), ANA, "{}", at)
        await house.writer.commit(inbox.take_in(entry))
        desk_ = TriggerDesk(house.context, facts, committer)
        assert await desk_.work([Triggered(entry, Trigger(ANA, at, report))]) == []
        same(await pace_of(house, ana), wanted)
        await desk.keep([Told(ana, sessions(MONTH))])


def test_in_pages_as_at_once() -> None:
    """What the tests above hold the pace against is what the state itself makes of a batch."""
    told = [((TUESDAY - timedelta(days=ago)).timestamp(), float(used)) for ago, used in MONTH]
    same(observe_all(UsageState(), told), pace(MONTH))
