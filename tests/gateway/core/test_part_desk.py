"""Parts of long texts are durable when they are acknowledged, and become one text once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes import ANA, FakeClock, House
from flows.values import Msisdn
from gateway.core.long_texts import LongTexts
from gateway.core.part_desk import PartDesk
from gateway.core.ports import MobilePart
from gateway.errors import StoreUnavailable
from gateway.smpp.incoming import join
from store import inbox, mo_parts
from store.errors import StoreError, WriteFailed
from store.inbox import Entry
from store.unit import Unit

FIRST = MobilePart("smsc-a", ANA, "12345", 1, wide=False, total=3, number=1, data_coding=0, octets=b"one ")
SECOND = replace(FIRST, number=2, octets=b"two ")
THIRD = replace(FIRST, number=3, octets=b"three")
WHOLE = "one two three"


class Desk:
    """A desk and what it handed on, as one process has them."""

    def __init__(self, house: House, texts: LongTexts | None = None) -> None:
        self.handed: list[Entry] = []
        self.desk = PartDesk(house.context, join, self.handed.append, texts)

    async def take(self, *parts: MobilePart) -> Sequence[Exception | None]:
        """What is answered to these parts, which come together."""
        return await self.desk.receive(parts)


@asynccontextmanager
async def started(house: House, texts: LongTexts | None = None) -> AsyncIterator[Desk]:
    """A desk as a process that starts has it, on what the last one left in the store."""
    desk = Desk(house, texts)
    await desk.desk.recover()
    try:
        yield desk
    finally:
        await desk.desk.stop()


async def in_the_inbox(house: House) -> list[str]:
    """The texts that were taken in."""
    return sorted(json.loads(entry.body)["text"] for entry in await inbox.waiting(house.reader))


async def kept(house: House) -> list[int]:
    """Numbers of the parts in the store; 0 is the mark of a text."""
    return [part.number for part in await mo_parts.left(house.reader)]


class Down:
    """A database that is away while ``down`` is set."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.down = False
        commit = house.writer.submit

        def submit(unit: Unit) -> asyncio.Future[bool]:
            return _refuse(unit) if self.down else commit(unit)

        monkeypatch.setattr(house.writer, "submit", submit)


@pytest.fixture
def database(house: House, monkeypatch: pytest.MonkeyPatch) -> Down:
    """The database, to be switched off."""
    return Down(house, monkeypatch)


async def test_each_part_is_in_the_store_when_it_is_acknowledged(house: House) -> None:
    """And the text in the inbox, with no part beside it, when the last one is."""
    async with started(house) as desk:
        for part, left in ((FIRST, [1]), (THIRD, [1, 3]), (SECOND, [0])):
            assert await desk.take(part) == [None]
            assert await kept(house) == left
        assert await in_the_inbox(house) == [WHOLE]
        assert [json.loads(entry.body)["text"] for entry in desk.handed] == [WHOLE]


async def test_parts_that_come_together_are_written_as_one_text(house: House) -> None:
    """An SMSC with a window does not wait for the first answer."""
    async with started(house) as desk:
        assert await desk.take(SECOND, FIRST, THIRD) == [None, None, None]
        assert await in_the_inbox(house) == [WHOLE]
        assert await kept(house) == [0]


@pytest.mark.parametrize("restarts", [(0,), (1,), (2,), (3,), (0, 1, 2, 3)])
async def test_a_restart_between_parts_loses_nothing(house: House, restarts: tuple[int, ...]) -> None:
    """However a process ends, what it had acknowledged the next one has; parts that come again change nothing."""
    handed: list[Entry] = []
    for number, part in enumerate((FIRST, SECOND, THIRD)):
        async with started(house) as desk:
            assert await desk.take(part) == [None]
            if number in restarts:
                async with started(house) as next_one:
                    assert await next_one.take(part) == [None]
                    handed += next_one.handed
            handed += desk.handed
    async with started(house) as last:
        assert await last.take(FIRST, SECOND, THIRD) == [None, None, None]
        handed += last.handed
    assert await in_the_inbox(house) == [WHOLE]
    assert len(handed) == 1


async def test_a_part_that_comes_again_at_once_waits_for_the_same_commit(house: House) -> None:
    """Neither is acknowledged sooner, and there is one row."""
    async with started(house) as desk:
        assert [*await asyncio.gather(desk.take(FIRST), desk.take(FIRST))] == [[None], [None]]
        assert await kept(house) == [1]
        answers = await asyncio.gather(*(desk.take(part) for part in (SECOND, THIRD, SECOND, THIRD, FIRST)))
        assert answers == [[None]] * 5
        assert await in_the_inbox(house) == [WHOLE]


async def test_while_the_store_is_away_no_part_is_acknowledged(house: House, database: Down) -> None:
    """And each may come again, the last one too."""
    async with started(house) as desk:
        for part in (FIRST, SECOND, THIRD):
            database.down = True
            (error,) = await desk.take(part)
            assert isinstance(error, StoreError)
            database.down = False
            assert await desk.take(part) == [None]
        assert await in_the_inbox(house) == [WHOLE]
        assert len(desk.handed) == 1


async def test_parts_whose_store_is_away_together_come_again_together(house: House, database: Down) -> None:
    """None of them is half known."""
    async with started(house) as desk:
        database.down = True
        assert all(isinstance(error, StoreError) for error in await desk.take(FIRST, SECOND, THIRD))
        database.down = False
        assert await desk.take(THIRD, FIRST, SECOND) == [None, None, None]
        assert await in_the_inbox(house) == [WHOLE]


