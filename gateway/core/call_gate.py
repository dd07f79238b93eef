"""How many calls a peer gets at once, and who goes first when it is slow: people, then money, then everything else.

Nobody waits without bound. When too many wait, whoever matters least is sent away, so that a flood of triggers
cannot keep a balance page waiting.
"""

from __future__ import annotations

import asyncio
from collections import deque
from enum import IntEnum

from flows.frozen import dataclass


class Rank(IntEnum):
    """Who asks; the lowest goes first. PERSON: somebody looks at a screen; MONEY: an order is on its way."""

    PERSON = 0
    MONEY = 1
    BACKGROUND = 2


class TooMany(Exception):
    """Too many calls wait already."""


@dataclass(frozen=True, slots=True)
class GateSettings:
    """at_once: calls in flight. background: of these, as many as background work may have. waiting: who may wait."""

    at_once: int = 100
    background: int = 60
    waiting: int = 1_000


_NOT_BELOW = {rank: tuple(other for other in Rank if other <= rank) for rank in Rank}


class Passing:
    """A call on its way through a gate; a context manager of its own, as a generator costs three times as much."""

    __slots__ = ("_gate", "_rank")

    def __init__(self, gate: CallGate, rank: Rank) -> None:
        self._gate = gate
        self._rank = rank

    async def __aenter__(self) -> None:
        if not self._gate._enter_at_once(self._rank):
            await self._gate._enter(self._rank)

    async def __aexit__(self, *_: object) -> None:
        self._gate._leave(self._rank)


class CallGate:
    """Lets calls through by rank."""

    def __init__(self, settings: GateSettings) -> None:
        self._settings = settings
        self._in_flight = 0
        self._background = 0
        self._queues: dict[Rank, deque[asyncio.Future[None]]] = {rank: deque() for rank in Rank}

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._queues.values()))

    @property
    def in_flight(self) -> int:
        """How many were let through and have not ended."""
        return self._in_flight

    def passing(self, rank: Rank) -> Passing:
        """One call, for as long as the ``async with`` block lasts. Raises TooMany as it begins."""
        return Passing(self, rank)

    async def _enter(self, rank: Rank) -> None:
        """Return when it is this call's turn: the slow way."""
        if self.waiting >= self._settings.waiting and not self._send_away_below(rank):
            raise TooMany
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues[rank].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._leave(rank)  # let through in the same moment
            else:
                self._queues[rank].remove(turn)
            raise

    def _enter_at_once(self, rank: Rank) -> bool:
        """Whether nobody has to be waited for."""
        if not self._has_room(rank) or any(self._queues[other] for other in _NOT_BELOW[rank]):
            return False
        self._take(rank)
        return True

    def _send_away_below(self, rank: Rank) -> bool:
        """Send the newest of the least important away, if there is one that matters less."""
        for other in sorted(Rank, reverse=True):
            if other > rank and self._queues[other]:
                self._queues[other].pop().set_exception(TooMany())
                return True
        return False

    def _has_room(self, rank: Rank) -> bool:
        if self._in_flight >= self._settings.at_once:
            return False
        return rank is not Rank.BACKGROUND or self._background < self._settings.background

    def _take(self, rank: Rank) -> None:
        self._in_flight += 1
        self._background += rank is Rank.BACKGROUND

    def _leave(self, rank: Rank) -> None:
        self._in_flight -= 1
        self._background -= rank is Rank.BACKGROUND
        for other in Rank:
            while self._queues[other] and self._has_room(other):
                turn = self._queues[other].popleft()
                self._take(other)
                turn.set_result(None)
