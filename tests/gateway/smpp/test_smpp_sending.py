"""What waits to be written: in which order it goes, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.smpp.pdu import Response
from gateway.smpp.sending import Job, SendQueue, SlidingRate
from gateway.smpp.session import Answer
from gateway.smpp.vocabulary import Command, Status

TAKEN = Response(Command.SUBMIT_SM_RESP, Status.OK, 1)


class FakeSession:
    """Keeps what is written, and who waits for its answer."""

    can_write = True

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.answered: list[Callable[[Answer], None]] = []

    def request(self, command: int, body: bytes, answered: Callable[[Answer], None]) -> None:
        """See ``Session``."""
        self.written.append(body)
        self.answered.append(answered)


class Compared(Job):
    """A job that must not be looked for among others: with many that is slow."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise AssertionError("jobs are compared")


class Line:
    """A queue whose window of one is taken, and what became of each job."""

    def __init__(self) -> None:
        self.session, self.settled = FakeSession(), []  # type: tuple[FakeSession, list[tuple[str, Any]]]
        session: Any = self.session
        self.queue = SendQueue(session, Command.SUBMIT_SM, 1, SlidingRate(0))
        self.first = self.put("first")

    def put(self, *bodies: str, urgent: bool = True) -> Job:
        """One more job."""
        job = Compared(
            tuple(body.encode() for body in bodies), lambda answers: self.settled.append((bodies[0], answers))
        )
        self.queue.put(job, urgent=urgent)
        return job

    def answer(self) -> None:
        """The oldest that was written has been taken."""
        self.session.answered.pop(0)(TAKEN)


async def test_what_is_taken_back_is_never_written_and_holds_up_nothing() -> None:
    """Wherever it stands; it is settled at once, and once."""
    line = Line()
    front, stays, middle, last = (line.put(name) for name in ("front", "stays", "middle", "last"))
    text = line.put("text", urgent=False)
    assert [line.queue.withdraw(job) for job in (middle, front, middle)] == [True, True, False]
    assert line.settled == [("middle", (None,)), ("front", (None,))]
    for _ in range(4):
        line.answer()
    assert line.session.written == [b"first", b"stays", b"last", b"text"]
    assert [line.queue.withdraw(job) for job in (line.first, stays, last, text)] == [False] * 4
    assert [name for name, _ in line.settled] == ["middle", "front", "first", "stays", "last", "text"]


async def test_many_are_taken_back_without_a_search() -> None:
    """However full the window is."""
    line = Line()
    jobs = [line.put(str(number)) for number in range(1_000)]
    assert all(line.queue.withdraw(job) for job in reversed(jobs))
    line.answer()
    assert line.session.written == [b"first"]


async def test_what_was_taken_back_is_not_settled_again_at_the_end() -> None:
    """Nor can it be taken back after it."""
    line = Line()
    behind, waits = line.put("behind"), line.put("waits")
    line.queue.withdraw(waits)
    line.queue.close()
    late = line.put("late")
    assert not any(line.queue.withdraw(job) for job in (behind, waits, late))
    assert [name for name, _ in line.settled] == ["waits", "behind", "late"]


async def test_a_text_with_a_hole_is_given_up_and_the_next_goes() -> None:
    """Its remaining parts are not worth their place."""
    line = Line()
    line.put("one", "two", "three", urgent=False)
    line.put("next", urgent=False)
    line.answer()
    line.session.answered.pop(0)(Response(Command.SUBMIT_SM_RESP, Status.QUEUE_FULL, 1))
    assert line.session.written == [b"first", b"one", b"next"]
    assert [name for name, _ in line.settled] == ["first", "one"]
