"""The end that no trigger tells: told once, by whichever process, whatever stops in between."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import ANA, TUESDAY, House, eventually
from flows.effects import RecordSubscriptionState
from flows.events import OWN_CLOCK, BundleChange, BundleReported, Trigger
from flows.values import Bucket, Money, Msisdn, Unit, Wallet
from gateway.core.commit import Committer
from gateway.core.context import Leads
from gateway.core.facts import Facts
from gateway.core.triggers import TriggerDesk, Triggered
from gateway.jobs.bundle_clock import BundleClock
from gateway.ocs import own_events
from gateway.ocs.cloudevents import event
from gateway.ocs.taking import triggered
from store import bundles, inbox, subscriptions
from store.bundles import PAGE, KnownBundle
from store.ids import new_id
from store.inbox import Entry
from store.unit import Unit as Step

MB = 1024 * 1024
END = TUESDAY + timedelta(hours=20)
BUCKET = Bucket("b-1", Unit.BYTE, 100 * MB, 1024 * MB, END, product="data-1gb-7d")


class Intake:
    """Takes in as the real one, and works at once, or stops before that. taken: all that came."""

    def __init__(self, house: House, desk: TriggerDesk) -> None:
        self._house, self._desk = house, desk
        self.taken: list[Triggered] = []
        self.behind = 0
        self.stops = False

    async def triggers(self, batch: Sequence[Triggered]) -> list[bool]:
        """Durable, then worked on."""
        new = await self._house.writer.commit_all(inbox.take_in(one.entry) for one in batch)
        self.taken += batch
        fresh = [one for one, first in zip(batch, new, strict=True) if first]
        if fresh:
            assert await self._desk.work(fresh) == []
        if self.stops:
            raise ConnectionError("the process is gone")
        return list(new)


@pytest.fixture
def intake(house: House, committer: Committer, facts: Facts) -> Intake:
    """What takes in."""
    return Intake(house, TriggerDesk(house.context, facts, committer))


@pytest.fixture
def looker(house: House, intake: Intake) -> BundleClock:
    """Looks each minute."""
    return BundleClock(house.context, intake.triggers, lambda: intake.behind, 60)


async def knows(house: House, facts: Facts, **changes: object) -> KnownBundle:
    """A report has told of Ana's bundle an hour ago."""
    person = await facts.subscriber(ANA)
    seen_at = TUESDAY - timedelta(hours=1)
    known = KnownBundle(person.id, BUCKET, seen_at, tell_expiry_at=TUESDAY)
    known = replace(known, **changes)  # type: ignore[arg-type]
    await house.writer.commit(Step(ops=(bundles.put(known),)))
    return known


async def test_an_end_that_nobody_tells_is_told_by_the_clock(
    house: House, facts: Facts, looker: BundleClock, intake: Intake
) -> None:
    """With what is left, as it was read an hour ago, and an offer; and not again."""
    await knows(house, facts)
    assert await looker.look() == 1
    (text,) = house.texts()
    assert text.text.startswith("Tu 1 GB por 7 días vence en 20 h (te quedan 100 MB). ")
    assert "responde 1" in text.text
    assert await looker.look() == 0
    house.clock.advance(hours=20)
    assert await looker.look() == 0
    assert len(house.texts()) == 1


async def test_what_stands_in_the_inbox_can_be_worked_on_after_a_stop(
    house: House, facts: Facts, looker: BundleClock, intake: Intake
) -> None:
    """It is read as any event is."""
    await knows(house, facts, bucket=replace(BUCKET, shared=True, window="00:00-06:00", priority=3, renews=True))
    await looker.look()
    (one,) = intake.taken
    assert one.entry.source == OWN_CLOCK
    assert event(json.loads(one.entry.body), own=True).trigger == one.trigger


async def test_whoever_got_the_number_meanwhile_is_told_nothing_of_it(
    house: House, facts: Facts, intake: Intake, committer: Committer
) -> None:
    """It was found just before the number was recycled, and is worked on after."""
    known = await knows(house, facts, msisdn=ANA)
    found = triggered(own_events.expiry(known, TUESDAY), TUESDAY)
    await committer.commit([RecordSubscriptionState(known.subscription, "ended", TUESDAY)])
    await intake.triggers([found])
    next_one = await facts.subscriber(ANA)
    assert next_one.id != known.subscription
    assert house.texts() == []
    assert await bundles.of(house.reader, [next_one.id]) == {}


async def test_a_clock_that_is_put_back_does_not_stop_the_looks(
    house: House, facts: Facts, looker: BundleClock, intake: Intake
) -> None:
    """What is due meanwhile is told at the next tick, not once the hour has come again."""
    house.clock.advance(hours=1)
    await looker.tick()
    house.clock.advance(hours=-1)
    await knows(house, facts)
    await looker.tick()
    assert len(intake.taken) == 1


