"""Several alerts about one person within seconds are dealt with at once, so that they make one message (ADR 23)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from flows.events import BundleReported
from flows.values import Msisdn
from gateway.core.pump import Pump
from gateway.core.triggers import Triggered

_MOST = 50
"""Of one person; what comes beyond is another message."""


class Gathering:
    """Holds what is told of a person's bundles until ``seconds`` after the first, then hands all of it on as one item.

    Everything is in the inbox by then: what is held at a stop is taken up by the next start. Anything else about the
    person is handed on at once, after what is held of them. pump: what works on it. now: seconds of any clock.
    """

    def __init__(self, pump: Pump[Triggered], seconds: float, now: Callable[[], float] | None = None) -> None:
        self._pump = pump
        self._seconds = seconds
        self._now = now or asyncio.get_running_loop().time
        self._held: dict[Msisdn, list[Triggered]] = {}
        self._due: deque[tuple[float, Msisdn, list[Triggered]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._backlog = 0
        self._closed = False

    @property
    def backlog(self) -> int:
        """Items that wait or are being worked on."""
        return self._backlog + self._pump.backlog

    def put(self, item: Triggered) -> None:
        """Take one item; what is put was made durable before."""
        who = item.entry.subject
        held = self._held.get(who)
        if self._seconds <= 0 or not isinstance(item.trigger.fact, BundleReported):
            if held is not None:
                self._hand_on(who)
            self._pump.put(item)
        elif held is None:
            first = [item]
            self._held[who] = first
            self._backlog += 1
            self._due.append((self._now() + self._seconds, who, first))
            self._wait()
        else:
            held.append(item)
            self._backlog += 1
            if len(held) >= _MOST:
                self._hand_on(who)

    def close(self) -> None:
        """Hand on nothing any more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    def look(self) -> None:
        """Hand on what is ripe."""
        self._timer = None
        now = self._now()
        while self._due and self._due[0][0] <= now:
            _, who, held = self._due.popleft()
            if self._held.get(who) is held:  # not handed on meanwhile
                self._hand_on(who)
        self._wait()

    def _wait(self) -> None:
        if self._timer is None and self._due and not self._closed:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, self._due[0][0] - self._now()), self.look)

    def _hand_on(self, who: Msisdn) -> None:
        first, *others = self._held.pop(who)
        self._backlog -= 1 + len(others)
        self._pump.put(replace(first, joined=tuple(others)) if others else first)
