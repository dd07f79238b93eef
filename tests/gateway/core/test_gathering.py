"""What is told of one person's bundles within seconds becomes one item, and one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fakes import ANA, BEN, TUESDAY, House, eventually
from flows.events import BundleChange, BundleReported, LifeCycle, LifeCycleChanged, Trigger, TriggerFact
from flows.values import Bucket, Msisdn, Unit
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.gathering import Gathering
from gateway.core.pump import Pump
from gateway.core.triggers import TriggerDesk, Triggered, subject
from store import inbox
from store.ids import new_id
from store.inbox import Entry
from store.tables import inbox as inbox_table
from store.tables import outbox as outbox_table

DATA, VOICE = Bucket("b-77", Unit.BYTE, 2**20, 2**30), Bucket("v-1", Unit.SECOND, 60, 6_000)
LOW = BundleReported(BundleChange.DEPLETING, DATA, threshold=0.2)
GONE = BundleReported(BundleChange.DEPLETED, Bucket("b-77", Unit.BYTE, 0, 2**30))
NO_MINUTES = BundleReported(BundleChange.DEPLETED, VOICE)


class Handed:
    """A pump's work that only remembers."""

    def __init__(self) -> None:
        self.items: list[Triggered] = []

    async def work(self, batch: Sequence[Triggered]) -> Sequence[tuple[Triggered, Exception]]:
        """Take it."""
        self.items += batch
        return []

    async def give_up(self, item: Triggered) -> None:
        """Nothing fails."""


def told(fact: TriggerFact, msisdn: Msisdn = ANA, at: datetime = TUESDAY) -> Triggered:
    """One event, as it stands in the inbox; what tells a period happens a minute after it began."""
    which = new_id(at)
    began = fact.activated_at if isinstance(fact, BundleReported) else None
    happened_at = at if began is None else began + timedelta(minutes=1)
    return Triggered(Entry(which, "trigger", "ocs", which, msisdn, "{}", at), Trigger(msisdn, happened_at, fact))


async def work(house: House, committer: Committer, facts: Facts, *said: TriggerFact) -> list[str]:
    """Deal with these of Ana at once: what became of each."""
    first, *others = [told(fact, at=house.clock()) for fact in said]
    for item in (first, *others):
        await house.writer.commit(inbox.take_in(item.entry))
    item = Triggered(first.entry, first.trigger, tuple(others))
    assert await TriggerDesk(house.context, facts, committer).work([item]) == []
    outcomes = {row.id: row.outcome for row in await house.reader.rows(inbox_table.select())}
    return [outcomes[part.entry.id] for part in item.parts]


@pytest.fixture
async def handed() -> Handed:
    """What came through."""
    return Handed()


async def _after(handed: Handed, items: Sequence[Triggered], now: list[float], seconds: float) -> Gathering:
    pump = Pump("triggers", subject, handed.work, handed.give_up)
    gathering = Gathering(pump, seconds, lambda: now[0])
    pump.start()
    for item in items:
        gathering.put(item)
    return gathering


async def test_a_persons_events_within_the_gap_are_one_item(handed: Handed) -> None:
    """Another person's are another's; what comes after the gap is another item."""
    now = [0.0]
    items = [told(LOW), told(GONE), told(LOW, BEN)]
    gathering = await _after(handed, items, now, 1.0)
    assert gathering.backlog == 3
    now[0] = 1.0
    gathering.look()
    later = told(NO_MINUTES)
    gathering.put(later)
    await eventually(lambda: len(handed.items) == 2)
    assert [[part.entry.id for part in item.parts] for item in handed.items] == [
        [items[0].entry.id, items[1].entry.id],
        [items[2].entry.id],
    ]
    now[0] = 2.0
    gathering.look()
    await eventually(lambda: handed.items[-1] == later)
    gathering.close()


async def test_what_changes_the_person_goes_after_what_is_held_of_them(handed: Handed) -> None:
    """A number that is recycled must not bring an old alert to its new holder."""
    recycled = told(LifeCycleChanged(LifeCycle.RECYCLED))
    low = told(LOW)
    gathering = await _after(handed, [low, recycled], [0.0], 60.0)
    await eventually(lambda: handed.items == [low, recycled])
    gathering.close()


async def test_two_thresholds_of_one_bundle_are_one_text(house: House, committer: Committer, facts: Facts) -> None:
    """The one that says most, in whatever order they came; neither is told again."""
    outcomes = await work(house, committer, facts, LOW, GONE)
    assert outcomes == ["joined", "alert_and_offer"]
    (text,) = house.texts()
    assert "se acab" in text.text
    assert await work(house, committer, facts, LOW) == ["known_threshold"]
    assert len(house.texts()) == 1
    assert len(house.ocs.looked) == 1, "nobody is asked about what is known"


async def test_the_same_threshold_twice_within_the_gap_is_known(
    house: House, committer: Committer, facts: Facts
) -> None:
    """One of the two is told, as if they had come apart."""
    assert sorted(await work(house, committer, facts, LOW, LOW)) == ["alert_and_offer", "known_threshold"]
    assert len(house.texts()) == 1


async def test_two_bundles_are_one_text_with_one_offer(house: House, committer: Committer, facts: Facts) -> None:
    """Both are named, and both are known from then on."""
    outcomes = await work(house, committer, facts, NO_MINUTES, GONE)
    assert sorted(outcomes) == ["alert_and_offer", "joined"]
    (text,) = house.texts()
    assert text.text.count("responde 1") == 1
    assert text.text.count("se acab") == 2
    assert await work(house, committer, facts, NO_MINUTES, GONE) == ["known_threshold", "known_threshold"]


async def test_an_older_alert_that_waits_does_not_go(house: House, committer: Committer, facts: Facts) -> None:
    """The newer one about the same bundle says more; another bundle's stays."""
    for said in (LOW, NO_MINUTES, GONE):
        await work(house, committer, facts, said)
    states = {row.key: (row.state, row.reason) for row in await house.reader.rows(outbox_table.select())}
    assert sorted(states.values(), key=str) == [("expired", "overtaken"), ("queued", None), ("queued", None)]


async def test_a_bundle_that_renews_under_its_id_is_alerted_again(
    house: House, committer: Committer, facts: Facts
) -> None:
    """Once in each period; a late event of the period before alerts nobody."""
    this, following = replace(LOW, activated_at=TUESDAY), replace(LOW, activated_at=TUESDAY + timedelta(days=7))
    await work(house, committer, facts, this)
    house.clock.advance(days=7, minutes=1)
    last = [(await work(house, committer, facts, one))[0] for one in (following, following, this)]
    assert last[0].startswith("alert_")
    assert last[1:] == ["known_threshold", "renewed"]
