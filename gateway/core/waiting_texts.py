"""Texts that wait to go: few in memory, the others in the store, so that a million cost no more than a thousand.

By rank (what is urgent goes first), plan (who may take them) and campaign (so that one can be held), in the order in
which they are due. A queue that is full leaves what comes to the store and is *behind* from then on: older ones first.
Whenever half of it has gone the rank is read on, page by page; a cycle of reading ends with the last page, and whatever
met with nothing left out in it is behind no more.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from flows.values import Purpose
from gateway.core.sms_routes import Plan
from store import outbox
from store.reader import Reader
from store.sms_rows import PRIORITY, SmsRow

_MOST = 1_000
"""Texts of one rank, plan and campaign in memory, and rows in one page."""
_MOST_QUEUES = 100
"""Of one rank: whatever campaigns there are beyond these share one, but for those that are held."""
_PURPOSES = {rank: purpose for purpose, rank in PRIORITY.items()}
_SOON = timedelta(minutes=2)
"""What is due later stays in the store until then."""
Cursor = tuple[datetime, str]
"""Due time and id."""
_BEGIN: Cursor = (datetime(1970, 1, 1, tzinfo=UTC), "")
_LONGEST_PAUSE = timedelta(hours=1)


@dataclass(slots=True)
class _Queue:
    """campaign: empty for those that have no queue of their own.

    behind: the store has older ones than those that come. left_out: some were, in this cycle.
    """

    plan: Plan
    campaign: str
    rows: dict[str, SmsRow] = field(default_factory=dict)
    behind: bool = False
    left_out: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing of these waits, here or in the store."""
        return not (self.rows or self.behind)

    def leave_out(self) -> None:
        """One more of these is in the store alone."""
        self.behind = self.left_out = True


@dataclass(slots=True)
class _Rank:
    """unread: rows may be due in the store that nobody has looked at. cursor: how far this cycle has read.

    arrived: what came while a page was being read. look_at: when the next ones are due that nobody has read.
    """

    number: int
    queues: OrderedDict[tuple[Plan, str], _Queue] = field(default_factory=OrderedDict)
    unread: bool = False
    cursor: Cursor = _BEGIN
    arrived: list[SmsRow] | None = None
    look: asyncio.TimerHandle | None = None
    look_at: datetime | None = None

    def wants(self, most: int) -> bool:
        """Whether it is time to read: there is more, and room for it."""
        going_on = self.cursor != _BEGIN
        roomy = (going_on or queue.behind for queue in self.queues.values() if 2 * len(queue.rows) <= most)
        return (self.unread and self.room(most) > 0) or any(roomy)

    def room(self, most: int) -> int:
        """How many rows to read: what the emptiest queue takes, so that none is read for nothing where there is one."""
        return most - min((len(queue.rows) for queue in self.queues.values()), default=0)


