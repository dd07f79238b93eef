"""Texts that wait: given out once, in order, whatever comes when, and few of them in memory."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fakes import TUESDAY, House, eventually, sms
from flows.values import Msisdn, Purpose
from gateway.core.commit import Committer
from gateway.core.sms_routes import Plan
from gateway.core.waiting_texts import WaitingTexts
from store import outbox, outgoing
from store.reader import Reader
from store.sms_rows import SmsRow

MOST = 4
BOTH, FIRST, SECOND = ("a", "b"), ("a",), ("b",)


class Desk:
    """Whoever takes texts: what was taken, and by whom. Texts to numbers that end in 9 can go by ``b`` alone."""

    def __init__(self, house: House, committer: Committer) -> None:
        self.house, self.committer = house, committer
        self.in_hand: dict[str, str] = {}
        self.held: set[str] = set()
        self.taken: list[str] = []
        self.wakes = 0
        self.waiting = self.anew()

    def anew(self) -> WaitingTexts:
        """As after a start."""
        return WaitingTexts(
            self.house.reader,
            self.house.clock,
            plan=self.plan,
            in_hand=self.in_hand.__contains__,
            wake=self.wake,
            held=lambda purpose, campaign: campaign in self.held,
            most=MOST,
        )

    def plan(self, row: SmsRow) -> Plan:
        """Who may take it."""
        return SECOND if row.msisdn.endswith("9") else FIRST

    def wake(self) -> None:
        """There may be something."""
        self.wakes += 1

    async def commit(self, count: int, purpose: Purpose = Purpose.ALERT, to: str = "0", **more: object) -> list[SmsRow]:
        """So many texts, written and put."""
        first = len(self.house.texts())
        number = Msisdn(f"57300111220{to}")
        for n in range(count):
            at = self.house.clock() + timedelta(milliseconds=first + n)
            changes = {"purpose": purpose, "msisdn": number, "at": at, **more}
            await self.committer.commit([sms(f"{purpose}:{first + n}", **changes)])
        rows = self.house.texts()[first:]
        self.house.clock.advance(milliseconds=first + count)
        for row in rows:
            self.waiting.put(row)
        return rows

    async def take(self, room: Mapping[str, int] | None = None, most: int = 100) -> list[str]:
        """Take what is there, and have it in hand from now on, as the store knows."""
        await self.waiting.fill()
        found = self.waiting.take(room or {"a": 100, "b": 100}, most)
        self.in_hand.update({row.id: sender for row, sender in found})
        ids = [row.id for row, _ in found]
        if ids:
            gone = await self.house.writer.take(outgoing.take(ids))
            self.taken += [one for one in ids if one in gone]
        return ids

    async def take_all(self, room: Mapping[str, int] | None = None) -> list[str]:
        """Until nothing more comes."""
        before, more = len(self.taken), True
        while more:
            more = await self.waiting.fill()
            more = bool(await self.take(room)) or more
            assert len(self.waiting) <= 4 * 8 * MOST
        return self.taken[before:]


@pytest.fixture
def desk(house: House, committer: Committer) -> Desk:
    """With nothing that waits."""
    return Desk(house, committer)


def ids(rows: Sequence[SmsRow]) -> list[str]:
    """Their ids."""
    return [row.id for row in rows]


async def test_a_few_are_given_out_as_they_came(desk: Desk) -> None:
    """Without a look into the store."""
    rows = await desk.commit(3)
    assert (len(desk.waiting), await desk.take()) == (3, ids(rows))


async def test_a_crowd_waits_in_the_store_and_comes_in_order(desk: Desk) -> None:
    """Memory holds no more than its share, however many there are."""
    rows = await desk.commit(5 * MOST + 1)
    assert len(desk.waiting) == MOST
    assert await desk.take_all() == ids(rows)
    assert not await desk.waiting.fill()


async def test_what_comes_while_older_ones_wait_in_the_store_stands_behind_them(desk: Desk) -> None:
    """Also where there is room in memory."""
    rows = await desk.commit(2 * MOST)
    await desk.take({"a": 1})
    rows += await desk.commit(2)
    await desk.take_all()
    assert desk.taken == ids(rows)


async def test_what_is_urgent_passes_a_crowd(desk: Desk) -> None:
    """A confirmation finds room whatever waits."""
    await desk.commit(3 * MOST, Purpose.MARKETING)
    [urgent] = await desk.commit(1, Purpose.CONFIRMATION)
    assert (await desk.take({"a": 1}))[0] == urgent.id


async def test_a_crowd_for_one_that_is_away_holds_up_nobody_else(desk: Desk) -> None:
    """Each sender's own go on, those from before a start included."""
    away = await desk.commit(4 * MOST)
    there = await desk.commit(2 * MOST, to="9")
    assert await desk.take_all({"b": 100}) == ids(there)
    there += await desk.commit(3, to="9")
    await desk.take_all({"b": 100})
    desk.waiting = desk.anew()
    desk.waiting.read_all()
    there += await desk.commit(1, to="9")
    await desk.take_all({"b": 100})
    assert desk.taken == ids(there)
    await desk.take_all()
    assert desk.taken == ids([*there, *away])


