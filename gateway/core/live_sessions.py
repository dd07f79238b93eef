"""Dialogues that go on now, in memory: by the network's session id, and by person and menu (ADR 0010, 0013)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.core.doors import Door
from gateway.core.hop import Written
from gateway.core.identity import Next
from gateway.core.live_session import LiveSession, Service

_MOST = 500_000
_LATE = 5.0
"""Seconds after a session's end in which its last hop may still be on its way."""


class LiveSessions:
    """Keeps them as long as their networks do. over: called once for every dialogue that is over, with its outcome."""

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

    def answered(self, live: LiveSession, place: Next, written: Written, at: datetime) -> None:
        """A turn is durable: the dialogue goes on from here."""
        row = written.row
        live.opened, live.position = place.opened, place.position
        live.said, live.transcript = place.said, place.transcript
        live.reply, live.ends, live.answered = row.reply, row.ends, at
        live.session, live.subscriber, live.read = written.session, written.person, True
        if place.begins:
            live.begin(row.at)
        self.stands(live)
        if row.ends:
            self._close(live, "completed")

    def standing(self, service: Service) -> LiveSession | None:
        """The newest dialogue of this person in this menu, if it is still known."""
        return self._standing.get(service)

    def stands(self, live: LiveSession) -> None:
        """This is the newest of its person in its menu; one that had not ended gives way."""
        service = live.service
        assert service is not None, "a dialogue that was answered has a person and a menu"
        before = self._standing.get(service)
        if before is live:
            return
        if before is not None:
            before.gave_way = True
            self._close(before, "gave_way")
        self._standing[service] = live

    def ended(self, dialect: str, session: str, at: datetime) -> None:
        """The network has closed a session. What is known of it stays until the sweep: a last hop may be on its way."""
        live = self._sessions.get((dialect, session))
        if live is not None:
            live.released = min(live.released, at)
            self._close(live, "released")

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

    def _close(self, live: LiveSession, outcome: str) -> None:
        """A dialogue is over; the first word for it counts."""
        if not live.outcome and live.session is not None:
            live.outcome = "completed" if live.ends else outcome
            self._over(live)

    def _fall(self, live: LiveSession) -> None:
        self._close(live, "timed_out")
        service = live.service
        if service is not None and self._standing.get(service) is live:
            del self._standing[service]


def _kept(door: Door) -> float:
    """Seconds for which a silent session is worth its memory: a later hop is answered from the store."""
    return max(door.idle_seconds, door.resume_seconds) + _LATE
