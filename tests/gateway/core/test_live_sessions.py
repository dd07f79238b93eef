"""Dialogues in memory: one of a person in a menu, forgotten in time, each over once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from flows.records import Subscriber
from flows.session import Session
from flows.values import Msisdn, SubscriptionId
from gateway.core.doors import Door
from gateway.core.hop import Written
from gateway.core.identity import Next
from gateway.core.live_session import LiveSession
from gateway.core.live_sessions import LiveSessions
from menus.values import Place
from store.turns import TurnRow

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
DOOR = Door("d", "any", idle_seconds=60, resume_seconds=30)
ANA = Subscriber(SubscriptionId("ana"), Msisdn("573001112233"), "es")


class Memory:
    """The sessions with a clock of their own, and the list of those that were over."""

    def __init__(self) -> None:
        self.now = 0.0
        self.over: list[tuple[str, str]] = []
        self.sessions = LiveSessions(lambda: self.now, lambda live: self.over.append((live.id, live.outcome)))

    def answered(self, name: str, *, ends: bool = False, place: int = 0) -> LiveSession:
        """One hop of Ana's that was answered."""
        live = self.sessions.open("any", name, DOOR)
        row = TurnRow("any", name, place, ANA.id, "d", "", "{}", "1 Yes", ends, NOON, "main", "v1")
        session = Session("main", "v1", Place("shop"))
        self.sessions.answered(live, Next(place, 0, "", "", "d"), Written(row, session, ANA), NOON)
        return live


@pytest.fixture
def memory() -> Memory:
    """Nobody has dialled."""
    return Memory()


def test_a_session_that_ends_is_over_once(memory: Memory) -> None:
    """The network's own notice comes after it and changes nothing."""
    memory.answered("s-1", ends=True)
    memory.sessions.ended("any", "s-1", NOON)
    memory.now = 1000
    memory.sessions.sweep()
    assert memory.over == [("s-1", "completed")]
    assert len(memory.sessions) == 0


def test_a_session_that_the_network_ends_was_left(memory: Memory) -> None:
    """It stays known: its last hop may be on its way."""
    live = memory.answered("s-1")
    memory.sessions.ended("any", "s-1", NOON)
    assert memory.over == [("s-1", "released")]
    assert memory.sessions.open("any", "s-1", DOOR) is live


def test_a_silent_session_times_out_with_its_network(memory: Memory) -> None:
    """Later hops are answered from the store."""
    memory.answered("s-1")
    memory.now = 64
    assert memory.sessions.sweep() == 0
    memory.now = 66
    assert memory.sessions.sweep() == 1
    assert memory.over == [("s-1", "timed_out")]
    assert memory.sessions.standing((ANA.id, "main")) is None


def test_a_newer_session_takes_the_place_of_the_last(memory: Memory) -> None:
    """One a person and menu."""
    first = memory.answered("s-1")
    second = memory.answered("s-2")
    assert (first.gave_way, second.gave_way) == (True, False)
    assert memory.over == [("s-1", "gave_way")]
    assert memory.sessions.standing((ANA.id, "main")) is second


def test_a_session_that_memory_lost_still_falls(memory: Memory) -> None:
    """Nothing is kept of it for ever."""
    live = memory.answered("s-1")
    live.forget()
    memory.now = 1000
    memory.sessions.sweep()
    assert memory.sessions.standing((ANA.id, "main")) is None


def test_sessions_end_before_those_of_a_slower_network(memory: Memory) -> None:
    """Each by the limits of its own door."""
    memory.sessions.open("any", "slow", Door("slow", "any", idle_seconds=600))
    memory.answered("s-1")
    memory.now = 70
    assert memory.sessions.sweep() == 1
    assert len(memory.sessions) == 1


def test_a_session_with_a_hop_on_its_way_is_kept(memory: Memory) -> None:
    """However long it takes."""

    async def held() -> int:
        live = memory.answered("s-1")
        async with live.lock:
            memory.now = 1000
            return memory.sessions.sweep()

    assert asyncio.run(held()) == 0