async def test_after_a_start_all_that_waits_is_read(desk: Desk) -> None:
    """Page by page, the urgent first."""
    alerts = await desk.commit(2 * MOST)
    [reply] = await desk.commit(1, Purpose.REPLY)
    desk.waiting = desk.anew()
    desk.waiting.read_all()
    assert await desk.take_all() == [reply.id, *ids(alerts)]


async def test_what_is_due_later_comes_when_it_is_due(desk: Desk, house: House) -> None:
    """Soon from memory, tomorrow from the store."""
    soon, tomorrow = timedelta(milliseconds=50), timedelta(hours=20)
    await desk.commit(1, not_before=house.clock() + soon)
    assert await desk.take_all() == []
    await eventually(lambda: desk.wakes > 0)
    assert len(await desk.take()) == 1
    [late] = await desk.commit(1, not_before=house.clock() + tomorrow)
    assert (len(desk.waiting), await desk.take_all()) == (0, [])
    house.clock.advance(hours=21)
    desk.waiting.read_all()
    assert await desk.take_all() == [late.id]


async def test_a_start_waits_for_what_is_due_later(desk: Desk, house: House) -> None:
    """Nobody puts it: it is looked for when its time has come."""
    [row] = await desk.commit(1)
    await house.writer.take(outgoing.take([row.id]))
    later = house.clock() + timedelta(milliseconds=80)
    await desk.committer.note(outbox.move(row.id, "deferred", due_at=later))
    desk.waiting = desk.anew()
    desk.waiting.read_all()
    assert await desk.take_all() == []
    house.clock.advance(seconds=1)
    before = desk.wakes
    await eventually(lambda: desk.wakes > before)
    assert await desk.take_all() == [row.id]


async def test_what_is_put_again_is_given_out_once_as_it_was_put_last(desk: Desk) -> None:
    """A row that changed while it waited."""
    [row] = await desk.commit(1)
    desk.waiting.put(replace(row, avoid=("a",), due_at=TUESDAY + timedelta(days=1)))
    [(given, _)] = desk.waiting.take({"a": 1}, 10)
    assert given.avoid == ("a",)
    assert desk.waiting.take({"a": 1}, 10) == []


