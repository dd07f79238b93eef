"""One person's items one after another, different people's together, and none lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from fakes import eventually
from gateway.core import pump as pump_module
from gateway.core.pump import MAX_BATCH, Pump
from store.errors import WriteFailed, WriterStopped

Item = tuple[str, int]
"""Whose, and which."""


class Work:
    """Remembers what it did. bad: items that raise; unwritten: items that it hands back, so many times each."""

    def __init__(self) -> None:
        self.batches: list[list[Item]] = []
        self.done: list[Item] = []
        self.put_aside: list[Item] = []
        self.bad: dict[Item, int] = {}
        self.unwritten: dict[Item, int] = {}
        self.why: Exception = WriteFailed("this cannot be written")
        self.go = asyncio.Event()
        self.go.set()
        self.before: Callable[[Sequence[Item]], None] = lambda batch: None

    async def __call__(self, batch: Sequence[Item]) -> Sequence[tuple[Item, Exception]]:
        self.before(batch)
        self.batches.append(list(batch))
        await self.go.wait()
        for item in batch:
            if self.bad.get(item, 0) > 0:
                if len(batch) == 1:
                    self.bad[item] -= 1
                raise RuntimeError(item)
        left = [item for item in batch if self.unwritten.get(item, 0) > 0]
        for item in left:
            self.unwritten[item] -= 1
        self.done += [item for item in batch if item not in left]
        return [(item, self.why) for item in left]

    async def give_up(self, item: Item) -> None:
        self.put_aside.append(item)


@asynccontextmanager
async def pumping(work: Work) -> AsyncIterator[Pump[Item]]:
    """A pump that runs."""
    made = Pump[Item]("test", lambda item: item[0], work, work.give_up)
    made.start()
    yield made
    work.go.set()
    await made.stop()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed items come back at once."""
    monkeypatch.setattr(pump_module, "_PAUSE", 0.001)


async def test_one_persons_items_keep_their_order() -> None:
    """Each waits for the one before; no batch holds two of one person."""
    work = Work()
    async with pumping(work) as pump:
        for number in range(20):
            for who in "abc":
                pump.put((who, number))
        await eventually(lambda: pump.backlog == 0)
    for who in "abc":
        assert [number for name, number in work.done if name == who] == list(range(20))
    assert all(len({name for name, _ in batch}) == len(batch) for batch in work.batches)


async def test_all_that_waits_counts_also_behind_others_of_the_same_person() -> None:
    """Each item for as many as it stands for, until it is done or put aside."""
    work = Work()
    work.go.clear()
    work.bad[("b", 7)] = 99
    pump = Pump[Item]("test", lambda item: item[0], work, work.give_up, size=lambda item: item[1])
    pump.start()
    for item in (("a", 1), ("a", 2), ("a", 3), ("b", 7)):
        pump.put(item)
    assert pump.backlog == 13
    work.go.set()
    await eventually(lambda: pump.backlog == 0)
    assert (sorted(work.done), work.put_aside) == ([("a", 1), ("a", 2), ("a", 3)], [("b", 7)])
    await pump.stop()


async def test_different_people_share_batches() -> None:
    """Up to a bound."""
    work = Work()
    async with pumping(work) as pump:
        for number in range(MAX_BATCH + 1):
            pump.put((f"p{number}", 0))
        await eventually(lambda: pump.backlog == 0)
    assert [len(batch) for batch in work.batches] == [MAX_BATCH, 1]


async def test_one_person_being_slow_holds_nobody_else_up() -> None:
    """Their next item waits, other people's go on."""
    work, stuck = Work(), asyncio.Event()

    async def slow(batch: Sequence[Item]) -> Sequence[tuple[Item, Exception]]:
        if ("a", 0) in batch:
            await stuck.wait()
        return await work(batch)

    pump = Pump[Item]("test", lambda item: item[0], slow, work.give_up)
    pump.start()
    pump.put(("a", 0))
    await asyncio.sleep(0)
    pump.put(("a", 1))
    await asyncio.sleep(0)
    pump.put(("b", 0))
    await eventually(lambda: ("b", 0) in work.done)
    assert ("a", 1) not in work.done
    stuck.set()
    await eventually(lambda: pump.backlog == 0)
    assert [item for item in work.done if item[0] == "a"] == [("a", 0), ("a", 1)]
    await pump.stop()


async def test_a_failing_item_takes_nobody_along() -> None:
    """The batch is done again one by one; the bad one is put aside after three tries."""
    work = Work()
    work.bad[("b", 0)] = 99
    async with pumping(work) as pump:
        for who in "abc":
            pump.put((who, 0))
        await eventually(lambda: pump.backlog == 0)
    assert sorted(work.done) == [("a", 0), ("c", 0)]
    assert work.put_aside == [("b", 0)]
    assert work.batches.count([("b", 0)]) == 3


@pytest.mark.parametrize("failures", [1, 2])
@pytest.mark.parametrize("how", ["bad", "unwritten"])
async def test_an_item_that_fails_for_a_while_is_done_in_its_turn(how: str, failures: int) -> None:
    """The same person's next item waits for it."""
    work = Work()
    getattr(work, how)[("a", 0)] = failures
    async with pumping(work) as pump:
        for number in range(3):
            pump.put(("a", number))
        await eventually(lambda: pump.backlog == 0)
    assert work.done == [("a", 0), ("a", 1), ("a", 2)]
    assert work.put_aside == []


async def test_what_was_not_written_is_tried_again_alone() -> None:
    """Its neighbours in the batch are done and not repeated."""
    work = Work()
    work.unwritten[("b", 0)] = 99
    async with pumping(work) as pump:
        for who in "abc":
            pump.put((who, 0))
        await eventually(lambda: pump.backlog == 0)
    assert sorted(work.done) == [("a", 0), ("c", 0)]
    assert work.put_aside == [("b", 0)]


async def test_while_the_store_is_away_nothing_is_given_up() -> None:
    """However often it takes, and the same person's next item waits."""
    work = Work()
    work.why = WriterStopped("away")
    work.unwritten[("a", 0)] = 8
    async with pumping(work) as pump:
        pump.put(("a", 0))
        pump.put(("a", 1))
        await eventually(lambda: pump.backlog == 0)
    assert (work.done, work.put_aside) == ([("a", 0), ("a", 1)], [])


async def test_after_giving_up_the_person_is_served_again() -> None:
    """Also if the item could not be put aside at once."""
    work = Work()
    work.bad[("a", 0)] = 99

    async def broken(item: Item) -> None:
        work.put_aside.append(item)
        if len(work.put_aside) < 3:
            raise OSError

    pump = Pump[Item]("test", lambda item: item[0], work, broken)
    pump.start()
    pump.put(("a", 0))
    pump.put(("a", 1))
    await eventually(lambda: pump.backlog == 0)
    assert work.done == [("a", 1)]
    await pump.stop()


async def test_stopping_finishes_what_runs_and_begins_nothing() -> None:
    """What waits is in the inbox for the next start."""
    work = Work()
    work.go.clear()
    pump = Pump[Item]("test", lambda item: item[0], work, work.give_up)
    pump.start()
    pump.put(("a", 0))
    pump.put(("a", 1))
    await eventually(lambda: bool(work.batches))
    stopping = asyncio.create_task(pump.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    work.go.set()
    await stopping
    assert work.done == [("a", 0)]
