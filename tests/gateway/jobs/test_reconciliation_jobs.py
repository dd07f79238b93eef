"""Reconciling that begins of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from fakes import TUESDAY, House, order
from flows.effects import RecordOrder, RecordOrderState
from flows.values import OfferId, OrderKey
from gateway.config.tree import ReconciliationConfig
from gateway.core.commit import Committer
from gateway.core.ports import Activated, OutcomeUnknown
from gateway.core.refund_desk import RefundDesk
from gateway.core.settling import Settler
from gateway.errors import OcsTimeout
from gateway.jobs.reconciliation import ReconciliationJobs
from store import reconciliations
from store.record import write

Nightly = Callable[[str], ReconciliationJobs]


@pytest.fixture
def nightly(house: House, committer: Committer) -> Nightly:
    """The jobs, beginning at this hour."""

    def made(at: str) -> ReconciliationJobs:
        config = ReconciliationConfig(at=at, per_second=1000)
        return ReconciliationJobs(
            house.context, house.ocs, Settler(house.context, committer, RefundDesk(house.context, committer)), config
        )

    return made


async def confirmed(house: House, number: int, *, hours: float = 0) -> None:
    """An order of Tuesday, so many hours after ten in the morning."""
    at = TUESDAY + timedelta(hours=hours)
    made = order(key=OrderKey(f"ord-{number}"), offer=OfferId(f"off-{number}"), created_at=at)
    await house.writer.commit(write([RecordOrder(made)]).unit)
    await house.writer.commit(write([RecordOrderState(made.key, "confirmed", at, settled=True)]).unit)


async def runs(house: House) -> int:
    """How many were done."""
    return len(await reconciliations.latest(house.reader, 10))


async def test_it_begins_once_a_night_when_its_hour_is_over(house: House, nightly: Nightly) -> None:
    """By the market's clock: 03:30 in Bogotá is 08:30 UTC."""
    jobs = nightly("03:30")
    await confirmed(house, 1)
    house.clock.now = TUESDAY.replace(hour=8, minute=29) + timedelta(days=1)
    await jobs.look()
    assert await runs(house) == 0
    house.clock.advance(minutes=1)
    house.ocs.finds.append(Activated("r"))
    await jobs.look()
    await jobs.look()
    (run,) = await reconciliations.latest(house.reader, 10)
    assert (run.counts.orders, run.counts.agreed, run.author) == (1, 1, "nightly")
    assert (run.starts_at, run.ends_at) == (TUESDAY.replace(hour=5), TUESDAY.replace(hour=5) + timedelta(days=1))
    house.clock.advance(days=1)
    await jobs.look()
    assert await runs(house) == 2


async def test_a_night_that_was_missed_is_made_up_for_and_never_is_never(house: House, nightly: Nightly) -> None:
    """Whenever the gateway comes up that day."""
    house.clock.now = TUESDAY.replace(hour=23)
    await nightly("").look()
    assert await runs(house) == 0
    await nightly("03:30").look()
    assert await runs(house) == 1


async def test_a_charging_system_that_is_away_is_waited_for(house: House, nightly: Nightly) -> None:
    """Nothing begins before it answers."""
    house.ocs.broke = OcsTimeout("silent")
    await nightly("00:00").look()
    assert await runs(house) == 0
    house.ocs.broke = None
    await nightly("00:00").look()
    assert await runs(house) == 1


async def test_where_asking_is_sending_again_no_night_begins(house: House, nightly: Nightly) -> None:
    """Its statements are what there is to compare with."""
    house.ocs.can_be_asked = False
    await confirmed(house, 1)
    house.clock.advance(days=1)
    await nightly("00:00").look()
    assert (await runs(house), house.ocs.asked) == (0, [])


async def test_what_it_could_not_speak_of_is_asked_about_again_an_hour_later(house: House, nightly: Nightly) -> None:
    """Three times at most."""
    jobs = nightly("00:00")
    await confirmed(house, 1)
    house.clock.advance(days=1)
    house.ocs.finds.extend([OutcomeUnknown("time-out")] * 9)
    counted = []
    for _ in range(5):
        await jobs.look()
        counted.append(await runs(house))
        house.clock.advance(minutes=30)
        await jobs.look()
        counted.append(await runs(house))
        house.clock.advance(minutes=31)
    assert counted == [1, 1, 2, 2, 3, 3, 3, 3, 3, 3]


async def test_a_night_that_was_broken_off_does_not_begin_every_minute(house: House, nightly: Nightly) -> None:
    """Each time it would ask fifty times, and open the breaker for everybody."""
    jobs = nightly("00:00")
    for number in range(60):
        await confirmed(house, number)
    house.clock.advance(days=1)
    house.ocs.finds.extend([OutcomeUnknown("500")] * 120)
    counted = []
    for _ in range(3):
        await jobs.look()
        counted.append(await runs(house))
        house.clock.advance(minutes=31)
    assert counted == [1, 1, 2]


async def test_the_metrics_tell_what_nobody_has_settled(house: House, nightly: Nightly) -> None:
    """By kind; a kind of which there is none is told, too."""
    jobs = nightly("00:00")
    await confirmed(house, 1)
    house.clock.advance(days=1)
    await jobs.look()
    registry = house.context.metrics.registry
    assert registry.get_sample_value("chasqui_discrepancies", {"kind": "missing"}) == 1
    assert registry.get_sample_value("chasqui_discrepancies", {"kind": "double"}) == 0


async def test_its_jobs_run_as_they_are(nightly: Nightly) -> None:
    """Each can be called by the clock."""
    jobs = nightly("00:00").jobs
    assert [name for _, name, _ in jobs] == ["reconcile", "settle-orders", "count-discrepancies"]
    calls: list[Awaitable[None]] = [job() for _, _, job in jobs]
    for call in calls:
        await call
