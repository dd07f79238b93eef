"""Units are durable together, gates open once, and one bad unit takes nobody along."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, String, Table, UniqueConstraint, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from store.errors import AlreadyWritten, WriteFailed, WriterStopped
from store.unit import Gate, Op, Unit
from store.writer import MAX_GROUP, Writer

metadata = MetaData()
doors = Table("doors", metadata, Column("key", String, primary_key=True), Column("by", Integer, nullable=False))
notes = Table(
    "notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text", String, nullable=False),
    UniqueConstraint("text"),
)
OPEN = insert(doors).on_conflict_do_nothing().returning(doors.c.key)
NOTE = insert(notes)
HAND_ON = (
    update(doors)
    .where(doors.c.key == bindparam("which"), doors.c.by == bindparam("holder"))
    .values(by=bindparam("next_holder"))
    .returning(doors.c.key)
)


def note(text: str) -> Op:
    """Write a note; the same text twice is an error."""
    return Op(NOTE, {"text": text})


def gated(key: str, by: int) -> Unit:
    """A unit behind a gate. Its ops tell who passed, its ``always`` who came."""
    return Unit(
        gate=Gate(OPEN, {"key": key, "by": by}, ("key",)),
        ops=(note(f"{key} passed {by}"),),
        always=(note(f"{key} came {by}"),),
    )


@asynccontextmanager
async def scratch(folder: Path) -> AsyncIterator[AsyncEngine]:
    """A database with two tables."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder / 'scratch.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    try:
        yield engine
    finally:
        await engine.dispose()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """The test's scratch database."""
    async with scratch(tmp_path) as opened:
        yield opened


async def written(engine: AsyncEngine) -> list[str]:
    """All notes, in the order in which they were written."""
    async with engine.connect() as connection:
        return list((await connection.execute(select(notes.c.text).order_by(notes.c.id))).scalars())


async def test_who_waits_together_is_committed_together(engine: AsyncEngine, writer: Writer) -> None:
    """A hundred callers cost one or two commits, not a hundred."""
    await asyncio.gather(*(writer.commit(Unit(ops=(note(str(n)),))) for n in range(100)))
    assert sorted(await written(engine), key=int) == [str(n) for n in range(100)]
    assert writer.units == 100
    assert writer.groups <= 2


async def test_a_group_has_a_bound(engine: AsyncEngine, writer: Writer) -> None:
    """The first caller does not wait for an endless queue."""
    await writer.commit_all(Unit(ops=(note(str(n)),)) for n in range(MAX_GROUP + 1))
    assert writer.groups >= 2
    assert len(await written(engine)) == MAX_GROUP + 1


async def test_what_is_acknowledged_can_be_read_at_once(engine: AsyncEngine, writer: Writer) -> None:
    """The commit comes before the answer."""
    for n in range(5):
        assert await writer.commit(Unit(ops=(note(str(n)),)))
        assert str(n) in await written(engine)


async def test_of_equal_gates_in_one_group_exactly_one_opens(engine: AsyncEngine, writer: Writer) -> None:
    """The first one; the others write what they always write."""
    assert await writer.commit_all([gated("a", 1), gated("a", 2), gated("b", 3)]) == [True, False, True]
    assert writer.groups == 1
    assert sorted(await written(engine)) == ["a came 1", "a came 2", "a passed 1", "b came 3", "b passed 3"]


async def test_of_changes_in_one_group_each_has_its_own_condition(engine: AsyncEngine, writer: Writer) -> None:
    """One that came too late for the same row as another is not taken for the other."""

    def hand_on(holder: int, to: int) -> Unit:
        values = {"which": "a", "holder": holder, "next_holder": to}
        return Unit(gate=Gate(HAND_ON, values), ops=(note(f"{holder} to {to}"),))

    await writer.commit(gated("a", 1))
    assert await writer.commit_all([hand_on(7, 8), hand_on(1, 2), hand_on(1, 3), hand_on(2, 4)]) == [
        False,
        True,
        False,
        True,
    ]
    assert writer.groups == 2
    assert sorted(await written(engine))[:2] == ["1 to 2", "2 to 4"]


async def test_a_gate_that_opened_once_stays_shut(engine: AsyncEngine, writer: Writer) -> None:
    """Across groups, too."""
    assert await writer.commit(gated("a", 1))
    assert not await writer.commit(gated("a", 2))
    assert sorted(await written(engine)) == ["a came 1", "a came 2", "a passed 1"]


async def test_a_gate_stays_shut_for_the_next_process(engine: AsyncEngine, writer: Writer) -> None:
    """It is a row, not a memory."""
    await writer.commit(gated("a", 1))
    second = Writer(engine)
    second.start()
    assert not await second.commit(gated("a", 2))
    await second.stop()


