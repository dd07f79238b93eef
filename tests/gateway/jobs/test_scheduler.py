"""What the clock starts: offers end, old idempotency keys go, and a failure does not end the ticking."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.events import EVENT_JOB_EXECUTED, JobExecutionEvent

from fakes import ANA, TUESDAY, House, eventually, record_offer
from flows.values import OfferId
from gateway.core.accepting import Acceptances
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.live_sessions import LiveSessions
from gateway.jobs.scheduler import Jobs
from store import idempotency, offers
from store.errors import WriteFailed


class Ticking(Acceptances):
    """Lapses as the real one, after as many failures as it is told. looked: how often it was asked."""

    def __init__(self, house: House, committer: Committer) -> None:
        super().__init__(house.context, committer)
        self.failures = 0
        self.looked = 0

    async def lapse(self) -> int:
        self.looked += 1
        if self.failures:
            self.failures -= 1
            raise WriteFailed("the disk is full")
        return await super().lapse()


async def no_refunds() -> None:
    """Nobody asks for any."""


@pytest.fixture
def acceptances(house: House, committer: Committer) -> Ticking:
    """The real thing on the test's database."""
    return Ticking(house, committer)


@pytest.fixture
async def jobs(house: House, committer: Committer, acceptances: Ticking) -> AsyncIterator[Jobs]:
    """Ticking."""
    started = Jobs(house.context, committer, acceptances, LiveSessions(lambda: 0.0), no_refunds)
    started.start()
    yield started
    await started.stop()


async def _tick(jobs: Jobs, name: str) -> None:
    """It is time for this job; returns once it has run. A tick that came while it runs would be skipped."""
    ran = asyncio.Event()

    def note(event: JobExecutionEvent) -> None:
        if event.job_id == name:
            ran.set()

    jobs._scheduler.add_listener(note, EVENT_JOB_EXECUTED)
    jobs._scheduler.get_job(name).modify(next_run_time=datetime.now(UTC))
    async with asyncio.timeout(10):
        await ran.wait()
    jobs._scheduler.remove_listener(note)


async def _open(committer: Committer, facts: Facts, **changes: object) -> None:
    person = await facts.subscriber(ANA)
    await committer.commit([record_offer(subscription=person.id, **changes)])


async def _state(house: House, ident: str) -> str:
    found = await offers.by_id(house.reader, ident)
    assert found is not None
    return found.state


async def test_an_offer_ends_when_its_time_is_over(
    house: House, committer: Committer, facts: Facts, jobs: Jobs, acceptances: Ticking
) -> None:
    """Others stay open, and nobody is written to."""
    await _open(committer, facts)
    await _open(committer, facts, id=OfferId("off-2"), expires_at=TUESDAY + timedelta(hours=48))
    house.clock.advance(hours=23, minutes=59)
    await _tick(jobs, "end-offers")
    assert await _state(house, "off-1") == "open"
    house.clock.advance(minutes=1)
    await _tick(jobs, "end-offers")
    assert acceptances.looked == 3  # until nothing is left to end
    assert (await _state(house, "off-1"), await _state(house, "off-2")) == ("expired", "open")
    assert house.texts() == []


async def test_hundreds_of_offers_end_in_one_go(house: House, committer: Committer, facts: Facts, jobs: Jobs) -> None:
    """More than one look at the store takes."""
    person = await facts.subscriber(ANA)
    effects = [record_offer(id=OfferId(f"off-{number}"), subscription=person.id) for number in range(501)]
    await committer.commit_all([([effect], ()) for effect in effects])
    house.clock.advance(hours=24)
    await _tick(jobs, "end-offers")
    assert await offers.count_open(house.reader) == 0


async def test_a_job_that_failed_runs_again(
    house: House, committer: Committer, facts: Facts, jobs: Jobs, acceptances: Ticking
) -> None:
    """The failure is counted and logged, and the next tick makes up for it."""
    await _open(committer, facts)
    house.clock.advance(hours=24)
    acceptances.failures = 1
    await _tick(jobs, "end-offers")
    failed = house.context.metrics.registry.get_sample_value("chasqui_failures_total", {"where": "end-offers"})
    assert failed == 1
    await _tick(jobs, "end-offers")
    assert await _state(house, "off-1") == "expired"


async def test_keys_are_forgotten_after_a_week(house: House, jobs: Jobs) -> None:
    """Not before: a caller may repeat a request the next day."""
    at = house.clock()
    await house.writer.commit(idempotency.claim("crm", "old", "digest", at))
    await house.writer.commit(idempotency.claim("crm", "young", "digest", at + timedelta(seconds=1)))
    house.clock.advance(days=7, seconds=1)
    await _tick(jobs, "forget-keys")
    assert await idempotency.find(house.reader, "crm", "old") is None
    assert await idempotency.find(house.reader, "crm", "young") is not None


async def test_after_a_stop_nothing_ticks(house: House, committer: Committer, acceptances: Ticking) -> None:
    """The scheduler has let go of the loop."""
    jobs = Jobs(house.context, committer, acceptances, LiveSessions(lambda: 0.0), no_refunds)
    jobs.start()
    await jobs.stop()
    await eventually(lambda: not jobs._scheduler.running)
    assert acceptances.looked == 0


@pytest.mark.parametrize("ends", [True, False])
async def test_a_stop_waits_for_jobs_that_run_and_breaks_off_those_that_do_not_end_quietly(
    house: House, committer: Committer, caplog: pytest.LogCaptureFixture, *, ends: bool
) -> None:
    """Nothing that looks like a mistake is in the log of a normal stop."""
    acceptances = Slow(house, committer)
    jobs = Jobs(house.context, committer, acceptances, LiveSessions(lambda: 0.0), no_refunds)
    jobs.start()
    jobs._scheduler.modify_job("end-offers", next_run_time=datetime.now(UTC))
    await asyncio.wait_for(acceptances.begun.wait(), 5)
    stopping = asyncio.create_task(jobs.stop(5.0 if ends else 0.01))
    for _ in range(10):
        await asyncio.sleep(0)  # whatever the stop does at once is done
    if ends:
        assert not stopping.done()
        acceptances.may_end.set()
    await stopping
    await eventually(lambda: acceptances.ended is not None)
    await asyncio.sleep(0)  # the scheduler looks at what became of it
    assert acceptances.ended == ("by itself" if ends else "broken off")
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == []


class Slow(Acceptances):
    """Lapses when it may. ended: how."""

    def __init__(self, house: House, committer: Committer) -> None:
        super().__init__(house.context, committer)
        self.begun, self.may_end = asyncio.Event(), asyncio.Event()
        self.ended: str | None = None

    async def lapse(self) -> int:
        self.begun.set()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.ended = "broken off"
            raise
        self.ended = "by itself"
        return 0
