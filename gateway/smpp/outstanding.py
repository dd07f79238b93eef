"""Requests that were written and not answered yet, by sequence number in the order of writing.

All have the same time to be answered, so the oldest are in front and a sweep touches only those that are late.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, ParamSpec

from flows.frozen import dataclass
from gateway.smpp.counters import SessionCounters
from gateway.smpp.pdu import Response, response_to
from gateway.smpp.vocabulary import Command, Status

_LOG: Final = logging.getLogger(__name__)
_MAX_SEQUENCE: Final = 0x7FFFFFFF

_Arguments = ParamSpec("_Arguments")


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A request was written and no response came. link_lost: because the connection ended."""

    link_lost: bool


Answer = Response | NoAnswer
Answered = Callable[[Answer], None]


class Outstanding:
    """Who waits for which response. timeout: seconds; times are monotonic seconds.

    changed: called whenever there may be none left.
    """

    def __init__(self, timeout: float, counters: SessionCounters, changed: Callable[[], None]) -> None:
        self._timeout = timeout
        self._counters = counters
        self._changed = changed
        self._waiting: dict[int, tuple[int, float, Answered]] = {}
        self._sequence = 0
        self._none_left: asyncio.Event | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, command: int, now: float, answered: Answered) -> int:
        """The sequence number to write; ``answered`` is called exactly once."""
        while True:
            self._sequence = self._sequence % _MAX_SEQUENCE + 1
            if self._sequence not in self._waiting:
                break
        self._waiting[self._sequence] = (command, now + self._timeout, answered)
        return self._sequence

    def settle(self, response: Response, heard: float) -> None:
        """Tell whoever waits for it; a response to nothing is counted and forgotten."""
        found = self._waiting.get(response.sequence)
        if found is None or response.command not in (response_to(found[0]), Command.GENERIC_NACK):
            self._counters.late_answers += 1
            return
        del self._waiting[response.sequence]
        self._counters.latency.add(heard - found[1] + self._timeout)
        if response.command == Command.GENERIC_NACK and response.status == Status.OK:
            response = Response(response.command, Status.UNKNOWN_ERROR, response.sequence)
        found[2](response)
        self._note()

    def sweep(self, now: float) -> None:
        """Give up those whose time is over."""
        while self._waiting:
            sequence, (_, deadline, answered) = next(iter(self._waiting.items()))
            if deadline > now:
                break
            del self._waiting[sequence]
            self._counters.response_timeouts += 1
            guarded(answered, NoAnswer(link_lost=False))
        self._note()

    def lose(self) -> None:
        """The connection is gone: nothing will be answered."""
        waiting, self._waiting = self._waiting, {}
        for _, _, answered in waiting.values():
            guarded(answered, NoAnswer(link_lost=True))
        self._note()

    async def drained(self, seconds: float) -> bool:
        """Wait until every request is answered. False when time ran out before."""
        if not self._waiting:
            return True
        self._none_left = asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await self._none_left.wait()
        except TimeoutError:
            return False
        return True

    def _note(self) -> None:
        if self._waiting:
            return
        if self._none_left is not None:
            self._none_left.set()
        self._changed()


def guarded(call: Callable[_Arguments, None], *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
    """Call an owner, whose mistake must not stop the session's own bookkeeping."""
    try:
        call(*args, **kwargs)
    except Exception:
        _LOG.exception("session owner failed")
