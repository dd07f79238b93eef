"""What waits to be written: in which order it goes, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fakes import eventually
from gateway.smpp import pace
from gateway.smpp.pace import Brake, SlidingRate
from gateway.smpp.pdu import Response, Tlv
from gateway.smpp.sending import LAST, URGENT, Job, SendQueue
from gateway.smpp.session import Answer
from gateway.smpp.vocabulary import CONGESTION_STATE, Command, Status

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

    def put(self, *bodies: str, rank: int = URGENT) -> Job:
        """One more job."""
        job = Compared(
            tuple(body.encode() for body in bodies), lambda answers: self.settled.append((bodies[0], answers))
        )
        self.queue.put(job, rank=rank)
        return job

    def answer(self) -> None:
        """The oldest that was written has been taken."""
        self.session.answered.pop(0)(TAKEN)


async def test_what_is_taken_back_is_never_written_and_holds_up_nothing() -> None:
    """Wherever it stands; it is settled at once, and once."""
    line = Line()
    front, stays, middle, last = (line.put(name) for name in ("front", "stays", "middle", "last"))
    text = line.put("text", rank=LAST)
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
    line.put("one", "two", "three", rank=LAST)
    line.put("next", rank=LAST)
    line.answer()
    line.session.answered.pop(0)(Response(Command.SUBMIT_SM_RESP, Status.QUEUE_FULL, 1))
    assert line.session.written == [b"first", b"one", b"next"]
    assert [name for name, _ in line.settled] == ["first", "one"]


async def test_the_lowest_rank_goes_first_and_within_a_rank_the_oldest() -> None:
    """Confirmation before reply before alert before marketing; what is urgent before them all."""
    line = Line()
    for name, rank in (("m1", 4), ("a1", 3), ("c1", 1), ("m2", 4), ("r1", 2), ("c2", 1), ("u1", URGENT), ("a2", 3)):
        line.put(name, rank=rank)
    for _ in range(8):
        line.answer()
    assert [body.decode() for body in line.session.written[1:]] == ["u1", "c1", "c2", "r1", "a1", "a2", "m1", "m2"]


async def test_the_parts_of_a_text_stay_together_but_for_what_is_urgent() -> None:
    """A confirmation waits for the end of a marketing text that has begun; a screen of a session does not."""
    line = Line()
    line.put("one", "two", "three", rank=LAST)
    line.answer()
    line.put("confirmation", rank=1)
    line.put("screen", rank=URGENT)
    for _ in range(4):
        line.answer()
    assert line.session.written[1:] == [b"one", b"screen", b"two", b"three", b"confirmation"]


async def test_what_waits_and_what_is_under_way_can_be_told() -> None:
    """Also after something was taken back and at the end."""
    line = Line()
    line.put("a", "b", rank=1)
    taken = line.put("c")
    assert (line.queue.waiting, line.queue.filled) == (2, 1)
    line.queue.withdraw(taken)
    line.answer()
    assert (line.queue.waiting, line.queue.filled) == (1, 1)
    line.answer()
    assert (line.queue.waiting, line.queue.filled) == (0, 1)
    line.answer()
    assert (line.queue.waiting, line.queue.filled) == (0, 0)


class Throttled:
    """A queue with a window of three and what its SMSC refuses as throttled."""

    def __init__(self) -> None:
        self.session, self.settled = FakeSession(), []  # type: tuple[FakeSession, list[Any]]
        session: Any = self.session
        self.queue = SendQueue(session, Command.SUBMIT_SM, 3, SlidingRate(0), frozenset({Status.THROTTLED}))

    def put(self, count: int, rank: int = LAST) -> None:
        """So many texts."""
        for number in range(count):
            self.queue.put(Job((b"%d" % number,), self.settled.append), rank=rank)

    def answer(self, status: int = Status.OK, tlvs: tuple[Tlv, ...] = ()) -> None:
        """To the oldest that was written."""
        self.session.answered.pop(0)(Response(Command.SUBMIT_SM_RESP, status, 1, tlvs=tlvs))


async def test_a_throttled_bind_waits_and_then_tries_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was refused is settled at once; the first that is accepted opens the window again."""
    monkeypatch.setattr(pace, "_FIRST_PAUSE", 0.05)
    line = Throttled()
    line.put(8)
    for _ in range(3):
        line.answer(Status.THROTTLED)
    assert (len(line.settled), len(line.session.written)) == (3, 3)
    await eventually(lambda: len(line.session.written) == 4)
    line.answer(Status.THROTTLED)
    assert len(line.session.written) == 4
    await eventually(lambda: len(line.session.written) == 5)
    line.answer()
    assert len(line.session.written) == 8


