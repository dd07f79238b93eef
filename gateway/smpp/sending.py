"""What waits to be written: in order, urgent first; a window of unanswered PDUs, a rate of segments.

A segment takes its place in the window and its rate token before its first octet is written; what
has not got both when the link goes was never sent, and says so.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from gateway.smpp.pdu import Response
from gateway.smpp.session import Answer, Session
from gateway.smpp.vocabulary import Status

_SECOND: Final = 1.02
"""A little over one, so that what leaves within the limit also arrives within it."""

Settled = Callable[[tuple[Answer | None, ...]], None]


class SlidingRate:
    """At most ``per_second`` segments in any one second; 0 sets no limit. Times are monotonic seconds."""

    def __init__(self, per_second: int) -> None:
        self._limit = per_second
        self._taken: deque[float] = deque(maxlen=per_second or None)

    def take(self, now: float) -> float:
        """Take a token (0.0), or the seconds after which one may be there."""
        if not self._limit:
            return 0.0
        if len(self._taken) == self._limit and (wait := self._taken[0] + _SECOND - now) > 0:
            return wait
        self._taken.append(now)
        return 0.0


class Job:
    """The segments of one message, written in order.

    ``settled`` gets one answer per segment, None for one that was never written, once nothing more can come.
    ``withdrawn``: nothing more of it is to be written; where it waits it falls out when its turn comes.
    """

    __slots__ = ("answers", "bodies", "outstanding", "settled", "withdrawn", "written")

    def __init__(self, bodies: tuple[bytes, ...], settled: Settled) -> None:
        self.bodies = bodies
        self.settled = settled
        self.answers: list[Answer | None] = [None] * len(bodies)
        self.written = 0
        self.outstanding = 0
        self.withdrawn = False

    def give_up(self) -> None:
        """Write nothing more of it; settled now, or with the last answer that is still to come."""
        self.withdrawn = True
        if not self.outstanding:
            self.settled(tuple(self.answers))


class SendQueue:
    """Lets jobs out onto one session, ``window`` unanswered segments at a time."""

    def __init__(self, session: Session, command: int, window: int, rate: SlidingRate) -> None:
        self._session = session
        self._command = command
        self._free = window
        self._rate = rate
        self._waiting: deque[Job] = deque()
        self._urgent: deque[Job] = deque()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def put(self, job: Job, *, urgent: bool = False) -> None:
        """Queue ``job``; refused at once, as never written, after ``close``. urgent: before all that are not."""
        if self._closed:
            job.give_up()
            return
        (self._urgent if urgent else self._waiting).append(job)
        self.pump()

    def withdraw(self, job: Job) -> bool:
        """Take back an urgent job of which nothing was written, and settle it so; whether it could be."""
        if job.written or job.withdrawn:
            return False
        job.give_up()
        _trim(self._urgent)
        return True

    def close(self) -> None:
        """Write nothing more: what waits is settled as far as it came."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        waiting = [*self._urgent, *self._waiting]
        self._urgent.clear()
        self._waiting.clear()
        for job in waiting:
            if not job.withdrawn:
                job.give_up()

    def pump(self) -> None:
        """Write what window, rate and peer allow."""
        while self._free > 0 and self._session.can_write and self._timer is None:
            _trim(self._urgent)
            _trim(self._waiting)
            queue = self._urgent or self._waiting
            if not queue:
                return
            wait = self._rate.take(self._loop.time())
            if wait:
                self._timer = self._loop.call_later(wait, self._resume)
                return
            self._write_next(queue)

    def _write_next(self, queue: deque[Job]) -> None:
        job = queue[0]
        at = job.written
        job.written += 1
        job.outstanding += 1
        self._free -= 1
        if job.written == len(job.bodies):
            queue.popleft()
        self._session.request(self._command, job.bodies[at], partial(self._answered, job, at))

    def _resume(self) -> None:
        self._timer = None
        self.pump()

    def _answered(self, job: Job, at: int, answer: Answer) -> None:
        self._free += 1
        job.outstanding -= 1
        job.answers[at] = answer
        if not _accepted(answer):
            job.withdrawn = True  # a message with a hole is not worth its remaining parts
        if not job.outstanding and (job.withdrawn or job.written == len(job.bodies)):
            job.settled(tuple(job.answers))
        self.pump()


def _trim(queue: deque[Job]) -> None:
    """Let go of what was withdrawn, as far as it stands in front."""
    while queue and queue[0].withdrawn:
        queue.popleft()


def _accepted(answer: Answer) -> bool:
    return isinstance(answer, Response) and answer.status == Status.OK