async def test_a_stop_before_the_mark_tells_nobody_twice(
    house: House, facts: Facts, looker: BundleClock, intake: Intake
) -> None:
    """The identity is the same, whoever finds it and whenever."""
    await knows(house, facts)
    intake.stops = True
    with pytest.raises(ConnectionError):
        await looker.look()
    intake.stops = False
    house.clock.advance(minutes=7)
    other_process = BundleClock(house.context, intake.triggers, lambda: 0, 60)
    await other_process.look()
    await looker.look()
    assert len({one.entry.event_id for one in intake.taken}) == 1
    assert len(house.texts()) == 1


@pytest.mark.parametrize("first", ["the charging system", "the clock"])
async def test_an_end_that_the_charging_system_tells_too_is_told_once(
    house: House, facts: Facts, committer: Committer, looker: BundleClock, first: str
) -> None:
    """Whoever is first."""
    await knows(house, facts)
    fact = BundleReported(BundleChange.EXPIRING, BUCKET, "data-1gb-7d")
    entry = Entry(new_id(TUESDAY), "trigger", "ocs", "1", ANA, "{}", TUESDAY)
    await house.writer.commit(inbox.take_in(entry))
    desk = TriggerDesk(house.context, facts, committer)
    if first == "the clock":
        await looker.look()
    assert await desk.work([Triggered(entry, Trigger(ANA, TUESDAY, fact))]) == []
    await looker.look()
    assert len(house.texts()) == 1


async def test_an_end_that_was_missed_is_told_for_a_day(house: House, facts: Facts, looker: BundleClock) -> None:
    """As what it is then; after that nobody wants to know."""
    await knows(house, facts, bucket=replace(BUCKET, expires_at=TUESDAY - timedelta(hours=2)))
    later = replace(BUCKET, id="b-2", expires_at=TUESDAY - timedelta(hours=25))
    await knows(house, facts, bucket=later)
    assert await looker.look() == 2
    assert [one.text.split(". ")[0] for one in house.texts()] == ["Tu 1 GB por 7 días venció"]


async def test_an_end_that_was_put_off_is_told_at_its_own_time(house: House, facts: Facts, looker: BundleClock) -> None:
    """The charging system is asked, and what it says is known from then on."""
    known = await knows(house, facts)
    renewed = replace(BUCKET, expires_at=TUESDAY + timedelta(days=7), remaining=1024 * MB)
    house.ocs.balances[ANA] = Wallet(Money(1_000_000, "COP"), (renewed,))
    assert await looker.look() == 1
    assert house.texts() == []
    (found,) = (await bundles.of(house.reader, [known.subscription]))[known.subscription].values()
    assert (found.bucket.expires_at, found.tell_expiry_at) == (renewed.expires_at, TUESDAY + timedelta(days=6))


async def test_an_end_by_use_is_told_when_it_is_near(house: House, facts: Facts, looker: BundleClock) -> None:
    """With nothing that was read too long ago to be told."""
    known = await knows(
        house,
        facts,
        bucket=replace(BUCKET, remaining=5 * MB, expires_at=None),
        tell_expiry_at=None,
        tell_depletion_at=TUESDAY,
        seen_at=TUESDAY - timedelta(hours=1),
    )
    assert await looker.look() == 1
    (text,) = house.texts()
    assert "se acaba en aprox." in text.text
    (found,) = (await bundles.of(house.reader, [known.subscription]))[known.subscription].values()
    assert (found.told_depletion_at, found.tell_depletion_at) == (TUESDAY, None)
    assert await looker.look() == 0


@pytest.mark.parametrize("leads", [Leads(expiry=timedelta()), Leads(forecast=timedelta())])
async def test_a_market_may_want_only_what_triggers_tell(
    house: House, facts: Facts, looker: BundleClock, leads: Leads
) -> None:
    """Of either."""
    house.context.leads = leads
    await knows(house, facts, tell_depletion_at=TUESDAY)
    assert await looker.look() == 1


async def test_many_that_end_at_once_wait_for_the_work(house: House, looker: BundleClock, intake: Intake) -> None:
    """Midnight is the end of most bundles."""
    people = [
        replace(subscriptions.begin(ANA, "es", TUESDAY), msisdn=Msisdn(f"5730000{n:05d}")) for n in range(PAGE + 5)
    ]
    await house.writer.commit_all(subscriptions.create(one, TUESDAY) for one in people)
    rows = [KnownBundle(one.id, BUCKET, TUESDAY, tell_expiry_at=TUESDAY) for one in people]
    await house.writer.commit(Step(ops=tuple(map(bundles.put, rows))))
    intake.behind = 10**6
    assert await looker.look() == 0
    intake.behind = 0
    await looker.tick()  # not a minute later: there was something left
    assert len(house.texts()) == PAGE + 5


async def test_it_looks_once_a_minute(house: House, facts: Facts, looker: BundleClock) -> None:
    """Not at each tick."""
    await looker.tick()
    await knows(house, facts)
    house.clock.advance(seconds=59)
    await looker.tick()
    assert house.texts() == []
    house.clock.advance(seconds=1)
    await looker.tick()
    await eventually(lambda: len(house.texts()) == 1)
