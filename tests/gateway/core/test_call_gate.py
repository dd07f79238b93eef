"""So many calls at once, people first; who would wait too long is sent away at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import eventually
from gateway.core.call_gate import CallGate, GateSettings, Rank, TooMany


class Calls:
    """Calls through a gate that last until they are told to end."""

    def __init__(self, gate: CallGate) -> None:
        self.gate = gate
        self.running: list[tuple[str, asyncio.Event]] = []
        self.ended: list[str] = []
        self.sent_away: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, name: str, rank: Rank) -> None:
        """Start one."""
        self.tasks[name] = asyncio.create_task(self._run(name, rank))

    async def _run(self, name: str, rank: Rank) -> None:
        over = asyncio.Event()
        try:
            async with self.gate.passing(rank):
                self.running.append((name, over))
                await over.wait()
                self.ended.append(name)
        except TooMany:
            self.sent_away.append(name)

    async def end_first(self) -> None:
        """End the call that has run for the longest."""
        name, over = self.running.pop(0)
        over.set()
        await self.tasks[name]

    @property
    def names(self) -> Sequence[str]:
        """What runs."""
        return [name for name, _ in self.running]


async def settled(calls: Calls, running: int, waiting: int) -> None:
    """Until so many run and wait."""
    await eventually(lambda: (calls.gate.in_flight, calls.gate.waiting) == (running, waiting))


async def until_let_through(gate: CallGate) -> None:
    """Until nobody waits, and not a turn of the event loop longer."""
    for _ in range(20):
        if not gate.waiting:
            return
        await asyncio.sleep(0)
    raise AssertionError("nobody was let through")


async def test_people_go_before_money_and_money_before_everything_else() -> None:
    """Whoever came first, within a rank."""
    calls = Calls(CallGate(GateSettings(at_once=1, background=1, waiting=10)))
    calls.begin("first", Rank.BACKGROUND)
    await settled(calls, 1, 0)
    for name, rank in (("trigger", Rank.BACKGROUND), ("order", Rank.MONEY), ("page 1", Rank.PERSON)):
        calls.begin(name, rank)
    await settled(calls, 1, 3)
    calls.begin("page 2", Rank.PERSON)
    await settled(calls, 1, 4)
    for _ in range(5):
        await calls.end_first()
        await eventually(lambda: bool(calls.running) or len(calls.ended) == 5)
    assert calls.ended == ["first", "page 1", "page 2", "order", "trigger"]


async def test_background_work_leaves_room_for_people() -> None:
    """However many triggers come, a page is asked for at once."""
    calls = Calls(CallGate(GateSettings(at_once=3, background=2, waiting=10)))
    for number in range(5):
        calls.begin(f"trigger {number}", Rank.BACKGROUND)
    await settled(calls, 2, 3)
    calls.begin("page", Rank.PERSON)
    await settled(calls, 3, 3)
    assert calls.names == ["trigger 0", "trigger 1", "page"]
    for _ in range(6):
        await eventually(lambda: bool(calls.running))
        await calls.end_first()


async def test_when_too_many_wait_the_least_important_is_sent_away() -> None:
    """A newcomer who matters no more than the others is sent away itself."""
    calls = Calls(CallGate(GateSettings(at_once=1, background=1, waiting=2)))
    calls.begin("running", Rank.MONEY)
    await settled(calls, 1, 0)
    for name, rank in (("trigger 1", Rank.BACKGROUND), ("trigger 2", Rank.BACKGROUND)):
        calls.begin(name, rank)
    await settled(calls, 1, 2)
    calls.begin("trigger 3", Rank.BACKGROUND)
    await eventually(lambda: calls.sent_away == ["trigger 3"])
    calls.begin("page", Rank.PERSON)
    await eventually(lambda: calls.sent_away == ["trigger 3", "trigger 2"])
    calls.begin("order", Rank.MONEY)
    await eventually(lambda: calls.sent_away == ["trigger 3", "trigger 2", "trigger 1"])
    calls.begin("another order", Rank.MONEY)
    await eventually(lambda: calls.sent_away[-1] == "another order")
    for _ in range(3):
        await eventually(lambda: bool(calls.running))
        await calls.end_first()
    assert calls.ended == ["running", "page", "order"]


@pytest.mark.parametrize("passing", [False, True])
async def test_who_goes_away_leaves_their_place(*, passing: bool) -> None:
    """Also in the very moment in which they are let through."""
    calls = Calls(CallGate(GateSettings(at_once=1, background=1, waiting=5)))
    calls.begin("running", Rank.PERSON)
    await settled(calls, 1, 0)
    calls.begin("gone", Rank.PERSON)
    await settled(calls, 1, 1)
    if passing:
        calls.running.pop(0)[1].set()
        await until_let_through(calls.gate)
        assert calls.names == [], "let through, and not awake yet"
    calls.tasks["gone"].cancel()
    await asyncio.wait([calls.tasks["gone"]])
    if not passing:
        await calls.end_first()
    await settled(calls, 0, 0)
    calls.begin("next", Rank.BACKGROUND)
    await settled(calls, 1, 0)
    await calls.end_first()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([*Rank, "end", "cancel"]), max_size=50))
def test_whatever_comes_nobody_is_lost_and_no_bound_is_passed(steps: list[Rank | str]) -> None:
    """Everybody runs, waits, was sent away or went; and at the end the gate is empty."""
    limits = GateSettings(at_once=3, background=2, waiting=4)

    async def play() -> None:
        calls = Calls(CallGate(limits))
        for number, step in enumerate(steps):
            if isinstance(step, Rank):
                calls.begin(str(number), step)
            elif step == "end" and calls.running:
                await calls.end_first()
            elif step == "cancel" and calls.tasks:
                task = calls.tasks[min(calls.tasks)]
                task.cancel()
                await asyncio.wait([task])
                calls.running = [one for one in calls.running if not calls.tasks[one[0]].done()]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert calls.gate.in_flight <= limits.at_once
            assert calls.gate.waiting <= limits.waiting
        while any(not task.done() for task in calls.tasks.values()):
            calls.running = [one for one in calls.running if not calls.tasks[one[0]].done()]
            if calls.running:
                await calls.end_first()
            await asyncio.sleep(0)
        assert (calls.gate.in_flight, calls.gate.waiting) == (0, 0)

    asyncio.run(play())