async def test_what_was_withdrawn_meanwhile_is_not_taken(desk: Desk) -> None:
    """The store has the last word."""
    rows = await desk.commit(3)
    await desk.committer.note(outbox.end(rows[1].id, "expired", TUESDAY, reason="renewed"))
    await desk.take_all()
    assert desk.taken == [rows[0].id, rows[2].id]


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_comes_when_each_is_taken_once_in_the_end(
    desk: Desk, house: House, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Crowds, starts, senders and campaigns that come and go, texts that come back: none is lost, none comes twice."""
    monkeypatch.setattr("gateway.core.waiting_texts._MOST_QUEUES", 2)
    dice, expected = random.Random(seed), 0
    for _ in range(40):
        match dice.randrange(6):
            case 0 | 1:
                count = dice.choice((1, 2, 2 * MOST))
                purpose = dice.choice((Purpose.MARKETING, Purpose.ALERT, Purpose.REPLY))
                await desk.commit(count, purpose, to=dice.choice("09"), campaign=dice.choice(("", "x", "y", "z")))
                expected += count
            case 2 | 3:
                await desk.take({"a": dice.randrange(5), "b": dice.randrange(5)}, most=1 + dice.randrange(8))
            case 4 if desk.taken:
                await come_back(desk, house, desk.taken.pop(dice.randrange(len(desk.taken))))
            case 5 if not dice.randrange(4):
                desk.waiting = desk.anew()
                desk.waiting.read_all()
            case 5:
                desk.held = set(dice.sample(("x", "y", "z"), dice.randrange(3)))
    desk.held = set()
    await desk.take_all()
    assert len(desk.taken) == expected
    assert not [row for row in await everything(house) if row.state != "sending"]


async def come_back(desk: Desk, house: House, which: str) -> None:
    """It was taken, refused for now, and is put again."""
    row = await outbox.by_id(house.reader, which)
    assert isinstance(row, SmsRow)
    await desk.committer.note(outbox.move(which, "deferred", due_at=house.clock()))
    del desk.in_hand[which]
    desk.waiting.put(replace(row, state="deferred", due_at=house.clock()))


async def everything(house: House) -> list[SmsRow]:
    """All texts as the store has them."""
    found = [await outbox.by_id(house.reader, row.id) for row in house.texts()]
    return [row for row in found if isinstance(row, SmsRow)]


async def test_campaigns_of_one_rank_take_turns(desk: Desk) -> None:
    """None waits until another is over."""
    for campaign in "abc":
        await desk.commit(3, Purpose.MARKETING, campaign=campaign)
    found = [desk.waiting.take({"a": 2}, 100) for _ in range(3)]
    assert [[row.campaign for row, _ in some] for some in found] == [["a", "a"], ["b", "b"], ["c", "c"]]


async def test_of_campaigns_that_are_over_nothing_stays(desk: Desk) -> None:
    """However many names there have been."""
    for number in range(40):
        await desk.commit(1, Purpose.MARKETING, campaign=f"bill-{number}")
        await desk.take_all()
    assert sum(len(rank.queues) for rank in desk.waiting._ranks.values()) <= 1


async def test_what_is_due_later_is_looked_for_although_the_store_went_away_meanwhile(
    desk: Desk, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page was read, the next due time was not."""
    [row] = await desk.commit(1, not_before=house.clock() + timedelta(hours=1))
    desk.waiting = desk.anew()
    desk.waiting.read_all()

    async def away(_: Reader, rank: int, after: datetime) -> datetime | None:
        if rank == row.priority:
            raise OSError("disk full")
        return None

    with monkeypatch.context() as patched:
        patched.setattr("gateway.core.waiting_texts.outbox.next_due", away)
        with pytest.raises(OSError, match="disk full"):
            await desk.waiting.fill()
    await desk.waiting.fill()
    assert desk.waiting._ranks[row.priority].look_at == row.due_at


async def test_a_crowd_of_campaigns_waits_in_the_store_as_well(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with a name of its own; one that is held among them stays, and goes when it is no more."""
    monkeypatch.setattr("gateway.core.waiting_texts._MOST_QUEUES", 3)
    rows = [row for n in range(10 * MOST) for row in await desk.commit(1, Purpose.MARKETING, campaign=f"bill-{n}")]
    assert len(desk.waiting) <= 4 * MOST
    desk.held = {"bill-1", "bill-5", "bill-30"}
    went = await desk.take_all()
    assert sorted(went) == sorted(row.id for row in rows if row.campaign not in desk.held)
    desk.held = set()
    assert sorted([*went, *await desk.take_all()]) == sorted(ids(rows))
