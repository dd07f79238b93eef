"""Behaviour is kept once, by source, while its consent stands; and is gone at once when it is withdrawn."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from fakes import ANA, BEN, TUESDAY, House
from flows import behaviour as flow
from flows.behaviour import BehaviourRecord, Source, SourceAnswered
from flows.effects import RecordSubscriptionState
from flows.events import (
    BehaviourReported,
    LifeCycle,
    LifeCycleChanged,
    Trigger,
    TriggerFact,
    UsageReported,
    UsageSession,
)
from flows.records import Subscriber
from flows.values import Channel, Msisdn
from gateway.core.behaviour_desk import BehaviourDesk, Told
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.triggers import TriggerDesk, Triggered
from scoring.behaviour import DAYS
from store import inbox, tables, usage
from store.consent_erasure import erasure
from store.ids import new_id
from store.inbox import Entry

HOME = BehaviourRecord(Source.PLACES, TUESDAY, {"place": "home"})
TOP_UP = BehaviourRecord(Source.RECHARGES, TUESDAY, {"amount": 500_000, "currency": "COP"})


@pytest.fixture
def desk(house: House) -> BehaviourDesk:
    """The desk of the test."""
    return BehaviourDesk.of(house.context)


@pytest.fixture
async def ana(facts: Facts) -> Subscriber:
    """Ana, who was never asked anything."""
    return await facts.subscriber(ANA)


async def says(house: House, committer: Committer, person: Subscriber, source: Source, *, keep: bool) -> None:
    """A person says yes or no to a source."""
    said = (await BehaviourDesk.of(house.context).standing([person.id]))[person.id]
    answered = SourceAnswered(
        at=house.clock(),
        subscriber=person,
        source=source,
        keep=keep,
        prompt="¿Guardamos?",
        reply="1",
        language="es",
        menu="main",
        menu_version="0",
        channel=Channel.USSD,
        session="s",
        jurisdiction="co",
        latest="given" if source in said and not keep else None,
        record_id=new_id(house.clock()),
    )
    await committer.commit(flow.answer(answered))


async def count(house: House, table: Any) -> int:
    """Rows of a table."""
    row = await house.reader.first(select(func.count().label("n")).select_from(table))
    assert row is not None
    return int(row.n)


async def test_somebody_never_asked_is_as_the_law_has_it(desk: BehaviourDesk, ana: Subscriber) -> None:
    """In Colombia a top-up is kept, and where somebody is, is not."""
    kept = await desk.keep([Told(ana, [HOME, TOP_UP])])
    assert kept.words == {"no_consent": 1, "kept": 1, "known": 0, "impossible": 0}
    assert set((await desk.windows([ana.id], TUESDAY))[ana.id]) == {Source.RECHARGES}


async def test_what_was_kept_is_used_by_day(
    house: House, desk: BehaviourDesk, committer: Committer, ana: Subscriber
) -> None:
    """By the days of the market: nine in the evening in Bogotá is tomorrow in Greenwich, and today's here."""
    await says(house, committer, ana, Source.PLACES, keep=True)
    evening = TUESDAY.replace(hour=2) + timedelta(days=1)
    house.clock.advance(hours=20)
    await desk.keep([Told(ana, [HOME, BehaviourRecord(Source.PLACES, evening, {"place": "work"})])])
    window = (await desk.windows([ana.id], evening))[ana.id][Source.PLACES]
    assert window.shape == (DAYS, 3)
    assert list(window[-1]) == [1, 1, 0]
    assert window.sum() == 2


async def test_the_same_thing_told_twice_is_one(house: House, desk: BehaviourDesk, ana: Subscriber) -> None:
    """In one batch, in two, and beside something new."""
    assert (await desk.keep([Told(ana, [TOP_UP, TOP_UP])])).words["kept"] == 1
    assert (await desk.keep([Told(ana, [TOP_UP])])).words == {"kept": 0, "known": 1, "impossible": 0}
    later = BehaviourRecord(Source.RECHARGES, TUESDAY + timedelta(seconds=1), TOP_UP.values)
    assert (await desk.keep([Told(ana, [TOP_UP, later])])).words["kept"] == 1
    window = (await desk.windows([ana.id], TUESDAY))[ana.id][Source.RECHARGES]
    assert list(window.sum(axis=0)) == [2, 1_000_000]
    assert await count(house, tables.behaviour_records) == 2


