"""Dialogues that go on now, in memory: the store has them all, this is what spares a hop the reading (ADR 0010)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from flows.records import Subscriber
from flows.session import Session

KEPT_SECONDS = 300.0
"""Longer than any network keeps a silent session; after that a late hop is answered from the store."""
_MOST = 500_000


@dataclass(slots=True, eq=False)
class LiveSession:
    """One dialogue. position: of its last turn, -1 before the first; transcript: all that was said until then.

    reply, ends: what that turn was answered with. read: whether the store was asked for earlier turns.
    """

    dialect: str
    id: str
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    position: int = -1
    transcript: str = ""
    reply: str = ""
    ends: bool = False
    session: Session | None = None
    subscriber: Subscriber | None = None
    read: bool = False
    touched: float = 0.0

    def forget(self) -> None:
        """Know nothing any more: the store is asked at the next hop."""
        self.position, self.transcript, self.reply, self.ends = -1, "", "", False
        self.session, self.subscriber, self.read = None, None, False


class LiveSessions:
    """By dialect and the network's session id."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sessions: dict[tuple[str, str], LiveSession] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, dialect: str, session: str) -> LiveSession:
        """The dialogue with this id, empty if it is not known here."""
        live = self._sessions.pop((dialect, session), None) or LiveSession(dialect, session)
        live.touched = self._clock()
        self._sessions[dialect, session] = live  # the last touched stands last
        return live

    def close(self, dialect: str, session: str) -> None:
        """Forget a dialogue that the network has ended; one with a hop on its way is left to the sweep."""
        live = self._sessions.get((dialect, session))
        if live is not None and not live.lock.locked():
            del self._sessions[dialect, session]

    def sweep(self) -> int:
        """Forget those that nobody has touched for long, and the oldest beyond a bound; how many."""
        oldest, swept = self._clock() - KEPT_SECONDS, 0
        for key, live in list(self._sessions.items()):
            if live.touched > oldest and len(self._sessions) <= _MOST:
                break
            if not live.lock.locked():
                del self._sessions[key]
                swept += 1
        return swept
