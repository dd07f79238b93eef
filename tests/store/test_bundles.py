"""What is known of bundles: the newest counts, what was told is not told again, and a later end is another period."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fakes import ANA, ANAS, TUESDAY, House
from flows.effects import RecordBundlesOver, RecordSubscriptionState
from flows.values import Bucket, Msisdn, SubscriptionId, Unit
from gateway.core.commit import Committer
from store import bundles, subscriptions
from store.bundles import KnownBundle
from store.unit import Unit as Step

MB = 1024 * 1024
END = TUESDAY + timedelta(days=1)
BUCKET = Bucket("b-1", Unit.BYTE, 100 * MB, 1024 * MB, END, product="data-1gb-7d", activated_at=TUESDAY)
KNOWN = KnownBundle(ANAS, BUCKET, TUESDAY, tell_expiry_at=TUESDAY + timedelta(hours=6))
LATER = TUESDAY + timedelta(minutes=5)


async def put(house: House, *known: KnownBundle) -> KnownBundle:
    """Written in turn; what is known of the first then."""
    for one in known:
        await house.writer.commit(Step(ops=(bundles.put(one),)))
    return (await bundles.of(house.reader, [ANAS]))[ANAS][known[0].bucket.id]


async def test_what_is_written_is_read(house: House) -> None:
    """With everything that is not as for most."""
    odd = replace(
        BUCKET,
        zone="north",
        window="00:00-06:00",
        service="chat",
        shared=True,
        bonus=True,
        roaming=True,
        renews=True,
        throttled_after=True,
        priority=0,
    )
    for bucket in (BUCKET, odd, Bucket("b-2", Unit.MESSAGE, 7)):
        known = replace(KNOWN, bucket=bucket, seen_at=KNOWN.seen_at)
        assert (await put(house, known)).bucket == bucket


@pytest.mark.parametrize(
    ("seen_at", "remaining"), [(TUESDAY - timedelta(seconds=1), 100), (TUESDAY, 150), (LATER, 150)]
)
async def test_older_figures_change_nothing(house: House, seen_at: datetime, remaining: int) -> None:
    """Reports overtake each other."""
    changed = replace(KNOWN, bucket=replace(BUCKET, remaining=150 * MB), seen_at=seen_at)
    assert (await put(house, KNOWN, changed)).bucket.remaining == remaining * MB


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("seen_at", "remaining", "ends", "asked", "counts"),
    [
        (TUESDAY - HOUR, 50, END, False, True),  # a charging system's clock is behind ours: less is newer
        (TUESDAY - HOUR, 150, END, False, False),  # late, or filled up: nobody knows
        (TUESDAY - HOUR, 50, END - timedelta(days=7), False, False),  # of the period before
        (TUESDAY - HOUR, 50, None, False, False),
        (TUESDAY - HOUR - timedelta(seconds=1), 50, END, False, False),  # more than clocks differ
        (TUESDAY - HOUR, 150, END, True, True),  # our own clock was ahead: what was just asked is the newest
    ],
)
async def test_a_clock_that_is_off_by_an_hour_keeps_no_newer_figures_out(
    house: House, seen_at: datetime, remaining: int, ends: datetime | None, *, asked: bool, counts: bool
) -> None:
    """What is left of a period only becomes less."""
    changed = replace(
        KNOWN, bucket=replace(BUCKET, remaining=remaining * MB, expires_at=ends), seen_at=seen_at, asked=asked
    )
    found = await put(house, KNOWN, changed)
    assert found.bucket.remaining == (remaining if counts else 100) * MB


async def test_what_is_not_told_stays_as_it_was(house: House) -> None:
    """An event may know less than the last report."""
    bare = KnownBundle(ANAS, Bucket("b-1", Unit.BYTE, 50 * MB), LATER)
    found = await put(house, KNOWN, bare)
    assert found.bucket == replace(BUCKET, remaining=50 * MB)
    assert found.tell_expiry_at == KNOWN.tell_expiry_at


@pytest.mark.parametrize(
    ("ends", "told", "to_tell"),
    [
        (END, True, False),
        (END + timedelta(minutes=30), True, False),
        (END + timedelta(days=7), False, True),
        (END - timedelta(days=7), True, False),
    ],
)
async def test_an_end_is_told_once_a_period(house: House, ends: datetime, *, told: bool, to_tell: bool) -> None:
    """Seconds and minutes are the same end, a later one is another."""
    report = KnownBundle(ANAS, replace(BUCKET, expires_at=ends), LATER, tell_expiry_at=END)
    found = await put(house, replace(KNOWN, told_expiry_at=TUESDAY), report)
    assert ((found.told_expiry_at is not None), (found.tell_expiry_at is not None)) == (told, to_tell)


async def test_an_end_by_use_is_told_again_once_it_was_refilled(house: House) -> None:
    """A little more is a correction."""
    told = replace(KNOWN, told_depletion_at=TUESDAY)
    more = KnownBundle(ANAS, replace(BUCKET, remaining=150 * MB), LATER, tell_depletion_at=END)
    assert (await put(house, told, more)).tell_depletion_at is None
    full = KnownBundle(ANAS, replace(BUCKET, remaining=1024 * MB), LATER, tell_depletion_at=END)
    assert (await put(house, told, full)).tell_depletion_at == END


async def test_nobody_is_told_of_the_end_of_an_empty_bundle(house: House) -> None:
    """There is nothing to use before it."""
    empty = KnownBundle(ANAS, replace(BUCKET, remaining=0), LATER, tell_expiry_at=END)
    assert (await put(house, KNOWN, empty)).tell_expiry_at is None


async def test_what_is_due_is_found_a_page_at_a_time_the_most_overdue_first(house: House) -> None:
    """With the number to tell, and nothing of those who have gone."""
    people = [replace(subscriptions.begin(ANA, "es", TUESDAY), msisdn=Msisdn(f"5730000{n:05d}")) for n in range(3)]
    await house.writer.commit_all(subscriptions.create(one, TUESDAY) for one in people)
    rows = [
        replace(KNOWN, subscription=one.id, tell_expiry_at=TUESDAY - timedelta(minutes=n))
        for n, one in enumerate(people)
    ]
    await house.writer.commit(Step(ops=tuple(map(bundles.put, rows))))
    gone = subscriptions.set_state(RecordSubscriptionState(people[1].id, "ended", TUESDAY))
    await house.writer.commit(Step(ops=(gone,)))
    found = await bundles.expiry_due(house.reader, TUESDAY)
    assert [one.msisdn for one in found] == [people[2].msisdn, people[0].msisdn]
    assert await bundles.expiry_due(house.reader, TUESDAY - timedelta(hours=1)) == []
    assert await bundles.depletion_due(house.reader, TUESDAY) == []


async def test_a_look_for_what_is_due_reads_an_index(house: House) -> None:
    """Or a million bundles would be read each minute."""
    for query in (bundles._EXPIRY_DUE, bundles._DEPLETION_DUE):
        sql, values = house.reader._queries.prepare(query, {"now": TUESDAY})
        async with house.reader._driver() as driver:
            plan = [row[3] for row in await driver.returning(f"EXPLAIN QUERY PLAN {sql.sql}", values)]
        assert any("USING INDEX bundles_tell_" in line for line in plan), plan
        assert not any(line.startswith("SCAN") for line in plan), plan


async def test_what_was_known_of_somebody_ends_with_them(house: House, committer: Committer) -> None:
    """And with time."""
    other = SubscriptionId("01BEN")
    await put(house, KNOWN, replace(KNOWN, subscription=other, seen_at=END + timedelta(days=1)))
    await committer.commit([RecordBundlesOver(ANAS)])
    assert list(await bundles.of(house.reader, [ANAS, other])) == [other]
    await committer.note(bundles.forget(END))
    assert list(await bundles.of(house.reader, [other])) == [other]
    await committer.note(bundles.forget(END + timedelta(seconds=1)))
    assert await bundles.of(house.reader, [other]) == {}