@pytest.mark.parametrize(
    ("record", "digest"),
    [
        (BehaviourRecord(Source.SESSIONS, TUESDAY, {"bytes": 2**20}), "5fbf791821542aa321d391e6b1d2d059"),
        (
            BehaviourRecord(Source.CATEGORIES, TUESDAY + timedelta(microseconds=5), {"category": "fútbol", "bytes": 7}),
            "d85e2d8671ef1c2225af977ca17bea7b",
        ),
    ],
)
async def test_what_names_a_record_stays(
    house: House, committer: Committer, ana: Subscriber, record: BehaviourRecord, digest: str
) -> None:
    """Else what an earlier version kept would be new, and count twice."""
    await says(house, committer, ana, record.source, keep=True)
    await BehaviourDesk.of(house.context).keep([Told(ana, [record])])
    row = await house.reader.first(select(tables.behaviour_records.c.digest))
    assert row is not None
    assert row.digest == digest


async def test_a_withdrawal_is_in_force_at_once(
    house: House, desk: BehaviourDesk, committer: Committer, ana: Subscriber
) -> None:
    """Nothing of that source is left, nothing more is kept, and the other sources are as they were."""
    await says(house, committer, ana, Source.PLACES, keep=True)
    await desk.keep([Told(ana, [HOME, TOP_UP])])
    await says(house, committer, ana, Source.PLACES, keep=False)
    assert await count(house, tables.behaviour_records) == 1
    assert (await desk.keep([Told(ana, [HOME])])).words["no_consent"] == 1
    assert set((await desk.windows([ana.id], TUESDAY))[ana.id]) == {Source.RECHARGES}


async def test_two_writers_at_once_lose_nothing(house: House, ana: Subscriber) -> None:
    """A load beside a gateway: whoever comes second begins anew on what the first wrote."""
    desks = [BehaviourDesk.of(house.context) for _ in range(8)]
    records = [BehaviourRecord(Source.RECHARGES, TUESDAY - timedelta(hours=n), {"amount": n}) for n in range(8)]
    kept = await asyncio.gather(
        *(desk.keep([Told(ana, [TOP_UP, record])]) for desk, record in zip(desks, records, strict=True))
    )
    assert sum(one.words["kept"] for one in kept) == 9
    window = (await desks[0].windows([ana.id], TUESDAY))[ana.id][Source.RECHARGES]
    assert list(window.sum(axis=0)) == [9, 500_000 + sum(range(8))]


@pytest.mark.parametrize(
    ("at", "values", "word"),
    [
        (TUESDAY - timedelta(days=365), {"amount": 1}, "too_old"),
        (TUESDAY + timedelta(hours=2), {"amount": 1}, "too_new"),
        (TUESDAY, {"amount": 10**16}, "impossible"),
    ],
)
async def test_what_is_not_kept(
    desk: BehaviourDesk, ana: Subscriber, at: datetime, values: dict[str, Any], word: str
) -> None:
    """Older than the source is kept, from the future, or more than there can be."""
    assert (await desk.keep([Told(ana, [BehaviourRecord(Source.RECHARGES, at, values)])])).words[word] == 1


async def test_what_a_former_holder_did_is_not_the_new_ones(
    house: House, desk: BehaviourDesk, committer: Committer, facts: Facts, ana: Subscriber
) -> None:
    """A file of last month tells of a number that is somebody else's today."""
    house.clock.advance(hours=1)
    await committer.commit([RecordSubscriptionState(ana.id, "ended", house.clock())])
    new = await facts.subscriber(ANA)
    house.clock.advance(hours=1)
    since = BehaviourRecord(Source.RECHARGES, house.clock(), {"amount": 1})
    kept = await desk.keep([Told(new, [TOP_UP, since])])
    assert (kept.words["former_holder"], kept.words["kept"]) == (1, 1)


