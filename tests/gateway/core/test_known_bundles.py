"""What events and usage reports tell of bundles is remembered, and leads to an alert before anybody sends one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import ANA, TUESDAY, House, record_offer
from flows.events import BundleChange, BundleReported, LifeCycle, LifeCycleChanged, Trigger, TriggerFact, UsageReported
from flows.events import UsageSession as Session
from flows.values import Bucket, Money, OfferId, Unit, Wallet
from gateway.core.commit import Committer
from gateway.core.context import Leads
from gateway.core.facts import Facts
from gateway.core.triggers import TriggerDesk, Triggered
from store import bundles, inbox, offers
from store.bundles import KnownBundle
from store.ids import new_id
from store.inbox import Entry

MB = 1024 * 1024
DAY = timedelta(days=1)
BUCKET = Bucket("b-1", Unit.BYTE, 100 * MB, 1024 * MB, TUESDAY + 6 * DAY, activated_at=TUESDAY - DAY)
HOURLY = tuple(Session(TUESDAY - timedelta(hours=one), 50 * MB) for one in range(72))
"""Three days of fifty megabytes an hour."""


@pytest.fixture
def desk(house: House, committer: Committer, facts: Facts) -> TriggerDesk:
    """The desk of the test."""
    return TriggerDesk(house.context, facts, committer)


async def told(house: House, desk: TriggerDesk, fact: TriggerFact) -> None:
    """The charging system tells this of Ana."""
    at = house.clock()
    entry = Entry(new_id(at), "trigger", "ocs", new_id(at), ANA, "{}", at)
    await house.writer.commit(inbox.take_in(entry))
    assert await desk.work([Triggered(entry, Trigger(ANA, at, fact))]) == []


async def known(house: House, facts: Facts, bundle: str = "b-1") -> KnownBundle | None:
    """What is known of a bundle of hers."""
    person = await facts.subscriber(ANA)
    return (await bundles.of(house.reader, [person.id])).get(person.id, {}).get(bundle)


def counted(house: House, name: str, **labels: str) -> float:
    """How often."""
    return house.context.metrics.registry.get_sample_value(name, labels) or 0


async def test_an_event_leaves_what_it_says_of_its_bundle_and_of_others(
    house: House, desk: TriggerDesk, facts: Facts
) -> None:
    """The one that it tells is told; of the other the end is to be told by the clock."""
    other = Bucket("b-2", Unit.BYTE, 5 * MB, expires_at=TUESDAY + 2 * DAY)
    event = BundleReported(BundleChange.EXPIRING, replace(BUCKET, activated_at=None), "data-1gb-7d", others=(other,))
    await told(house, desk, event)
    first, second = await known(house, facts), await known(house, facts, "b-2")
    assert first is not None
    assert second is not None
    assert (first.bucket.product, first.told_expiry_at, first.tell_expiry_at) == ("data-1gb-7d", TUESDAY, None)
    assert (second.bucket, second.tell_expiry_at) == (other, TUESDAY + DAY)
    assert len(house.texts()) == 1


@pytest.mark.parametrize(
    ("bucket", "hours"),
    [
        (BUCKET, 24),
        (replace(BUCKET, activated_at=TUESDAY + 5 * DAY), 6),
        (replace(BUCKET, activated_at=None, product="data-1gb-7d"), 24),
        (replace(BUCKET, activated_at=None), 24),
    ],
)
async def test_the_end_of_a_short_bundle_is_told_shortly_before_it(
    house: House, desk: TriggerDesk, facts: Facts, bucket: Bucket, hours: int
) -> None:
    """A quarter of its validity, or who buys a day is told so at once."""
    await told(house, desk, UsageReported((), (bucket,)))
    found = await known(house, facts)
    assert found is not None
    assert found.tell_expiry_at == TUESDAY + 6 * DAY - timedelta(hours=hours)


async def test_who_uses_it_up_soon_is_told_before_any_threshold(house: House, desk: TriggerDesk, facts: Facts) -> None:
    """Once: the next report says the same, and the charging system may yet tell its thresholds."""
    house.ocs.otherwise = Wallet(Money(1_000_000, "COP"))
    await told(house, desk, UsageReported(HOURLY, (BUCKET,)))
    (text,) = house.texts()
    assert "se acaba en aprox. 2 h (te quedan 100 MB)" in text.text
    found = await known(house, facts)
    assert found is not None
    assert (found.told_depletion_at, found.tell_depletion_at) == (TUESDAY, None)
    house.clock.advance(minutes=10)
    await told(house, desk, UsageReported((), (replace(BUCKET, remaining=90 * MB),)))
    assert len(house.texts()) == 1
    assert counted(house, "chasqui_triggers_total", outcome="usage_kept") == 1


async def test_who_is_told_that_it_runs_out_is_not_told_a_minute_later_that_it_expires(
    house: House, desk: TriggerDesk, facts: Facts
) -> None:
    """Where its end by the clock is near by then; a far one is told in its time."""
    near = replace(BUCKET, expires_at=TUESDAY + timedelta(hours=20))
    await told(house, desk, BundleReported(BundleChange.DEPLETING, near, threshold=0.1))
    await told(house, desk, BundleReported(BundleChange.DEPLETING, replace(BUCKET, id="b-2"), threshold=0.1))
    first, second = await known(house, facts), await known(house, facts, "b-2")
    assert first is not None
    assert second is not None
    assert (first.tell_expiry_at, second.tell_expiry_at) == (None, TUESDAY + 5 * DAY)


async def test_who_uses_it_up_later_is_told_when_that_is_near(house: House, desk: TriggerDesk, facts: Facts) -> None:
    """By our clock, unless a report says otherwise before."""
    await told(house, desk, UsageReported(HOURLY, (replace(BUCKET, remaining=500 * MB),)))
    found = await known(house, facts)
    assert found is not None
    assert found.tell_depletion_at is not None
    assert timedelta(hours=5) < found.tell_depletion_at - TUESDAY < timedelta(hours=9)
    assert house.texts() == []


@pytest.mark.parametrize(
    ("sessions", "bucket", "leads"),
    [
        ((), replace(BUCKET, activated_at=None), Leads()),
        (HOURLY, replace(BUCKET, expires_at=TUESDAY + timedelta(hours=1)), Leads()),
        (HOURLY, replace(BUCKET, remaining=0), Leads()),
        (HOURLY, BUCKET, Leads(forecast=timedelta())),
    ],
    ids=["nothing known of the pace", "the clock is sooner", "nothing left", "only thresholds wanted"],
)
async def test_nobody_is_told_of_an_end_by_use_that_is_none(
    house: House, desk: TriggerDesk, facts: Facts, *, sessions: tuple[Session, ...], bucket: Bucket, leads: Leads
) -> None:
    """Nor is it looked for."""
    house.context.leads = leads
    await told(house, desk, UsageReported(sessions, (bucket,)))
    found = await known(house, facts)
    assert found is not None
    assert (found.tell_depletion_at, house.texts()) == (None, [])


async def test_a_report_that_the_charging_system_contradicts_tells_nobody(
    house: House, desk: TriggerDesk, facts: Facts
) -> None:
    """Asked now, it knows of a bundle that was bought since."""
    more = Bucket("b-9", Unit.BYTE, 10_000 * MB, expires_at=TUESDAY + 20 * DAY)
    house.ocs.balances[ANA] = Wallet(Money(1_000_000, "COP"), (BUCKET, more))
    await told(house, desk, UsageReported(HOURLY, (BUCKET,)))
    assert house.texts() == []
    found = await known(house, facts)
    assert found is not None
    assert found.told_depletion_at is None


async def test_what_was_not_said_is_counted(house: House, desk: TriggerDesk) -> None:
    """By the claim that did not hold."""
    shared = Bucket("b-2", Unit.BYTE, MB, shared=True)
    await told(house, desk, BundleReported(BundleChange.DEPLETING, BUCKET, threshold=0.1, others=(shared,)))
    assert counted(house, "chasqui_claims_failed_total", claim="ends_within") == 1
    assert len(house.texts()) == 1


@pytest.mark.parametrize(
    ("change", "offer", "bundles_known"),
    [
        (LifeCycle.SIM_SWAPPED, "expired", True),
        (LifeCycle.SUSPENDED, "expired", False),
        (LifeCycle.RECYCLED, "expired", False),
        (LifeCycle.PORTED_OUT, "expired", False),
        (LifeCycle.ACTIVATED, "open", True),
    ],
)
async def test_what_was_offered_ends_with_the_sim_or_the_number(
    house: House,
    committer: Committer,
    desk: TriggerDesk,
    facts: Facts,
    *,
    change: LifeCycle,
    offer: str,
    bundles_known: bool,
) -> None:
    """Whoever holds it next must not buy with another's money."""
    person = await facts.subscriber(ANA)
    await committer.commit([record_offer(subscription=person.id)])
    await told(house, desk, UsageReported((), (BUCKET,)))
    await told(house, desk, LifeCycleChanged(change))
    found = await offers.by_id(house.reader, OfferId("off-1"))
    assert found is not None
    assert found.state == offer
    assert ((await bundles.of(house.reader, [person.id])) != {}) is bundles_known
