"""What an operator stops is in force once it was looked for, whoever looks at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from fakes import House
from gateway.core.control_desk import ControlDesk, checked
from gateway.jobs.control_watch import ControlWatch
from store import controls
from store.controls import Control, Kind
from store.reader import Reader


async def test_a_look_that_began_before_does_not_undo_what_a_later_one_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long blackout takes its time to be read, and meanwhile somebody stops everything."""
    desk = ControlDesk(house.reader, house.writer, house.clock)
    watch, read, go_on = ControlWatch(house.context), asyncio.Event(), asyncio.Event()
    all_of, reads = controls.all_of, list[int]()

    async def slow(reader: Reader, kinds: Sequence[Kind]) -> Sequence[Control]:
        found = await all_of(reader, kinds)
        reads.append(len(found))
        if len(reads) == 1:
            read.set()
            await go_on.wait()
        return found

    monkeypatch.setattr(controls, "all_of", slow)
    await desk.put([checked("blackout", "573001112233")], "ops", "")
    first = asyncio.create_task(watch.look())
    await read.wait()
    await desk.put([checked("stop", "everything")], "ops", "")
    second = asyncio.create_task(watch.look())
    await asyncio.wait([second], timeout=0.05)
    go_on.set()
    await asyncio.gather(first, second)
    assert house.context.reach.stops()


async def test_a_blackout_of_many_pages_is_read_whole(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each number once, and what else is set."""
    monkeypatch.setattr(controls, "_PAGE", 3)
    monkeypatch.setattr(controls, "_SOME", controls._SOME.limit(3))
    desk = ControlDesk(house.reader, house.writer, house.clock)
    numbers = [f"57300111{n:04d}" for n in range(7)]
    await desk.put([checked("stop", "marketing"), *(checked("blackout", one) for one in numbers)], "ops", "")
    found = [(one.kind, one.value) for one in await desk.all()]
    assert found == [*(("blackout", one) for one in numbers), ("stop", "marketing")]
    assert len(await desk.periods("stop", "marketing")) == 1
    assert await desk.periods("stop", "everything") == []
