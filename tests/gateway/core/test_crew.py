"""What lanes are made of: nothing twice, never too many at once, and nothing that ends by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from fakes import eventually
from gateway.core import crew as crew_module
from gateway.core.crew import Crew, Waiting, Watched
from gateway.telemetry import Metrics


def failures(metrics: Metrics, where: str) -> float:
    """How often that failed."""
    return metrics.registry.get_sample_value("chasqui_failures_total", {"where": where}) or 0


class Desk:
    """Work that is done when it is told. begun: what was taken up, in order; most: at once."""

    def __init__(self, at_once: int = 2) -> None:
        self.metrics = Metrics()
        self.begun: list[str] = []
        self.most = self._now = 0
        self.go = asyncio.Event()
        self.meanwhile: Callable[[str], None] = lambda item: None
        self.failed: list[str] = []
        self.crew = Crew[str]("desk", self.metrics, self.work, at_once=at_once, failed=self.failed.append)

    async def work(self, item: str) -> None:
        self.begun.append(item)
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            self.meanwhile(item)
            await self.go.wait()
        finally:
            self._now -= 1


async def test_what_waits_is_taken_by_rank_and_each_once() -> None:
    """Put again, the newer one counts."""
    ready: list[None] = []
    waiting = Waiting[str](lambda: ready.append(None))
    for which, item, rank in (("b", "old", 1), ("c", "c", 1), ("a", "a", 2), ("b", "new", 1)):
        waiting.put(which, item, rank=rank)
    assert (waiting.due, len(ready)) == (3, 3)
    assert [waiting.take() for _ in range(waiting.due)] == ["new", "c", "a"]
    assert len(waiting) == 0


async def test_what_is_put_off_may_be_put_sooner() -> None:
    """Its timer is replaced; what is due stays due."""
    waiting = Waiting[str](lambda: None)
    waiting.put("a", "late", after=60)
    assert (waiting.due, len(waiting)) == (0, 1)
    waiting.put("a", "sooner", after=0.001)
    await eventually(lambda: waiting.due == 1)
    waiting.put("a", "again", after=60)
    assert (waiting.due, len(waiting), waiting.take()) == (1, 1, "again")


async def test_what_is_put_off_does_not_come_to_a_lane_that_has_closed() -> None:
    """It is durable; the next start takes it up."""
    waiting = Waiting[str](lambda: None)
    waiting.put("a", "a", after=0.001)
    waiting.close()
    await asyncio.sleep(0.005)
    assert len(waiting) == 0


async def test_no_more_are_worked_on_at_once_than_may_be() -> None:
    """The rest wait in a queue, in order."""
    desk = Desk(at_once=2)
    for which in "abcde":
        desk.crew.put(which, which)
    await eventually(lambda: len(desk.begun) == 2)
    assert (len(desk.crew), len(desk.crew._working)) == (5, 2)
    desk.go.set()
    await eventually(lambda: len(desk.crew) == 0)
    assert (desk.begun, desk.most) == (list("abcde"), 2)


async def test_an_item_is_not_worked_on_twice_at_once() -> None:
    """Neither put twice nor put while it is worked on."""
    desk = Desk()
    desk.crew.put("a", "a")
    desk.crew.put("a", "a")
    await eventually(lambda: desk.begun == ["a"])
    desk.crew.put("a", "a")
    assert len(desk.crew) == 1
    desk.go.set()
    await eventually(lambda: len(desk.crew) == 0)
    assert desk.begun == ["a"]


async def test_an_item_that_its_work_puts_off_comes_back_after_it() -> None:
    """However short the pause and long the work."""
    desk = Desk()
    desk.meanwhile = lambda item: desk.crew.put("a", "second", after=0.001) if item == "first" else None
    desk.crew.put("a", "first")
    await eventually(lambda: desk.begun == ["first"])
    await asyncio.sleep(0.005)
    assert desk.begun == ["first"]
    desk.go.set()
    await eventually(lambda: desk.begun == ["first", "second"])


async def test_work_that_fails_is_counted_and_told(caplog: pytest.LogCaptureFixture) -> None:
    """The others go on."""

    def fail(item: str) -> None:
        if item == "a":
            raise RuntimeError("nobody expected this")

    desk = Desk(at_once=1)
    desk.meanwhile = fail
    desk.go.set()
    for which in "ab":
        desk.crew.put(which, which)
    await eventually(lambda: desk.begun == ["a", "b"])
    assert (desk.failed, failures(desk.metrics, "desk")) == (["a"], 1)
    assert "desk: an item could not be worked on" in caplog.text


async def test_a_crew_that_stops_finishes_what_it_can_and_begins_nothing() -> None:
    """What does not end in time is given up."""
    desk = Desk(at_once=1)
    for which in "abc":
        desk.crew.put(which, which)
    await eventually(lambda: desk.begun == ["a"])
    await desk.crew.stop(0.01)
    desk.crew.put("d", "d")
    assert (desk.begun, len(desk.crew._working)) == (["a"], 0)


async def test_a_task_that_ends_by_an_error_is_begun_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Logged, counted, and not running meanwhile."""
    monkeypatch.setattr(crew_module, "_BEFORE_RESTART", 0.05)
    metrics, begun = Metrics(), list[int]()

    async def run() -> None:
        begun.append(len(begun))
        if len(begun) == 1:
            raise RuntimeError("nobody expected this")
        await asyncio.Event().wait()

    watched = Watched("lane", metrics, run)
    assert not watched.running
    watched.start()
    await eventually(lambda: failures(metrics, "lane") == 1)
    assert not watched.running
    await eventually(lambda: watched.running)
    assert (len(begun), "lane: broke off and is begun again" in caplog.text) == (2, True)
    watched.cancel()
    await eventually(lambda: not watched.running)
