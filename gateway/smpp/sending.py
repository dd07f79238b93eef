"""What waits to be written: by rank, within a rank in order; a window of unanswered PDUs, a rate of segments.

A PDU takes its place in the window and its rate tokens before its first octet is written; what
has not got both when the link goes was never sent, and says so. A text that has begun is finished before
another begins, whatever its rank; only what is urgent passes between its parts.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Container
from functools import partial
from typing import Final

from gateway.smpp.pace import Brake, SlidingRate
from gateway.smpp.pdu import Response, tlv
from gateway.smpp.session import Answer, Session
from gateway.smpp.vocabulary import CONGESTION_STATE, Status

URGENT: Final = 0
"""The rank of what a person waits for: before all others, and not held up by a busy SMSC."""
LAST: Final = 4
"""The highest rank."""

Settled = Callable[[tuple[Answer | None, ...]], None]


class Job:
    """The segments of one message, written in order.

    ``settled`` gets one answer per body, None for one that was never written, once nothing more can come.
    ``segments``: what each body is on the air, more than one where the SMSC cuts it.
    ``withdrawn``: nothing more of it is to be written; where it waits it falls out when its turn comes.
    """

    __slots__ = ("answers", "bodies", "outstanding", "rank", "segments", "settled", "withdrawn", "written")

    def __init__(self, bodies: tuple[bytes, ...], settled: Settled, segments: int = 1) -> None:
        self.bodies = bodies
        self.settled = settled
        self.segments = segments
        self.answers: list[Answer | None] = [None] * len(bodies)
        self.written = 0
        self.outstanding = 0
        self.rank = LAST
        self.withdrawn = False

    def give_up(self) -> None:
        """Write nothing more of it; settled now, or with the last answer that is still to come."""
        self.withdrawn = True
        if not self.outstanding:
            self.settled(tuple(self.answers))


class SendQueue:
    """Lets jobs out onto one session, ``window`` unanswered segments at a time.

    throttles: statuses of answers after which the SMSC is given time.
    """

    def __init__(
        self, session: Session, command: int, window: int, rate: SlidingRate, throttles: Container[int] = ()
    ) -> None:
        self._session = session
        self._command = command
        self._window = self._free = window
        self._rate = rate
        self._throttles = throttles
        self._brake = Brake()
        self._lines: tuple[deque[Job], ...] = tuple(deque() for _ in range(LAST + 1))
        self._begun: Job | None = None
        self._waiting = 0
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """Jobs of which something is still to be written."""
        return self._waiting

    @property
    def filled(self) -> int:
        """Segments that were written and are not answered."""
        return self._window - self._free

    @property
    def slowed(self) -> bool:
        """Whether a busy SMSC is given time: after a refusal as throttled, or by its congestion_state."""
        return self._brake.on or self._rate.slowed

    def put(self, job: Job, *, rank: int = LAST) -> None:
        """Queue ``job``; refused at once, as never written, after ``close``. rank: 0 to 4, the lowest goes first."""
        job.rank = rank
        if self._closed:
            job.give_up()
            return
        self._waiting += 1
        self._lines[rank].append(job)
        self.pump()

    def withdraw(self, job: Job) -> bool:
        """Take back a job of which nothing was written, and settle it so; whether it could be."""
        if job.written or job.withdrawn:
            return False
        job.give_up()
        self._head(self._lines[job.rank])
        return True

    def close(self) -> None:
        """Write nothing more: what waits is settled as far as it came."""
        self._closed = True
        self._stop_timer()
        waiting = [job for line in self._lines for job in line if not job.withdrawn]
        for line in self._lines:
            line.clear()
        self._waiting = 0
        for job in waiting:
            job.give_up()

    def pump(self) -> None:
        """Write what window, rate and peer allow."""
        while self._free > 0 and self._session.can_write:
            job = self._next()
            if job is None:
                return
            if self._brake.on and job.rank != URGENT and not self._may_try():
                return
            if self._timer is not None and job.rank != URGENT:
                return
            wait = self._rate.take(self._loop.time(), job.segments)
            if wait:
                self._resume_after(wait)
                return
            self._write_next(job)

    def _next(self) -> Job | None:
        """Whose turn it is: what is urgent, what has begun, what has the lowest rank."""
        urgent = self._lines[URGENT]
        if urgent and (job := self._head(urgent)) is not None:
            return job
        if self._begun is not None:
            if not self._begun.withdrawn:
                return self._begun
            self._begun = None
        for line in self._lines:
            if line and (job := self._head(line)) is not None:
                return job
        return None

    def _head(self, line: deque[Job]) -> Job | None:
        """The first that waits there; what was withdrawn before it falls out."""
        while line:
            if not line[0].withdrawn:
                return line[0]
            line.popleft()
            self._waiting -= 1
        return None

    def _may_try(self) -> bool:
        """Whether a busy SMSC may be tried now: after its pause, with one segment at a time."""
        wait = self._brake.wait(self._loop.time())
        if wait:
            self._resume_after(wait)
        return not wait and self._free == self._window

    def _resume_after(self, seconds: float) -> None:
        at = self._loop.time() + seconds
        if self._timer is None or at < self._timer.when():
            self._stop_timer()
            self._timer = self._loop.call_at(at, self._resume)

    def _write_next(self, job: Job) -> None:
        at = job.written
        job.written += 1
        job.outstanding += 1
        self._free -= 1
        if job.written == len(job.bodies):
            self._lines[job.rank].popleft()
            self._waiting -= 1
            if job is self._begun:
                self._begun = None
        elif job.rank != URGENT:
            self._begun = job
        self._session.request(self._command, job.bodies[at], partial(self._answered, job, at))

    def _resume(self) -> None:
        self._timer = None
        self.pump()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _answered(self, job: Job, at: int, answer: Answer) -> None:
        self._free += 1
        job.outstanding -= 1
        job.answers[at] = answer
        if not (isinstance(answer, Response) and answer.status == Status.OK):
            job.withdrawn = True  # a message with a hole is not worth its remaining parts
            if isinstance(answer, Response) and answer.status in self._throttles:
                self._brake.throttled(self._loop.time())
        elif self._brake.on:
            self._brake.release()
            self._stop_timer()
        if self._rate.slowed or (isinstance(answer, Response) and answer.tlvs):
            self._heed(answer)
        if not job.outstanding and (job.withdrawn or job.written == len(job.bodies)):
            job.settled(tuple(job.answers))
        self.pump()

    def _heed(self, answer: Answer) -> None:
        """What the SMSC says of its own load; an answer that says nothing of it says that all is well."""
        if isinstance(answer, Response):
            value = tlv(answer.tlvs, CONGESTION_STATE)
            self._rate.congested(value[0] if value else 0)