async def test_a_failing_unit_does_not_take_its_neighbours_along(engine: AsyncEngine, writer: Writer) -> None:
    """Nothing of the bad one is kept, its gate included, so that it can be tried again."""
    await writer.commit(Unit(ops=(note("taken"),)))
    bad = Unit(gate=gated("a", 0).gate, ops=(note("fresh"), note("taken")))
    futures = [writer.submit(unit) for unit in (gated("b", 1), bad, gated("c", 2))]
    await asyncio.wait(futures)
    assert [future.exception() is None for future in futures] == [True, False, True]
    assert isinstance(futures[1].exception(), WriteFailed)
    assert "fresh" not in await written(engine)
    assert await writer.commit(gated("a", 3))


async def test_a_row_that_is_there_is_told_apart_from_other_failures(writer: Writer) -> None:
    """Who writes a thing once knows by it that somebody was quicker."""
    await writer.commit(Unit(ops=(note("taken"),)))
    again, wrong = await writer.settle_all([Unit(ops=(note("taken"),)), Unit(ops=(Op(NOTE, {"text": None}),))])
    assert (type(again), type(wrong)) == (AlreadyWritten, WriteFailed)


async def test_commit_all_tells_of_a_failure_after_all_have_ended(engine: AsyncEngine, writer: Writer) -> None:
    """The neighbours are durable when the caller hears of it."""
    with pytest.raises(WriteFailed) as failed:
        await writer.commit_all([Unit(ops=(note("x"),)), Unit(ops=(note("x"),)), Unit(ops=(note("y"),))])
    assert not failed.value.retryable
    assert sorted(await written(engine)) == ["x", "y"]


@pytest.mark.parametrize("value", ["half a pair \ud800", 2**70, object()], ids=["surrogate", "huge", "object"])
async def test_a_value_that_no_column_can_hold_fails_alone(engine: AsyncEngine, writer: Writer, value: object) -> None:
    """The driver complains in its own way; the writer goes on."""
    with pytest.raises(WriteFailed):
        async with asyncio.timeout(5):
            await writer.commit(Unit(ops=(Op(NOTE, {"text": value}),)))
    async with asyncio.timeout(5):
        assert await writer.commit(Unit(ops=(note("after"),)))


async def test_a_caller_who_went_away_hurts_nobody(engine: AsyncEngine, writer: Writer) -> None:
    """A cancelled wait neither stops the writer nor undoes the unit."""
    gone = asyncio.ensure_future(writer.commit(Unit(ops=(note("gone"),))))
    stays = asyncio.ensure_future(writer.commit(Unit(ops=(note("stays"),))))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays
    assert "stays" in await written(engine)


async def test_stopping_writes_what_is_queued_and_takes_nothing_more(engine: AsyncEngine, writer: Writer) -> None:
    """Whoever was waiting has their answer; whoever comes now is told."""
    futures = [writer.submit(Unit(ops=(note(str(n)),))) for n in range(20)]
    await writer.stop()
    assert all(future.done() and future.result() for future in futures)
    assert len(await written(engine)) == 20
    with pytest.raises(WriterStopped) as stopped:
        writer.submit(Unit())
    assert stopped.value.retryable


async def test_an_empty_unit_is_a_commit_like_any_other(engine: AsyncEngine, writer: Writer) -> None:
    """Steps without effects need no special case."""
    assert await writer.commit(Unit())
    assert await writer.commit_all([]) == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=8), max_size=5))
def test_each_gate_opens_once_whatever_comes_in_whatever_groups(groups: list[list[str]]) -> None:
    """Who passed is who was told so, everybody who came is noted, and the first of a key passes."""

    async def play(folder: Path) -> tuple[list[tuple[str, int, bool]], list[str]]:
        async with scratch(folder) as engine:
            writer = Writer(engine)
            writer.start()
            results, number = list[tuple[str, int, bool]](), 0
            for keys in groups:
                units = [gated(key, number + offset) for offset, key in enumerate(keys)]
                opened = await writer.commit_all(units)
                results += [(key, number + i, passed) for i, (key, passed) in enumerate(zip(keys, opened, strict=True))]
                number += len(keys)
            await writer.stop()
            return results, await written(engine)

    with tempfile.TemporaryDirectory() as folder:
        results, kept = asyncio.run(play(Path(folder)))
    firsts = {key: min(by for one, by, _ in results if one == key) for key, _, _ in results}
    assert {(key, by) for key, by, passed in results if passed} == set(firsts.items())
    assert sorted(kept) == sorted(
        [f"{key} came {by}" for key, by, _ in results] + [f"{key} passed {by}" for key, by in firsts.items()]
    )