async def test_what_is_accepted_beside_what_was_throttled_ends_the_pause() -> None:
    """The SMSC takes texts again: nobody waits for the end of a second."""
    line = Throttled()
    line.put(8)
    line.answer(Status.THROTTLED)
    line.answer()
    assert len(line.session.written) == 5


async def test_what_is_urgent_is_not_held_up_by_a_throttled_bind() -> None:
    """A person waits for it, and it is one segment."""
    line = Throttled()
    line.put(4)
    line.answer(Status.THROTTLED)
    line.put(1, URGENT)
    assert len(line.session.written) == 4


def test_pauses_double_from_a_second_to_sixteen() -> None:
    """Refusals within a pause are those of the same window; the first that is accepted ends it."""
    brake, now, pauses = Brake(), 100.0, []
    for _ in range(7):
        brake.throttled(now)
        brake.throttled(now + 0.1)
        pauses.append(brake.wait(now))
        now += pauses[-1]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 16.0, 16.0]
    assert brake.on
    brake.release()
    assert (brake.on, brake.wait(now)) == (False, 0.0)


@pytest.mark.parametrize(("state", "allowed"), [(0, 100), (79, 100), (80, 50), (90, 25), (98, 5), (100, 5), (255, 5)])
def test_a_congested_smsc_gets_fewer_segments_a_second(state: int, allowed: int) -> None:
    """And as many as before as soon as it says so."""
    rate = SlidingRate(100)
    rate.congested(state)
    assert sum(rate.take(5.0) == 0.0 for _ in range(200)) == allowed
    rate.congested(0)
    assert sum(rate.take(5.5) == 0.0 for _ in range(200)) == 100 - allowed


async def test_congestion_is_told_by_a_tlv_of_the_answer() -> None:
    """The rate falls with it, and an answer without it is that of an SMSC at ease."""
    line = Throttled()
    line.queue = SendQueue(line.session, Command.SUBMIT_SM, 100, SlidingRate(40))  # type: ignore[arg-type]
    line.put(1)
    line.answer(tlvs=((CONGESTION_STATE, b"\x62"),))
    line.put(60)
    assert len(line.session.written) == 2
    line.answer()
    line.queue._resume()
    assert len(line.session.written) == 40
    line.queue.close()


async def test_an_smsc_at_ease_gets_everything_after_a_new_bind() -> None:
    """What it said of its load before the link went is over with its next answer, though the rate goes on."""
    line, rate = Throttled(), SlidingRate(40)
    for tlvs in (((CONGESTION_STATE, b"\x62"),), ()):
        queue = line.queue = SendQueue(line.session, Command.SUBMIT_SM, 100, rate)  # type: ignore[arg-type]
        line.put(1)
        line.answer(tlvs=tlvs)
        queue.close()
    assert not rate.slowed


@pytest.mark.parametrize(
    ("segments", "allowed"),
    [(1, [10, 10, 10]), (2, [5, 5, 5]), (3, [3, 3, 3]), (7, [1, 1, 1]), (10, [1, 1, 1]), (25, [1, 0, 0, 1, 0])],
)
def test_a_text_that_the_smsc_cuts_takes_a_token_for_each_segment(segments: int, allowed: list[int]) -> None:
    """One of more than go in a second takes those of the seconds that follow."""
    rate = SlidingRate(10)
    taken = [sum(rate.take(5.0 + 1.02 * second, segments) == 0.0 for _ in range(20)) for second in range(len(allowed))]
    assert taken == allowed


async def test_the_rate_counts_what_a_payload_is_on_the_air() -> None:
    """The SMSC makes as many segments of it as we would."""
    line = Throttled()
    line.queue = SendQueue(line.session, Command.SUBMIT_SM, 100, SlidingRate(10))  # type: ignore[arg-type]
    for _ in range(5):
        line.queue.put(Job((b"payload",), line.settled.append, 4))
    assert len(line.session.written) == 2
    line.queue.close()