class WaitingTexts:
    """Gives out what is due, most urgent first.

    plan: who may take a text. in_hand: whether a text was given out and is not settled. wake: called when there may be
    something to give out. held: whether what is for this purpose or of this campaign waits for now. most: of one rank,
    plan and campaign in memory.
    """

    def __init__(
        self,
        reader: Reader,
        clock: Callable[[], datetime],
        *,
        plan: Callable[[SmsRow], Plan],
        in_hand: Callable[[str], bool],
        wake: Callable[[], object],
        held: Callable[[Purpose, str], bool] = lambda purpose, campaign: False,
        most: int = _MOST,
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._plan = plan
        self._in_hand = in_hand
        self._wake = wake
        self._held = held
        self._most = most
        self._ranks = {number: _Rank(number) for number in sorted(PRIORITY.values())}
        self._where: dict[str, _Queue] = {}
        self._later: dict[str, asyncio.TimerHandle] = {}
        self._closed = False

    def __len__(self) -> int:
        """Texts in memory."""
        return len(self._where) + len(self._later)

    @property
    def unread(self) -> bool:
        """Whether the store may have some that are due and that nobody has looked at."""
        return any(rank.unread or rank.cursor != _BEGIN or rank.arrived is not None for rank in self._ranks.values())

    @property
    def due(self) -> int:
        """How many of these could be given out now."""
        return len(self._where)

    def put(self, row: SmsRow) -> None:
        """A committed row; put again, the last word counts, but what is due stays due."""
        if self._closed or self._in_hand(row.id):
            return
        if (timer := self._later.pop(row.id, None)) is not None:
            timer.cancel()
        pause = row.due_at - self._clock()
        if row.id in self._where:
            self._where[row.id].rows[row.id] = row
        elif pause > _SOON or (pause > timedelta() and len(self._later) >= self._most):
            self._look(self._ranks[row.priority], row.due_at)
        elif pause > timedelta():
            self._later[row.id] = self._call(pause, partial(self._now, row))
        else:
            self._enqueue(row)

    def read_all(self) -> None:
        """The store may have rows that were never put, as after a start."""
        for rank in self._ranks.values():
            rank.cursor, rank.unread = _BEGIN, True
        self._wake()

    def take(self, room: Mapping[str, int], most: int) -> list[tuple[SmsRow, str]]:
        """The most urgent ones for which a sender has room, each with its sender: the first of its plan that is there.

        room: how many each sender that is ready takes. What nobody may take comes with no sender.
        """
        left = {**room, "": most}
        taken: list[tuple[SmsRow, str]] = []
        for rank in self._ranks.values():
            purpose = _PURPOSES[rank.number]
            for key, queue in tuple(rank.queues.items()):
                if self._held(purpose, queue.campaign):
                    continue
                sender = next((name for name in queue.plan if name in left), None) if queue.plan else ""
                if sender is None:
                    continue
                before = len(taken)
                while queue.rows and left[sender] > 0 and len(taken) < most:
                    row = queue.rows.pop(next(iter(queue.rows)))
                    del self._where[row.id]
                    if row.campaign != queue.campaign and self._held(purpose, row.campaign):
                        self._enqueue(row, from_store=True)  # with those that are held as well
                    else:
                        taken.append((row, sender))
                        left[sender] -= 1
                if queue.over and rank.cursor == _BEGIN:  # in a cycle its room is what the cycle goes on for
                    del rank.queues[key]
                elif len(taken) > before:
                    rank.queues.move_to_end(key)  # next time somebody else is first
            if len(taken) == most:
                break
        return taken

    async def fill(self) -> bool:
        """Read a page of each rank that has run low; whether there is more to read at once."""
        for rank in self._ranks.values():
            if not self._closed and rank.wants(self._most):
                await self._read(rank)
        return not self._closed and any(rank.wants(self._most) for rank in self._ranks.values())

    def close(self) -> None:
        """Give out nothing more."""
        self._closed = True
        for timer in self._later.values():
            timer.cancel()
        for rank in self._ranks.values():
            if rank.look is not None:
                rank.look.cancel()

    def _enqueue(self, row: SmsRow, *, from_store: bool = False) -> None:
        rank = self._ranks[row.priority]
        queue = self._queue(rank, row)
        if len(queue.rows) >= self._most:
            queue.leave_out()
        elif queue.behind and not from_store:
            if rank.arrived is None or len(rank.arrived) >= self._most:
                queue.leave_out()
            else:
                rank.arrived.append(row)
        else:
            queue.rows[row.id] = row
            self._where[row.id] = queue
            self._wake()

    def _queue(self, rank: _Rank, row: SmsRow) -> _Queue:
        plan, campaign = self._plan(row), row.campaign
        if (plan, campaign) not in rank.queues and len(rank.queues) >= _MOST_QUEUES:
            campaign = campaign if self._held(row.purpose, campaign) else ""
        key = (plan, campaign)
        return rank.queues.get(key) or rank.queues.setdefault(key, _Queue(*key))

    async def _read(self, rank: _Rank) -> None:
        """One page; what comes meanwhile is behind it, and goes to memory only if it was the last."""
        if rank.cursor == _BEGIN:
            for queue in rank.queues.values():
                queue.left_out = False
        rank.unread, rank.arrived = False, []
        now, limit = self._clock(), rank.room(self._most)
        try:
            page = await outbox.due(self._reader, rank.number, rank.cursor, now, limit)
            whole = len(page) < limit
            following = await outbox.next_due(self._reader, rank.number, now) if whole else None
        except BaseException:
            rank.cursor, rank.unread = _BEGIN, True
            raise
        finally:
            arrived, rank.arrived = rank.arrived, None
        for row in page:
            if self._is_new(row):
                self._enqueue(row, from_store=True)
        if whole:
            self._end(rank, arrived, following)
        else:
            self._go_on(rank, page, arrived)

    def _is_new(self, row: SmsRow) -> bool:
        return row.state != "sending" and row.id not in self._where and not self._in_hand(row.id)

    def _go_on(self, rank: _Rank, page: Sequence[SmsRow], arrived: Sequence[SmsRow]) -> None:
        """There may be more of what this page had."""
        rank.cursor = (page[-1].due_at, page[-1].id)
        for row in page:
            self._queue(rank, row).behind = True
        for row in arrived:
            self._queue(rank, row).leave_out()

    def _end(self, rank: _Rank, arrived: Sequence[SmsRow], following: datetime | None) -> None:
        """The cycle is over: who met with nothing left out has all that is due. following: when more will be."""
        rank.cursor = _BEGIN
        for key, queue in tuple(rank.queues.items()):
            queue.behind = queue.left_out
            if queue.over:
                del rank.queues[key]
        for row in arrived:
            if self._is_new(row):
                self._enqueue(row)
        if following is not None:
            self._look(rank, following)

    # ── time ──

    def _now(self, row: SmsRow) -> None:
        self._later.pop(row.id, None)
        if not self._closed:
            self._enqueue(row)

    def _look(self, rank: _Rank, at: datetime) -> None:
        """Read the rank again when this is due."""
        if rank.look_at is not None and rank.look_at <= at:
            return
        if rank.look is not None:
            rank.look.cancel()
        rank.look_at = at
        rank.look = self._call(min(_LONGEST_PAUSE, at - self._clock()), partial(self._looked, rank))

    def _looked(self, rank: _Rank) -> None:
        rank.look = rank.look_at = None
        rank.cursor, rank.unread = _BEGIN, True
        self._wake()

    def _call(self, pause: timedelta, call: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(max(0.0, pause.total_seconds()), call)
