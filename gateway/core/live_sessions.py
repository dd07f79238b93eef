"""Dialogues that go on now, in memory: the store has them all, this is what spares a hop the reading (ADR 0010)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flows.records import Subscriber
from flows.session import Session
from flows.values import SubscriptionId
from gateway.core.doors import Door

_MOST = 500_000
_NEVER = datetime.min.replace(tzinfo=UTC)
_LATE = 5.0
"""Seconds after a session's end in which its last hop may still be on its way."""
Service = tuple[SubscriptionId, str]
"""One person in one menu: nobody has two dialogues of that at once."""


@dataclass(slots=True, eq=False)
class LiveSession:
    """One dialogue, the newest under its network's id.

    opened, position: of its first and its last turn, -1 before any. began, answered: when those were answered.
    said, transcript: what was said last, and all of it joined by ``*``. reply, ends: what the last turn was answered
    with. door: what it came in by. read: whether the store was asked for earlier turns. gave_way: a newer session of
    the same person took its place. outcome: in a word, once it is over.
    """

    dialect: str
    id: str
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    opened: int = 0
    position: int = -1
    said: str = ""
    transcript: str = ""
    reply: str = ""
    ends: bool = False
    began: datetime = _NEVER
    answered: datetime = _NEVER
    session: Session | None = None
    subscriber: Subscriber | None = None
    door: Door | None = None
    read: bool = False
    gave_way: bool = False
    outcome: str = ""
    touched: float = 0.0

    def forget(self) -> None:
        """Know nothing any more: the store is asked at the next hop."""
        self.opened, self.position, self.said, self.transcript, self.reply, self.ends = 0, -1, "", "", "", False
        self.began = self.answered = _NEVER
        self.session, self.subscriber, self.read, self.gave_way = None, None, False, False

    @property
    def service(self) -> Service | None:
        """Whose dialogue of which menu this is."""
        return (self.subscriber.id, self.session.menu) if self.subscriber and self.session else None


class LiveSessions:
    """By dialect and the network's session id, and by person and menu.

    over: called once for every dialogue that is over, with how it ended.
    """

    def __init__(self, clock: Callable[[], float], over: Callable[[LiveSession], None] = lambda _: None) -> None:
        self._clock = clock
        self._over = over
        self._sessions: dict[tuple[str, str], LiveSession] = {}
        self._standing: dict[Service, LiveSession] = {}
        self._shortest = float("inf")

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, dialect: str, session: str, door: Door) -> LiveSession:
        """The dialogue with this id, empty if it is not known here."""
        live = self._sessions.pop((dialect, session), None) or LiveSession(dialect, session)
        live.touched, live.door = self._clock(), door
        self._sessions[dialect, session] = live  # the last touched stands last
        self._shortest = min(self._shortest, _kept(door))
        return live

    def standing(self, service: Service) -> LiveSession | None:
        """The newest dialogue of this person in this menu, if it is still known."""
        return self._standing.get(service)

    def stands(self, live: LiveSession) -> None:
        """This is the newest of its person in its menu; one that had not ended gives way."""
        service = live.service
        assert service is not None, "a dialogue that was answered has a person and a menu"
        before = self._standing.get(service)
        if before is not None and before is not live:
            before.gave_way = True
            self.close(before, "gave_way")
        self._standing[service] = live
        live.outcome = ""

    def close(self, live: LiveSession, outcome: str) -> None:
        """A dialogue is over; the first word for it counts."""
        if not live.outcome and live.session is not None:
            live.outcome = "completed" if live.ends else outcome
            self._over(live)

    def ended(self, dialect: str, session: str) -> None:
        """The network has closed a session. What is known of it stays until the sweep: a last hop may be on its way."""
        live = self._sessions.get((dialect, session))
        if live is not None:
            self.close(live, "released")

    def sweep(self) -> int:
        """Forget those that their network has ended by now, and the oldest beyond a bound; how many."""
        now, beyond = self._clock(), len(self._sessions) - _MOST
        gone: list[tuple[str, str]] = []
        for key, live in self._sessions.items():
            age, crowded = now - live.touched, len(gone) < beyond
            if age <= self._shortest and not crowded:
                break
            if (crowded or live.door is None or age > _kept(live.door)) and not live.lock.locked():
                gone.append(key)
        for key in gone:
            self._fall(self._sessions.pop(key))
        return len(gone)

    def _fall(self, live: LiveSession) -> None:
        self.close(live, "timed_out")
        service = live.service
        if service is not None and self._standing.get(service) is live:
            del self._standing[service]


def _kept(door: Door) -> float:
    """Seconds for which a silent session is worth its memory: a later hop is answered from the store."""
    return max(door.idle_seconds, door.resume_seconds) + _LATE