async def test_erasing_a_person_erases_their_behaviour(house: House, desk: BehaviourDesk, ana: Subscriber) -> None:
    """Of every source, whether or not they ever spoke of it."""
    await desk.keep([Told(ana, [TOP_UP])])
    await house.writer.commit(erasure(ana.id, "operator", TUESDAY))
    assert await count(house, tables.behaviour_records) == await count(house, tables.behaviour) == 0


async def test_sums_that_cannot_be_read_begin_anew(house: House, desk: BehaviourDesk, ana: Subscriber) -> None:
    """What is damaged is no reason to keep nothing any more."""
    await desk.keep([Told(ana, [TOP_UP])])
    async with house.writer._engine.begin() as connection:
        await connection.execute(tables.behaviour.update().values(state=b"damaged"))
    later = BehaviourRecord(Source.RECHARGES, TUESDAY + timedelta(minutes=1), {"amount": 3})
    await desk.keep([Told(ana, [later])])
    assert (await desk.windows([ana.id], TUESDAY))[ana.id][Source.RECHARGES].sum() == 4


# ── as triggers ──


async def told(house: House, committer: Committer, facts: Facts, fact: TriggerFact, msisdn: Msisdn = ANA) -> Any:
    """Somebody tells this; what the inbox holds of it then."""
    at, body = house.clock(), '{"type":"x","data":{"sessions":[1],"category":"y","bundles":[]}}'
    entry = Entry(new_id(at), "trigger", "ocs", new_id(at), msisdn, body, at)
    await house.writer.commit(inbox.take_in(entry))
    assert await TriggerDesk(house.context, facts, committer).work([Triggered(entry, Trigger(msisdn, at, fact))]) == []
    return await house.reader.first(select(tables.inbox).where(tables.inbox.c.id == entry.id))


async def test_an_event_leaves_nothing_in_the_inbox(house: House, committer: Committer, facts: Facts) -> None:
    """What was kept stands where a withdrawal reaches it; what was not kept stands nowhere."""
    row = await told(house, committer, facts, BehaviourReported((TOP_UP,)))
    assert (row.outcome, row.body) == ("kept", "{}")
    row = await told(house, committer, facts, BehaviourReported((HOME,)), BEN)
    assert (row.outcome, row.body) == ("no_consent", "{}")
    assert await count(house, tables.behaviour_records) == 1
    sample = house.context.metrics.registry.get_sample_value
    counted = [sample("chasqui_behaviour_records_total", {"outcome": word}) for word in ("kept", "no_consent")]
    assert counted == [1, 1]


async def test_use_is_kept_and_learned_while_its_consent_stands(
    house: House, committer: Committer, facts: Facts, desk: BehaviourDesk, ana: Subscriber
) -> None:
    """The pace of use, which forecasts are made from, is made of sessions and goes with them."""
    used = UsageReported((UsageSession(TUESDAY, 2**20),), category="gaming")
    row = await told(house, committer, facts, used)
    assert (row.outcome, row.body) == ("usage_kept", '{"type":"x","data":{"bundles":[]}}')
    assert await usage.of(house.reader, ana.id) is not None
    assert set((await desk.windows([ana.id], TUESDAY))[ana.id]) == {Source.SESSIONS}  # for categories nobody asked her
    await says(house, committer, ana, Source.SESSIONS, keep=False)
    assert await usage.of(house.reader, ana.id) is None
    row = await told(house, committer, facts, used)
    assert row.outcome == "no_consent"
    assert await usage.of(house.reader, ana.id) is None
    assert (await desk.windows([ana.id], TUESDAY))[ana.id] == {}


async def test_behaviour_ends_with_the_subscription(
    house: House, committer: Committer, facts: Facts, ana: Subscriber
) -> None:
    """A recycled number is a new person."""
    await told(house, committer, facts, BehaviourReported((TOP_UP,)))
    await told(house, committer, facts, LifeCycleChanged(LifeCycle.RECYCLED))
    assert await count(house, tables.behaviour_records) == await count(house, tables.behaviour) == 0