async def test_what_came_is_passed_on_when_the_rest_does_not(house: House, clock: FakeClock) -> None:
    """After ten minutes, in order, once; what comes later is a text of its own in its time."""
    async with started(house) as desk:
        await desk.take(THIRD, FIRST)
        clock.advance(minutes=9)
        await desk.desk.pass_on_late()
        assert await in_the_inbox(house) == []
        clock.advance(minutes=1)
        await desk.desk.pass_on_late()
        assert await in_the_inbox(house) == ["one three"]
        assert await desk.take(FIRST, SECOND) == [None, None]
        clock.advance(minutes=10)
        await desk.desk.pass_on_late()
        assert await in_the_inbox(house) == ["one three", "two "]


async def test_what_became_late_while_nobody_ran_is_passed_on_at_the_start(house: House, clock: FakeClock) -> None:
    """The time goes on over a stop."""
    async with started(house) as desk:
        await desk.take(FIRST)
    clock.advance(minutes=11)
    async with started(house) as desk:
        assert await in_the_inbox(house) == ["one "]
        assert len(desk.handed) == 1


async def test_late_parts_wait_on_while_the_store_is_away(house: House, clock: FakeClock, database: Down) -> None:
    """The next look finds them."""
    async with started(house) as desk:
        await desk.take(FIRST)
        clock.advance(minutes=11)
        database.down = True
        await desk.desk.pass_on_late()
        database.down = False
        assert await kept(house) == [1]
        await desk.desk.pass_on_late()
        assert await in_the_inbox(house) == ["one "]


async def test_a_part_that_comes_while_its_text_is_passed_on_is_not_swallowed(house: House, clock: FakeClock) -> None:
    """It was acknowledged, so it is somewhere."""
    async with started(house) as desk:
        await desk.take(FIRST, SECOND)
        clock.advance(minutes=11)
        _, (answer,) = await asyncio.gather(desk.desk.pass_on_late(), desk.take(THIRD))
        assert answer is None
        clock.advance(minutes=11)
        await desk.desk.pass_on_late()
        assert await in_the_inbox(house) == ["one two ", "three"]


async def test_marks_go_once_they_are_old(house: House, clock: FakeClock) -> None:
    """The table does not grow."""
    async with started(house) as desk:
        await desk.take(FIRST, SECOND, THIRD)
        clock.advance(minutes=11)
        await desk.desk.pass_on_late()
        assert await kept(house) == []


async def test_the_same_reference_with_other_words_is_another_text(house: House) -> None:
    """Phones count to 255 and begin again; also right after a restart."""
    async with started(house) as desk:
        await desk.take(FIRST, SECOND, THIRD)
    async with started(house) as desk:
        await desk.take(replace(FIRST, octets=b"1 "), replace(SECOND, octets=b"2 "), replace(THIRD, octets=b"3"))
        assert await in_the_inbox(house) == ["1 2 3", WHOLE]


async def test_a_crowd_is_told_to_come_again_and_the_oldest_make_room(house: House) -> None:
    """Nothing that was acknowledged is dropped for it."""
    async with started(house, LongTexts(most_texts=4)) as desk:
        for reference in range(4):
            assert await desk.take(replace(FIRST, reference=reference)) == [None]
        late = replace(FIRST, reference=9)
        (error,) = await desk.take(late)
        assert isinstance(error, StoreUnavailable)
        await desk.desk.pass_on_late()
        assert await desk.take(late) == [None]
        assert "one " in await in_the_inbox(house)


async def test_a_long_text_of_nobody_is_put_aside(house: House) -> None:
    """A machine's text is kept and not answered."""
    async with started(house) as desk:
        parts = [replace(part, source=Msisdn("PROMO")) for part in (FIRST, SECOND, THIRD)]
        assert await desk.take(*parts) == [None, None, None]
        assert desk.handed == []
        assert await in_the_inbox(house) == []


_REFERENCES = count(1_000)
_TIMES = st.sets(st.integers(0, 12))
_CASES = st.tuples(st.lists(st.lists(st.integers(0, 8), min_size=1, max_size=4), max_size=12), _TIMES, _TIMES)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_CASES)
async def test_whatever_comes_in_whatever_order_each_text_is_taken_in_once(
    house: House,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[list[list[int]], set[int], set[int]],
) -> None:
    """Three texts, shuffled, repeated, with restarts and outages between: when all was acknowledged, all is there."""
    batches, restarts, outages = case
    clock.advance(hours=1)  # ids repeat where time and chance do
    references = [next(_REFERENCES) for _ in range(3)]
    every = [
        replace(part, reference=reference, octets=part.octets + b"%d " % reference)
        for reference in references
        for part in (FIRST, SECOND, THIRD)
    ]
    open_parts = set(range(len(every)))
    desk = Desk(house)
    await desk.desk.recover()
    for at, batch in enumerate([*batches, list(range(9)), list(range(9))]):
        if at in restarts:
            await desk.desk.stop()
            desk = Desk(house)
            await desk.desk.recover()
        if at in outages and at < len(batches):
            monkeypatch.setattr(house.writer, "submit", _refuse)
        answers = await desk.take(*(every[number] for number in batch))
        monkeypatch.undo()
        open_parts -= {number for number, error in zip(batch, answers, strict=True) if error is None}
    await desk.desk.stop()
    assert not open_parts
    texts = [text for text in await in_the_inbox(house) if any(str(reference) in text for reference in references)]
    assert sorted(texts) == [f"one {number} two {number} three{number} " for number in references]


def _refuse(unit: Unit) -> asyncio.Future[bool]:
    failed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    failed.set_exception(WriteFailed("away"))
    return failed
